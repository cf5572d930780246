"""Who may do what: the one table of roles and verbs (rulings 4). Which ticket is `tickets.queries.visible_to`."""

from helpdesk.kernel.errors import Refused
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.tables import Role

LIGHT = {"see", "note"}
AGENT = LIGHT | {
    "reply",
    "open",
    "assign",
    "change",
    "solve",
    "create_token",
    "block_senders",
    "throw_away",
    "lift_suppressions",
    "merge_customers",
    "keep_canned_texts",
    "see_own_figures",
    "write_articles",
}
MANAGER = AGENT | {
    "redact",
    "manage_teams",
    "see_agents",
    "see_mail_log",
    "let_mail_in",
    "manage_senders",
    "manage_tags",
    "manage_canned_texts",
    "manage_policies",
    "set_due_times",
    "see_reports",
    "manage_calendars",
    "let_in",
    "publish_articles",
    "manage_synonyms",
}
ADMIN = MANAGER | {
    "manage_agents",
    "manage_channels",
    "see_raw_mail",
    "manage_filters",
    "manage_keeping",
    "erase",
    "see_queues",
    "manage_security",
    "see_audit",
}

ALLOWED: dict[str, set[str]] = {Role.LIGHT_AGENT: LIGHT, Role.AGENT: AGENT, Role.MANAGER: MANAGER, Role.ADMIN: ADMIN}


def may(agent: SignedIn, verb: str) -> bool:
    """Whether the agent's role allows the verb; on a ticket, after `find_ticket(…, seen_by=agent)` found it."""
    return verb in ALLOWED[agent.role]


def demand(agent: SignedIn, verb: str) -> None:
    """Raise Refused when `may` says no."""
    if not may(agent, verb):
        raise Refused(_("Your role does not allow this. Ask an administrator if you need it."))
