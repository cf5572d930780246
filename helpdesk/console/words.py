"""What people read for the states of things, and how they are coloured."""

from helpdesk.kernel.language import N_
from helpdesk.tickets.words import PRIORITIES as PRIORITIES
from helpdesk.tickets.words import STATUSES as STATUSES

STATUS_COLOURS = {
    "new": "accent",
    "open": "accent",
    "pending": "warn",
    "on_hold": "quiet",
    "solved": "good",
    "closed": "quiet",
}
ROLES = {"admin": N_("Administrator"), "manager": N_("Manager"), "agent": N_("Agent"), "light_agent": N_("Light agent")}
ASSIGNMENTS = {
    "manual": N_("By hand"), "round_robin": N_("In turn"), "least_loaded": N_("To who has the fewest"),
}  # fmt: skip
AVAILABILITIES = {"available": N_("Available"), "away": N_("Away"), "out": N_("Out")}
FIELDS = {
    "subject": N_("Subject"), "status": N_("Status"), "priority": N_("Priority"), "team": N_("Team"),
    "assignee": N_("Assignee"), "tags": N_("Tags"),
}  # fmt: skip
FATES = {
    "received": N_("Being read"), "ticket": N_("New ticket"), "reply": N_("Reply"), "bounce": N_("Bounce"),
    "automatic": N_("Automatic"), "duplicate": N_("Duplicate"), "quarantined": N_("Set aside"),
    "blocked": N_("Blocked"), "dropped": N_("Dropped"), "refused": N_("Refused"), "skipped": N_("Left in the mailbox"),
}  # fmt: skip
FATE_COLOURS = {
    "ticket": "accent", "reply": "good", "bounce": "warn", "quarantined": "bad", "blocked": "outline", "dropped": "outline",
    "refused": "outline", "skipped": "outline",
}  # fmt: skip
DENSITIES = {
    "comfortable": N_("Comfortable: with the beginning of the last message"),
    "compact": N_("Compact: twice as many"),
}
"""How close the rows of a list stand."""
GOINGS = {"stay": N_("Stay there"), "next": N_("Open the next one of the list"), "list": N_("Go back to the list")}
THEMES = {"system": N_("As the system"), "light": N_("Light"), "dark": N_("Dark")}
CHANNEL_ICONS = {
    "email": "mail",
    "web_form": "globe",
    "chat": "message-circle",
    "phone": "phone",
    "sms": "message-square",
}
