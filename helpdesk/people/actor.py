"""Who does something: the `by` of every change."""

from datetime import datetime
from typing import Literal

import msgspec


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["agent", "customer", "system", "rule"]
    id: int | None = None
    name: str = ""


SYSTEM = Actor(kind="system")


class SignedIn(Actor, frozen=True, kw_only=True):
    """An agent at work: the agent's row and memberships, read once a request."""

    email: str
    role: str
    language: str
    time_zone: str
    theme: str
    signature: str
    team_ids: frozenset[int]
    hidden_team_ids: frozenset[int]
    """Private teams that the agent is not a member of: their tickets are out of reach."""
    sends: str = "send"
    """What their Send button does, as they chose last: `send`, `solve` (and solve the ticket) or `wait` (for the customer)."""
    goes: str = "stay"
    """Where they go when they are done with a ticket: `stay` there, to the `next` of the list, or to the `list`."""
    images_from: frozenset[str] = frozenset()
    """Addresses of senders whose images from elsewhere the agent agreed to load."""
    keys: dict[str, str] = {}
    """What they press for an action instead of the usual key, by its name; "" is nothing."""
    uses_keys: bool = True
    session_id: int | None = None
    """None for a program with a token and for jobs that act for the agent."""
    proved_at: datetime | None = None
    """When the person at this session last showed that it is they."""
    address: str = ""
    """Of the network they came from."""
