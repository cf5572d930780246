"""Web forms in a browser: with scripts, in a frame of another site, and for those who listen or see little."""

import asyncio
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import pytest_asyncio
from playwright.async_api import Frame, Page, expect

from tests.browser.product import Product
from tests.browser.test_pages import CONTRAST, PHONE, TOO_WIDE, judge
from tests.browser.visits import Visits, a_file

FORM = {
    "slug": "contact", "name": "Contact", "accent": "#c2410c", "asks_phone": "optional",
    "texts": {"en": {"title": "How can we help?", "consent": "You may store this."}, "fa": {"title": "چطور کمک کنیم؟", "consent": "موافقم."}},
    "fields": [{"kind": "select", "labels": {"en": "Size", "fa": "اندازه"}, "options": {"en": ["S", "L"], "fa": ["کوچک", "بزرگ"]}}],
}  # fmt: skip
FROM_THE_TOP = "one => one.getBoundingClientRect().top + scrollY"


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Another site: its origin, and the folder that it serves."""
    folder = tmp_path_factory.mktemp("shop")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Not a word."""


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def form(product: Product, shop: tuple[str, Path]) -> str:
    """The address of the form, which the shop may frame."""
    known = (await product.call("GET", "/forms"))["items"]
    asked = FORM | {"origins": [shop[0]]}
    made = await (
        product.call("PATCH", f"/forms/{known[0]['id']}", asked) if known else product.call("POST", "/forms", asked)
    )
    return f"{product.url}/forms/{made['slug']}"


async def _fill_in(page: Page | Frame, *, email: str, subject: str) -> None:
    for name, value in {"name": "Dora", "email": email, "subject": subject, "message": "It burns."}.items():
        await page.fill(f"#{name}", value)
    await page.check("#consent")


async def test_a_visitor_sends_a_file_and_an_agent_answers_by_mail(visits: Visits, product: Product, form: str) -> None:
    page = await visits.visit()
    await page.goto(f"{form}?lang=en")
    await _fill_in(page, email="dora@forms.test", subject="Sent by a form")
    await page.set_input_files("#files", [a_file("log.txt")])
    await expect(page.locator(".kept input[name=kept]")).to_have_count(1)
    await page.reload()
    await expect(page.locator("#message")).to_have_value("It burns.")
    await page.set_input_files("#files", [a_file("log.txt")])
    await expect(page.locator(".kept input[name=kept]")).to_have_count(1)
    await page.check("#consent")
    await page.dblclick(".send button")
    await page.wait_for_url("**/thanks?**")
    [row] = await product.rows("SELECT number, channel FROM hd_ticket WHERE subject = 'Sent by a form'")
    await expect(page.locator(".number")).to_contain_text(f"#{row['number']}")
    first = await product.outside.mail_to("dora@forms.test", where=lambda one: "received" in str(one.mail["Subject"]))
    assert "burns" not in first.text() and "Dora" not in first.text()
    said = await product.messages(row["number"])
    assert [one["name"] for one in said[0]["attachments"]] == ["log.txt"]
    await product.call("POST", f"/tickets/{row['number']}/messages", {"audience": "public", "body_text": "Use water."})
    answer = await product.outside.mail_to("dora@forms.test", where=lambda one: "Use water." in one.text())
    assert product.mailbox.partition("@")[0] in str(answer.mail["From"])
    await product.send(product.mail("Re: Sent by a form", "It helped.", who=("dora@forms.test", "Dora"), to=str(answer.mail["Reply-To"]), answers=str(answer.mail["Message-ID"])))  # fmt: skip
    await product.until(lambda: product.messages(row["number"]), lambda said: "It helped." in said[-1]["body_text"])
    agent = await visits.visit(f"/console/tickets/{row['number']}", as_="alma")
    await expect(agent.locator(".message").first.locator(".badge.warn")).to_be_visible()


async def test_mistakes_are_said_at_their_fields_in_the_pages_language(visits: Visits, form: str) -> None:
    page = await visits.visit(locale="fa")
    await page.goto(form)
    await page.click(".send button")
    await expect(page.locator("#email-error")).to_have_text("این را پر کنید.")
    await expect(page.locator("#name")).to_be_focused()
    await page.fill("#email", "nobody")
    await expect(page.locator("#email-error")).to_contain_text("این نشانی ایمیل نیست")
    await page.fill("#email", "dora@forms.test")
    await expect(page.locator("#email-error")).to_have_count(0)


