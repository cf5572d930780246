"""What people read for metrics and what belongs to them."""

from helpdesk.kernel.language import N_
from sla.targets import Metric, ReopenMode

METRICS = {
    Metric.FIRST_REPLY: N_("First reply"),
    Metric.NEXT_REPLY: N_("Next reply"),
    Metric.FIRST_RESOLUTION: N_("First resolution"),
    Metric.TOTAL_RESOLUTION: N_("Total resolution"),
    Metric.REQUESTER_WAIT: N_("Customer's waiting time"),
    Metric.AGENT_WORK: N_("Agents' working time"),
    Metric.PERIODIC_UPDATE: N_("Periodic update"),
    Metric.PAUSABLE_UPDATE: N_("Update, paused while waiting for the customer"),
    Metric.GROUP_OWNERSHIP: N_("Time with one team"),
}
"""In the order in which they are offered."""

ABOUT_METRICS = {
    Metric.FIRST_REPLY: N_("From the customer's first message to the first answer."),
    Metric.NEXT_REPLY: N_("From the oldest message that nobody has answered to the next answer."),
    Metric.FIRST_RESOLUTION: N_("From opening until it is solved for the first time."),
    Metric.TOTAL_RESOLUTION: N_("From opening until it is solved, whatever happens meanwhile."),
    Metric.REQUESTER_WAIT: N_("All the time in which it is new, open or on hold."),
    Metric.AGENT_WORK: N_("All the time in which it is new or open."),
    Metric.PERIODIC_UPDATE: N_("From each answer to the next, until it is solved."),
    Metric.PAUSABLE_UPDATE: N_(
        "From each answer to the next, until it is solved; waiting for the customer does not count."
    ),
    Metric.GROUP_OWNERSHIP: N_("From coming to a team until it goes to another one or is solved."),
}

REOPEN_MODES = {
    ReopenMode.IGNORE: N_("stays as it ended"),
    ReopenMode.EXCLUDING_GAP: N_("goes on; the time between does not count"),
    ReopenMode.INCLUDING_GAP: N_("goes on; the time between counts, too"),
    ReopenMode.NEW_CYCLE: N_("begins anew"),
}
"""What becomes of a target's time when a solved ticket is open again."""

STEPS = {
    "notify_assignee": N_("tell the assignee"),
    "notify_lead": N_("tell the team's lead"),
    "notify": N_("tell somebody"),
    "assign": N_("give it to somebody"),
    "move": N_("move it to a team"),
    "raise_priority": N_("raise the priority"),
}
"""What can be done when a target's time is over."""
