"""Pages travel compressed, and their length says little about what stands in them."""

import gzip
from collections.abc import Callable

from helpdesk.web.compressing import MOST_NOISE, compressed
from tests.cast import hire
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]


async def test_a_page_is_compressed_for_browsers_that_take_it(browser: Browsers) -> None:
    for n in range(5):
        await a_ticket(f"Number {n}")
    visitor = await browser().sign_in(await hire("ben"))
    page = await visitor.get("/console?view=open")
    assert page.headers["content-encoding"] == "gzip" and "accept-encoding" in page.headers["vary"]
    assert int(page.headers["content-length"]) < len(page.content) / 3
    plain = await visitor.client.get("/console?view=open", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and "Number 4" in plain.text


async def test_small_parts_and_streams_of_data_are_left_alone(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    for path in ("/console/tickets/rows?view=open", "/console/live/poll?after="):
        assert "content-encoding" not in (await visitor.get(path)).headers, path


def test_the_same_page_has_many_lengths() -> None:
    page = b"<p>a page</p>" * 500
    lengths = {len(compressed(page)) for _ in range(200)}
    assert len(lengths) > 30 and max(lengths) - min(lengths) < MOST_NOISE
    assert all(gzip.decompress(compressed(page)) == page for _ in range(50))
