"""Where a mail is: found by whatever is known of it, within seconds however many there are."""

from datetime import timedelta

import pytest

from helpdesk.channels.tables import Channel
from helpdesk.intake.accepting import accept
from helpdesk.intake.fates import fates
from helpdesk.intake.searching import Asked, all_of, conditions_of, search_log
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from tests.cast import again, hire, make_team
from tests.intake.test_taking_in import SUPPORT, a_mail, receive

pytestmark = pytest.mark.usefixtures("database")

MANY = """
INSERT INTO hd_raw_message (channel, received_at, source, envelope_from, envelope_to, content, content_hash, size, taken_in_at,
    fate, reason, mail_id, sender, subject, words, attempts, deaths)
SELECT 1, now() - n * interval '1 minute', 'smtp', 'p' || n || '@customer' || n % 500 || '.test', ARRAY['support@helpdesk.test'],
    '', md5(n::text), 100, now(), CASE WHEN n % 1000 = 0 THEN 'quarantined' ELSE 'ticket' END, '', n || '@mail.test',
    'p' || n || '@customer' || n % 500 || '.test', 'Order ' || n, 'order ' || n, 0, 0
FROM generate_series(1, 100000) AS n
"""


@pytest.mark.parametrize(
    "text",
    [
        "dora@customer.test", "Dora@Customer.test", "<dora@customer.test>", "dora", "customer.test", "@customer.test", "support@",
        "m1@customer.test", "printer", "PRINT", "fire printer", "1", "۱", "on fire dora",
    ],
)  # fmt: skip
async def test_a_mail_is_found_by_what_is_known_of_it(text: str) -> None:
    await receive(a_mail())
    found = await search_log(Asked(text=text), seen_by=await hire("alma"))
    assert [one["id"] for one in found] == [1]


async def test_a_persian_subject_is_found_however_it_is_typed() -> None:
    await receive(a_mail(Subject="=?utf-8?b?2YHYp9qp2KrZiNixINi02YXYp9ix2YfZlCDbsduy?="))  # فاکتور شمارهٔ ۱۲
    alma = await hire("alma")
    for text in ("فاكتور", "شماره 12", "۱۲"):
        assert await search_log(Asked(text=text), seen_by=alma), text


@pytest.mark.parametrize("text", ["eve", "printers", "'", "\\", "' | 'x", ":*", "!!", "&", "2"])
async def test_what_is_not_known_finds_nothing_and_breaks_nothing(text: str) -> None:
    await receive(a_mail())
    assert await search_log(Asked(text=text), seen_by=await hire("alma")) == []


async def test_each_filter_narrows() -> None:
    one = await receive(a_mail())
    await receive(
        a_mail(mail_id="m2@x.test", sender="eve@stranger.test"),
        sender="eve@stranger.test",
        to="support+x@helpdesk.test",
    )
    copy = await receive(a_mail())

    async def ids(**asked: object) -> list[int]:
        return [row["id"] for row in await fates(Asked(**asked))]  # pyright: ignore[reportArgumentType]

    assert await ids() == [1, 2, 3]
    assert await ids(sender="eve@stranger.test") == await ids(sender="stranger.test") == [2]
    assert await ids(recipient="support@helpdesk.test") == [1, 3]
    assert await ids(recipient="eve@stranger.test") == []
    assert await ids(fate="duplicate") == [copy.id] and await ids(fate="refused") == []
    assert await ids(mailbox=SUPPORT, id=one.id) == [1] and await ids(mailbox="other@helpdesk.test") == []
    assert (
        await ids(since=now() - timedelta(hours=1)) == [1, 2, 3] and await ids(until=now() - timedelta(hours=1)) == []
    )


async def test_a_mail_to_two_mailboxes_at_once_is_found_under_both() -> None:
    support = await Channel.objects().get(Channel.address == SUPPORT)
    billing = Channel(kind="email", name="Billing", address="billing@helpdesk.test", created_at=now())
    await billing.save()
    assert support is not None

    async def accepted(mail_id: str, *, to: list[str], by: Channel) -> int:
        raw = a_mail(mail_id=mail_id)
        return await accept(raw, channel=by, envelope_from="dora@customer.test", envelope_to=to, source="smtp")

    both = await accepted("m1@x.test", to=[SUPPORT, billing.address], by=support)
    one = await accepted("m2@x.test", to=[billing.address], by=billing)
    for asked, expected in (
        (Asked(mailbox=SUPPORT), [both]),
        (Asked(mailbox=billing.address), [both, one]),
        (Asked(channel=support.id), [both]),
        (Asked(channel=billing.id), [both, one]),
    ):
        assert [row["id"] for row in await fates(asked)] == expected, asked


async def test_a_ticket_out_of_reach_is_not_named() -> None:
    await receive(a_mail())
    ben, mani = await hire("ben"), await hire("mani")
    team = await make_team("Secret", is_private=True)
    await rows("UPDATE hd_ticket SET team = {}", team.id)
    assert [one["ticket"] for one in await search_log(Asked(), seen_by=mani)] == [1001]
    [hidden] = await search_log(Asked(), seen_by=await again(ben))
    assert (hidden["ticket"], hidden["message"], hidden["is_hidden"]) == (None, None, True)


async def test_a_hundred_thousand_mails_are_searched_by_index() -> None:
    await rows(MANY)
    await rows("ANALYZE hd_raw_message")
    alma = await hire("alma")
    page = await search_log(Asked(), seen_by=alma)
    more = await search_log(Asked(), seen_by=alma, before=(page[-1]["received_at"], page[-1]["id"]))
    assert [one["id"] for one in (*page, *more)] == list(range(1, 101))
    assert [one["id"] for one in await search_log(Asked(text="p4711@customer211.test"), seen_by=alma)] == [4711]
    for asked, index in (
        (Asked(), "hd_raw_message_newest"),
        (Asked(text="p4711@customer211.test"), "hd_raw_message_words"),
        (Asked(text="order 4711"), "hd_raw_message_words"),
        (Asked(sender="customer7.test"), "hd_raw_message_words"),
        (Asked(fate="quarantined"), "hd_raw_message_by_fate"),
        (Asked(fate="quarantined", since=now() - timedelta(days=9)), "hd_raw_message_by_fate"),
        (Asked(until=now() - timedelta(days=9)), "hd_raw_message_newest"),
        (Asked(channel=1), "hd_raw_message_newest"),
        (Asked(mailbox=SUPPORT), "hd_raw_message_newest"),
        (Asked(channel=2), "hd_raw_message"),
    ):
        plan = await rows(
            "EXPLAIN SELECT id FROM hd_raw_message r WHERE {} ORDER BY r.received_at DESC, r.id DESC LIMIT 50",
            all_of(*conditions_of(asked)),
        )
        told = "\n".join(row["QUERY PLAN"] for row in plan)
        assert index in told and "Seq Scan on hd_raw_message" not in told, told
