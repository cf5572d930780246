"""What the first load of the console costs."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.product import Product
from tests.browser.visits import Visits

MOST_BYTES = 150 * 1024
MOST_REQUESTS = 15
NAMES = [("Zoë Müller", "Zoë"), ("Žofie Łukášová", "Žofie"), ("شیرین نادری", "سلام")]
"""Of customers: letters of Western, of Central European and of Persian alphabets."""


class Load:
    """What came over the wire for one page, as the browser counts it: bodies as they were encoded, and their headers."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self._urls: dict[str, str] = {}

    async def watch(self, page: Page) -> None:
        session = await page.context.new_cdp_session(page)
        session.on(
            "Network.requestWillBeSent", lambda event: self._urls.update({event["requestId"]: event["request"]["url"]})
        )
        session.on("Network.loadingFinished", self._finish)
        await session.send("Network.enable")

    def _finish(self, event: dict[str, Any]) -> None:
        self.sizes[self._urls[event["requestId"]]] = event["encodedDataLength"]


@pytest.mark.parametrize("reader", ["ben", "parvin"])
async def test_the_first_load_of_the_console_is_small(visits: Visits, product: Product, reader: str) -> None:
    numbers = [await product.ticket(f"{greeting}, a small page", who=(f"{n}@size.test", name)) for n, (name, greeting) in enumerate(NAMES)]  # fmt: skip
    page, load = await visits.visit(as_=reader), Load()
    await load.watch(page)
    await page.goto(f"{product.url}/console/tickets/{numbers[0]}?view=unassigned")
    await page.evaluate("document.fonts.ready")
    total = sum(load.sizes.values())
    told = "\n".join(f"{size:>8} {url}" for url, size in sorted(load.sizes.items(), key=lambda one: -one[1]))
    assert total <= MOST_BYTES and len(load.sizes) <= MOST_REQUESTS, (
        f"{total} bytes in {len(load.sizes)} requests:\n{told}"
    )
