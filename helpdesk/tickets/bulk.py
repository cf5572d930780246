"""One action on many tickets: each in a transaction of its own, with a result of its own.

What was asked is a row with a row for each ticket, so it is the queue: few tickets are done while one waits, more by the
workers, slice after slice. A ticket's row is claimed in the transaction that changes the ticket: a worker that is killed
leaves it to the next, and two at once do different ones. Undoing goes the same way back.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from piccolo.querystring import QueryString

from helpdesk import actors
from helpdesk.kernel.database import after_commit, despite_deadlocks, rows, transaction
from helpdesk.kernel.errors import HelpdeskError, Invalid, NotFound
from helpdesk.kernel.language import _, digits, speaking
from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.signing_in import as_agent
from helpdesk.tickets.bulk_actions import Action, act, action_of, checked
from helpdesk.tickets.queries import Condition, all_of, find_ticket, visible_to
from helpdesk.tickets.undoing import undo

AT_ONCE = 50
"""So many tickets are done while one waits."""
MOST = 10_000
SLICE = 100
"""So many a worker does before others have their turn: more than are done at once, which are then finished, too."""
UNDONE_WITHIN = timedelta(minutes=10)
KEPT_FOR = timedelta(days=7)

UNDER_WAY = "undone_at IS NULL AND (finished_at IS NULL OR undo_asked_at IS NOT NULL)"
_CLAIM = (
    f"UPDATE hd_bulk SET worked_at = now() WHERE id = {{}} AND {UNDER_WAY} RETURNING id, agent, action, undo_asked_at"
)
# The share lock lets undoing begin only when nobody is in the midst of a ticket.
_NEXT = """
WITH going AS (SELECT id FROM hd_bulk WHERE id = {} AND undo_asked_at IS NULL FOR SHARE)
SELECT i.id, i.number, i.version FROM hd_bulk_ticket i JOIN going ON going.id = i.bulk
WHERE i.done_at IS NULL ORDER BY i.id LIMIT 1 FOR UPDATE OF i SKIP LOCKED
"""
_NEXT_BACK = """
SELECT id, number, version FROM hd_bulk_ticket WHERE bulk = {} AND version IS NOT NULL AND undone_at IS NULL
ORDER BY id DESC LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_FINISH = """
UPDATE hd_bulk SET finished_at = now() WHERE id = {} AND finished_at IS NULL AND undo_asked_at IS NULL
    AND NOT EXISTS (SELECT FROM hd_bulk_ticket i WHERE i.bulk = hd_bulk.id AND i.done_at IS NULL)
"""
_FINISH_BACK = """
UPDATE hd_bulk SET undone_at = now() WHERE id = {} AND undone_at IS NULL AND undo_asked_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM hd_bulk_ticket i WHERE i.bulk = hd_bulk.id AND i.version IS NOT NULL AND i.undone_at IS NULL)
"""
_STATE = """
SELECT b.id, b.action, b.asked_at, b.finished_at, b.undo_asked_at, b.undone_at, counts.* FROM hd_bulk b, LATERAL (
    SELECT count(*) AS "all", count(done_at) AS done, count(version) AS changed, count(undone_at) AS undone,
        count(*) FILTER (WHERE trouble <> '' AND undone_at IS NULL) AS troubles,
        count(*) FILTER (WHERE trouble <> '' AND undone_at IS NOT NULL) AS kept
    FROM hd_bulk_ticket WHERE bulk = b.id) AS counts
WHERE b.agent = {} AND {} ORDER BY b.id DESC LIMIT {}
"""

log = structlog.get_logger(__name__)


