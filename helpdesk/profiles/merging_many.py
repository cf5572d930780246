"""Merging and parting where very many tickets move: seconds of work for a worker, while whoever asked goes on.

What was asked is a row, claimed in the one transaction that does it: a worker that is killed leaves everything as it was,
and the row to the next. Until then both are as they were; afterwards the row is gone, or says why nothing was done.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import structlog
from piccolo.querystring import QueryString

from helpdesk import actors
from helpdesk.customers.tables import MergedKind
from helpdesk.kernel.database import after_commit, despite_deadlocks, rows, transaction
from helpdesk.kernel.errors import HelpdeskError, Invalid
from helpdesk.kernel.language import _, speaking
from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.people.signing_in import as_agent
from helpdesk.profiles.merging import Side, check, find_merge, merge, merge_now, undo, undo_now

MANY = 500
"""Tickets: about a tenth of a second."""
KEPT_FOR = timedelta(days=7)

_COUNT = "SELECT count(*) AS n FROM (SELECT FROM hd_ticket WHERE {column} = {{}} LIMIT {{}}) AS theirs"
_CLAIM = "SELECT kind, survivor, loser, undoes, chosen FROM hd_merge_asked WHERE id = {} AND done_at IS NULL FOR UPDATE SKIP LOCKED"
_MOST_COUNTED = 1_000_000

log = structlog.get_logger(__name__)


class Asked(msgspec.Struct, frozen=True):
    """Under way until there is a `trouble`; `tickets` move."""

    id: int
    tickets: int
    trouble: str


async def merge_many(
    kind: MergedKind, survivor: int, loser: int, *, by: SignedIn, at: datetime, chosen: dict[str, Side]
) -> bool:
    """Merge as `merging.merge` does, raising the same; False when that is left to a worker."""
    demand(by, "merge_customers")
    [count] = await rows(_COUNT.format(column=kind.value), loser, _MOST_COUNTED)
    if count["n"] <= MANY:
        await merge(kind, survivor, loser, by=by, at=at, chosen=chosen)
        return True
    await check(kind, survivor, loser)
    await _ask(kind, survivor, loser, undoes=None, chosen=chosen, tickets=count["n"], by=by, at=at)
    return False


async def undo_many(merge_id: int, *, by: SignedIn, at: datetime) -> tuple[dict[str, Any], bool]:
    """Part the two as `merging.undo` does, raising the same: the merge's row, and whether it is done already."""
    demand(by, "merge_customers")
    found = await find_merge(merge_id)
    kind = MergedKind(found["kind"])
    tickets = len(found["moved"][f"hd_ticket.{kind}"])
    if tickets <= MANY:
        return await undo(merge_id, by=by, at=at), True
    await _ask(kind, found["survivor"], found["loser"], undoes=merge_id, chosen={}, tickets=tickets, by=by, at=at)
    return found, False


async def asked_of(kind: MergedKind, id: int) -> Asked | None:
    """What was asked last of this one and is under way, or did not go, for a day."""
    return await _asked(
        QueryString(
            "kind = {} AND {} IN (survivor, loser) AND (done_at IS NULL OR done_at > now() - interval '1 day')",
            kind,
            id,
        )
    )


async def find_asked(asked_id: int) -> Asked | None:
    """None when it was done."""
    return await _asked(QueryString("id = {}", asked_id))


async def forget_old(*, at: datetime) -> None:
    """What did not go is told for a day, and kept for some more."""
    await rows("DELETE FROM hd_merge_asked WHERE done_at < {}", at - KEPT_FOR)


async def work_off(asked_id: int) -> None:
    """Do it, or write down why not; safe to call any number of times, by several at once."""
    for asked in await rows("SELECT agent FROM hd_merge_asked WHERE id = {} AND done_at IS NULL", asked_id):
        agent = await as_agent(asked["agent"])
        if agent is None:  # nothing is done in the name of who has left
            await rows("DELETE FROM hd_merge_asked WHERE id = {}", asked_id)
            return
        with speaking(agent.language, agent.time_zone):
            try:
                await despite_deadlocks(partial(_do, asked_id, agent))
            except Exception as error:
                if is_outage(error):
                    raise
                await rows(
                    "UPDATE hd_merge_asked SET done_at = now(), trouble = {} WHERE id = {} AND done_at IS NULL",
                    _told(error, asked_id), asked_id,
                )  # fmt: skip


async def _do(asked_id: int, agent: SignedIn) -> None:
    async with transaction():
        for asked in await rows(_CLAIM, asked_id):
            if asked["undoes"]:
                await undo_now(asked["undoes"], by=agent, at=now())
            else:
                chosen = msgspec.json.decode(asked["chosen"], type=dict[str, Side])
                kind = MergedKind(asked["kind"])
                await merge_now(kind, asked["survivor"], asked["loser"], by=agent, at=now(), chosen=chosen)
            await rows("DELETE FROM hd_merge_asked WHERE id = {}", asked_id)


_ASKED_SO = """
SELECT FROM hd_merge_asked WHERE kind = {} AND loser = {} AND survivor = {} AND undoes IS NOT DISTINCT FROM {} AND done_at IS NULL
"""


async def _ask(
    kind: MergedKind, survivor: int, loser: int, *, undoes: int | None, chosen: dict[str, Side], tickets: int, by: SignedIn, at: datetime
) -> None:  # fmt: skip
    """Leave it to a worker; asked twice, it is done once. What did not go before is forgotten."""
    async with transaction():
        await rows("DELETE FROM hd_merge_asked WHERE kind = {} AND loser = {} AND done_at IS NOT NULL", kind, loser)
        made = await rows(
            """INSERT INTO hd_merge_asked (kind, survivor, loser, undoes, chosen, tickets, agent, asked_at, trouble)
            VALUES ({}, {}, {}, {}, {}::jsonb, {}, {}, {}, '') ON CONFLICT DO NOTHING RETURNING id""",
            kind, survivor, loser, undoes, msgspec.json.encode(chosen).decode(), tickets, by.id, at,
        )  # fmt: skip
        for row in made:
            after_commit(actors.merge_many.send, row["id"])
        if not made and not await rows(_ASKED_SO, kind, loser, survivor, undoes):
            raise Invalid(other=_("This one is just being merged into another one. Wait until that is done."))


async def _asked(which: QueryString) -> Asked | None:
    found = await rows("SELECT id, tickets, trouble FROM hd_merge_asked WHERE {} ORDER BY id DESC LIMIT 1", which)
    return Asked(**found[0]) if found else None


def _told(error: Exception, asked_id: int) -> str:
    if isinstance(error, Invalid):
        return " ".join(error.fields.values())
    if isinstance(error, HelpdeskError):
        return str(error)
    log.error("merge_failed", asked=asked_id, exc_info=error)
    return _("This failed by a fault of the helpdesk, which is written to its log. Both are as they were.")
