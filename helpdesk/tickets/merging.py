"""Two tickets about the same thing become one, and two again when that was a mistake.

The messages move to the survivor with their deliveries, so that whatever answers them joins it (`intake.joining`); unread
notices, drafts and followers go with them. The merged ticket keeps its number and its history, and is a door to the
survivor: nothing can be written to it. `Merge` remembers what went over, so that undoing brings back exactly that; what
came later stays with the survivor.
"""

from datetime import datetime
from typing import Any

from helpdesk.kernel.database import objects, rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.tickets.changing import change, locked, refresh
from helpdesk.tickets.drafting import drafts_follow, drafts_return
from helpdesk.tickets.standing import standing_of
from helpdesk.tickets.tables import UNSOLVED, Merge, Status, Ticket

_FOLLOW = """
INSERT INTO hd_follower (ticket, agent) SELECT {}, f.agent FROM hd_follower f JOIN hd_agent a ON a.id = f.agent WHERE f.ticket = {}
    AND (a.role IN ('admin', 'manager') OR NOT EXISTS (SELECT FROM hd_team WHERE id = {} AND is_private)
        OR EXISTS (SELECT FROM hd_membership WHERE team = {} AND agent = f.agent))
ON CONFLICT DO NOTHING RETURNING agent
"""
"""Who follows a ticket sees it: nobody comes to see a private team's by a merge."""


async def merge_into(ticket: Ticket, survivor: Ticket, *, by: SignedIn, at: datetime, reopens: bool = True) -> Ticket:
    """Merge the ticket into the survivor, or into what that was merged into meanwhile; which of them is returned.

    A solved survivor is open again when what comes is not solved (`reopens`). A second call changes nothing.
    Raises Refused for light agents, Invalid at `into` when it cannot be.
    """
    demand(by, "change")
    async with transaction():
        survivor = await _hold_both(ticket, survivor)
        if ticket.merged_into == survivor.id:
            return survivor
        await _check(ticket, survivor)
        moved = await _move(ticket.id, survivor, at=at)
        is_asking = reopens and survivor.status == Status.SOLVED and ticket.status in UNSOLVED
        status = Status.OPEN if is_asking else survivor.status
        await Merge.insert(
            Merge(
                ticket=ticket.id,
                survivor=survivor.id,
                at=at,
                status_before=survivor.status,
                status_after=status,
                **moved,
            )
        )
        solved_at = survivor.solved_at if status == survivor.status else None
        await change(
            survivor, "merged", by=by, at=at, always=True, told={"merged": (None, ticket.number)}, status=status,
            solved_at=solved_at, **await standing_of(survivor),
        )  # fmt: skip
        await change(
            ticket, "merged_into", by=by, at=at, told={"survivor": (None, survivor.number)}, merged_into=survivor.id
        )
    return survivor


async def unmerge(ticket: Ticket, *, by: SignedIn, at: datetime) -> bool:
    """Make it a ticket of its own again, as it was; False when it is one. Raises Refused for light agents."""
    demand(by, "change")
    async with transaction():
        survivor = await _hold_both(ticket, ticket)
        merge = await Merge.objects().where(Merge.ticket == ticket.id, Merge.undone_at.is_null()).first()
        if merge is None:
            return False
        await _move_back(merge, survivor)
        await drafts_return(merge.drafts, survivor.id, ticket.id, followed_at=merge.at, at=at)
        await Merge.update({Merge.undone_at: at}).where(Merge.id == merge.id)
        await change(
            ticket, "unmerged_from", by=by, at=at, told={"survivor": (None, survivor.number)}, merged_into=None
        )
        is_as_left = survivor.id == merge.survivor and survivor.status == merge.status_after
        status = merge.status_before if is_as_left else survivor.status
        solved_at = (survivor.solved_at or at) if status in (Status.SOLVED, Status.CLOSED) else None
        await change(
            survivor, "unmerged", by=by, at=at, always=True, told={"merged": (ticket.number, None)}, status=status,
            solved_at=solved_at, **await standing_of(survivor),
        )  # fmt: skip
    return True


async def find_survivor(ticket: Ticket) -> Ticket:
    """What the ticket goes on as: itself, or the end of its merges."""
    while ticket.merged_into is not None:
        found = await Ticket.objects().get(Ticket.id == ticket.merged_into)
        assert found is not None, "a ticket is erased together with those merged into it"
        ticket = found
    return ticket


