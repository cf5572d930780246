"""The help centre in a browser: how much of it comes, and its search, while one types, with a slip, in Persian from an Arabic keyboard, and without scripts."""

from typing import Any

from playwright.async_api import expect

from tests.browser.product import Product
from tests.browser.test_size import Load
from tests.browser.visits import Visits

MOST_BYTES, MOST_REQUESTS = 60 * 1024, 8
"""Of an article that somebody comes to from elsewhere."""
PHONE: Any = {"width": 390, "height": 844}
FIELD, OFFERS = ".find input", "#offers [role=option]"


async def test_articles_are_found_with_a_slip_and_in_persian_typed_with_arabic_letters(
    visits: Visits, product: Product
) -> None:
    words = {
        "en": {"title": "Where is my glazed umbrella?", "body_markdown": "The courier carries umbrellas."},
        "fa": {"title": "چتر یکتای من کجاست؟", "body_markdown": "پیک چترها را می‌آورد."},
    }
    await product.call("POST", "/articles", {"translations": words, "publish": True})

    async def indexed() -> list[Any]:
        return (await product.call("GET", "/articles/search?q=umbrella&language=en"))["items"]

    await product.until(indexed, bool)
    page, load = await visits.visit(locale="en-GB"), Load()
    await load.watch(page)
    await page.goto(f"{product.url}/help/en/articles/where-is-my-glazed-umbrella")
    await page.evaluate("document.fonts.ready")
    assert sum(load.sizes.values()) <= MOST_BYTES and len(load.sizes) <= MOST_REQUESTS, load.sizes
    await page.goto(f"{product.url}/help/en")
    field, offers = page.locator(FIELD), page.locator(OFFERS)
    await field.focus()
    await expect(field).to_have_role("combobox")
    await field.press_sequentially("glazed umbrela")
    await expect(offers.filter(has_text="Where is my glazed umbrella?")).to_be_visible()
    await expect(field).to_have_attribute("aria-expanded", "true")
    await field.press("Escape")
    await expect(offers).to_have_count(0)
    await field.press("Enter")
    await expect(page.get_by_text("Did you mean")).to_contain_text("glazed umbrella?")
    await expect(page.locator(".answers mark").first).to_be_visible()

    persian = await visits.visit("/help/fa", locale="fa-IR", size=PHONE)
    field, offers = persian.locator(FIELD), persian.locator(OFFERS)
    await field.focus()
    await expect(field).to_have_role("combobox")
    await field.press_sequentially("چتر يكتا")
    await expect(offers.first).to_contain_text("چتر یکتای من کجاست؟")
    await field.press("ArrowDown")
    await expect(offers.first).to_have_attribute("aria-selected", "true")
    await field.press("Enter")
    await expect(persian.get_by_role("heading", level=1)).to_have_text("چتر یکتای من کجاست؟")

    plain = await visits.visit("/help/fa", java_script_enabled=False, locale="fa-IR")
    await plain.fill(FIELD, "چتر يكتا")
    await plain.press(FIELD, "Enter")
    await expect(plain.locator(".answers")).to_contain_text("چتر یکتای من کجاست؟")
