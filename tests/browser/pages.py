"""Every page of the console, as the router knows them, with something to see on each."""

from email.message import EmailMessage

import httpx

from tests.browser.product import Product
from tests.cast import DORA

SIGNED_OUT = ["/console/sign-in", "/console/new-password"]
MISSING = "/console/tickets/999999"
NOT_PAGES = (
    "/console/live",
    "/console/attachments/",
    "/console/welcome/",
    "/console/account/address/",
    "/console/oauth/callback",
    "/console/sign-in/",
    "/frame",
    "/raw",
)
"""Streams, files, mails as they came, and one-time links (the way back from a provider is one)."""
QUERIES = {"/console/settings/tags/change": "?tag=ارسال"}
"""What a page is about, where its path does not say."""
TABLE = "<p>Dear all,</p><table border=1><tr><td>Plates</td><td><b>6</b></td></tr></table><img src='https://track.test/x.png'>"
SUNK = "20261103T101112.131415Z-000001.eml"
QUOTED = "\n\nOn 3 Nov 2026, Support wrote:\n> How many plates?\n> And which?\n"

ARTICLE = "Begin\n\n> [!TIP]\n> A tip\n\n## One\n\n1) Go\n2) Wait\n\n## Two\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n### Three\n\n`code` [x](/help)\n\n```\nx\n```\n\n> quoted\n"
ARTICLE_FA = "تا ۳۰ روز.\n\n> [!WARNING]\n> هشدار\n\n## یک\n\n1) برو\n2) بمان\n\n## دو\n\n| الف | ب |\n|---|---|\n| ۱ | ۲ |\n\n### سه\n\n`کد` [پیوند](/help)\n\n> نقل قول\n"

SEEDS = (
    """INSERT INTO hd_suppression (address, reason, detail, ticket_id, at)
    SELECT 'gone@customer.test', 'bounces', '550 5.1.1', max(id), now() FROM hd_ticket""",
    "INSERT INTO hd_organisation (name, sort_key, words) VALUES ('Plates and Sons', 'plates and sons', 'plates and sons')",
    """INSERT INTO hd_mail_account (channel, direction, host, port, tls, username, password, folder, afterwards, move_to, last_error)
    VALUES (1, 'in', '127.0.0.1', 1, 'none', 'support', '', 'INBOX', 'seen', '', '127.0.0.1:1: nobody listens there')""",
)
"""What a desk comes to in time: an address that mails come back from, a server that does not answer."""


async def a_full_ticket(product: Product) -> int:
    """One with everything that a conversation can show: HTML, a file, a quote, a note, an answer, one that failed."""
    gone = ("gone@customer.test", "Gone Customer")
    mail = product.mail("Six plates", "Dear all, six plates." + QUOTED, html=TABLE)
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="invoice.pdf")
    await product.send(mail, product.mail("Unreachable", "Are you there?", who=gone))
    number, lost = await _number_of(product, mail), await _number_of_subject(product, "Unreachable")
    ben = product.people["ben"].id
    change = {"assignee": ben, "team": 1, "priority": "high", "tags": ["بشقاب", "ارسال", "عمده"]}
    await product.call("PATCH", f"/tickets/{number}", change)
    await _write(product, number, audience="internal", body_text="Ask the warehouse first.")
    await _write(product, number, audience="public", body_text="Six plates are on their way.", hold_seconds=3600)
    if not (await product.call("GET", "/forms"))["items"]:
        await product.call("POST", "/forms", {"slug": "first", "name": "Contact", "texts": {"fa": {"title": "فرم"}}})
    await _write(product, lost, audience="public", body_text="We are here.")
    await product.until(lambda: product.messages(lost), lambda said: said[-1]["delivery"]["state"] == "failed")
    await product.ticket("Earlier plates", who=DORA)
    await product.ticket("Thrown away", who=DORA)
    await product.call("POST", f"/tickets/{await _number_of_subject(product, 'Thrown away')}/trash")
    await product.call(
        "POST", "/canned-texts", {"name": "ساعت‌های کاری", "versions": {"fa": {"body_text": "{{customer.name}} گرامی"}}}
    )
    await product.call("POST", "/sender-rules", {"pattern": "spam.test", "note": "هرزنامه"})
    for row in SEEDS:
        await product.rows(row)
    sink = product.desk.home / "sink"
    sink.mkdir()
    (sink / SUNK).write_bytes(mail.as_bytes())
    return number


