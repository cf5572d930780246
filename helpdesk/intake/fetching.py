"""Fetching a folder: each mail is committed together with the cursor, and only then touched on the server.

What is new is told by UIDs, never by who has read it (docs/decisions/0011). One process at a time holds a folder; what
one that lost it would write fails.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from helpdesk import actors
from helpdesk.channels.email.envelopes import Envelope, read_envelope
from helpdesk.channels.email.fetching import AskRefused, CannotFetch, Folder, Found, Mailbox
from helpdesk.deliveries.system_mail import tell_of_gap
from helpdesk.intake.accepting import LARGEST, store
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.kernel.time import now

BATCH = 50
MOST_WAITING = 100
"""Mails of a mailbox that may wait for a worker while a backlog is fetched: the others' mail gets in between."""
PATIENCE, PAUSE = 60, 0.5  # so many pauses of so many seconds; then the workers are away and storing goes on
UNCERTAINTY = timedelta(minutes=10)  # between the server's clock and ours
TOO_OLD_TO_ANSWER = timedelta(days=2)
"""What lay there longer is not acknowledged: its writer would wonder."""
EARLIER = "was in the folder before the helpdesk"
GONE = "gone from the server before it was read"
WITHHELD = "the server does not hand it out"
WITHHELD_FOR = timedelta(hours=1)
"""So long a mail that cannot be read keeps those behind it waiting: it may be the server's trouble of the moment."""

log = structlog.get_logger(__name__)


class Lost(Exception):
    """Another process holds the folder now."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that this process holds under the name `holder`, and what is to be done with its mails."""

    id: int
    holder: str
    channel_id: int
    address: str
    afterwards: str = "seen"
    move_to: str = ""


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """How far the folder was looked at; see `tables.MailFolder`. Without `began_at`, earlier mails are wanted too."""

    uid_validity: int
    last_uid: int
    begins_after: int
    renumbered_to: int
    began_at: datetime | None


async def look(held: Held, mailbox: Mailbox) -> int:
    """Take in what is new in the folder and return how many mails that was; raises CannotFetch and Lost.

    It may stop anywhere: the cursor says where to go on. A server that lets us read, and not mark or move, is complained
    of when all was taken in.
    """
    await _change(held, asked_at=None, doing="fetching")
    cursor = await _cursor(held, await mailbox.open())
    refused = await _try_to_settle(held, mailbox, cursor)
    uids = await mailbox.uids(above=cursor.last_uid)
    await _change(held, found=len(uids), done=0)
    taken = 0
    for start in range(0, len(uids), BATCH):
        batch = uids[start : start + BATCH]
        await _let_workers_catch_up(held)
        taken += await _take(held, mailbox, cursor, await _unknown(held, cursor, batch))
        await _change(held, last_uid=batch[-1], done=start + len(batch))
        refused = refused or await _try_to_settle(held, mailbox, cursor)
        if len(uids) > BATCH:
            log.info("backlog_fetched", mailbox=held.address, done=start + len(batch), of=len(uids))
    if refused:
        raise refused
    await rows("UPDATE hd_mail_folder SET looked_at = now(), failing_since = NULL WHERE id = {}", held.id)
    return taken


async def compare(held: Held, mailbox: Mailbox) -> int:
    """Hold our rows against the server's UIDs, take in what is missing and return how many mails that was.

    Nothing below the cursor should be: it tells of a server that gives UIDs late, or of our database put back from a
    backup. So it is an alarm, too.
    """
    cursor = await _cursor(held, await mailbox.open())
    there = [uid for uid in await mailbox.uids(above=cursor.begins_after) if uid <= cursor.last_uid]
    missing = await _unknown(held, cursor, there)
    if gap := len(missing) - await _withheld(held, cursor, missing):
        log.error("mailbox_had_gap", mailbox=held.address, mails=gap, first=missing[0], last=missing[-1])
        await _tell_of_gap(held, gap)
    for start in range(0, len(missing), BATCH):
        await _let_workers_catch_up(held)
        await _take(held, mailbox, cursor, missing[start : start + BATCH])
        await settle(held, mailbox, cursor)
    await rows("UPDATE hd_mail_folder SET compared_at = now() WHERE id = {}", held.id)
    return len(missing)