async def hindrances(sources: list[int], survivors: list[int]) -> dict[int, str]:
    """For each of the survivors why one of the other tickets cannot be merged into it; empty when all of them can."""
    found = {one.id: one for one in await objects(Ticket, "WHERE id = ANY({})", [*sources, *survivors])}
    private = await _private([one.team for one in found.values()])
    reasons = dict.fromkeys(survivors, _("This ticket was erased."))
    for one in found.keys() & set(survivors):
        others = (found[source] for source in sources if source in found and source != one)
        told = (_hindrance(other, found[one], private=private) for other in others)
        reasons[one] = next(filter(None, told), "")
    return reasons


async def _hold_both(ticket: Ticket, survivor: Ticket) -> Ticket:
    """Hold the ticket and the end of the survivor's merges, which is returned: in the order of ids, so that two merges in
    opposite directions wait for each other, and the later one sees what the first has done."""
    while True:
        end = await find_survivor(survivor)
        held = {id_: await locked(id_) for id_ in sorted({ticket.id, end.id})}
        refresh(ticket, held[ticket.id])
        if held[end.id].merged_into is None:
            return held[end.id]
        survivor = held[end.id]


async def _check(ticket: Ticket, survivor: Ticket) -> None:
    if told := _hindrance(ticket, survivor, private=await _private([ticket.team, survivor.team])):
        raise Invalid(into=told)


async def _private(teams: list[int | None]) -> set[int]:
    """Those of the teams that are private."""
    found = await rows("SELECT id FROM hd_team WHERE is_private AND id = ANY({})", [team or 0 for team in teams])
    return {row["id"] for row in found}


def _hindrance(ticket: Ticket, survivor: Ticket, *, private: set[int]) -> str:
    """Why the ticket cannot be merged into that one, which is no door itself; empty when it can. `private` are teams."""
    if ticket.merged_into is not None:
        told = _("Ticket #%(number)s was merged into another one already.")
        return told % {"number": digits(ticket.number)}
    if survivor.id == ticket.id:
        return _("A ticket cannot be merged into itself, nor into one that was merged into it.")
    if survivor.status == Status.CLOSED:
        return _("A closed ticket takes no messages. Choose one that is not closed.")
    if survivor.trashed_at is not None or survivor.spam_at is not None:
        return _("That ticket is spam or in the trash. Take it out first.")
    if ticket.team != survivor.team and not {ticket.team, survivor.team}.isdisjoint(private):
        return _("One of the two belongs to a private team. Move both to the same team first.")
    return ""


async def _move(source: int, survivor: Ticket, *, at: datetime) -> dict[str, Any]:
    """Bring over what belongs to the messages; what went."""
    messages = await rows("UPDATE hd_message SET ticket = {} WHERE ticket = {} RETURNING id", survivor.id, source)
    await rows(
        "UPDATE hd_delivery SET ticket_id = {} WHERE ticket_id = {} AND message_id IS NOT NULL", survivor.id, source
    )
    notices = await rows(  # in the order of whoever reads them just now
        """UPDATE hd_notice SET ticket = {} WHERE id IN (
            SELECT id FROM hd_notice WHERE ticket = {} AND read_at IS NULL ORDER BY id FOR UPDATE) RETURNING id""",
        survivor.id, source,
    )  # fmt: skip
    followers = await rows(_FOLLOW, survivor.id, source, survivor.team, survivor.team)
    drafts = await rows("SELECT id FROM hd_draft WHERE ticket = {}", source)
    await drafts_follow(source, survivor.id, at=at)
    return {
        "messages": [row["id"] for row in messages], "notices": [row["id"] for row in notices],
        "drafts": [row["id"] for row in drafts], "followers": [row["agent"] for row in followers],
    }  # fmt: skip


async def _move_back(merge: Merge, survivor: Ticket) -> None:
    """What went over and is with the survivor still: a message that was split off since is elsewhere for good."""
    ids = await rows(
        "UPDATE hd_message SET ticket = {} WHERE id = ANY({}) AND ticket = {} RETURNING id",
        merge.ticket, merge.messages, survivor.id,
    )  # fmt: skip
    await rows(
        "UPDATE hd_delivery SET ticket_id = {} WHERE ticket_id = {} AND message_id = ANY({})",
        merge.ticket, survivor.id, [row["id"] for row in ids],
    )  # fmt: skip
    await rows(
        "UPDATE hd_notice SET ticket = {} WHERE id IN (SELECT id FROM hd_notice WHERE id = ANY({}) ORDER BY id FOR UPDATE)",
        merge.ticket, merge.notices,
    )  # fmt: skip
    await rows("DELETE FROM hd_follower WHERE ticket = {} AND agent = ANY({})", survivor.id, merge.followers)
