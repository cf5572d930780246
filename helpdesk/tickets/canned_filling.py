"""What the placeholders of canned texts stand for: a fixed set, as text, in the language of who reads it."""

from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.language import LANGUAGES, N_, _, digits, speaking
from helpdesk.kernel.placeholders import filled_html, filled_where_known, left_in
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.tables import Ticket

PLACEHOLDERS = {
    "customer.name": N_("the customer's name"),
    "customer.first_name": N_("their first name"),
    "customer.email": N_("their first e-mail address"),
    "customer.organisation": N_("the organisation that they belong to"),
    "ticket.number": N_("the number of the request"),
    "ticket.subject": N_("its subject"),
    "team.name": N_("the name of the ticket's team"),
    "agent.name": N_("your name"),
    "agent.first_name": N_("your first name"),
    "agent.signature": N_("your signature"),
    "brand.name": N_("the name of your company"),
}
_ASKED = """
SELECT i.name AS brand, c.name AS customer, t.name AS team, o.name AS organisation,
    (SELECT value FROM hd_identity WHERE customer = c.id AND kind = 'email' ORDER BY is_primary DESC, id LIMIT 1) AS email
FROM hd_installation i LEFT JOIN hd_customer c ON c.id = {} LEFT JOIN hd_team t ON t.id = {} LEFT JOIN hd_organisation o ON o.id = {}
"""


class Filled(msgspec.Struct, frozen=True):
    """A text ready to be put in; `missing` are the placeholders that nothing stands for here, and that were left."""

    text: str
    html: str | None
    language: str
    missing: list[str]


async def values_for(ticket: Ticket | None, *, by: SignedIn, language: str) -> dict[str, str]:
    """Empty where there is nothing; without a ticket only what is the agent's and the company's."""
    [row] = await rows(
        _ASKED,
        ticket.customer if ticket else None,
        ticket.team if ticket else None,
        ticket.organisation if ticket else None,
    )
    with speaking(language):
        number = digits(ticket.number) if ticket else ""
    return _named(row) | {
        "ticket.number": number, "ticket.subject": ticket.subject if ticket else "", "agent.name": by.name,
        "agent.first_name": first_name(by.name), "agent.signature": by.signature.strip(),
    }  # fmt: skip


def sample_values(by: SignedIn, language: str, *, brand: str) -> dict[str, str]:
    """For a preview."""
    with speaking(language):
        row = {
            "customer": _("Dora Dogan"), "email": "dora@example.com", "organisation": _("Plates and Sons"), "team": _("Support"),
            "brand": brand,
        }  # fmt: skip
        return _named(row) | {
            "ticket.number": digits(1042), "ticket.subject": _("An order of plates"), "agent.name": by.name,
            "agent.first_name": first_name(by.name), "agent.signature": by.signature.strip(),
        }  # fmt: skip


def fill(text: str, html: str | None, language: str, values: dict[str, str]) -> Filled:
    """The text with the values that there are."""
    written = filled_where_known(text, values)
    return Filled(written, filled_html(html, values) if html else None, language, left_in(written))


def language_for(ticket: Ticket | None, by: SignedIn) -> str:
    """The customer's; where there is none, the agent's."""
    return ticket.language if ticket and ticket.language in LANGUAGES else by.language


def first_name(name: str) -> str:
    """Of "Weber, Ben" and "Ben Weber", Ben; a single word is the whole name."""
    family, comma, given = name.partition(",")
    words = (given if comma and given.strip() else family).split()
    return words[0] if words else ""


def _named(row: dict[str, Any]) -> dict[str, str]:
    return {
        "customer.name": row["customer"] or "", "customer.first_name": first_name(row["customer"] or ""),
        "customer.email": row["email"] or "", "customer.organisation": row["organisation"] or "",
        "team.name": row["team"] or "", "brand.name": row["brand"],
    }  # fmt: skip
