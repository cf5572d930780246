"""Somebody writes to a victim in our name: through every form, from everywhere, with all the work done.

The short form; the 10,000 posts of a day are `FLOOD_POSTS=10000 pytest tests/portal/test_flood.py`.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from helpdesk.channels.web_form import proving
from helpdesk.customers.tables import Customer
from helpdesk.deliveries.tables import Delivery
from helpdesk.intake import limits
from helpdesk.portal import forms, showing
from helpdesk.tickets.tables import Ticket
from tests.portal.filling import a_form

POSTS = int(os.environ.get("FLOOD_POSTS", "300"))
DAY = datetime(2026, 11, 22, tzinfo=UTC)
VICTIMS = ["victim@elsewhere.test", "Victim@Elsewhere.test", "victim+{n}@elsewhere.test", " victim@ELSEWHERE.test "]
WORDS = "Buy pills at https://pills.example now"


async def test_a_day_of_posts_naming_one_victim_is_five_mails_without_a_word_of_them(
    database: None, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = [await a_form(), await a_form("sales"), await a_form("help", asks_subject="no")]
    monkeypatch.setattr(proving, "WORK_BITS", 0)
    statuses: dict[int, int] = {}
    for n in range(POSTS):
        at = DAY + timedelta(days=1) * n / POSTS
        for module in (forms, showing):
            monkeypatch.setattr(module, "now", lambda at=at: at)
        form = targets[n % 3]
        typed = {
            "slip": proving.issue(form.id, at=at - timedelta(minutes=1)).text, "work": "0", "name": WORDS, "subject": WORDS,
            "message": f"{WORDS} {n}", "email": VICTIMS[n % 4].format(n=n),
        }  # fmt: skip
        address = f"{198 + n % 2}.{n >> 8 & 255}.{n & 255}.7"
        async with AsyncClient(
            transport=ASGITransport(app=cast(Any, app), client=(address, 1)), base_url="http://localhost:8000"
        ) as visitor:
            answer = await visitor.post(f"/forms/{form.slug}", data=typed)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

    mails = await Delivery.objects()
    assert 1 <= len(mails) <= 5 and not any(word in mail.mail for mail in mails for word in ("pills", "Buy"))
    assert statuses.keys() == {303, 429} and statuses[303] == await Ticket.count() <= limits.PER_MAILBOX_DAILY
    assert await Customer.count() <= limits.PER_MAILBOX_DAILY
    print(f"{POSTS} posts: {len(mails)} mails, answers {statuses}")
