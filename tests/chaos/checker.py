"""The invariants (reliability: I1, I2, I3, I6, I11, I13): what the clients and the sink know against what the database says."""

import asyncio
import hashlib
import itertools
import re
import time
from collections import Counter, defaultdict
from typing import Any

import msgspec

from tests.chaos.desk import Desk
from tests.chaos.sink import AMBIGUOUS, Answer
from tests.chaos.striking import Chaos

RECOVERY_LIMIT = 30.0  # seconds after a fault that no other one follows (reliability d.7)
QUIET_WITHIN = 60.0  # seconds after the last fault
TOKEN = re.compile(r"\[\[[^\]]+\]\]")

Row = dict[str, Any]


class Found(msgspec.Struct, kw_only=True):
    """What the checker says: violations by invariant, and the copies that were allowed to be two, by reason."""

    violations: list[str] = []
    doubles: Counter[str] = msgspec.field(default_factory=Counter)

    def wrong(self, invariant: str, what: str) -> None:
        self.violations.append(f"{invariant}: {what}")


class Rows(msgspec.Struct, kw_only=True):
    """The tables as they are in the end."""

    raw: dict[int, Row]
    messages: dict[int, Row]
    deliveries: list[Row]
    events: list[Row]
    attachments: list[Row]
    numbers: dict[int, int]
    """Ticket numbers by id."""


async def quiet(desk: Desk, *, seconds: float = QUIET_WITHIN, waits: float = 0.0) -> list[str]:
    """Wait until nothing is left to do, and say what nobody did within `seconds` (I13).

    A delivery that waits for its next try, by the product's own pause, may do so for `waits` seconds before.
    """
    began = idle = time.monotonic()
    while True:
        [left] = await desk.query(
            """SELECT (SELECT count(*) FROM hd_raw_message WHERE taken_in_at IS NULL) AS mails,
                (SELECT count(*) FROM hd_event WHERE followed_at IS NULL) AS events,
                (SELECT count(*) FROM hd_delivery WHERE state = 'sending') AS sending,
                (SELECT count(*) FROM hd_delivery WHERE state = 'queued' AND not_before <= now()) AS due,
                (SELECT count(*) FROM hd_delivery WHERE state IN ('sent', 'failed', 'bounced') AND settled_at IS NULL) AS unsettled,
                (SELECT count(*) FROM hd_delivery WHERE state = 'queued' AND not_before > now()) AS waiting"""
        )
        now = time.monotonic()
        if not any(left.values()):
            return []
        if not any(count for name, count in left.items() if name != "waiting"):
            idle = now
        if now - idle > seconds or now - began > seconds + waits:
            return [f"{count} rows left: {name}" for name, count in left.items() if count]
        await asyncio.sleep(0.2)


async def check(chaos: Chaos) -> Found:
    """Compare everything with everything; call it when all is quiet."""
    found, kept = Found(), await _read(chaos.desk)
    _every_mail_is_one_message(chaos, kept, found)
    _every_message_has_its_cause(chaos, kept, found)
    _every_reply_arrived(chaos, kept, found)
    _doubles_are_named(chaos, kept, found)
    _history_is_in_order(kept, found)
    await asyncio.to_thread(_attachments_are_whole, chaos, kept, found)
    for kill in chaos.kills:
        if kill.recovered is None:
            found.wrong("recovery", f"{kill.fault} ({kill.window}) took longer than {chaos.patience:.0f} s")
        elif chaos.is_patient and kill.recovered > RECOVERY_LIMIT:
            found.wrong("recovery", f"{kill.fault} ({kill.window}) took {kill.recovered:.1f} s")
    return found


async def _read(desk: Desk) -> Rows:
    async def rows(sql: str) -> list[Row]:
        return [dict(row) for row in await desk.query(sql)]

    return Rows(
        raw={row["id"]: row for row in await rows("SELECT id, envelope_from, fate, reason, ticket, message, mail_id, attempts FROM hd_raw_message")},
        messages={
            row["id"]: row
            for row in await rows("SELECT id, ticket, author_kind, audience, body_text, mail_id, created_at FROM hd_message ORDER BY id")
        },
        deliveries=await rows("SELECT id, kind, state, mail_id, message_id, ticket_id, attempts, is_ambiguous, last_error FROM hd_delivery"),
        events=await rows("SELECT id, ticket, kind, version, at, message FROM hd_event ORDER BY ticket, version, id"),
        attachments=await rows("SELECT message, blob, size FROM hd_attachment"),
        numbers={row["id"]: row["number"] for row in await rows("SELECT id, number FROM hd_ticket")},
    )  # fmt: skip