async def a_full_article(product: Product) -> tuple[int, int]:
    """One with everything that a text can hold, in both languages, related to another one; its id and its category's."""
    category = await product.call("POST", "/article-categories", {"names": {"en": "Orders", "fa": "سفارش‌ها"}})
    translations = {
        "en": {"title": "All of it", "slug": "all", "body_markdown": ARTICLE},
        "fa": {"title": "همهٔ آن", "slug": "همه", "body_markdown": ARTICLE_FA},
    }
    common = {"category": category["id"], "tags": ["ارسال"], "review_on": "2026-01-01", "publish": True}
    other = await product.call("POST", "/articles", common | {"translations": {code: one | {"slug": ""} for code, one in translations.items()}})  # fmt: skip
    made = await product.call("POST", "/articles", common | {"translations": translations, "related": [other["id"]]})
    changed = {"fa": {"body_markdown": ARTICLE_FA.replace("۳۰", "۶۰")}}
    await product.call("PATCH", f"/articles/{made['id']}", {"translations": changed})
    return made["id"], category["id"]


async def every_page(product: Product, number: int, *, as_: str) -> list[str]:
    """The paths of all whole pages that answer somebody; parts of pages are left out by what they answer.

    Fails on a route with a parameter that is not known here.
    """
    values = await _values(product, number, as_=as_)
    found, refused = [], {}
    async with httpx.AsyncClient(base_url=product.url, cookies=_cookies(product, as_), timeout=20) as client:
        for route in _routes():
            known = values | {"kind": "reply"} if "/drafts/" in route else values
            path = route.format_map(known) if "{" in route else route
            asked = QUERIES.get(route, "")
            answer = await client.get(path + (f"?number={number}" if route == "/console/tickets" else asked))
            if answer.status_code not in (200, 204, 302, 303):
                refused[path] = answer.status_code
            is_download = "attachment" in answer.headers.get("content-disposition", "")
            if answer.status_code == 200 and "<html" in answer.text and not is_download:
                found.append(path + asked)
    assert refused == {}
    others = [await _number_of_subject(product, subject) for subject in ("Unreachable", "Thrown away")]
    return [*found, "/console?view=automatic", *(f"/console/tickets/{other}" for other in others), MISSING]


def _routes() -> list[str]:
    from helpdesk.app import create_app

    routes = [route for route in create_app().routes if "GET" in getattr(route, "methods", ())]
    paths = {route.path_format for route in routes if route.path_format.startswith("/console")}
    return sorted(path for path in paths - {*SIGNED_OUT} if not any(part in path for part in NOT_PAGES))