async def _withheld(held: Held, cursor: Cursor, uids: Sequence[int]) -> int:
    """How many of the UIDs are known as those of mails that the server does not hand out, which the log tells already."""
    [found] = await rows(
        """SELECT count(*) AS mails FROM hd_fetched_mail
        WHERE folder = {} AND uid_validity = {} AND uid = ANY({}::bigint[]) AND reason = {}""",
        held.id, cursor.uid_validity, list(uids), WITHHELD,
    )  # fmt: skip
    return found["mails"]


async def _tell_of_gap(held: Held, mails: int) -> None:
    """Once a night, however often the comparison has to begin again."""
    async with transaction():
        if await rows(
            """UPDATE hd_mail_folder SET gap = {}, gap_at = now()
            WHERE id = {} AND (gap_at IS NULL OR gap_at < now() - interval '12 hours') RETURNING id""",
            mails, held.id,
        ):  # fmt: skip
            await tell_of_gap(held.channel_id, held.address, mails, at=now())


async def settle(held: Held, mailbox: Mailbox, cursor: Cursor) -> None:
    """Mark, move or delete on the server what was stored, what a crash left undone included. Twice does no harm."""
    while waiting := await rows(
        "SELECT uid FROM hd_fetched_mail WHERE folder = {} AND uid_validity = {} AND NOT is_settled ORDER BY uid LIMIT {}",
        held.id, cursor.uid_validity, BATCH,
    ):  # fmt: skip
        uids = [row["uid"] for row in waiting]
        match held.afterwards:
            case "seen":
                await mailbox.mark_seen(uids)
            case "move":
                await mailbox.move(uids, held.move_to)
            case "delete":
                await mailbox.delete(uids)
        await rows(
            "UPDATE hd_fetched_mail SET is_settled = true WHERE folder = {} AND uid_validity = {} AND uid = ANY({}::bigint[])",
            held.id, cursor.uid_validity, uids,
        )  # fmt: skip


async def _try_to_settle(held: Held, mailbox: Mailbox, cursor: Cursor) -> CannotFetch | None:
    """Why it could not be done; a connection that broke shows in the next command."""
    try:
        await settle(held, mailbox, cursor)
    except CannotFetch as error:
        return error
    return None


async def _cursor(held: Held, opened: Folder) -> Cursor:
    """Where to go on. A new folder begins with what comes from now on. One whose UIDs lost their meaning begins at its
    first mail, where what we have is known by its content."""
    last = opened.next_uid - 1
    async with transaction():
        [folder] = await rows(
            "SELECT uid_validity, wants_earlier FROM hd_mail_folder WHERE id = {} FOR UPDATE", held.id
        )
        if folder["uid_validity"] is None:
            await _change(held, uid_validity=opened.uid_validity, last_uid=last, begins_after=last)
            await rows("UPDATE hd_mail_folder SET began_at = now(), compared_at = now() WHERE id = {}", held.id)
        elif folder["uid_validity"] != opened.uid_validity:
            log.warning("mailbox_renumbered", mailbox=held.address, mails_up_to=last)
            await _change(held, uid_validity=opened.uid_validity, last_uid=0, begins_after=0, renumbered_to=last)
            await rows("UPDATE hd_fetched_mail SET is_settled = true WHERE folder = {} AND NOT is_settled", held.id)
        if folder["wants_earlier"]:
            await _change(held, wants_earlier=False, began_at=None, begins_after=0, last_uid=0)
            await rows("DELETE FROM hd_fetched_mail WHERE folder = {} AND reason = {}", held.id, EARLIER)
        [found] = await rows(
            "SELECT uid_validity, last_uid, begins_after, renumbered_to, began_at FROM hd_mail_folder WHERE id = {}",
            held.id,
        )
    return Cursor(**found)


