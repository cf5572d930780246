"""A due time that somebody sets by hand, in place of the one that is reckoned (docs/sla.md)."""

from datetime import datetime

from helpdesk import actors
from helpdesk.kernel.database import after_commit, rows
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets import promising
from helpdesk.tickets.changing import change, demand_unmerged, held
from helpdesk.tickets.tables import Ticket
from sla import ledger, moves
from sla.clock import State
from sla.ledger import COLUMNS
from sla.replanning import terms_of

VERB = "set_due_times"
_CLOCK = f"SELECT {', '.join(COLUMNS)} FROM sla_clock WHERE id = {{}} AND ticket = {{}} FOR UPDATE"
_EVENT = "SELECT max(id) AS id FROM hd_event WHERE ticket = {}"


async def set_due(ticket: Ticket, clock_id: int, due_at: datetime | None, *, by: SignedIn, at: datetime) -> bool:
    """It is due then, or with None as it is reckoned; False when it was so already. What waits to be brought along, as its
    calendar was changed or the like, is so first.

    Raises Refused, NotFound, and Invalid at `due` for a clock that is late or does not run, and for a time that has passed.
    """
    demand(by, VERB)
    async with held(ticket):
        demand_unmerged(ticket)
        for line in await promising.follow(ticket, "promised_anew", by=by, at=at, event=None):
            after_commit(actors.follow_clock.send, line)
        found = await rows(_CLOCK, clock_id, ticket.id)
        if not found:
            raise NotFound(_("There is nothing here."))
        one = ledger.stored(found[0])
        clock, before = one.clock, one.clock.due_at
        if clock.state is not State.RUNNING or clock.target is None or clock.is_late(at):
            raise Invalid(due=_("Only what runs and is not late yet can be given another due time."))
        if due_at is not None and due_at <= at:
            raise Invalid(due=_("This time has passed. Choose a later one."))
        if due_at == (before if clock.is_pinned else None):
            return False
        moves.pin(clock, due_at, at, await terms_of(clock))
        told = {"due": (before, clock.due_at), "metric": (clock.metric, clock.metric)}
        kind = "due_set" if clock.is_pinned else "due_reckoned"
        await change(ticket, kind, by=by, at=at, always=True, told=told)
        [event] = await rows(_EVENT, ticket.id)
        await ledger.write([one], event=event["id"])
    return True
