"""The demo's desk, filled once for all of these."""

import email
import email.policy
import re
from collections import Counter
from datetime import timedelta

import msgspec
import pytest
import pytest_asyncio

from helpdesk.demo import filling, sign_ins
from helpdesk.demo.texts import people
from helpdesk.kernel import blobs, redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.signing_in import as_agent, sign_in
from helpdesk.people.tables import Agent, Role
from helpdesk.tickets.canned_texts import offered
from helpdesk.tickets.notice_centre import notices_of
from helpdesk.tickets.queries import LISTED, count_up_to, find_ticket, in_view
from helpdesk.tickets.solving import close_what_is_long_solved
from tests.restoring import restore

pytestmark = pytest.mark.timeout(300)
"""The first of them fills the desk."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(_migrated: None) -> None:
    await restore("empty")
    await filling.fill()


async def agent(email_name: str) -> SignedIn:
    found = await Agent.objects().get(Agent.email == f"{email_name}@parsianfoods.example")
    signed_in = await as_agent(found.id) if found else None
    assert signed_in
    return signed_in


async def test_it_has_the_size_and_the_people_that_are_promised(desk: None) -> None:
    statuses = {row["status"]: row["n"] for row in await rows("SELECT status, count(*) AS n FROM hd_ticket GROUP BY 1")}
    wanted = {"new": 25, "open": 120, "pending": 40, "on_hold": 15, "solved": 100, "closed": 100}
    assert sum(statuses.values()) == 400
    assert {status: abs(statuses[status] - n) <= 6 for status, n in wanted.items()} == dict.fromkeys(wanted, True)

    roles = Counter(row["role"] for row in await Agent.select(Agent.role))
    assert roles == {Role.ADMIN: 1, Role.MANAGER: 1, Role.AGENT: 5, Role.LIGHT_AGENT: 1}
    [teams] = await rows("SELECT count(*) AS n, count(*) FILTER (WHERE is_private) AS private FROM hd_team")
    assert teams == {"n": 3, "private": 1}
    languages = {
        row["language"]: row["n"] for row in await rows("SELECT language, count(*) AS n FROM hd_customer GROUP BY 1")
    }
    assert languages == {"fa": 30, "en": 30}
    [[identities], [members]] = [
        await rows(
            "SELECT count(*) AS n FROM (SELECT customer FROM hd_identity GROUP BY 1 HAVING count(*) > 1) AS several"
        ),
        await rows("SELECT count(*) AS n FROM hd_customer WHERE organisation IS NOT NULL"),
    ]
    assert identities["n"] >= 6 and members["n"] >= 20
    [span] = await rows("SELECT max(created_at) - min(created_at) AS days FROM hd_ticket")
    assert timedelta(days=75) < span["days"] <= timedelta(days=90)


async def test_a_second_filling_changes_nothing(desk: None) -> None:
    async def sizes() -> dict[str, int]:
        tables = await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'hd\\_%'")
        counted = {one["tablename"]: await rows(f"SELECT count(*) AS n FROM {one['tablename']}") for one in tables}
        return {name: found[0]["n"] for name, found in counted.items()}

    before = await sizes()
    await filling.fill()
    assert await sizes() == before


async def test_each_history_is_told_in_order_and_explains_the_ticket(desk: None) -> None:
    events: dict[int, list[dict]] = {}
    for event in await rows("SELECT * FROM hd_event ORDER BY id"):
        events.setdefault(event["ticket"], []).append(event | {"changes": msgspec.json.decode(event["changes"])})
    at = now()
    for ticket in await rows("SELECT * FROM hd_ticket"):
        story = events[ticket["id"]]
        times = [event["at"] for event in story]
        assert story[0]["kind"] == "opened" and times[0] == ticket["created_at"]
        assert times == sorted(times) and times[-1] <= at
        assert [event["version"] for event in story] == list(range(1, ticket["version"] + 1))
        moves = [event["changes"]["status"] for event in story if "status" in event["changes"]]
        assert [old for old, _new in moves[1:]] == [new for _old, new in moves[:-1]]
        assert ticket["status"] == (moves[-1][1] if moves else "new")
        solutions = [event["at"] for event in story if event["changes"].get("status", ["", ""])[1] == "solved"]
        assert ticket["solved_at"] == (solutions[-1] if ticket["status"] in ("solved", "closed") else None)


async def test_messages_lie_within_the_life_of_their_ticket_and_the_first_reply_is_the_first(desk: None) -> None:
    wrong = await rows(
        """SELECT t.number FROM hd_ticket t WHERE t.first_replied_at IS DISTINCT FROM
            (SELECT min(created_at) FROM hd_message m WHERE m.ticket = t.id AND m.author_kind = 'agent' AND m.audience = 'public')
        OR EXISTS (SELECT FROM hd_message m WHERE m.ticket = t.id AND NOT m.created_at BETWEEN t.created_at AND t.updated_at)"""
    )
    assert wrong == []
    lengths = [row["n"] for row in await rows("SELECT count(*) AS n FROM hd_message GROUP BY ticket")]
    assert min(lengths) == 1 and max(lengths) >= 6


async def test_numbers_follow_the_order_of_arrival(desk: None) -> None:
    arrived = [row["created_at"] for row in await rows("SELECT created_at FROM hd_ticket ORDER BY number")]
    assert arrived == sorted(arrived)


async def test_nothing_of_the_past_is_mailed_or_followed_now(desk: None) -> None:
    for late in (
        "hd_delivery WHERE state IN ('queued', 'sending') OR settled_at IS NULL",
        "hd_delivery WHERE state = 'sent' AND (sent_at IS NULL OR sent_at > now())",
        "hd_event WHERE followed_at IS NULL",
    ):
        assert await rows(f"SELECT id FROM {late}") == []
    assert redis.client().keys("dramatiq:*") == []
    assert await close_what_is_long_solved(at=now()) == 0


async def test_agents_find_a_handful_of_notices(desk: None) -> None:
    notices = [
        notice
        for row in await Agent.select(Agent.id)
        if (agent := await as_agent(row["id"]))
        for notice in (await notices_of(agent)).rows
    ]
    assert 3 <= len(notices) <= 20


async def test_it_shows_canned_texts_mentions_a_ticket_put_aside_and_what_was_read(desk: None) -> None:
    hannah = await agent("hannah")
    assert len(await offered("", to=hannah, most=10)) == 4
    for view in ("mentions", "snoozed"):
        assert await count_up_to(in_view(view, hannah), seen_by=hannah, most=9) == 1
    assert await rows("SELECT FROM hd_notice WHERE agent = {} AND kind = 'mentioned'", hannah.id)
    assert await rows("SELECT FROM hd_reading WHERE agent = {}", hannah.id)


async def test_every_ticket_is_found_by_the_admin_and_billing_only_by_its_people(desk: None) -> None:
    leila, sara, reza = await agent("leila"), await agent("sara"), await agent("reza")
    tickets = await rows("SELECT t.number, m.name FROM hd_ticket t LEFT JOIN hd_team m ON m.id = t.team")
    for row in tickets:
        assert (await find_ticket(row["number"], seen_by=leila)).number == row["number"]
    billing = sum(bool(row["name"]) and row["name"].startswith("Billing") for row in tickets)
    assert billing > 50
    assert await count_up_to(LISTED, seen_by=sara, most=1000) == 400
    assert await count_up_to(LISTED, seen_by=reza, most=1000) == 400 - billing


@pytest.mark.parametrize("view", ["mine", "unassigned", "open", "pending", "solved", "automatic"])
async def test_no_view_of_an_agent_is_empty(desk: None, view: str) -> None:
    hannah = await agent("hannah")
    assert await count_up_to(in_view(view, hannah), seen_by=hannah, most=1)


async def test_one_team_gives_its_tickets_out_and_their_histories_say_so(desk: None) -> None:
    found = await rows("SELECT id, assignment FROM hd_team ORDER BY assignment")
    assert [row["assignment"] for row in found] == ["least_loaded", "manual", "manual"]
    counts = await rows(
        """SELECT t.team = {} AS is_theirs, e.actor_kind, count(*) AS n FROM hd_event e JOIN hd_ticket t ON t.id = e.ticket
        WHERE e.kind = 'assigned' AND e.changes -> 'why' -> 1 ->> 'by' = 'least_loaded' GROUP BY 1, 2""",
        found[0]["id"],
    )
    assert [(row["is_theirs"], row["actor_kind"]) for row in counts] == [(True, "system")] and counts[0]["n"] > 50


async def test_every_oddity_is_there(desk: None) -> None:
    for odd in (
        "hd_ticket WHERE is_automatic",
        "hd_ticket WHERE follow_up_of IS NOT NULL",
        "hd_ticket WHERE may_belong_to IS NOT NULL",
        "hd_message WHERE is_unverified AND quoted_text <> ''",
        "hd_message WHERE body_html LIKE '%<table%'",
        "hd_delivery WHERE state = 'failed' AND last_error <> ''",
        "hd_delivery WHERE state = 'bounced'",
        "hd_event WHERE kind = 'bounced'",
        "hd_message WHERE audience = 'internal' AND author_kind = 'agent'",
    ):
        assert await rows(f"SELECT id FROM {odd}"), odd
    kinds = await rows("SELECT blob, content_type, size FROM hd_attachment")
    assert {row["content_type"] for row in kinds} == {"image/png", "application/pdf", "text/plain"}
    for row in kinds:
        assert len(await blobs.read(row["blob"])) == row["size"]


async def test_persian_is_written_with_persian_letters_and_no_blank_is_left_unfilled(desk: None) -> None:
    texts = await rows(
        "SELECT m.body_text || ' ' || t.subject AS text, m.language FROM hd_message m JOIN hd_ticket t ON t.id = m.ticket"
    )
    assert Counter(row["language"] for row in texts).keys() == {"fa", "en"}
    for row in texts:
        assert not re.search(r"[{}]", row["text"])
        assert not re.search(r"(?<!«)[يك](?!»)", row["text"])


async def test_everybody_can_sign_in_with_the_demo_password(desk: None) -> None:
    sheets = await sign_ins()
    assert [sheet.email for sheet in sheets] == [sheet.email for sheet in people().agent]
    for sheet in sheets[:2]:
        assert (await sign_in(sheet.email, people().password, address="127.0.0.1", user_agent="", at=now())).session


async def test_the_mail_log_has_each_mail_and_what_became_of_it(desk: None) -> None:
    found = await rows("SELECT fate, count(*) AS n FROM hd_raw_message GROUP BY 1")
    fates = {row["fate"]: row["n"] for row in found}
    assert fates.keys() == {"ticket", "reply", "automatic", "bounce", "duplicate", "blocked"}
    assert fates["ticket"] > 300 and fates["reply"] > 200 and fates["bounce"] == 2 and fates["automatic"] == 2
    for row in await rows(
        "SELECT r.*, m.body_text FROM hd_raw_message r JOIN hd_message m ON m.id = r.message ORDER BY r.id DESC LIMIT 20"
    ):
        read = email.message_from_bytes(row["content"], policy=email.policy.default)
        assert (read["Subject"], read["Message-ID"]) == (row["subject"], f"<{row['mail_id']}>")
        assert row["sender"] in read["From"] and timedelta(0) <= row["received_at"] - read["Date"].datetime < timedelta(
            seconds=5
        )
        body = read.get_body(("plain",))
        assert body is not None and body.get_content().startswith(row["body_text"][:20])


async def test_the_help_centre_has_its_manual_published_drafted_and_voted_on(desk: None) -> None:
    [found] = await rows(
        """SELECT count(*) AS translations, count(DISTINCT t.article) AS articles, count(*) FILTER (WHERE t.published IS NOT NULL) AS read,
            array_agg(DISTINCT t.state ORDER BY t.state) AS states, bool_and(a.category IS NOT NULL) AS is_filed,
            max(t.published_at) < now() AS is_past, max(t.published_at) - min(t.published_at) AS span
        FROM kb_translation t JOIN kb_article a ON a.id = t.article"""
    )
    assert (found["translations"], found["articles"], found["read"]) == (80, 40, 80)
    assert found["states"] == ["draft", "published", "review"] and found["is_filed"] and found["is_past"]
    assert found["span"] > timedelta(days=60)
    for there in (
        "kb_vote",
        "kb_comment",
        "kb_use WHERE use = 'deflected'",
        "kb_search WHERE found = 0",
        "kb_search WHERE cardinality(opened) > 0",
        "kb_related",
        "kb_article WHERE review_on < now()",
        "kb_change",
    ):
        assert await rows(f"SELECT FROM {there} LIMIT 1"), there
