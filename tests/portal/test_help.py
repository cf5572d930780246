"""The help centre: who reads what, where it stands for people and machines, what readers say, and its files and search."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest

from helpdesk.articles import indexing
from helpdesk.intake import limits
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.portal import help
from knowledge_base import feedback, filing, publishing, usage, writing
from knowledge_base.categories import Written, save_category
from tests.articles import an_article, translated
from tests.make import a_ticket
from tests.portal.guests import Guest

NewGuest = Callable[[], Guest]
STEPS = "## Before\n\nLook.\n\n## Then\n\n1) Go\n\n## After\n\nRest. ![x](/help/files/1)\n"
PAGE = "/help/en/articles/send-an-order-back"


async def test_an_article_stands_in_its_category_in_each_language_for_people_and_machines(guest: NewGuest) -> None:
    page = guest()
    assert "Nothing to read yet" in (await page.page("/help")).text
    top = await save_category(None, Written(names={"en": "Orders", "fa": "سفارش‌ها"}), at=now())
    below = await save_category(None, Written(names={"en": "Sending back"}, parent=top), at=now())
    article = await an_article(text=STEPS, category=below)
    await translated(article, "بازگرداندن سفارش", "تا ۳۰ روز.")
    home = (await page.page("/help/en")).text
    assert "Orders" in home and "Sending back" in home and "1 article" in home and "noindex" not in home
    category = (await page.page(f"/help/en/categories/{top}")).text
    assert "Send an order back" in category and f'/help/en/categories/{below}-sending-back"' in category
    shown = (await page.page(PAGE)).text
    for part in (
        '<link rel="canonical" href="http://localhost:8000/help/en/articles/send-an-order-back">', 'hreflang="fa" href="http://localhost:8000/help/fa/articles/%D8',
        '<meta name="description" content="Before', '<h2 id="part-then">', 'href="#part-then"', 'class="steps"', 'property="og:title" content="Send an order back"',
    ):  # fmt: skip
        assert part in shown, part
    assert 'dir="rtl"' in (await page.page("/help/fa/articles/بازگرداندن-سفارش")).text
    parts = (await page.page("/help/sitemap.xml")).text
    assert "<loc>http://localhost:8000/help/sitemap.xml?part=0</loc>" in parts and parts.count("<loc>") == 1
    mapped = await page.page("/help/sitemap.xml?part=0")
    assert "set-cookie" not in mapped.headers, "what everybody may keep hands out nobody's token"
    sitemap = mapped.text
    assert sitemap.count("<loc>") == 4 and sitemap.count("hreflang") == 8
    assert "<title>بازگرداندن سفارش</title>" in (await page.page("/help/fa/feed.xml")).text
    assert "Sitemap: http://localhost:8000/help/sitemap.xml" in (await page.page("/robots.txt")).text
    await writing.change_slug(article, "en", "Refunds", at=now())
    moved = await page.get(PAGE)
    assert moved.status_code == 301 and moved.headers["location"] == "/help/en/articles/refunds"
    await publishing.archive(article, "en", at=now())
    assert (await page.get("/help/en/articles/refunds")).status_code == 410
    assert (await page.get(PAGE)).status_code == 410, "an old address of it says so, too"
    assert "/help/en/articles" not in (await page.page("/help/sitemap.xml?part=0")).text
    assert (await page.get("/help/sitemap.xml?part=7")).status_code == 404


async def test_addresses_lead_on_however_they_are_typed_and_nothing_there_leads_to_the_search(guest: NewGuest) -> None:
    await an_article("کتاب یکم", "یک.", language="fa")
    await an_article("Pay by card", "Yes\x0b.")
    page = guest()
    for typed, leads_to in (
        ("/help/fa/articles/كتاب-يكم", "/help/fa/articles/%DA%A9%D8%AA%D8%A7%D8%A8-%DB%8C%DA%A9%D9%85"),
        ("/help/en/articles/Pay-By-Card", "/help/en/articles/pay-by-card"),
    ):
        led = await page.get(typed)
        assert (led.status_code, led.headers["location"]) == (301, leads_to)
    for nowhere in ("/help/en/articles/nothing", "/help/en/categories/77-nothing"):
        missing = await page.get(nowhere)
        assert missing.status_code == 404 and 'name="q"' in missing.text and "noindex" in missing.text, nowhere
    shown = (await page.page("/help/en/articles/pay-by-card")).text
    assert 'og:locale" content="en_US"' in shown and 'hreflang="x-default"' in shown
    assert "\x0b" not in (await page.page("/help/en/feed.xml")).text, "no control character that XML has no word for"


async def test_lists_come_in_pages_and_cost_no_more_statements_with_more_in_them(
    guest: NewGuest, queries_at_most: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(help, "IN_A_CATEGORY", 2)
    monkeypatch.setattr(help, "BELOW", 2)
    top = await save_category(None, Written(names={"en": "Orders"}), at=now())
    children = [
        await save_category(None, Written(names={"en": name}, parent=top), at=now()) for name in ("Back", "Forth")
    ]
    for number in range(3):
        for category in (top, children[0], None):
            await an_article(f"Part {number} of {category}", category=category)
    await usage.count_use(usage.Use.VIEWED, article=2, language="en", at=now(), times=9)
    await usage.count_use(usage.Use.VIEWED, article=3, language="en", at=now(), times=2)
    page = guest()
    often = (await page.page("/help/en")).text.partition("Often read:")[2].partition("</p>")[0]
    assert often.count("<a") == 1 and f"Part 0 of {children[0]}" in often
    with queries_at_most(9):
        home = (await page.page("/help/en")).text
    assert "All of them" in home and "Part 2 of None" not in home.partition("New and changed")[0]
    shown = await page.page(f"/help/en/categories/{top}-orders")
    with queries_at_most(10):
        shown = await page.page(f"/help/en/categories/{top}-orders")
    assert "All 3 articles" in shown.text and "Part 2 of" not in shown.text and "Forth" not in shown.text
    for first, last in ((f"/help/en/categories/{top}-orders", f"Part 2 of {top}"), ("/help/en/more", "Part 2 of None")):
        [following] = re.findall(r'rel="next" href="(\?after=[^"]+)"', (await page.page(first)).text)
        behind = (await page.page(first + unescape(following))).text
        assert last in behind and "Part 1 of" not in behind and 'rel="canonical"' not in behind
    with queries_at_most(12):
        await page.page(f"/help/en/articles/part-0-of-{top}")


async def test_readers_see_what_is_published_for_them(guest: NewGuest) -> None:
    await a_ticket()
    await an_article("For all")
    await an_article("For customers", audience="signed_in")
    inside = await save_category(None, Written(names={"en": "Inside"}), at=now())
    await an_article("For agents", audience="agents", category=inside)
    assert (await guest().get(f"/help/en/categories/{inside}-inside")).status_code == 404
    await an_article("Not ready", is_published=False)
    stranger, dora = guest(), guest()
    await dora.sign_in()
    for page, titles in ((stranger, ["For all"]), (dora, ["For all", "For customers"])):
        home = (await page.page("/help/en")).text
        assert re.findall(r'class="subject" dir="auto">([^<]+)<', home) == titles
        for title in ("For all", "For customers", "For agents", "Not ready"):
            found = await page.get(f"/help/en/articles/{title.lower().replace(' ', '-')}")
            assert found.status_code == (200 if title in titles else 404), title
    await dora.post("/help/en/articles/for-all/vote", {"helpful": "yes"}, on="/help/en/articles/for-all")
    assert await rows("SELECT customer FROM kb_vote") == [{"customer": 1}]
    await feedback.forget([1])
    assert await rows("SELECT FROM kb_vote") == []


async def test_readers_say_whether_it_helped_once_each_and_what_they_write_stays(guest: NewGuest) -> None:
    await an_article()
    page, other = guest(), guest()
    for reader, said in ((page, "yes"), (other, "yes"), (page, "no")):
        voted = await reader.post(f"{PAGE}/vote", {"helpful": said}, on=PAGE)
        assert voted.status_code == 303
    assert await rows("SELECT is_helpful FROM kb_vote ORDER BY id") == [{"is_helpful": False}, {"is_helpful": True}]
    asked = (await page.page(voted.headers["location"])).text
    assert "What was missing" in asked and 'name="helpful" value="no"' in asked
    for words in ("Where is the button?", "", "And what does it cost?"):
        told = await page.post(f"{PAGE}/comment", {"helpful": "no", "comment": words}, on=PAGE)
        assert "Thank you for telling us" in (await page.page(told.headers["location"])).text
    [translation] = await rows("SELECT id FROM kb_translation")
    kept = await feedback.comments_of(translation["id"], most=5)
    assert [(one.comment, one.is_helpful) for one in kept] == [
        ("And what does it cost?", False),
        ("Where is the button?", False),
    ]
    refused = await page.post(f"{PAGE}/comment", {"helpful": "no", "comment": "x" * 2001}, on=PAGE)
    assert refused.status_code == 422 and "Use at most 2,000 characters" in refused.text


async def test_few_votes_a_day_from_one_network_count(guest: NewGuest) -> None:
    await an_article()
    at, most = now(), feedback.COUNTED_A_DAY

    async def vote(voter: str, network: str = "192.0.2.7", *, is_helpful: bool = False, at: datetime = at) -> None:
        await feedback.vote(1, is_helpful=is_helpful, voter=voter, network=network, revision=1, customer=None, at=at)

    for number in range(most + 2):
        await vote(f"reader {number}")
    assert await feedback.votes_of(1) == feedback.Votes(0, most)
    await vote("reader 0", is_helpful=True)
    assert await feedback.votes_of(1) == feedback.Votes(1, most - 1), "who changes their mind still counts"
    await vote("elsewhere", "192.0.2.8")
    await vote("later", at=at + timedelta(days=1))
    assert await feedback.votes_of(1) == feedback.Votes(1, most + 1)


async def test_files_are_seen_with_the_article_and_cannot_run(guest: NewGuest) -> None:
    article = await an_article(text=STEPS, is_published=False)
    page, at = guest(), now()
    for name, kind, is_inline in (
        ("a.png", "image/png", True),
        ("a.html", "text/html", False),
        ("b.png", "image/png", True),
    ):
        await filing.add_file(article, name, kind, b"<script>1</script>", is_inline=is_inline, by=None, at=at)
    assert (await page.get("/help/files/1")).status_code == 404
    await publishing.publish(article, "en", at=at)
    image, other, unseen = [await page.get(f"/help/files/{number}") for number in (1, 2, 3)]
    assert image.status_code == 200 and image.headers["content-disposition"].startswith("inline")
    assert other.headers["content-type"] == "application/octet-stream" and other.headers[
        "content-disposition"
    ].startswith("attachment")
    assert unseen.status_code == 404, "no published text shows it"
    again = await page.client.get("/help/files/1", headers={"if-none-match": image.headers["etag"]})
    assert again.status_code == 304 and not again.content and "sandbox" in again.headers["content-security-policy"]


async def test_search_finds_what_readers_may_see_and_says_when_it_cannot(guest: NewGuest) -> None:
    await an_article(text="Parcels are fetched by the courier.")
    await an_article("Couriers of ours", "The courier's number.", audience="agents")
    page = guest()
    indexing.forget()
    assert "not available just now" in (await page.page("/help/en/search?q=courier")).text
    await indexing.keep_up()
    found = (await page.page("/help/en/search?q=couriers")).text
    assert "Send an order back" in found and "Couriers of ours" not in found and "1 answer" in found
    typing = await page.get("/help/en/search/typing?q=parcels+are+fet")
    assert 'role="option"' in typing.text and "Send an <" not in typing.text and "<mark>fetched</mark>" in typing.text
    assert "Couriers of ours" not in (await page.get("/help/en/search/typing?q=cour")).text
    assert (await page.get("/help/en/search/typing?q=zzz")).status_code == 204
    for begun in ("q=parc", "q=parc&typing=1"):
        assert "1 answer" in (await page.page(f"/help/en/search?{begun}")).text, "what was found on the way is found"
    await publishing.archive(1, "en", at=now())
    assert "Send an order back" not in (await page.page("/help/en/search?q=courier")).text
    await indexing.keep_up()
    assert "Nothing found" in (await page.page("/help/en/search?q=courier")).text


async def test_one_network_searches_so_often_and_no_more(guest: NewGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SEARCHES_PER_NETWORK", 2)
    page = guest()
    assert [(await page.get("/help/en/search?q=courier")).status_code for _time in range(3)] == [200, 200, 429]
    assert (await page.get("/help/en/search/typing?q=courier")).status_code == 204
    assert (await page.get("/help/en/search")).status_code == 200
