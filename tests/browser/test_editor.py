"""The composer's rich text, as agents write it and as the customer gets it."""

import pytest
from playwright.async_api import expect

from tests.browser.composing import TEXT, begin, editor
from tests.browser.product import Product
from tests.browser.test_live import live, opened
from tests.browser.visits import Visits

HTML = "#composer [name=html]"
PICTURE = """async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 20 });
    const blob = await new Promise((resolve) => canvas.toBlob(resolve));
    const data = new DataTransfer();
    data.items.add(new File([blob], "screen.png", { type: "image/png" }));
    document.querySelector(".ProseMirror").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
PASTE = """([html, text]) => {
    const data = new DataTransfer();
    if (html) data.setData("text/html", html);
    data.setData("text/plain", text);
    document.querySelector(".ProseMirror").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal { margin: 0cm }</style></head><body>
<!--StartFragment--><p class=MsoNormal style='margin:0cm'>Dear <b>all</b>,<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>1.<span style='font:7.0pt "Times New Roman"'>&nbsp; </span></span>first</p>
<p class=MsoListParagraphCxSpLast style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>2.<span>&nbsp; </span></span>second</p>
<p class=MsoNormal style='margin:0cm;display:none'>unseen</p><!--EndFragment--></body></html>"""
DOCS = """<b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span style="font-weight:700;color:red">Bold</span><span style="font-style:italic"> slanted</span></p>
<p><a href="https://x.example/" onclick="boom()">a link</a><a href="javascript:boom()"> and none</a><img src="https://tracker.example/x.png" onerror="boom()"></p></b><script>boom()</script>"""


async def test_keys_and_buttons_format_and_the_customer_gets_it(visits: Visits, product: Product) -> None:
    number = await product.ticket("Rich")
    page = await opened(visits, number)
    await begin(page)
    keys = page.keyboard
    await keys.type("Press ")
    await keys.press("Control+b")
    await keys.type("both")
    await keys.press("Control+b")
    await keys.type(" keys")
    await expect(editor(page).locator("strong")).to_have_text("both")
    await keys.press("Enter")
    await page.get_by_role("button", name="Numbered list").click()
    await keys.type("one")
    await keys.press("Enter")
    await keys.type("two")
    await keys.press("Enter")
    await keys.press("Enter")
    await keys.type("سلام ")
    await expect(editor(page).locator("> div").last).to_have_attribute("dir", "rtl")
    await keys.press("Control+Shift+x")
    await expect(editor(page).locator("> div").last).to_have_attribute("dir", "ltr")
    await keys.press("Control+Shift+x")
    await keys.type("see ")
    await keys.press("Control+Shift+k")
    await page.get_by_label("Address of the link").fill("x.example/help")
    await keys.press("Enter")
    await keys.type(" ok")
    await expect(page.locator(TEXT)).to_have_value(
        "Press both keys\n1. one\n2. two\nسلام see x.example/help <https://x.example/help> ok"
    )
    await page.evaluate(PICTURE)
    await expect(editor(page).locator("img[width='40']")).to_be_visible()
    await expect(page.locator("#composer .attachment")).to_have_count(0)
    await keys.press("Control+z")
    await expect(editor(page).locator("img[width='40']")).to_have_count(0)
    await keys.press("Control+y")
    await expect(page.locator(".saved").first).to_contain_text("Saved")

    await page.reload()  # the draft is as it was
    await live(page)
    await expect(editor(page).locator("strong")).to_have_text("both")
    await expect(editor(page).locator("img[width='40']")).to_be_visible()
    await begin(page)
    await keys.press("Control+Enter")
    said = page.locator("#items .message.agent .rich")
    await expect(said.locator("ol li")).to_have_count(2)
    await expect(said.locator("img")).to_be_visible()
    assert await said.locator("img").evaluate("one => one.naturalWidth") == 40
    await expect(editor(page)).to_have_text("")
    arrived = await product.outside.mail_to("dora@customer.test", where=lambda one: "Press" in one.text())
    assert (
        "2. two" in arrived.text()
        and "<strong>both</strong>" in arrived.text("html")
        and 'src="cid:' in arrived.text("html")
    )


@pytest.mark.parametrize(("html", "text", "shown"), [
    (WORD, "", '<div dir="auto">Dear <strong>all</strong>,</div><ol dir="ltr"><li dir="auto">first</li><li dir="auto">second</li></ol>'),
    (DOCS, "", '<div dir="auto"><strong>Bold</strong><em> slanted</em></div><div dir="auto"><br></div><div dir="auto"><a href="https://x.example/">a link</a> and none</div>'),
    ("", "a\n\n  b\r\nc", ""),
], ids=["word", "docs", "plain"])  # fmt: skip
async def test_what_is_pasted_is_cleaned(visits: Visits, product: Product, html: str, text: str, shown: str) -> None:
    page = await opened(visits, await product.ticket("Pasted"))
    await begin(page)
    await page.evaluate(PASTE, [html, text])
    assert await page.input_value(HTML) == shown
    if text:
        assert await page.input_value(TEXT) == "a\n\n  b\nc"
