"""Spam, trash, blocked senders: what takes a ticket or its sender out of sight, each with a way back."""

from litestar import Controller, Request, Response, post

from helpdesk.console.asked import Id, Me, Typed
from helpdesk.console.changed import Undo, changed, refused
from helpdesk.console.forms import Form
from helpdesk.console.going_on import place_of
from helpdesk.console.inbox import out_of_sight, view_of, whole_page
from helpdesk.intake.erasing import erase
from helpdesk.intake.senders import remove_rule, sender_of, set_rule
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.marking_spam import mark_spam, unmark_spam
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.tables import Ticket
from helpdesk.tickets.trashing import restore, trash


class SortingOutController(Controller):
    path = "/console/tickets/{number:int}"

    @post("/spam", status_code=200)
    async def set_spam(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Mark the ticket as spam (`spam`), with `block` its sender too; or take the mark off, and with `rule` the block."""
        demand(agent, "throw_away")
        ticket = await find_ticket(number, seen_by=agent)
        if not form.is_checked("spam"):
            async with transaction():
                is_new = await unmark_spam(ticket, by=agent, at=now())
                await _unblock(form, agent)
            said = _("This is no spam.") if is_new else ""
            return await changed(request, ticket, agent, said=said, undo=_undo(ticket))
        place = await place_of(request, ticket, agent)
        undo = Undo("spam")
        said = _("Marked as spam.")
        try:
            async with transaction():
                await mark_spam(ticket, by=agent, at=now())
                if form.is_checked("block"):
                    address, rule = await _block(ticket, agent)
                    undo = Undo("spam", {"rule": rule})
                    said = _("Marked as spam, and %(address)s is blocked.") % {"address": address}
        except Invalid as error:
            return await refused(request, ticket, agent, error)
        return await changed(request, ticket, agent, said=said, undo=undo, place=place)

    @post("/trash", status_code=200)
    async def set_trashed(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Move the ticket to the trash (`trash`), or out of it."""
        demand(agent, "throw_away")
        ticket = await find_ticket(number, seen_by=agent)
        if not form.is_checked("trash"):
            is_new = await restore(ticket, by=agent, at=now())
            said = _("Taken out of the trash.") if is_new else ""
            return await changed(request, ticket, agent, said=said, undo=_undo(ticket))
        place = await place_of(request, ticket, agent)
        await trash(ticket, by=agent, at=now())
        return await changed(request, ticket, agent, said=_("Moved to the trash."), undo=Undo("trash"), place=place)

    @post("/sender-block", status_code=200)
    async def set_blocked(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Block the ticket's sender (`block`), or with `rule` unblock them again."""
        ticket = await find_ticket(number, seen_by=agent)
        if not form.is_checked("block"):
            await _unblock(form, agent)
            return await changed(request, ticket, agent)
        try:
            address, rule = await _block(ticket, agent)
        except Invalid as error:
            return await refused(request, ticket, agent, error)
        said = _("%(address)s is blocked: their next mail stays in the mail log.") % {"address": address}
        return await changed(request, ticket, agent, said=said, undo=Undo("sender-block", {"rule": rule}))

    @post("/erasure", status_code=200)
    async def erase(self, request: Request, number: Id, agent: Me, form: Typed) -> Response:
        """Erase a ticket for good that is in the trash or spam; without `sure`, as of a page without scripts, ask first."""
        demand(agent, "erase")
        ticket = await find_ticket(number, seen_by=agent)
        if not form.is_checked("sure"):
            return await whole_page(number, agent, view=view_of(request), asks_erasure=True)
        if not await erase(ticket, by=agent, at=now()):
            error = Invalid(ticket=_("It is not in the trash any more, or a mail of it is leaving just now."))
            return await refused(request, ticket, agent, error)
        return out_of_sight(request, "erased")


def _undo(ticket: Ticket) -> Undo:
    """Of the change that was the last when it was made."""
    return Undo("undo", {"version": ticket.version})


async def _block(ticket: Ticket, agent: SignedIn) -> tuple[str, int]:
    """Block the address that the ticket came from; the address and the rule."""
    address = await sender_of(ticket)
    note = _("Ticket #%(number)s") % {"number": digits(ticket.number)}
    return address, await set_rule(address, is_allowed=False, by=agent, at=now(), note=note)


async def _unblock(form: Form, agent: SignedIn) -> None:
    if rule := form.whole("rule"):
        await remove_rule(rule, by=agent)
