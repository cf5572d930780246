"""The customers' portal in a browser: a whole story without scripts, and its pages for those who listen or see little."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.pages import a_full_article
from tests.browser.product import Arrived, Product
from tests.browser.test_pages import CONTRAST, PHONE, TOO_WIDE, judge
from tests.browser.visits import Visits, a_file

WITHOUT_SCRIPTS: dict[str, Any] = {"java_script_enabled": False, "locale": "en-GB"}
WHO = ("pia@portal.test", "Pia Portal")


@pytest.fixture
async def form(product: Product) -> str:
    """The slug of a form that anybody may fill in."""
    if "portal" not in {one["slug"] for one in (await product.call("GET", "/forms"))["items"]}:
        texts = {"en": {"title": "Contact"}, "fa": {"title": "تماس"}}
        await product.call("POST", "/forms", {"slug": "portal", "name": "Contact", "texts": texts})
    return "portal"


async def _mail(product: Product, words: str, *, address: str = WHO[0]) -> Arrived:
    return await product.outside.mail_to(address, where=lambda one: words in one.text())


def _link(mail: Arrived, path: str) -> str:
    found = re.search(rf"https?://\S+?(/{path}/[\w.-]+)", mail.text())
    assert found, mail.text()
    return found[1]


async def _sign_in(page: Page, product: Product, address: str, *, next_path: str = "/requests") -> None:
    """By the link of a mail, as everybody does."""
    before = len(product.outside.arrived)
    await page.goto(f"{product.url}/sign-in?next={next_path}")
    await page.fill("#email", address)
    await page.locator("main form button").click()
    mail = await product.outside.mail_to(
        address, where=lambda one: "/sign-in/" in one.text() and one in product.outside.arrived[before:]
    )
    await page.goto(product.url + _link(mail, "sign-in"))
    await page.locator("main form button").click()


async def test_a_customers_whole_story_by_form_mail_and_portal_without_scripts(
    visits: Visits, product: Product, form: str
) -> None:
    page = await visits.visit("/", **WITHOUT_SCRIPTS)
    await expect(page.get_by_role("heading", level=1)).to_have_text("How can we help?")
    await page.goto(f"{product.url}/forms/{form}?lang=en")
    for name, value in {"name": WHO[1], "email": WHO[0], "subject": "Lamp flickers", "message": "It flickers."}.items():
        if await page.locator(f"#{name}").count():
            await page.fill(f"#{name}", value)
    for box in await page.locator("input[type=checkbox][required]").all():
        await box.check()
    await page.wait_for_timeout(3_500)  # nobody fills in a form faster, says the form
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your request is here")
    [row] = await product.rows("SELECT number FROM hd_ticket WHERE subject = 'Lamp flickers'")
    number = row["number"]
    assert "flickers" not in (await _mail(product, str(number))).text()

    await _sign_in(page, product, WHO[0])
    await page.get_by_role("link", name="Lamp flickers").click()
    await expect(page.locator(".words.mine")).to_contain_text("It flickers.")
    await page.fill("#text", "Only in the evening.")
    await page.set_input_files("#files", a_file("lamp.txt", b"a lamp"))
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".notice.good")).to_contain_text("Your answer is here")
    await expect(page.locator(".words.mine").last).to_contain_text("Only in the evening.")
    await expect(page.get_by_role("link", name="lamp.txt")).to_be_visible()

    await product.call("POST", f"/tickets/{number}/messages", {"audience": "internal", "body_text": "A known fault."})
    await product.call("POST", f"/tickets/{number}/messages", {"audience": "public", "body_text": "We send a new one."})
    mail = await _mail(product, "We send a new one.")
    await page.goto(f"{product.url}/requests")
    await expect(page.locator(".req", has_text="Lamp flickers")).to_contain_text("New answer")

    other = await visits.visit(_link(mail, "r"), **WITHOUT_SCRIPTS)  # another device, not signed in
    assert other.url == f"{product.url}/requests/{number}"
    await expect(other.locator(".words.ours")).to_contain_text("We send a new one.")
    assert "A known fault" not in await other.content()
    await other.fill("#text", "Thank you!")
    await other.get_by_role("button", name="Send").click()
    await expect(other.locator(".words.mine").last).to_contain_text("Thank you!")

    await page.goto(f"{product.url}/requests/{number}")
    await page.get_by_role("button", name="It is solved").click()
    await expect(page.locator(".request-head")).to_contain_text("Solved")
    await page.get_by_role("button", name="Open it again").click()
    await expect(page.locator(".request-head")).to_contain_text("We are on it")
    later = product.mail("Re: Lamp flickers", "The new one works.", who=WHO, answers=str(mail.mail["Message-ID"]))
    await product.send(later)
    said = await product.until(
        lambda: product.messages(number), lambda found: found[-1]["body_text"] == "The new one works."
    )
    assert [one["author"]["kind"] for one in said] == ["customer", "customer", "agent", "agent", "customer", "customer"]


async def test_every_page_of_the_portal_can_be_used_by_everybody(visits: Visits, product: Product) -> None:
    """axe, contrast in the dark, a phone's width, and both languages; pages with something on them."""
    visits.expect("404")
    ara = ("ara@portal.test", "Ara Portal")
    html = "<p>Dear all</p><table border=1><tr><td>Plates</td><td><b>6</b></td></tr></table><img src='https://track.test/x.png'>"
    await product.send(product.mail("Six plates", "Dear all\n\nPlates 6", who=ara, html=html))
    [row] = await product.until(
        lambda: product.rows("SELECT number FROM hd_ticket WHERE subject = 'Six plates' ORDER BY id DESC LIMIT 1"), bool
    )
    number = row["number"]
    inside = await visits.visit(locale="en-GB")
    await _sign_in(inside, product, ara[0])
    outside = await visits.visit(locale="en-GB")
    found: list[str] = []
    _article, category = await a_full_article(product)
    for language in ("en", "fa"):
        help_centre = [
            "",
            f"/categories/{category}",
            f"/articles/{'all' if language == 'en' else 'همه'}",
            "/search?q=zebra",
            "/articles/nothing",
        ]
        for page in (inside, outside):
            await page.goto(f"{product.url}/")
            await page.goto(f"{product.url}/language/{language}")
        signed_in = ["/", "/requests", "/requests?show=solved", "/requests?q=plates", f"/requests/{number}", "/account"]
        paths = [
            *((inside, path) for path in signed_in),
            *((outside, path) for path in ("/", "/sign-in", "/r/1.x", "/nothing", "/offline")),
            *((outside, f"/help/{language}{path}") for path in help_centre),
        ]
        for page, path in paths:
            await page.goto(product.url + path)
            assert await page.evaluate("document.documentElement.lang") == language, path
            await page.emulate_media(color_scheme="light", reduced_motion="reduce")
            found += await judge(page, path)
            await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            found += await judge(page, f"{path} in the dark", CONTRAST)
            await page.set_viewport_size(PHONE)
            if await page.evaluate(TOO_WIDE):
                found.append(f"{path} ({language}) is too wide for a phone")
            await page.set_viewport_size({"width": 1440, "height": 900})
    assert found == []


