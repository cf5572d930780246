"""What people read for the states of tickets and the ways that they came by."""

from helpdesk.kernel.language import N_

STATUSES = {
    "new": N_("New"), "open": N_("Open"), "pending": N_("Waiting for customer"), "on_hold": N_("On hold"),
    "solved": N_("Solved"), "closed": N_("Closed"),
}  # fmt: skip
PRIORITIES = {"low": N_("Low"), "normal": N_("Normal"), "high": N_("High"), "urgent": N_("Urgent")}
CHANNEL_KINDS = {"email": N_("E-mail"), "web_form": N_("Web form"), "phone": N_("Phone")}
