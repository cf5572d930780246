"""The audit log: who did what to the helpdesk itself, from where. Append-only; a trigger of the table refuses changes.

What happens to a ticket is in its events, and to a customer in theirs; customers stand here without their names, as what
is written here cannot be erased. A line here is written in the transaction of the change that it tells of.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.language import N_
from helpdesk.people.actor import Actor, SignedIn

KINDS = {
    "signed_in": N_("Signed in"), "sign_in_refused": N_("Sign-in refused"), "signed_out": N_("Signed out"),
    "session_ended": N_("Session ended"), "proved": N_("Proved who they are"), "proof_refused": N_("Proof refused"),
    "password_changed": N_("Password changed"), "email_changed": N_("Address changed"),
    "factor_added": N_("Second factor added"), "factor_removed": N_("Second factor removed"), "factor_reset": N_("Second factor reset"),
    "recovery_codes_made": N_("Recovery codes made"), "recovery_code_used": N_("Recovery code used"),
    "token_made": N_("API token made"), "token_revoked": N_("API token revoked"),
    "agent_added": N_("Agent added"), "agent_changed": N_("Agent changed"), "agent_invited": N_("Agent invited"),
    "team_added": N_("Team added"), "team_changed": N_("Team changed"),
    "channel_added": N_("Channel added"), "channel_changed": N_("Channel changed"), "server_changed": N_("Mail server changed"),
    "form_added": N_("Web form added"), "form_changed": N_("Web form changed"), "text_changed": N_("Automatic text changed"),
    "filter_changed": N_("Mail filter changed"), "sender_rule_changed": N_("Blocked or allowed sender changed"),
    "keeping_changed": N_("Retention changed"), "ticket_erased": N_("Ticket erased"), "settings_changed": N_("Settings changed"),
    "security_changed": N_("Security changed"), "oidc_changed": N_("Sign-in by a provider changed"), "oidc_linked": N_("Linked with the provider"),
    "oidc_unlinked": N_("Link with the provider taken away"), "rescue_link_made": N_("Rescue link made"),
    "customer_changed": N_("Customer's rights changed"), "customer_erased": N_("Customer erased"),
    "organisation_added": N_("Organisation added"), "organisation_changed": N_("Organisation changed"),
    "organisation_deleted": N_("Organisation deleted"), "merged": N_("Customers or organisations merged"),
    "parted": N_("Merge undone"), "tag_changed": N_("Tag changed"), "exported": N_("Exported"),
    "canned_text_added": N_("Canned text added"), "canned_text_changed": N_("Canned text changed"),
    "calendar_added": N_("Calendar added"), "calendar_changed": N_("Calendar changed"),
    "holidays_added": N_("Holidays added"), "holidays_changed": N_("Holidays changed"),
    "promises_changed": N_("The promise to customers changed"), "policy_added": N_("SLA policy added"), "policy_changed": N_("SLA policy changed"),
    "article_published": N_("Article published"), "article_archived": N_("Article put into the archive"), "article_brought_back": N_("Article brought back"),
    "article_changed": N_("Article's audience changed"), "article_deleted": N_("Article deleted"), "articles_imported": N_("Articles imported"),
    "article_unlearned": N_("A question taken from what an article learned"),
    "synonyms_changed": N_("Synonyms changed"),
}  # fmt: skip
"""What is written down, and what people read for it."""

STRANGER = Actor(kind="system", name="")
_ACTOR_KINDS = {"agent": "agent", "customer": "customer", "system": "system", "rule": "system"}


class About(msgspec.Struct, frozen=True):
    """What a line is about: the kind of a thing, its id, and its name or address at that time."""

    kind: str = ""
    id: int | None = None
    name: str = ""


NOTHING = About()


async def record(
    kind: str, *, by: Actor | None, at: datetime | None = None, about: About = NOTHING, changes: Mapping[str, tuple[Any, Any]] | None = None,
    address: str = "",
) -> None:  # fmt: skip
    """Write a line, in the transaction of the change. None as `by` is the command line, None as `at` the
    beginning of the transaction.

    `changes` maps a field to (old, new) as JSON, never with a secret: say that it changed, as (None, "***").
    `address` is where a stranger came from; a signed-in agent brings their own.
    """
    if kind not in KINDS:
        raise KeyError(f"unknown kind of audit line: {kind}")
    actor_kind = _ACTOR_KINDS[by.kind] if by else "command"
    if by is STRANGER:
        actor_kind = "stranger"
    came_from = by.address if isinstance(by, SignedIn) else address
    await rows(
        """INSERT INTO hd_audit (at, kind, actor_kind, actor, actor_name, address, about_kind, about_id, about_name, changes)
        VALUES (coalesce({}, now()), {}, {}, {}, {}, {}, {}, {}, {}, {})""",
        at, kind, actor_kind, by.id if by else None, (by.name if by else "")[:200], came_from[:64],
        about.kind, about.id, about.name[:320], msgspec.json.encode(changes or {}).decode(),
    )  # fmt: skip


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, secret: Iterable[str] = ()
) -> dict[str, tuple[Any, Any]]:
    """What is not as before, for `changes`; of the `secret` fields only that they changed."""
    hidden = frozenset(secret)
    return {
        name: (None, "***") if name in hidden else (before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    }