async def test_what_is_typed_stays_until_it_is_sent_and_files_show_their_progress(
    visits: Visits, product: Product
) -> None:
    ivo = ("ivo@portal.test", "Ivo Portal")
    number = await product.ticket("Cracked cup", who=ivo)
    page = await visits.visit(locale="en-GB")
    await _sign_in(page, product, ivo[0], next_path=f"/requests/{number}")
    await page.fill("#text", "It is the blue one")
    await page.reload()
    await expect(page.locator("#text")).to_have_value("It is the blue one")
    await page.set_input_files("#files", a_file("cup.txt", b"a cup"))
    await expect(page.locator(".kept input[name=kept]")).to_have_count(1)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".words.mine").last).to_contain_text("It is the blue one")
    await expect(page.locator("#text")).to_have_value("")
    assert (await product.messages(number))[-1]["attachments"][0]["name"] == "cup.txt"


async def test_without_a_network_the_app_says_so_and_keeps_no_page(visits: Visits, product: Product) -> None:
    visits.expect("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
    page = await visits.visit("/console", as_="ben")
    await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    await page.reload()
    kept = await page.evaluate(
        """async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys())
            .map((one) => new URL(one.url).pathname)))).flat()"""
    )
    assert "/offline" in kept and all(path == "/offline" or path.startswith("/static/") for path in kept), kept
    await page.context.set_offline(True)
    await page.goto(f"{product.url}/console/preferences")
    await expect(page.get_by_role("heading", level=1)).to_have_text("No network")
    await page.context.set_offline(False)
    await page.get_by_role("link", name="Try again").click()
    await expect(page.locator("#live-dot")).to_be_visible()
