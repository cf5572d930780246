"""Canned texts behind a slash, colleagues behind an @: offered at the caret, put in by keys and by the mouse."""

from playwright.async_api import expect

from tests.browser.composing import TEXT, begin, editor
from tests.browser.product import Product
from tests.browser.test_composer import choose
from tests.browser.test_live import opened
from tests.browser.visits import Visits

LIST = "#completions"
CHOSEN = f"{LIST} [aria-selected=true]"
HTML = "<p>Dear <b>{{customer.first_name}}</b>,</p><p>VAT is in the price. {{agent.signature}}</p>"
PERSIAN = "{{customer.name}} گرامی، مالیات در قیمت هست."


async def a_text(product: Product, name: str, shortcut: str, **versions: dict[str, str]) -> None:
    await product.call("POST", "/canned-texts", {"name": name, "shortcut": shortcut, "versions": versions})


async def test_what_fits_is_offered_at_the_caret_and_put_in_for_this_customer(visits: Visits, product: Product) -> None:
    visits.expect("422")
    await a_text(product, "VAT is included", "vat", en={"body_html": HTML}, fa={"body_text": PERSIAN})
    await a_text(product, "Opening hours", "hours", en={"body_text": "We are open\n\nfrom nine."})
    number = await product.ticket("Taxes")
    page = await opened(visits, number)
    await begin(page)
    await page.keyboard.type("Hello and/or goodbye. /")
    await expect(page.locator(f"{LIST} [role=option]")).to_have_count(2)
    await page.keyboard.type("vat")
    await expect(page.locator(CHOSEN)).to_contain_text("VAT is included")
    active = await page.locator(CHOSEN).get_attribute("id")
    await expect(editor(page)).to_have_attribute("aria-activedescendant", active or "")
    await page.keyboard.press("Escape")
    await expect(page.locator(LIST)).to_have_count(0)
    await page.keyboard.type("x")
    await expect(page.locator(LIST)).to_have_count(0)
    await page.keyboard.press("Control+a")
    await page.keyboard.type("/")
    await expect(page.locator(f"{LIST} [role=option]")).to_have_count(2)
    first = await page.locator(CHOSEN).get_attribute("id")
    await page.keyboard.press("ArrowDown")
    assert await page.locator(CHOSEN).get_attribute("id") != first
    await page.keyboard.press("ArrowDown")
    await page.keyboard.type("price")
    await expect(page.locator(f"{LIST} [role=option]")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(editor(page).locator("strong, b")).to_have_text("Dora")
    await expect(page.locator(TEXT)).to_have_value("Dear Dora,\n\nVAT is in the price. {{agent.signature}}")
    await expect(page.locator(".toast")).to_contain_text("agent.signature")

    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".newer")).to_contain_text("{{agent.signature}}")
    await page.locator("[data-edit]").click()
    await begin(page)
    await page.keyboard.press("Control+a")
    await page.locator("[data-canned]").click()
    await page.locator(LIST).get_by_text("Opening hours").click()
    await expect(page.locator(TEXT)).to_have_value("We are open\n\nfrom nine.")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("#items .message.agent")).to_contain_text("from nine.")
    uses = await product.rows("SELECT shortcut, uses FROM hd_canned_text ORDER BY shortcut")
    assert [(row["shortcut"], row["uses"]) for row in uses] == [("hours", 1), ("vat", 1)]


async def test_a_colleague_is_named_in_a_note_and_a_reply_says_where(visits: Visits, product: Product) -> None:
    number = await product.ticket("مالیات", who=("nasrin@customer.test", "نسرین امینی"))
    page = await opened(visits, number)
    await begin(page)
    await page.keyboard.type("mail x@y.test or @c")
    await expect(page.locator(LIST)).to_contain_text("in notes")
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Delete")
    await expect(page.locator(LIST)).to_have_count(0)
    await choose(page, "note")
    await page.keyboard.type("@cl")
    await expect(page.locator(CHOSEN)).to_contain_text("Cleo")
    await page.keyboard.press("Tab")
    await page.keyboard.type(f"as in #{number}")
    await expect(page.locator(LIST)).to_have_count(0)
    await page.get_by_role("button", name="Add note").click()
    said = page.locator("#items .message.note")
    await expect(said.locator(".mention")).to_have_text("@Cleo Dubois")
    await expect(said.locator(".ticket-link")).to_have_attribute("href", f"/console/tickets/{number}")

    cleo = await visits.visit("/console?view=mentions", as_="cleo")
    await expect(cleo.locator(f"#row-{number} .mentioned")).to_be_visible()
    await cleo.click(f"#row-{number} a")
    await expect(cleo.locator("#items .mention.me")).to_have_text("@Cleo Dubois")
    await product.until(lambda: product.rows("SELECT FROM hd_mention WHERE seen_at IS NULL"), lambda left: not left)
