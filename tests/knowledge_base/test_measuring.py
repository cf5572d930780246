"""An image that says how large it is gets its place on the page before it comes."""

import pytest

from helpdesk.kernel.time import now
from knowledge_base.filing import add_file, list_files, sizes_of
from knowledge_base.measuring import size_of
from knowledge_base.words import presented
from tests.articles import an_article
from tests.portal.test_branding import EXIF, a_jpeg, a_png, a_webp

GIF = b"GIF89a\x03\0\x02\0"
LARGE_WEBP = b"RIFF\x12\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x02\0\0\x01\0\0"


@pytest.mark.parametrize("content", [a_png(), a_jpeg(), a_jpeg(more=b"\xff\xe0\x00\x04JF"), a_webp(), LARGE_WEBP, GIF])
def test_the_size_is_read_from_the_first_bytes(content: bytes) -> None:
    assert size_of(content) == (3, 2)
    for end in range(len(content)):
        assert size_of(content[:end]) in ((3, 2), None), "cut off"


@pytest.mark.parametrize("content", [b"", b"words", a_png(20_000), a_png(0), a_jpeg(more=EXIF), b"\xff\xd8\xff\xe1"])
def test_nothing_is_said_of_what_does_not_say_it_plainly(content: bytes) -> None:
    assert size_of(content) is None


async def test_images_have_their_sizes_on_the_page_unless_the_text_gives_them(database: None) -> None:
    article = await an_article()
    for name, content in (("a.png", a_png()), ("b.png", b"broken")):
        await add_file(article, name, "image/png", content, is_inline=True, by=None, at=now())
    known, unknown = await list_files(article)
    html = f'<p><img src="{known.path}" alt=""><img src="{unknown.path}" alt=""><img src="{known.path}" alt="" width="1"></p>'
    shown = presented(html, sizes_of([known, unknown])).html
    assert shown.count('width="3"') == shown.count('height="2"') == 1 and 'width="1"' in shown