async def _unknown(held: Held, cursor: Cursor, uids: Sequence[int]) -> list[int]:
    """Those of the UIDs that were not looked at, or that we did not get although they are there: a server may stumble."""
    known = await rows(
        "SELECT uid FROM hd_fetched_mail WHERE folder = {} AND uid_validity = {} AND uid = ANY({}::bigint[]) AND reason NOT IN ({}, {})",
        held.id, cursor.uid_validity, list(uids), GONE, WITHHELD,
    )  # fmt: skip
    return sorted(set(uids) - {row["uid"] for row in known})


async def _take(held: Held, mailbox: Mailbox, cursor: Cursor, uids: Sequence[int]) -> int:
    """Look at the mails one by one; how many of them were stored."""
    found = await mailbox.find(uids) if uids else {}
    return sum([await _take_one(held, mailbox, cursor, uid, found.get(uid)) for uid in uids])


async def _take_one(held: Held, mailbox: Mailbox, cursor: Cursor, uid: int, found: Found | None) -> bool:
    """Store the mail, or note why not; whether it was stored."""
    is_renumbered = uid <= cursor.renumbered_to
    if found is None:
        await _pass_over(held, cursor, uid, GONE)
        return False
    if is_renumbered and _is_earlier(found, cursor):
        await _pass_over(held, cursor, uid, EARLIER)
        return False
    if is_renumbered and (twin := await _stored_before(held, found)):
        await _pass_over(held, cursor, uid, f"stored before as {twin}", twin=twin)
        return False
    try:
        if found.size > LARGEST:
            await _pass_over_large(held, mailbox, cursor, found)
            return False
        content = await mailbox.read(uid)
    except AskRefused as refusal:
        await _pass_over_withheld(held, cursor, found, refusal)
        return False
    if content is None:
        await _pass_over(held, cursor, uid, GONE)
        return False
    if is_renumbered and (twin := await _same_bytes(held, content)):
        await _pass_over(held, cursor, uid, f"stored before as {twin}", twin=twin)
        return False
    await _store(held, cursor, found, content)
    return True


async def _store(held: Held, cursor: Cursor, found: Found, content: bytes) -> None:
    envelope = read_envelope(content, mailbox=held.address)
    is_old = found.arrived_at is not None and now() - found.arrived_at > TOO_OLD_TO_ANSWER
    async with transaction():
        raw_message = await store(
            content, held.channel_id, source="imap", envelope_to=envelope.recipients,
            envelope_from="" if is_old else envelope.sender,  # nobody is answered by a machine where it is empty
        )  # fmt: skip
        await _note(held, cursor, found.uid, raw_message=raw_message, is_settled=held.afterwards == "keep")
        after_commit(actors.take_in.send, raw_message)


async def _pass_over(held: Held, cursor: Cursor, uid: int, reason: str, *, twin: int | None = None) -> None:
    """Note why the mail is not taken in. One that we have is treated on the server as any other that was stored."""
    is_settled = twin is None or held.afterwards == "keep"
    async with transaction():
        await _note(held, cursor, uid, raw_message=twin, reason=reason, is_settled=is_settled)
    log.info("mail_passed_over", mailbox=held.address, uid=uid, reason=reason)


async def _pass_over_large(held: Held, mailbox: Mailbox, cursor: Cursor, found: Found) -> None:
    """Leave the mail where it is, with a line in the mail log: nobody would miss it otherwise."""
    head = await mailbox.read(found.uid, headers_only=True) or b""
    envelope = read_envelope(head, mailbox=held.address)
    reason = f"it is too large; UID {found.uid}, Message-ID {found.message_id}"
    async with transaction():
        await _note(held, cursor, found.uid, reason=reason, is_settled=True)
        await _log_skipped(held, envelope, found.size, reason)
    log.warning("mail_too_large", mailbox=held.address, uid=found.uid, size=found.size)


