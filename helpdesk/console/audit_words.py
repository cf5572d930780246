"""The audit log in the reader's words: names of fields, and values that are codes of ours or ids of people."""

from collections.abc import Mapping
from typing import Any

from helpdesk.console.words import ASSIGNMENTS, AVAILABILITIES, PRIORITIES, ROLES
from helpdesk.kernel.language import LANGUAGES, N_, _, digits

FIELDS = {
    "name": N_("Name"), "email": N_("E-mail"), "address": N_("Address"), "role": N_("Role"), "is_active": N_("Active"), "is_in_use": N_("In use"),
    "method": N_("How"), "why": N_("Why"), "by": N_("By"), "agent": N_("Agent"), "team": N_("Team"), "language": N_("Language"), "signature": N_("Signature"),
    "is_private": N_("Private"), "assignment": N_("Tickets are given"), "member_ids": N_("Members"), "lead_ids": N_("Leads"),
    "capacity": N_("Tickets at most"), "capacities": N_("Tickets at most"), "availability": N_("Availability"), "out_until": N_("Out until"), "replacement": N_("Stands in"),
    "factor_roles": N_("Must have a second factor"), "session_idle_minutes": N_("Minutes unused"), "session_days": N_("Days of a session"),
    "shortest_password": N_("Shortest password"), "issuer": N_("Issuer"), "client_id": N_("Client ID"), "client_secret": N_("Client secret"),
    "domains": N_("Domains"), "new_role": N_("Who comes uninvited becomes"), "brings_factor": N_("The provider asks for a second factor itself"),
    "is_on": N_("On"), "is_only_way": N_("The only way in"), "break_glass": N_("Whose password works all the same"), "provider": N_("Provider"),
    "permission": N_("Permission"), "host": N_("Server"), "port": N_("Port"), "username": N_("User name"), "password": N_("Password"), "folder": N_("Folder"),
    "names_articles": N_("Names articles"), "quotes": N_("Quoted history"), "acknowledges": N_("Acknowledges"), "links_to_portal": N_("Links to the portal"), "opening_hours": N_("Opening hours"),
    "subject": N_("Subject"), "body": N_("Text"), "position": N_("Place in the order"), "note": N_("Note"), "new": N_("New"), "title": N_("Title"),
    "introduction": N_("Introduction"), "hours": N_("Opening hours"), "footer": N_("Footer"), "accent": N_("Colour"), "shortcut": N_("Shortcut"), "text": N_("Text"),
    "is_personal": N_("Personal"), "trash_kept_days": N_("Days in the trash"), "raw_kept_days": N_("Days that mails are kept"), "away_after_minutes": N_("Minutes until away"),
    "priority": N_("Priority"), "tags": N_("Tags"), "what": N_("What"), "merged": N_("Merged"), "pattern": N_("Address or domain"), "is_allowed": N_("Allowed"),
    "tls": N_("Encryption"), "afterwards": N_("After fetching"), "move_to": N_("Moved to"), "is_plus_addressed": N_("Addresses with a plus"), "tag": N_("Tag"),
    "tickets": N_("Tickets"), "marking": N_("Mailboxes that mark spam"), "rule": N_("Rule"), "form": N_("Web form"), "shares_requests": N_("Colleagues see requests"),
    "is_internal": N_("Internal"), "calendar": N_("Calendar"), "default_calendar": N_("Default calendar"), "promises_to_customers": N_("The promise to customers"), "correction": N_("As a correction"),
    "days": N_("Days"), "approved_days": N_("Days that count"), "refused_days": N_("Days that do not count"), "version": N_("Version"), "for_open": N_("For open tickets, too"), "order": N_("Order"), "groups": N_("Own groups of words"), "off": N_("Groups not in use"),
}  # fmt: skip
METHODS = {
    "password": N_("Password"), "link": N_("Link"), "rescue": N_("Rescue link"), "oidc": N_("Provider"), "code": N_("Code of the app"), "recovery": N_("Recovery code"),
    "invitation": N_("Invitation"), "first_admin": N_("First link"),
}  # fmt: skip
VALUES: dict[str, dict[str, str]] = {
    "role": ROLES, "new_role": ROLES, "factor_roles": ROLES, "assignment": ASSIGNMENTS, "availability": AVAILABILITIES, "priority": PRIORITIES, "method": METHODS,
    "by": METHODS, "why": METHODS | {"too many tries": N_("Too many tries")},
    "permission": {"connected": N_("Connected"), "disconnected": N_("Disconnected")}, "what": {"audit": N_("Audit log")},
}  # fmt: skip
PEOPLE = ("member_ids", "lead_ids", "agent", "replacement", "break_glass")
"""Fields that hold ids of agents."""


def field_name(name: str) -> str:
    """What people read for a field: `title` of `en.title` and of `title_en` alike, with the language; one that is not known
    stands as it is."""
    for code, language in LANGUAGES.items():
        plain = name.removeprefix(f"{code}.").removesuffix(f"_{code}")
        if plain != name and plain in FIELDS:
            return f"{_(FIELDS[plain])} ({language})"
    return _(FIELDS[name]) if name in FIELDS else name


def value_words(name: str, value: Any, people: Mapping[int, str]) -> str:
    """An old or new value, short; `people` are the agents' names by id."""
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        text = _(", ").join(f"\u2068{_one(name, one, people)}\u2069" for one in value)  # names of both directions
    else:
        text = _one(name, value, people)
    return text if len(text) <= 120 else f"{text[:120]}…"


def _one(name: str, value: Any, people: Mapping[int, str]) -> str:
    if name in PEOPLE and isinstance(value, int):
        return people.get(value, digits(value))
    if isinstance(value, int):
        return digits(value)
    if isinstance(value, dict):
        return ", ".join(f"{_key(name, key, people)}: {_one('', one, people)}" for key, one in value.items())
    known = VALUES.get(name, {})
    parts = str(value).split("+") if name == "method" else [str(value)]
    return " + ".join(_(known[part]) if part in known else part for part in parts)


def _key(name: str, key: str, people: Mapping[int, str]) -> str:
    return people.get(int(key), digits(key)) if name == "capacities" and key.isdecimal() else field_name(key)
