"""Articles in a browser: written with everything that the editor has, by two people at once, and read without scripts."""

from playwright.async_api import expect

from tests.browser.product import Product
from tests.browser.test_editor import DOCS, PASTE, PICTURE
from tests.browser.visits import Visits

TEXT, SOURCE, SAVED = ".article-form .ProseMirror", "#markdown", "[data-saved]"
WRITTEN = """## Before

1) Press **Save**
2) Wait

> [!WARNING]
> Not twice

| Country |  |  |
| --- | --- | --- |
|  |  |  |
|  |  |  |
"""


async def test_an_article_is_written_with_all_that_the_editor_has_and_read_without_scripts(
    visits: Visits, product: Product
) -> None:
    page = await visits.visit("/console/knowledge/new", as_="alma")
    await page.fill("#title", "How do I save?")
    await page.click(".form button.primary")
    text, keys = page.locator(TEXT), page.keyboard
    await text.click()
    await page.get_by_role("button", name="Heading", exact=True).click()
    await keys.type("Before")
    await keys.press("Enter")
    await page.get_by_role("button", name="Steps").click()
    await keys.type("Press ")
    await keys.press("Control+b")
    await keys.type("Save")
    await keys.press("Control+b")
    await keys.press("Enter")
    await keys.type("Wait")
    await keys.press("Enter")
    await keys.press("Enter")
    await page.get_by_role("button", name="Box: a warning").click()
    await keys.type("Not twice")
    await keys.press("Enter")
    await keys.press("Enter")
    await page.get_by_role("button", name="Table", exact=True).click()
    await keys.type("Country")
    await expect(page.get_by_role("button", name="Row below")).to_be_visible()
    await expect(page.locator(SAVED)).to_contain_text("Saved at")
    await page.get_by_role("button", name="Markdown").click()
    await expect(page.locator(SOURCE)).to_have_value(WRITTEN)
    await page.locator(SOURCE).fill(WRITTEN + "\nAt the end ")
    await page.get_by_role("button", name="Write").click()
    await text.locator("p").last.click()
    await keys.press("Control+End")
    await page.evaluate(PICTURE.replace(".ProseMirror", TEXT))
    image = text.locator('img[src^="/help/files/"]')
    await expect(image).to_have_count(1)
    await image.click()
    await keys.press("Enter")
    await keys.type("The button")
    await keys.press("Enter")
    await expect(image).to_have_attribute("alt", "The button")
    await keys.press("ArrowRight")
    await page.evaluate(PASTE.replace(".ProseMirror", TEXT), [DOCS, "Bold slanted"])
    await expect(text.locator("strong").last).to_have_text("Bold")
    assert await text.locator("img").count() == 1, "what is elsewhere is left there"
    await page.get_by_role("button", name="Preview").click()
    preview = page.locator("[data-preview]")
    await expect(preview.locator("ol.steps li")).to_have_count(2)
    await page.get_by_label("Right to left").check()
    await expect(preview).to_have_css("direction", "rtl")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Published. Readers see it from now on.")).to_be_visible()
    reader = await visits.visit("/help/en/articles/how-do-i-save", java_script_enabled=False, locale="en-GB")
    await expect(reader.locator(".article-body .callout.warning")).to_have_text("Not twice")
    await expect(reader.locator(".article-body th").first).to_have_text("Country")
    assert await reader.locator(".article-body img").evaluate("(image) => image.complete && image.naturalWidth") == 40
    await reader.get_by_role("button", name="No").click()
    await reader.fill("#comment", "Where is the button?")
    await reader.get_by_role("button", name="Send").click()
    await expect(reader.get_by_text("Thank you for telling us.")).to_be_visible()


MARKED = """## Heading

- one

1) step

> said

```
x = 1
```
"""


async def test_marks_become_what_they_mean_and_the_arrows_leave_what_ends_the_text(
    visits: Visits, product: Product
) -> None:
    sent = {"translations": {"en": {"title": "By keyboard"}}}
    path = f"/console/knowledge/articles/{(await product.call('POST', '/articles', sent))['id']}/en"
    page = await visits.visit(path, as_="alma")
    text, keys = page.get_by_role("textbox", name="Text", exact=True), page.keyboard
    await text.click()
    await keys.type("## ")
    await expect(text.locator("h2")).to_have_count(1)
    await keys.press("Backspace")
    await expect(text).to_have_text("## ", use_inner_text=True)
    await keys.press("Backspace")
    await keys.type(" Heading")
    for mark, words in (("- ", "one"), ("1) ", "step"), ("> ", "said"), ("```", "x = 1")):
        await keys.press("Enter")
        if mark in ("1) ", "> ", "```"):
            await keys.press("Enter")
        await keys.type(mark + words)
    await keys.press("ArrowDown")
    await keys.type("below")
    await page.get_by_role("button", name="Markdown").click()
    await expect(page.locator(SOURCE)).to_have_value(MARKED + "\nbelow\n")
    box, table = "> [!NOTE]\n> in\n", "| a | b |\n| --- | --- |\n| c | in |\n"
    for source, cells, within in ((box, 0, "[data-format=note][aria-pressed=true]"), (table, 3, "[data-format=row]")):
        await page.locator(SOURCE).fill(source)
        await page.get_by_role("button", name="Write", exact=True).click()
        await text.focus()
        for _cell in range(cells):
            await keys.press("Tab")
        await keys.press("ArrowDown")
        await keys.type("below")
        await text.locator("p").first.click()
        await expect(page.locator(within)).to_be_visible()
        await keys.press("ArrowUp")
        await keys.type("above")
        await page.get_by_role("button", name="Markdown").click()
        await expect(page.locator(SOURCE)).to_have_value(f"above\n\n{source}\nbelow\n")


