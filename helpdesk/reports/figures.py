"""What each figure is called and means, and the rows that it counts. docs/reports.md says the same for managers."""

from collections.abc import Callable
from typing import Literal

import msgspec

from helpdesk.kernel.language import N_
from helpdesk.reports import asking
from helpdesk.reports.asking import Asked, Population

Unit = Literal["seconds", "share", "count"]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """`less_is_better` is None where neither is."""

    title: str
    definition: str
    unit: Unit
    less_is_better: bool | None = None
    rows: Callable[[Asked], Population]


FIGURES: dict[str, Figure] = {
    "first_reply": Figure(
        title=N_("First reply"),
        definition=N_(
            "From the customer's first message until the first answer that a person of ours sent, or until the ticket was solved without one. Counted in the period in which the clock stopped. The median: half took no longer; the 90th percentile: nine of ten took no longer."
        ),
        unit="seconds",
        less_is_better=True,
        rows=lambda asked: asking.measured("first_reply"),
    ),
    "next_reply": Figure(
        title=N_("Next reply"),
        definition=N_(
            "From the oldest message of a customer that nobody had answered, after the first reply, until the next answer, or until the ticket was solved. A ticket counts once for each such wait, in the period in which the wait ended."
        ),
        unit="seconds",
        less_is_better=True,
        rows=lambda asked: asking.measured("next_reply"),
    ),
    "resolution": Figure(
        title=N_("Resolution"),
        definition=N_(
            "From the beginning of a ticket until it was solved for the first time. Counted in the period in which it was solved; what is opened again later changes nothing here."
        ),
        unit="seconds",
        less_is_better=True,
        rows=lambda asked: asking.measured("first_resolution"),
    ),
    "sla": Figure(
        title=N_("SLA met"),
        definition=N_(
            "Achieved / (achieved + breached), of all promises that were due in the period. What is late and still waits counts as breached; what is not due yet, and what was called off, does not count. A promise kept to the very second is kept."
        ),
        unit="share",
        less_is_better=False,
        rows=asking.promised,
    ),
    "achieved": Figure(
        title=N_("Promises kept"),
        definition=N_("Promises due in the period that were kept."),
        unit="count",
        less_is_better=False,
        rows=asking.kept,
    ),
    "breached": Figure(
        title=N_("Promises broken"),
        definition=N_(
            "Promises due in the period that were not kept in time, by why: time ran out; another priority or policy left no time; a policy came when it was too late already; the ticket was opened again, or merged, when more time had passed than there was."
        ),
        unit="count",
        less_is_better=True,
        rows=asking.broken,
    ),
    "overdue": Figure(
        title=N_("Overdue by"),
        definition=N_(
            "Of the promises that were broken, and met too late all the same: from when they were due until they were met. Where a due time was set by hand there is no business time."
        ),
        unit="seconds",
        less_is_better=True,
        rows=asking.overdue,
    ),
    "opened": Figure(
        title=N_("New tickets"),
        definition=N_(
            "Tickets that came in the period, without spam, trash, what machines sent, and what was merged into another ticket."
        ),
        unit="count",
        rows=lambda asked: asking.opened(),
    ),
    "solved": Figure(
        title=N_("Solved"),
        definition=N_("Tickets that were solved for the first time in the period."),
        unit="count",
        less_is_better=False,
        rows=lambda asked: asking.measured("first_resolution"),
    ),
    "reopened": Figure(
        title=N_("Opened again"),
        definition=N_(
            "How often a solved ticket was opened again in the period, and that as a share of the tickets solved in it. What the same person took back at once does not count."
        ),
        unit="count",
        less_is_better=True,
        rows=lambda asked: asking.reopened(),
    ),
    "pauses": Figure(
        title=N_("Time on pause"),
        definition=N_(
            "Which part of all the time that promised clocks took they stood still, as the ticket waited for the customer or somebody else. Clocks that stopped in the period, in calendar time. A share that grows may mean that waiting is set to win time."
        ),
        unit="share",
        less_is_better=True,
        rows=lambda asked: asking.rested(),
    ),
    "parked": Figure(
        title=N_("Set to wait at once"),
        definition=N_(
            "How often an agent set a ticket to wait for the customer within five minutes after a message of the customer, without an answer in between."
        ),
        unit="count",
        less_is_better=True,
        rows=lambda asked: asking.parked(),
    ),
    "late_now": Figure(
        title=N_("Late now"),
        definition=N_("Promises that are past due at this moment and whose tickets still wait, whatever the period."),
        unit="count",
        less_is_better=True,
        rows=asking.late_now,
    ),
    "at_risk_1h": Figure(
        title=N_("Due within an hour"),
        definition=N_("Promises whose clocks run and that are due within an hour from now."),
        unit="count",
        less_is_better=True,
        rows=lambda asked: asking.at_risk(asked, asking.risks(asked)["at_risk_1h"]),
    ),
    "at_risk_4h": Figure(
        title=N_("Due within four hours"),
        definition=N_("Promises whose clocks run and that are due within four hours from now."),
        unit="count",
        less_is_better=True,
        rows=lambda asked: asking.at_risk(asked, asking.risks(asked)["at_risk_4h"]),
    ),
    "at_risk_today": Figure(
        title=N_("Due today"),
        definition=N_("Promises whose clocks run and that are due before the end of today, where you are."),
        unit="count",
        less_is_better=True,
        rows=lambda asked: asking.at_risk(asked, asking.risks(asked)["at_risk_today"]),
    ),
}  # fmt: skip

CAUSES: dict[str, str] = {
    "timer": N_("Time ran out"),
    "late_stop": N_("Answered too late"),
    "retarget": N_("Another priority or policy left no time"),
    "attached_late": N_("The policy came too late"),
    "reopen": N_("Opened again"),
    "merged": N_("Merged with an older one"),
    "restored": N_("Back from spam or trash"),
    "taken_back": N_("An answer was taken back"),
}
"""Why a promise was broken, as clocks say it."""
