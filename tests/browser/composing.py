"""Writing into the composer of an open page, as an agent does: the editor takes the textarea's place at the first touch."""

from playwright.async_api import Locator, Page

TEXT = "#composer textarea"
"""What the form holds as plain text, shown or not."""


def editor(page: Page) -> Locator:
    return page.locator("#composer .ProseMirror")


async def begin(page: Page) -> Locator:
    """The editor, with the focus."""
    await page.locator("#composer").locator("textarea, .ProseMirror").locator("visible=true").first.focus()
    await editor(page).wait_for()
    await editor(page).focus()
    return editor(page)


async def write(page: Page, text: str) -> None:
    """Write the text in place of what is there."""
    await (await begin(page)).fill(text)