def _every_mail_is_one_message(chaos: Chaos, kept: Rows, found: Found) -> None:
    """I1: each 250 is one message on one ticket, or a recorded duplicate of it."""
    of_mail: dict[str | None, list[Row]] = defaultdict(list)
    for message in kept.messages.values():
        of_mail[message["mail_id"]].append(message)
    for mail in chaos.load.ledger.mails.values():
        messages = of_mail[mail.message_id]
        if not mail.accepted:
            found.wrong("I1", f"mail {mail.number} was never accepted, after {mail.tries} tries")
        elif len(messages) != 1:
            found.wrong("I1", f"mail {mail.number}, accepted as {mail.accepted}, is {len(messages)} messages")
        elif mail.token not in messages[0]["body_text"]:
            found.wrong("I1", f"mail {mail.number} lost its text: {messages[0]['body_text'][:80]!r}")
        elif mail.answers is not None and kept.numbers[messages[0]["ticket"]] != mail.answers:
            found.wrong(
                "I1",
                f"mail {mail.number} answers ticket {mail.answers} and is on {kept.numbers[messages[0]['ticket']]}",
            )
        for number in mail.accepted:
            raw = kept.raw.get(number)
            if raw is None:
                found.wrong("I1", f"mail {mail.number} was told `queued as {number}`, which does not exist")
            elif raw["fate"] not in ("ticket", "reply", "duplicate") or (
                messages and raw["message"] != messages[0]["id"]
            ):
                found.wrong("I1", f"mail {mail.number}, queued as {number}, became {raw['fate']} ({raw['reason']})")


def _every_message_has_its_cause(chaos: Chaos, kept: Rows, found: Found) -> None:
    """I2: no message without a mail or an API call; a reply asked for again is still one."""
    ledger = chaos.load.ledger
    mails = {mail.message_id for mail in ledger.mails.values()}
    replies = {reply.token: reply for reply in ledger.replies.values()}
    written: Counter[str] = Counter()
    for message in kept.messages.values():
        token = TOKEN.search(message["body_text"])
        if message["author_kind"] == "customer" and message["mail_id"] not in mails:
            found.wrong("I2", f"message {message['id']} comes from no mail that was sent")
        elif message["author_kind"] == "agent":
            if not token or token[0] not in replies:
                found.wrong("I2", f"message {message['id']} comes from no call")
            else:
                written[token[0]] += 1
        elif message["author_kind"] not in ("customer", "agent"):
            found.wrong("I2", f"message {message['id']} was written by {message['author_kind']}")
    for token, reply in replies.items():
        if written[token] != 1:
            found.wrong("I2", f"reply {reply.number} is {written[token]} messages after {reply.tries} tries")


def _every_reply_arrived(chaos: Chaos, kept: Rows, found: Found) -> None:
    """I3, first half: what was queued is at the sink, or was refused for good and the agent was told."""
    sink = chaos.load.sink
    arrived, refused = sink.arrivals(), sink.answered(Answer.NEVER)
    told = {event["message"] for event in kept.events if event["kind"] == "delivery_failed"}
    carried = Counter(delivery["message_id"] for delivery in kept.deliveries if delivery["kind"] == "reply")
    for message in kept.messages.values():
        if message["author_kind"] == "agent" and carried[message["id"]] != 1:
            found.wrong("I3", f"reply {message['id']} has {carried[message['id']]} deliveries")
    for delivery in kept.deliveries:
        name = f"delivery {delivery['id']} ({delivery['kind']}, {delivery['state']}, {delivery['attempts']} attempts)"
        if delivery["mail_id"] in refused:
            if delivery["state"] != "failed" or delivery["message_id"] not in told:
                found.wrong("I3", f"{name} was refused, and the agent was not told")
        elif delivery["mail_id"] not in arrived:
            found.wrong("I3", f"{name} never reached the sink: {delivery['last_error']}")
        elif delivery["state"] != "sent":
            found.wrong("I3", f"{name} reached the sink and is not sent: {delivery['last_error']}")


