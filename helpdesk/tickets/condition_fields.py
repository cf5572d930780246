"""What conditions can ask of a ticket, and what it answers: in memory from one statement, in SQL about `hd_ticket`."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from piccolo.columns.combination import WhereRaw

from helpdesk.kernel.condition_checking import Names, checked, demand_shallow
from helpdesk.kernel.conditions import Conditions, Facts, Field, Group, list_of, questions, where
from helpdesk.kernel.database import rows
from helpdesk.kernel.language import LANGUAGES, N_
from helpdesk.tickets.queries import Condition
from helpdesk.tickets.tagging import clean_tags
from helpdesk.tickets.words import CHANNEL_KINDS, PRIORITIES, STATUSES

_DOMAINS = """ARRAY(SELECT DISTINCT split_part(value, '@', 2) FROM hd_identity
    WHERE customer = hd_ticket.customer AND kind = 'email' ORDER BY 1)"""


def _tag(text: str) -> str:
    return next(iter(clean_tags([text[:50]])), "")


FIELDS: dict[str, Field] = {
    "priority": Field(kind="ordered", sql="hd_ticket.priority", label=N_("Priority"), choices=PRIORITIES),
    "status": Field(kind="choice", sql="hd_ticket.status", label=N_("Status"), choices=STATUSES),
    "team": Field(kind="reference", sql="hd_ticket.team", label=N_("Team")),
    "assignee": Field(kind="reference", sql="hd_ticket.assignee", label=N_("Assignee")),
    "tags": Field(kind="set", sql="hd_ticket.tags", label=N_("Tags"), cleaned=_tag),
    "subject": Field(kind="text", sql="hd_ticket.subject", label=N_("Subject")),
    "channel_kind": Field(
        kind="choice", sql="(SELECT kind FROM hd_channel WHERE id = hd_ticket.channel)", label=N_("Came by"),
        choices=CHANNEL_KINDS,
    ),
    "channel": Field(kind="reference", sql="hd_ticket.channel", label=N_("Mailbox or form")),
    "language": Field(kind="choice", sql="hd_ticket.language", label=N_("Language"), choices=LANGUAGES),
    "organisation": Field(kind="reference", sql="hd_ticket.organisation", label=N_("Organisation")),
    "customer": Field(kind="reference", sql="hd_ticket.customer", label=N_("Customer")),
    "customer_domains": Field(
        kind="set", sql=_DOMAINS, label=N_("Customer's mail domains"), cleaned=lambda text: text.lower().lstrip("@")
    ),
    "is_automatic": Field(kind="boolean", sql="hd_ticket.is_automatic", label=N_("Opened by an automatic mail")),
    "created_at": Field(kind="time", sql="hd_ticket.created_at", label=N_("Time of opening")),
}  # fmt: skip
"""In the order in which they are offered."""

_NAMES = """
SELECT 'team' AS field, id::bigint, name FROM hd_team
UNION ALL SELECT 'assignee', id, name FROM hd_agent
UNION ALL SELECT 'channel', id, name FROM hd_channel
UNION ALL SELECT 'organisation', id, name FROM hd_organisation WHERE id = ANY({})
UNION ALL SELECT 'customer', id, name FROM hd_customer WHERE id = ANY({})
ORDER BY name, id
"""


async def facts_of(ticket_ids: Collection[int], names: Iterable[str] = FIELDS) -> dict[int, Facts]:
    """What the tickets answer to those fields, by id; one statement."""
    columns = "".join(f", {FIELDS[name].sql} AS {name}" for name in names)
    found = await rows(f"SELECT hd_ticket.id{columns} FROM hd_ticket WHERE hd_ticket.id = ANY({{}})", list(ticket_ids))
    return {row.pop("id"): row for row in found}


def matching(conditions: Conditions, *, at: datetime) -> Condition:
    """The conditions as one on lists of tickets."""
    sql, values = where(conditions, FIELDS, at=at)
    return WhereRaw(sql, *values)


async def names_for(*conditions: Group, facts: Facts | None = None) -> Names:
    """Every team, agent and channel, and the organisations and customers that are asked for or stand in `facts`, by name."""
    asked: dict[str, list[Any]] = {name: [(facts or {}).get(name)] for name in ("organisation", "customer")}
    for group in conditions:
        for question in questions(group):
            if question.field in asked:
                asked[question.field] += list_of(question.value)
    ids = [[one for one in asked[name] if isinstance(one, int)] for name in asked]
    names: dict[str, dict[int, str]] = {name: {} for name, field in FIELDS.items() if field.kind == "reference"}
    for row in await rows(_NAMES, *ids):
        names[row["field"]][row["id"]] = row["name"]
    return names


async def checked_conditions(conditions: Conditions) -> Conditions:
    """As they are kept; raises Invalid at `conditions`."""
    demand_shallow(conditions)
    return checked(conditions, FIELDS, await names_for(conditions))
