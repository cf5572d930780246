"""Articles beside a ticket in a browser: suggested, read, put into the answer by keys and by touch, and what came of it."""

from playwright.async_api import expect

from tests.browser.composing import TEXT, begin, editor
from tests.browser.product import Product
from tests.browser.test_live import opened
from tests.browser.visits import Visits

PANEL, LIST, READER = "#article-list", "#completions", "dialog.reader"
CHOSEN = f"{LIST} [aria-selected=true]"


async def an_article(product: Product, audience: str = "public", **texts: tuple[str, str]) -> None:
    translations = {language: {"title": title, "body_markdown": text} for language, (title, text) in texts.items()}
    made = await product.call("POST", "/articles", {"audience": audience, "translations": translations})
    for language in texts:
        await product.call("POST", f"/articles/{made['id']}/publish", {"language": language})


async def test_an_article_is_suggested_read_put_in_by_keys_and_solves_the_ticket(
    visits: Visits, product: Product
) -> None:
    await an_article(
        product, en=("Descale the kettle", "Boil **vinegar** in the kettle, then rinse."), fa=("جرم‌گیری کتری", "سرکه را در کتری بجوشانید.")
    )  # fmt: skip
    await an_article(
        product, "agents", en=("Recalled kettles", "Kettles of the series Q7 are recalled: ask the maker.")
    )
    await product.until(lambda: product.call("GET", "/articles/search?q=recalled"), lambda found: found["items"])
    visits.expect("409")
    who = ("kettle@customer.test", "Kim Kettle")
    number = await product.ticket("How do I descale the kettle?", "Does vinegar help in the kettle?", who=who)
    page = await opened(visits, number)
    keys, field = page.keyboard, page.locator("#articles-q")
    await expect(page.locator(PANEL)).to_contain_text("Descale the kettle")
    await keys.press("b")
    await expect(field).to_be_focused()
    await keys.type("recalled")
    await expect(page.locator(f"{PANEL} mark").first).to_have_text("Recalled")
    await field.fill("")
    await expect(page.locator(PANEL)).to_contain_text("ikely")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(page.locator(READER)).to_contain_text("Boil vinegar")
    await keys.press("Escape")
    await expect(page.locator(READER)).to_have_count(0)
    await expect(page.locator(f"{PANEL} .title")).to_be_focused()
    await page.get_by_role("button", name="does not help here").click()
    await expect(page.locator(f"{PANEL} .dismissed")).to_contain_text("Descale the kettle")
    await keys.press("z")
    await expect(page.locator(f"{PANEL} .offered")).to_contain_text("Descale the kettle")
    await page.get_by_role("button", name="does not help here").click()
    await expect(page.get_by_role("button", name="Bring back")).to_be_focused()
    await keys.press("Enter")
    await expect(page.locator(f"{PANEL} .title")).to_be_focused()

    await begin(page)
    await keys.type("See ??recalled")
    await expect(page.locator(CHOSEN)).to_contain_text("Agents only")
    await keys.press("Shift+Enter")
    await expect(page.get_by_role("alertdialog")).to_contain_text("agents only")
    await keys.press("Enter")  # on Cancel
    await expect(editor(page)).to_be_focused()
    await expect(page.locator(TEXT)).to_have_value("See ??recalled")
    await keys.press("Control+a")
    await keys.type("See ??")
    await expect(page.locator(CHOSEN)).to_contain_text("Descale the kettle")
    await keys.press("Enter")
    await expect(editor(page).locator("a")).to_have_text("Descale the kettle")
    await keys.press("Control+Shift+Enter")
    said = await product.until(lambda: product.messages(number), lambda found: len(found) == 2)
    assert f'href="{product.url}/help/en/articles/descale-the-kettle"' in said[1]["body_html"]
    used = await product.until(
        lambda: product.rows("SELECT use FROM kb_use WHERE use IN ('suggested', 'linked', 'solved') AND article = (SELECT article FROM kb_translation WHERE slug = 'descale-the-kettle')"),
        lambda found: len(found) == 3,
    )  # fmt: skip
    assert {row["use"] for row in used} == {"suggested", "linked", "solved"}

    persian = await product.ticket(
        "جرم کتری", "چطور کتری را جرم‌گیری کنم؟ سرکه خوب است؟", who=("nasrin@kettle.test", "نسرین")
    )
    page = await visits.visit(
        f"/console/tickets/{persian}?view=unassigned", as_="parvin", size={"width": 390, "height": 844}
    )
    await page.locator('[popovertarget="person"]').first.click()
    await page.locator(f"{PANEL} [data-as=link]").click()
    await expect(page.locator("#person")).to_be_hidden()
    await expect(editor(page).locator("a")).to_have_text("جرم‌گیری کتری")