async def _pass_over_withheld(held: Held, cursor: Cursor, found: Found, refusal: AskRefused) -> None:
    """Go on without a mail that is broken on its server, with a line in the mail log; the nightly comparison asks again.

    Raises the refusal where mails wait behind it and the folder has not failed for long.
    """
    long_ago = now() - WITHHELD_FOR
    keeps_waiting = found.uid > cursor.last_uid
    if keeps_waiting and not await rows(
        "SELECT FROM hd_mail_folder WHERE id = {} AND failing_since < {}", held.id, long_ago
    ):
        raise refusal
    async with transaction():
        await _note(held, cursor, found.uid, reason=WITHHELD, is_settled=True)
        reason = f"{WITHHELD}; UID {found.uid}, Message-ID {found.message_id}"
        await _log_skipped(held, Envelope("", []), found.size, reason)
    log.warning("mail_withheld", mailbox=held.address, uid=found.uid, error=str(refusal))


async def _log_skipped(held: Held, envelope: Envelope, size: int, reason: str) -> None:
    await rows(
        """INSERT INTO hd_turned_away (fate, hour, source, envelope_from, envelope_to, reason, size, last_at)
        VALUES ('skipped', date_trunc('hour', now()), 'imap', {}, {}, {}, {}, now()) ON CONFLICT DO NOTHING""",
        envelope.sender, held.address, reason[:300], size,
    )  # fmt: skip


async def _note(
    held: Held, cursor: Cursor, uid: int, *, raw_message: int | None = None, reason: str = "", is_settled: bool
) -> None:
    """The row of a UID, and the cursor past it: in the transaction of whatever the mail became."""
    await rows(
        """INSERT INTO hd_fetched_mail (folder, uid_validity, uid, raw_message, reason, is_settled)
        VALUES ({}, {}, {}, {}, {}, {}) ON CONFLICT ON CONSTRAINT hd_fetched_mail_once DO UPDATE SET
            raw_message = excluded.raw_message, reason = excluded.reason, is_settled = excluded.is_settled""",
        held.id, cursor.uid_validity, uid, raw_message, reason, is_settled,
    )  # fmt: skip
    if not await rows(
        "UPDATE hd_mail_folder SET last_uid = greatest(last_uid, {}) WHERE id = {} AND holder = {} RETURNING id",
        uid, held.id, held.holder,
    ):  # fmt: skip
        raise Lost


async def _change(held: Held, **columns: object) -> None:
    """Set columns of the folder, if it is still ours."""
    changes = ", ".join(f"{name} = {{}}" for name in columns)
    if not await rows(
        f"UPDATE hd_mail_folder SET {changes} WHERE id = {{}} AND holder = {{}} RETURNING id",
        *columns.values(), held.id, held.holder,
    ):  # fmt: skip
        raise Lost


def _is_earlier(found: Found, cursor: Cursor) -> bool:
    """Whether the mail lay there before the folder was fetched the first time."""
    return bool(cursor.began_at and found.arrived_at and found.arrived_at < cursor.began_at - UNCERTAINTY)


async def _stored_before(held: Held, found: Found) -> int | None:
    """The mail of this mailbox with this Message-ID and size; spares reading a whole folder again."""
    known = await rows(
        "SELECT id FROM hd_raw_message WHERE mail_id = {} AND size = {} AND channel = {} AND mail_id <> '' ORDER BY id LIMIT 1",
        found.message_id, found.size, held.channel_id,
    )  # fmt: skip
    return known[0]["id"] if known else None


async def _same_bytes(held: Held, content: bytes) -> int | None:
    known = await rows(
        "SELECT id FROM hd_raw_message WHERE content_hash = {} AND channel = {} ORDER BY id LIMIT 1",
        hashlib.sha256(content).hexdigest(), held.channel_id,
    )  # fmt: skip
    return known[0]["id"] if known else None


async def _let_workers_catch_up(held: Held) -> None:
    for _ in range(PATIENCE):
        [row] = await rows(
            "SELECT count(*) AS waiting FROM (SELECT FROM hd_raw_message WHERE taken_in_at IS NULL AND channel = {} LIMIT {}) w",
            held.channel_id, MOST_WAITING,
        )  # fmt: skip
        if row["waiting"] < MOST_WAITING:
            return
        await asyncio.sleep(PAUSE)