def _doubles_are_named(chaos: Chaos, kept: Rows, found: Found) -> None:
    """I3, second half: one copy each, more only where an attempt was ambiguous; all copies share one Message-ID."""
    sink = chaos.load.sink
    by_id = {delivery["mail_id"]: delivery for delivery in kept.deliveries}
    killed = Counter(message_id for message_id, _ in chaos.killed_while_sending)
    scripted = Counter(copy.message_id for copy in sink.copies if copy.answer in AMBIGUOUS)
    for message_id, copies in sink.arrivals().items():
        delivery = by_id.get(message_id)
        if delivery is None:
            found.wrong("I3", f"the sink has a mail that nobody queued: {message_id}")
            continue
        extra = len(copies) - 1
        by_kill = min(extra, killed[message_id])
        by_script = min(extra - by_kill, scripted[message_id])
        found.doubles["the worker was killed while sending"] += by_kill
        found.doubles["the sink kept it and hung up"] += by_script
        if extra > by_kill + by_script:
            found.wrong(
                "I3", f"{message_id} reached the sink {len(copies)} times, {by_kill + by_script} of them excused"
            )
        if extra and not delivery["is_ambiguous"]:
            found.wrong("I3", f"{message_id} was sent {len(copies)} times and is not marked ambiguous")
    tokens: dict[str, set[str]] = defaultdict(set)
    for copy in sink.copies:
        if not copy.is_automatic and (token := TOKEN.search(copy.text)):
            tokens[token[0]].add(copy.message_id)
    for token, message_ids in tokens.items():
        if len(message_ids) > 1:
            found.wrong("I3", f"reply {token} left under {len(message_ids)} Message-IDs")


def _history_is_in_order(kept: Rows, found: Found) -> None:
    """I6: per ticket, versions without a gap, times that never go back, messages in the order of their acceptance."""
    histories: dict[int, list[Row]] = defaultdict(list)
    for event in kept.events:
        histories[event["ticket"]].append(event)
    for ticket, events in histories.items():
        if [event["version"] for event in events] != list(range(1, len(events) + 1)):
            found.wrong(
                "I6", f"ticket {kept.numbers[ticket]} has the versions {[event['version'] for event in events]}"
            )
        if any(one["at"] > next_["at"] for one, next_ in itertools.pairwise(events)):
            found.wrong("I6", f"on ticket {kept.numbers[ticket]} time went back")
    first_of = {
        raw["message"]: raw["id"]
        for raw in sorted(kept.raw.values(), key=lambda raw: -raw["id"])
        if raw["fate"] != "duplicate"
    }
    accepted: dict[int, list[int]] = defaultdict(list)
    for message in sorted(kept.messages.values(), key=lambda message: (message["created_at"], message["id"])):
        if message["id"] in first_of:
            accepted[message["ticket"]].append(first_of[message["id"]])
    for ticket, order in accepted.items():
        if order != sorted(order):
            found.wrong("I6", f"the mails of ticket {kept.numbers[ticket]} are shown in the order {order}")


def _attachments_are_whole(chaos: Chaos, kept: Rows, found: Found) -> None:
    """I11: the bytes that were sent are the bytes on the disk."""
    by_mail = {message["mail_id"]: message["id"] for message in kept.messages.values()}
    for mail in chaos.load.ledger.mails.values():
        if mail.attachment_hash is None:
            continue
        blobs = [one["blob"] for one in kept.attachments if one["message"] == by_mail.get(mail.message_id)]
        path = chaos.desk.data / "blobs" / mail.attachment_hash[:2] / mail.attachment_hash
        if blobs != [mail.attachment_hash] or hashlib.sha256(path.read_bytes()).hexdigest() != mail.attachment_hash:
            found.wrong("I11", f"the attachment of mail {mail.number} is not what was sent")