class Bulk(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked and how far it is, in tickets: `changed` of the `done` ones were not so before, `troubles` did not go,
    and of the `undone` ones `kept` stay, because somebody has changed them since."""

    id: int
    action: Action
    asked_at: datetime
    finished_at: datetime | None
    undo_asked_at: datetime | None
    undone_at: datetime | None
    all: int
    done: int
    changed: int
    undone: int
    troubles: int
    kept: int

    @property
    def is_under_way(self) -> bool:
        return self.undone_at is None and (self.finished_at is None or self.undo_asked_at is not None)

    def may_undo(self, at: datetime) -> bool:
        return self.undo_asked_at is None and (self.finished_at is None or at - self.finished_at < UNDONE_WITHIN)


async def ask_for(numbers: list[int], action: Action, *, by: SignedIn, at: datetime) -> int:
    """Do it with these tickets; the id of what was asked. Raises Invalid, Refused, NotFound for what could work on none."""
    if not numbers:
        raise Invalid(ticket=_("Choose some tickets first."))
    which = QueryString("SELECT DISTINCT unnest({}::bigint[]) AS number ORDER BY number", numbers[: MOST + 1])
    return await _ask(which, action, by=by, at=at)


async def ask_for_all(
    condition: Condition, action: Action, *, by: SignedIn, at: datetime, highest: int | None = None
) -> int:
    """Do it with all tickets that match and may be seen now; none that comes later, nor one behind the id `highest`."""
    if action.kind == "merge":
        raise Invalid(ticket=_("Choose the tickets to merge one by one."))
    older = QueryString("hd_ticket.id <= {}", highest) if highest is not None else QueryString("true")
    which = QueryString(
        f"SELECT number FROM hd_ticket WHERE {{}} AND {{}} ORDER BY id LIMIT {MOST + 1:d}",
        all_of(condition, visible_to(by)).querystring, older,
    )  # fmt: skip
    return await _ask(which, action, by=by, at=at)


async def _ask(which: QueryString, action: Action, *, by: SignedIn, at: datetime) -> int:
    action = await checked(action, by=by, at=at)
    async with transaction():
        [made] = await rows(
            "INSERT INTO hd_bulk (agent, action, asked_at, worked_at) VALUES ({}, {}::jsonb, {}, now()) RETURNING id",
            by.id, msgspec.json.encode(action).decode(), at,
        )  # fmt: skip
        chosen = await rows(
            "INSERT INTO hd_bulk_ticket (bulk, number) SELECT {}, number FROM ({}) AS chosen RETURNING id",
            made["id"],
            which,
        )
        if not chosen:
            raise Invalid(ticket=_("There is no ticket here any more."))
        if len(chosen) > MOST:
            raise too_many()
        if len(chosen) > AT_ONCE:
            after_commit(actors.work_off_bulk.send, made["id"])
    if len(chosen) <= AT_ONCE:
        await work_off(made["id"])
    return made["id"]


def too_many() -> Invalid:
    told = _("At most %(most)s tickets at once: narrow them down by a search first.")
    return Invalid(ticket=told % {"most": digits(MOST)})


async def ask_undo(bulk_id: int, *, by: SignedIn, at: datetime) -> None:
    """Give all of its tickets what they had before, but for what somebody has changed since; what was not done yet stays undone.

    A second call changes nothing. Raises NotFound, Invalid when it is too late.
    """
    bulk = await find_bulk(bulk_id, of=by)
    if bulk.undo_asked_at is not None:
        return
    if not bulk.may_undo(at):
        raise Invalid(undo=_("This can be undone for ten minutes only."))
    async with transaction():
        await rows("UPDATE hd_bulk SET undo_asked_at = {} WHERE id = {} AND undo_asked_at IS NULL", at, bulk_id)
        if bulk.all > AT_ONCE:
            after_commit(actors.work_off_bulk.send, bulk_id)
    if bulk.all <= AT_ONCE:
        await work_off(bulk_id)


async def work_off(bulk_id: int) -> None:
    """Do the next slice, and leave the rest to another job; safe to call any number of times, by several at once."""
    for bulk in await rows(_CLAIM, bulk_id):
        agent = await as_agent(bulk["agent"])
        if agent is None:
            await _give_up(bulk_id)
            return
        with speaking(agent.language, agent.time_zone):
            for _turn in range(SLICE):
                if not await _do_next(bulk, agent):
                    await rows(_FINISH_BACK if bulk["undo_asked_at"] else _FINISH, bulk_id)
                    return
        actors.work_off_bulk.send(bulk_id)


async def _do_next(bulk: dict[str, Any], agent: SignedIn) -> bool:
    """Do the next ticket or take it back, or write down why not; False when there is none that nobody is at."""
    taken: list[int] = []
    try:
        return await despite_deadlocks(lambda: _take(bulk, agent, taken))
    except Exception as error:
        if is_outage(error) or not taken:
            raise
        mark = _mark_undone if bulk["undo_asked_at"] is not None else _mark_done
        await mark(taken[-1], trouble=_told(error, bulk["id"]))
        return True


async def _take(bulk: dict[str, Any], agent: SignedIn, taken: list[int]) -> bool:
    """The next one, in a transaction; `taken` gets its id, for whoever has to tell that it failed."""
    is_undo = bulk["undo_asked_at"] is not None
    taken.clear()  # of a try that a deadlock has ended
    async with transaction():
        found = await rows(_NEXT_BACK if is_undo else _NEXT, bulk["id"])
        for item in found:
            taken.append(item["id"])
            ticket = await find_ticket(item["number"], seen_by=agent)
            if is_undo:
                await undo(ticket, item["version"], by=agent, at=now())
                await _mark_undone(item["id"])
            else:
                version = await act(ticket, action_of(bulk["action"]), by=agent, at=now())
                await _mark_done(item["id"], version=version)
    return bool(found)


def _told(error: Exception, bulk_id: int) -> str:
    """Why it did not go, for the agent; a fault of ours is for the log, and stops no other ticket."""
    if isinstance(error, Invalid):
        return " ".join(error.fields.values())
    if isinstance(error, HelpdeskError):
        return str(error)
    log.error("bulk_ticket_failed", bulk=bulk_id, exc_info=error)
    return _("This failed by a fault of the helpdesk, which is written to its log. The ticket is as it was.")


async def _mark_done(item_id: int, *, version: int | None = None, trouble: str = "") -> None:
    await rows(
        "UPDATE hd_bulk_ticket SET done_at = now(), version = {}, trouble = {} WHERE id = {} AND done_at IS NULL",
        version, trouble, item_id,
    )  # fmt: skip


async def _mark_undone(item_id: int, *, trouble: str = "") -> None:
    await rows(
        "UPDATE hd_bulk_ticket SET undone_at = now(), trouble = {} WHERE id = {} AND undone_at IS NULL",
        trouble,
        item_id,
    )


async def _give_up(bulk_id: int) -> None:
    """Who asked has left: nothing more is done in their name."""
    async with transaction():
        await rows("UPDATE hd_bulk_ticket SET done_at = now() WHERE bulk = {} AND done_at IS NULL", bulk_id)
        await rows(
            "UPDATE hd_bulk SET finished_at = coalesce(finished_at, now()), undone_at = now() WHERE id = {}", bulk_id
        )


async def find_bulk(bulk_id: int, *, of: SignedIn) -> Bulk:
    """How far it is; NotFound for what somebody else asked for."""
    found = await rows(_STATE, of.id, QueryString("b.id = {}", bulk_id), 1)
    if not found:
        raise NotFound(_("There is no such action, or it is not yours."))
    return _shown(found[0])


async def recent_of(agent: SignedIn, *, most: int = 20) -> list[Bulk]:
    """What the agent asked for lately, the newest first."""
    return [_shown(row) for row in await rows(_STATE, agent.id, QueryString("true"), most)]


async def results_of(bulk_id: int, *, most: int, only_troubles: bool = False) -> list[dict[str, Any]]:
    """Tickets with what became of them, those that did not go first: `number`, `trouble`, `done_at`, `version`, `undone_at`."""
    only = QueryString("trouble <> ''") if only_troubles else QueryString("true")
    return await rows(
        """SELECT number, trouble, done_at, version, undone_at FROM hd_bulk_ticket WHERE bulk = {} AND {}
        ORDER BY trouble = '', id LIMIT {}""",
        bulk_id, only, most,
    )  # fmt: skip


async def forget_old(*, at: datetime) -> None:
    """Results are kept for some days."""
    await rows("DELETE FROM hd_bulk WHERE asked_at < {}", at - KEPT_FOR)


def _shown(row: dict[str, Any]) -> Bulk:
    columns: dict[str, Any] = row | {"action": action_of(row["action"])}
    return Bulk(**columns)
