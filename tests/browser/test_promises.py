"""What is promised counts down by itself, in open time."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from tests.browser.product import Product
from tests.browser.visits import Visits


async def test_a_pill_counts_down_is_soon_and_over_and_stands_while_it_is_closed(
    visits: Visits, product: Product
) -> None:
    await product.call(
        "POST", "/sla-policies", {
            "name": "Counted", "conditions": {"all": [{"field": "subject", "op": "contains", "value": "Counted down"}]},
            "targets": [{"metric": "first_reply", "seconds": 4 * 3600, "business": False}],
        },
    )  # fmt: skip
    number = await product.ticket("Counted down", "How long does it take?")
    page = await visits.visit(as_="cleo")
    await page.clock.install(time=datetime.now(UTC) + timedelta(minutes=25))  # it is the server's clock that counts
    await page.goto(f"{product.url}/console/tickets/{number}?view=unassigned")
    row, header = page.locator(f"#row-{number} .pill"), page.locator("#conversation-header .pill")
    for one in (row, header):
        await expect(one).to_have_text(re.compile(r"^[34] h left · First reply"))
        await expect(one).to_have_class(re.compile(r"\bgood\b"))
    await page.clock.fast_forward("03:30:00")
    for one in (row, header):
        await expect(one).to_have_text(re.compile(r"^(2\d|30) min left · First reply"))
        await expect(one).to_have_class(re.compile(r"\bwarn\b"))
    before = await row.get_attribute("data-open")
    await row.evaluate("(pill) => (pill.dataset.open = '')")
    await page.clock.fast_forward("00:01:00")
    await expect(row).to_have_text(re.compile("^Due .* · outside hours"))
    await row.evaluate("(pill, open) => (pill.dataset.open = open)", before)
    await page.clock.fast_forward("01:00:00")
    await expect(row).to_have_text(re.compile(r"^(3|4)\d min late · First reply"))
    await expect(row).to_have_class(re.compile(r"\bbad\b"))