async def _values(product: Product, number: int, *, as_: str) -> dict[str, object]:
    [row] = await product.rows(
        """SELECT t.customer, m.id AS message, (SELECT max(id) FROM hd_raw_message) AS mail,
            (SELECT min(id) FROM sla_clock WHERE ticket = t.id) AS clock
        FROM hd_ticket t JOIN hd_message m ON m.ticket = t.id WHERE t.number = $1 ORDER BY m.id LIMIT 1""",
        number,
    )
    [filter_] = await product.rows(
        """INSERT INTO hd_mail_filter (name, position, is_active, rule) VALUES ('Newsletters', 1, false,
            '{"conditions": [{"field": "header", "test": "exists", "header": "list-id"}], "actions": {"automatic": true}}') RETURNING id"""
    )
    policy = await product.call(
        "POST", "/sla-policies", {
            "name": "مشتریان کلیدی", "targets": [{"metric": "first_reply", "seconds": 3600, "warnings": [{"percent": 50}], "steps": [{"do": "notify_lead"}]}],
            "conditions": {"all": [{"field": "priority", "op": "is", "value": "urgent"}], "any": [{"field": "tags", "op": "has_any", "value": ["عمده"]}, {"all": [{"field": "team", "op": "is_empty"}]}]},
        },
    )  # fmt: skip
    calendar = await product.call(
        "POST", "/calendars", {
            "name": "هفتهٔ ما", "time_zone": "Asia/Tehran", "week": [[{"start": "08:00", "end": "12:00"}, {"start": "22:00", "end": "06:00"}]] * 6 + [[]],
            "seasons": [{"name": "ماه رمضان", "first": "2027-02-09", "last": "2027-03-09", "week": [[{"start": "09:00", "end": "14:00"}]] * 7}],
            "special_days": [{"day": "2026-12-21", "name": "شب یلدا", "windows": [{"start": "08:00", "end": "13:00"}]}, {"day": "2026-12-25"}],
        },
    )  # fmt: skip
    [holidays, *_] = await product.rows(
        """WITH made AS (INSERT INTO sla_holiday_set (name, source, detail, problem, created_at) VALUES ('تعطیلات', 'icalendar', 'https://days.test/a.ics', 'HTTP 500', now())
            RETURNING id)
        INSERT INTO sla_holiday (holiday_set, day, name, windows, is_estimated, is_approved)
        SELECT id, current_date + number, 'عید', CASE number WHEN 1 THEN '[[540, 720]]' ELSE '[]' END::jsonb, number = 2, number <> 2
        FROM made, generate_series(0, 2) AS number RETURNING holiday_set"""
    )
    await product.call("PATCH", f"/calendars/{calendar['id']}", {"holiday_sets": [holidays["holiday_set"]]})
    [bulk] = await product.rows(
        """WITH made AS (INSERT INTO hd_bulk (agent, action, asked_at, worked_at, finished_at)
            VALUES ($1, '{"kind": "priority", "value": "high"}', now(), now(), now()) RETURNING id)
        INSERT INTO hd_bulk_ticket (bulk, number, done_at, trouble) SELECT id, $2, now(), 'A closed ticket stays closed.' FROM made RETURNING bulk""",
        product.people[as_].id, number,
    )  # fmt: skip
    article, category = await a_full_article(product)
    return {
        "article_id": article, "category_id": category, "version": 2,
        "bulk_id": bulk["bulk"], "merge_id": 1, "number": number, "key": f"m{row['message']}", "message_id": row["message"], "clock_id": row["clock"], "customer_id": row["customer"], "organisation_id": 1,
        "agent_id": product.people["ben"].id, "team_id": 1, "channel_id": 1, "mail_id": row["mail"], "filter_id": filter_["id"],
        "name": SUNK, "form_id": 1, "kind": "acknowledgement", "language": "fa", "text_id": 1, "policy_id": policy["id"], "calendar_id": calendar["id"], "set_id": holidays["holiday_set"], "figure": "opened",
    }  # fmt: skip


def _cookies(product: Product, name: str) -> dict[str, str]:
    return {product.people[name].cookie: product.people[name].session}


async def _write(product: Product, number: int, **message: object) -> None:
    await product.call("POST", f"/tickets/{number}/messages", message)


async def _number_of(product: Product, mail: EmailMessage) -> int:
    return await _number_of_subject(product, str(mail["Subject"]))


async def _number_of_subject(product: Product, subject: str) -> int:
    """The ticket's number, once its mail has been taken in."""
    sql = "SELECT number FROM hd_ticket WHERE subject = $1"
    found = await product.until(lambda: product.rows(sql, subject), bool)
    return found[0]["number"]
