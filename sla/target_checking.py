"""Whether what somebody wants to promise can be promised: targets are kept as they leave here."""

from collections.abc import Collection

import msgspec

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits
from helpdesk.kernel.lengths import SECONDS
from sla.metrics import OF_STATUS, RESTS_BY_CHOICE
from sla.targets import Metric, Step, Target, Warning
from sla.words import METRICS

MOST_WARNINGS, MOST_STEPS = 5, 10
SHORTEST, LONGEST = 60, 20_000 * 3_600
"""Seconds: a minute, and more than two years of all hours."""
CAN_REOPEN = (*OF_STATUS, Metric.GROUP_OWNERSHIP)
"""Metrics of which a target says what becomes of it when a ticket is open again."""


class Known(msgspec.Struct, frozen=True):
    """Ids of what targets may speak of."""

    calendars: Collection[int] = ()
    agents: Collection[int] = ()
    teams: Collection[int] = ()


def checked_targets(targets: list[Target], known: Known) -> list[Target]:
    """The targets by metric and priority; raises Invalid at `targets`, naming the metric at fault."""
    if not targets:
        raise Invalid(targets=_("Promise at least one time."))
    made: dict[tuple[Metric, str | None], Target] = {}
    for one in targets:
        try:
            made[one.metric, one.priority] = _checked(one, known, is_twin=(one.metric, one.priority) in made)
        except _Fault as fault:
            raise Invalid(targets=f"{_(METRICS[one.metric])}: {fault}") from fault
    order = list(METRICS)
    priorities = (None, "low", "normal", "high", "urgent")
    return sorted(made.values(), key=lambda one: (order.index(one.metric), priorities.index(one.priority)))


class _Fault(Exception):
    """What is wrong with a target, as a sentence."""


def _checked(target: Target, known: Known, *, is_twin: bool) -> Target:
    if is_twin:
        raise _Fault(_("There are two times for the same priority."))
    if not SHORTEST <= target.seconds <= LONGEST or target.seconds % SHORTEST:
        raise _Fault(_("Promise whole minutes, at least one, and at most 20,000 hours."))
    if target.entered and target.entered[0] * SECONDS[target.entered[1]] != target.seconds:
        raise _Fault(_("What was entered is not as long as what is promised."))
    if isinstance(target.calendar, int) and target.calendar not in known.calendars:
        raise _Fault(_("There is no such calendar, or it is not in use."))
    return msgspec.structs.replace(
        target,
        warnings=_warnings(target),
        steps=_steps(target, known),
        reopen_mode=target.reopen_mode if target.metric in CAN_REOPEN else None,
        rests_in_pending=target.rests_in_pending and target.metric in RESTS_BY_CHOICE,
    )


def _warnings(target: Target) -> tuple[Warning, ...]:
    """By the time at which they are due, each once."""
    for one in target.warnings:
        if bool(one.percent) == bool(one.seconds_before):
            raise _Fault(_("Warn either at a share of the time or so long before its end."))
        if one.percent and not 1 <= one.percent <= 99:
            raise _Fault(_("Warn at 1 to 99 percent of the time."))
        if one.seconds_before % SHORTEST or not 0 <= one.seconds_before < target.seconds:
            raise _Fault(_("A warning comes whole minutes before the end: at least one, and less than the whole time."))
    if len(target.warnings) > MOST_WARNINGS:
        raise _Fault(_("Warn at most %(n)s times.") % {"n": digits(MOST_WARNINGS)})
    return tuple(sorted(set(target.warnings), key=lambda one: (one.after(target.seconds), one.percent)))


def _steps(target: Target, known: Known) -> tuple[Step, ...]:
    """By the time at which they are taken."""
    if len(target.steps) > MOST_STEPS:
        raise _Fault(_("Take at most %(n)s steps when the time is over.") % {"n": digits(MOST_STEPS)})
    return tuple(sorted((_step(one, known) for one in target.steps), key=lambda one: one.after))


def _step(step: Step, known: Known) -> Step:
    if not 0 <= step.after <= LONGEST or step.after % SHORTEST:
        raise _Fault(_("Take a step at once, or whole minutes and at most 20,000 hours later."))
    needs_agent, needs_team = step.do in ("notify", "assign"), step.do == "move"
    if needs_agent and step.agent not in known.agents:
        raise _Fault(_("Choose who is told, or who it is given to."))
    if needs_team and step.team not in known.teams:
        raise _Fault(_("Choose the team that it is moved to."))
    return Step(
        do=step.do,
        after=step.after,
        agent=step.agent if needs_agent else None,
        team=step.team if needs_team else None,
    )
