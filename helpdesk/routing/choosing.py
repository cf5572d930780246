"""Whose turn it is. Pure: the members as they are now are given."""

import msgspec

from helpdesk.people.tables import Assignment, Availability


class Member(msgspec.Struct, kw_only=True):
    """A team's agent who can answer tickets. `load` are the tickets at hand, `team_load` those of this team among them."""

    id: int
    name: str = ""
    state: str
    turn: int = 0
    load: int = 0
    team_load: int = 0
    capacity: int | None = None
    team_capacity: int | None = None

    @property
    def is_full(self) -> bool:
        limits = ((self.capacity, self.load), (self.team_capacity, self.team_load))
        return any(limit is not None and held >= limit for limit, held in limits)

    @property
    def is_free(self) -> bool:
        return self.state == Availability.AVAILABLE and not self.is_full


class Choice(msgspec.Struct, frozen=True):
    """Who is given the ticket, and who would have been before them: those who are not there and those who have enough."""

    member: Member
    absent: list[int]
    full: list[int]


def choose(members: list[Member], assignment: str) -> Choice | None:
    """The free member whose turn it is; None when nobody is free."""
    in_order = sorted(members, key=_by_load if assignment == Assignment.LEAST_LOADED else _by_turn)
    for place, member in enumerate(in_order):
        if member.is_free:
            passed = in_order[:place]
            absent = [one.id for one in passed if one.state != Availability.AVAILABLE]
            return Choice(member, absent, [one.id for one in passed if one.id not in absent])
    return None


def give(member: Member, members: list[Member]) -> None:
    """Count a ticket that the member was given; they are the last in the rota now."""
    member.load += 1
    member.team_load += 1
    member.turn = 1 + max(one.turn for one in members)


def _by_turn(member: Member) -> tuple[int, ...]:
    return member.turn, member.id


def _by_load(member: Member) -> tuple[int, ...]:
    return member.load, member.turn, member.id
