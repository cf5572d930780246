"""The company's face: what an administrator chooses is what customers see, and no file does more than show."""

import re
import struct
import zlib
from collections.abc import Callable

import pytest

from helpdesk.channels.branding.brand import Face, Words, save_brand
from helpdesk.channels.branding.images import LARGEST, read_image
from helpdesk.kernel.errors import Invalid, Refused
from helpdesk.portal.colours import accent_css
from tests.cast import hire
from tests.portal.filling import a_form
from tests.portal.guests import Guest


def _part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_png(width: int = 3, height: int = 2, *, more: bytes = b"", behind: bytes = b"") -> bytes:
    pixels = zlib.compress((b"\0" + b"\x11\x22\x33" * min(width, 9)) * min(height, 9))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _part(b"IHDR", header) + more + _part(b"IDAT", pixels) + _part(b"IEND", b"") + behind


def a_jpeg(*, more: bytes = b"") -> bytes:
    frame = b"\xff\xc0\x00\x0b\x08\x00\x02\x00\x03\x01\x01\x11\x00"
    return b"\xff\xd8" + more + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x55\xff\x00\x55\xff\xd9"


def a_webp(*, more: bytes = b"") -> bytes:
    picture = b"\x2f" + (2 | 1 << 14).to_bytes(4, "little") + b"\0"
    body = b"WEBP" + b"VP8L" + struct.pack("<I", len(picture)) + picture + more
    return b"RIFF" + struct.pack("<I", len(body)) + body


EXIF = b"\xff\xe1\x00\x0eExif\0\0SECRET"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (a_png(more=_part(b"tEXt", b"Comment\0SECRET"), behind=b"<script>SECRET</script>"), "image/png"),
        (a_jpeg(more=EXIF) + b"<script>SECRET</script>", "image/jpeg"),
        (a_webp(more=b"EXIF" + struct.pack("<I", 6) + b"SECRET"), "image/webp"),
    ],
)  # fmt: skip
def test_a_logo_is_written_anew_from_what_shows(content: bytes, kind: str) -> None:
    image = read_image(content)
    assert (image.content_type, image.width, image.height) == (kind, 3, 2)
    assert b"SECRET" in content and b"SECRET" not in image.content
    assert read_image(image.content) == image


@pytest.mark.parametrize(
    "content",
    [
        b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"%PDF-1.4", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff",
        a_png()[:40], a_jpeg()[:12], a_jpeg()[:-2], a_webp()[:22], a_png(5000, 1), a_png(0, 0), a_png() + b"x" * LARGEST, b"RIFF\0\0\0\0WEBP",
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 60, b"\xff\xd8\xff\xe0\x00\x00" * 9,
    ],
)  # fmt: skip
def test_what_is_no_picture_of_a_fitting_size_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_image(content)
    assert set(refused.value.fields) == {"logo"}


async def test_what_is_chosen_is_what_customers_see(guest: Callable[[], Guest]) -> None:
    alma = await hire("alma")
    form = await a_form("returns")
    texts = {
        "en": Words(
            title="Ask Parsian Foods",
            introduction="We love <b>questions</b>.",
            hours="Saturday to Thursday",
            footer="Imprint: https://parsian.test",
        )
    }
    await save_brand(Face(name="Parsian Foods", accent="#0f766e", texts=texts, form=form.id), new_logo=a_png(), by=alma)
    page = (await guest().page("/")).text
    for words in (
        "Ask Parsian Foods",
        "&lt;b&gt;questions&lt;/b&gt;",
        "Saturday to Thursday",
        'href="https://parsian.test"',
        "/forms/returns",
        "accent=0f766e",
    ):
        assert words in page, words
    url = re.search(r'src="(/brand/logo\?v=[0-9a-f]{16})"', page)
    assert url
    picture = await guest().get(url[1])
    assert picture.content == read_image(a_png()).content and picture.headers["content-type"] == "image/png"
    assert (
        picture.headers["x-content-type-options"] == "nosniff"
        and "sandbox" in picture.headers["content-security-policy"]
    )
    assert "immutable" in picture.headers["cache-control"]
    assert (
        "Parsian Foods" in (await guest().page("/forms/returns")).text
        and "Parsian Foods" in (await guest().page("/sign-in")).text
    )
    await save_brand(Face(name="Parsian Foods"), drop_logo=True, by=alma)
    assert "/brand/logo" not in (await guest().page("/")).text
    assert (await guest().get("/brand/logo")).status_code == 302


async def test_only_administrators_choose_and_mistakes_are_told_at_their_field(database: None) -> None:
    with pytest.raises(Refused):
        await save_brand(Face(name="Mine"), by=await hire("ben"))
    with pytest.raises(Invalid) as refused:
        await save_brand(
            Face(name="", accent="red", form=99, texts={"fa": Words(title="x" * 500)}), by=await hire("alma")
        )
    assert set(refused.value.fields) == {"name", "accent", "form", "texts-fa"}


def test_every_colour_can_be_read_by_day_and_in_the_dark() -> None:
    for colour in (
        "ffff00",
        "00ff00",
        "ff0000",
        "0000ff",
        "ffffff",
        "000000",
        "808080",
        "c2410c",
        "0f766e",
        "f5d0fe",
        "1763c6",
        "00ffff",
    ):
        css = accent_css(colour)
        assert css
        light, dark = _tones(css, "accent")
        assert _contrast(light, (1.0, 1.0, 1.0)) >= 4.5, (colour, "white on the colour by day")
        wash_light, wash_dark = _tones(css, "accent-wash")
        assert _contrast(light, wash_light) >= 4.5 and _contrast(dark, wash_dark) >= 4.5, (
            colour,
            "the colour on its wash",
        )
        assert _contrast(dark, _tones(css, "accent-ink", dark_only=True)[0]) >= 4.5, (
            colour,
            "ink on the colour in the dark",
        )


Rgb = tuple[float, float, float]


def _tones(css: str, name: str, *, dark_only: bool = False) -> list[Rgb]:
    """Linear light of a token by day and in the dark, cut to what a screen shows."""
    found = re.search(rf"--{name}:light-dark\(([^;]+)\);", css)
    assert found
    tones = re.findall(r"oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)", found[1])
    return [_linear(*map(float, tone)) for tone in tones[-1:] if dark_only] or [
        _linear(*map(float, tone)) for tone in tones
    ]


def _linear(lightness: float, chroma: float, hue: float) -> Rgb:
    import math

    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    raw = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    red, green, blue = (min(1.0, max(0.0, one)) for one in raw)
    return red, green, blue


def _contrast(one: Rgb, other: Rgb) -> float:
    """WCAG 2.2, contrast ratio."""
    lights = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)
