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
    for one in (page.locator(f"#row-{number} .pill"), page.locator("#conversation-header .pill")):
        await expect(one).to_have_text(re.compile(r"^[34] h left · First reply"))
        await expect(one).to_have_class(re.compile(r"\bgood\b"))
    soon, closed, late = ("03:30", True), ("03:31", False), ("04:31", True)
    for (passed, is_open), words, colour in (
        (soon, r"(2\d|30) min left · First reply", "warn"),
        (closed, r"Due .* · outside hours", "good"),
        (late, r"(3|4)\d min late · First reply", "bad"),
    ):
        shown = await page.evaluate(AS_IF_PASSED, [passed, is_open])
        assert len(shown) >= 2, "in its row and its header"
        for text, classes in shown:
            assert re.match(words, text) and colour in classes.split(), (passed, shown)


AS_IF_PASSED = """([passed, isOpen]) => {
  const [hours, minutes] = passed.split(":").map(Number);
  const earlier = (at) => Number(at) - hours * 3600 - minutes * 60;
  const pills = [...document.querySelectorAll(".pill[data-left]")];
  const before = pills.map((pill) => ({ ...pill.dataset }));
  for (const { dataset } of pills) {
    Object.assign(dataset, { since: earlier(dataset.since), due: earlier(dataset.due) });
    dataset.open = isOpen ? `${dataset.since}-${Number(dataset.since) + 864000}` : "";
  }
  document.dispatchEvent(new Event("visibilitychange"));
  const shown = pills.map((pill) => [pill.querySelector(".words").textContent, pill.className]);
  pills.forEach((pill, place) => Object.assign(pill.dataset, before[place]));
  return shown;
}"""
"""What pills say when they were made so long ago: in one go, so that nothing comes in between from the server."""