async def test_two_who_write_at_once_are_told_and_lose_nothing(visits: Visits, product: Product) -> None:
    sent = {"translations": {"en": {"title": "Both", "body_markdown": "Begun."}}}
    path = f"/console/knowledge/articles/{(await product.call('POST', '/articles', sent))['id']}/en"
    visits.expect("409")
    alma, ben = await visits.visit(path, as_="alma"), await visits.visit(path, as_="ben")
    for page, words in ((alma, " By Alma."), (ben, " By Ben.")):
        await page.locator(TEXT).click()
        await page.keyboard.press("Control+End")
        await page.keyboard.type(words)
        await expect(page.locator(SAVED)).to_contain_text("Saved at" if page is alma else "Your words are kept")
    await ben.locator(SAVED).get_by_role("link").click()
    await expect(ben.locator(".diff ins")).to_have_text("Ben")
    await ben.get_by_role("link", name="Open them in the editor").click()
    await expect(ben.locator(TEXT)).to_have_text("Begun. By Ben.")
    await ben.locator(TEXT).press("Control+End")
    await ben.keyboard.type(" And Alma.")
    await expect(ben.locator(SAVED)).to_contain_text("Saved at")


async def test_leaving_the_editor_saves_only_what_was_touched(visits: Visits, product: Product) -> None:
    words = {"en": {"title": "Looked at", "body_html": "<p>Old <u>words</u>.</p>"}}
    article = await product.call("POST", "/articles", {"translations": words})
    words["en"]["body_html"] = '<p dir="rtl">New.</p>'
    await product.call("PATCH", f"/articles/{article['id']}", {"translations": words})
    path = f"/console/knowledge/articles/{article['id']}/en"
    page = await visits.visit(f"{path}?version=1", as_="alma")
    await page.get_by_role("button", name="Markdown").click()
    await expect(page.locator(SOURCE)).to_have_value("Old words.\n")
    await page.get_by_role("button", name="Write", exact=True).click()
    await expect(page.locator(TEXT)).to_be_visible()
    await page.goto(f"{product.url}{path}/versions")
    assert not [one for one in visits.requests if one.url.endswith("/draft")]
    found = await product.call("GET", f"/articles/{article['id']}")
    assert found["translations"]["en"]["body_html"] == words["en"]["body_html"]


async def test_what_nobody_took_is_kept_in_the_browser_and_offered_again(visits: Visits, product: Product) -> None:
    sent = {"translations": {"en": {"title": "Kept", "body_markdown": "Begun."}}}
    path = f"/console/knowledge/articles/{(await product.call('POST', '/articles', sent))['id']}/en"
    visits.expect("401", "sign-in")
    page = await visits.visit(path, as_="alma")
    cookie, session = product.people["alma"].cookie, product.people["alma"].session
    await page.context.clear_cookies(name=cookie)
    await page.locator(TEXT).click()
    await page.keyboard.press("Control+End")
    await page.keyboard.type(" Typed when the session was over.")
    await expect(page.locator(SAVED)).to_contain_text("You are signed out")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.locator(SAVED).get_by_role("link", name="Sign in again")).to_be_visible()
    await expect(page.locator(TEXT)).to_have_text("Begun. Typed when the session was over.")
    context = page.context
    await page.close()
    await context.add_cookies([{"name": cookie, "value": session, "url": product.url}])
    page = await context.new_page()
    await page.goto(product.url + path)
    await expect(page.locator(TEXT)).to_have_text("Begun.")
    await page.get_by_role("button", name="Put them in").click()
    await expect(page.locator(SAVED)).to_contain_text("Saved at")
    await page.reload()
    await expect(page.locator(TEXT)).to_have_text("Begun. Typed when the session was over.")
    await expect(page.locator("[data-copy]")).to_be_hidden()