async def test_without_scripts_it_is_sent_all_the_same(visits: Visits, product: Product, form: str) -> None:
    page = await visits.visit(java_script_enabled=False)
    await page.goto(f"{form}?lang=en")
    await _fill_in(page, email="plain@forms.test", subject="Sent without scripts")
    await page.set_input_files("#files", [a_file("a.txt")])
    await asyncio.sleep(3)
    await page.click(".send button")
    await expect(page.locator(".number")).to_be_visible()
    [row] = await product.rows("SELECT number FROM hd_ticket WHERE subject = 'Sent without scripts'")
    assert [one["name"] for one in (await product.messages(row["number"]))[0]["attachments"]] == ["a.txt"]


async def test_an_article_answers_before_anything_is_sent_and_that_is_counted(
    visits: Visits, product: Product, form: str
) -> None:
    words = {
        "title": "Why does my teapot whistle?",
        "body_markdown": "Take off the **lid**. More in [the manual](https://shop.test).",
    }
    made = await product.call("POST", "/articles", {"translations": {"en": words}, "publish": True})
    await product.until(
        lambda: product.call("GET", "/articles/search?q=teapot&language=en"), lambda found: bool(found["items"])
    )
    page = await visits.visit(f"{form.removeprefix(product.url)}?lang=en", locale="en-GB", reduced_motion="reduce")
    await _fill_in(page, email="dora@forms.test", subject="My teapot whistles")
    place = await page.locator(".send").evaluate(FROM_THE_TOP)
    await page.fill("#message", "Why does my teapot whistle?")
    offer, dialog = page.locator("#likely"), page.locator("#reading")
    await expect(offer).to_contain_text(words["title"])
    assert await page.locator(".send").evaluate(FROM_THE_TOP) == place, "nothing moves where somebody types"
    found = await judge(page, "offered")
    await offer.get_by_role("link").click()
    await expect(dialog.locator("strong")).to_have_text("lid")
    await expect(dialog.get_by_role("link", name="the manual")).to_have_attribute("target", "_blank")
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += await judge(page, "read in the dark")
    await dialog.get_by_role("button", name="No, go on writing").click()
    await expect(page.locator("#message")).to_have_value("Why does my teapot whistle?")
    await offer.get_by_role("button", name="Yes, this answers it").click()
    await expect(page.get_by_role("button", name="Send it after all")).to_be_visible()
    assert not found + await judge(page, "answered")

    counted = await product.rows("SELECT use, times FROM kb_use WHERE article = $1 ORDER BY use", made["id"])
    assert {row["use"]: row["times"] for row in counted} == {"offered": 1, "opened": 1, "deflected": 1}
    assert not await product.rows("SELECT FROM hd_ticket WHERE subject = 'My teapot whistles'")
    await page.goto(f"{form}?lang=en")
    await expect(page.locator("#message")).to_have_value("")
    await page.fill("#message", "Why does my teapot whistle?")
    await offer.get_by_role("button", name="Yes, this answers it").click()
    await page.get_by_role("link", name="فارسی").click()
    await expect(page.locator("#message")).to_have_value("Why does my teapot whistle?")
    await page.get_by_role("link", name="English").click()
    await expect(page.locator("#message")).to_have_value("Why does my teapot whistle?")


async def test_another_site_shows_it_as_high_as_it_is_and_a_stranger_may_not(
    visits: Visits, product: Product, form: str, shop: tuple[str, Path]
) -> None:
    origin, folder = shop
    script = f'<script src="{product.url}/forms/embed.js" data-form="contact" data-language="fa" data-theme="light" async></script>'
    (folder / "index.html").write_text(
        f"<!doctype html><title>Shop</title><link rel=icon href=data:,><main>{script}</main>"
    )
    page = await visits.visit()
    await page.goto(f"{origin}/index.html")
    frame = page.frame_locator("iframe")
    await expect(frame.locator("h1")).to_have_text("چطور کمک کنیم؟")
    await expect(page.locator("iframe")).not_to_have_css("height", "640px")
    inside = await frame.locator("body").evaluate("body => body.getBoundingClientRect().height")
    box = await page.locator("iframe").bounding_box()
    assert box and abs(box["height"] - inside) < 8
    visits.expect("frame-ancestors")
    await page.goto(f"{origin.replace('127.0.0.1', 'localhost')}/index.html")
    await page.wait_for_timeout(1000)
    assert any("frame-ancestors" in one for one in visits.troubles)


@pytest.mark.parametrize("language", ["en", "fa"])
async def test_it_can_be_heard_and_read_in_both_themes_and_on_a_phone(visits: Visits, form: str, language: str) -> None:
    page = await visits.visit(locale=language)
    await page.goto(form)
    await page.click(".send button")
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = await judge(page, "light")
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += await judge(page, "dark", CONTRAST)
    await page.set_viewport_size(PHONE)
    await page.set_input_files("#files", [a_file(f"{'long' * 30}.txt")])
    await expect(page.locator(".kept input[name=kept]")).to_have_count(1)
    assert not found and not await page.evaluate(TOO_WIDE)
