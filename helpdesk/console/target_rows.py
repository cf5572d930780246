"""Targets as a form: for each metric a block with a time for each priority, by which calendar, and what is done before and
after its end. The targets of a metric share all but the time."""

import secrets
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from helpdesk.console.forms import Form, read_whole
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits
from helpdesk.kernel.lengths import SECONDS, in_units
from sla.targets import Metric, Priority, ReopenMode, Step, Target, Warning
from sla.words import METRICS, STEPS

PRIORITIES: tuple[Priority | None, ...] = (None, "low", "normal", "high", "urgent")
FIRST = (Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.FIRST_RESOLUTION)
"""What most policies promise; the others are folded away until they are used."""
OWN = frozenset({"default", "team", "organisation"})
ALWAYS = "always"
"""In place of a calendar: all time counts."""


class Amount(msgspec.Struct, frozen=True):
    """A number as it was typed, and its unit."""

    number: str = ""
    unit: str = "hours"


class WarningRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit` is `percent` of the time, or one of a length before its end."""

    key: str
    amount: Amount = Amount(unit="percent")


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    do: str = ""
    agent: str = ""
    team: str = ""
    after: Amount = Amount(unit="minutes")


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """What is promised for a metric, as it was typed; `times` are by priority, "" for all others."""

    metric: Metric
    times: Mapping[str, Amount] = {}
    calendar: str = "default"
    warnings: tuple[WarningRow, ...] = ()
    steps: tuple[StepRow, ...] = ()
    reopen: str = ""
    rests: bool = False
    differs: bool = False
    """Its targets say different things, which a form cannot."""

    @property
    def is_used(self) -> bool:
        return any(one.number for one in self.times.values())


def new_key() -> str:
    return secrets.token_hex(4)


def blocks_of(targets: list[Target]) -> list[Block]:
    """A block for each metric there is."""
    return [_block_of(metric, [one for one in targets if one.metric is metric]) for metric in METRICS]


def read_blocks(form: Form) -> list[Block]:
    return [_read_block(form, metric) for metric in METRICS]


def read_warning(form: Form, key: str) -> WarningRow:
    return WarningRow(key=key, amount=_read_amount(form, f"{key}-amount", "percent"))


def read_step(form: Form, key: str) -> StepRow:
    return StepRow(
        key=key, do=form.line(f"{key}-do"), agent=form.line(f"{key}-agent"), team=form.line(f"{key}-team"),
        after=_read_amount(form, f"{key}-after", "minutes"),
    )  # fmt: skip


def with_row(blocks: list[Block], added: str) -> list[Block]:
    """With another warning (`warnings-METRIC`) or another step (`steps-METRIC`)."""
    what, _dash, metric = added.partition("-")
    return [
        msgspec.structs.replace(one, warnings=(*one.warnings, WarningRow(key=new_key())))
        if (what, metric) == ("warnings", one.metric)
        else msgspec.structs.replace(one, steps=(*one.steps, StepRow(key=new_key())))
        if (what, metric) == ("steps", one.metric)
        else one
        for one in blocks
    ]


def without(blocks: list[Block], key: str) -> list[Block]:
    return [
        msgspec.structs.replace(
            one,
            warnings=tuple(row for row in one.warnings if row.key != key),
            steps=tuple(row for row in one.steps if row.key != key),
        )
        for one in blocks
    ]


def targets_of(blocks: list[Block]) -> list[Target]:
    """What the blocks promise; raises Invalid at the field where a number is none."""
    return [target for block in blocks for target in _targets_of(block)]


def _targets_of(block: Block) -> list[Target]:
    made = []
    for priority in PRIORITIES:
        amount = block.times.get(priority or "", Amount())
        if not amount.number:
            continue
        seconds = _seconds(amount, f"{block.metric}-{priority or 'any'}")
        made.append(
            Target(
                metric=block.metric, priority=priority, seconds=seconds, is_business=block.calendar != ALWAYS,
                calendar=_calendar(block), warnings=tuple(_warning(row) for row in block.warnings if row.amount.number),
                steps=tuple(_step(row) for row in block.steps if row.do in STEPS), rests_in_pending=block.rests,
                reopen_mode=ReopenMode(block.reopen) if block.reopen in set(ReopenMode) else None,
                entered=(seconds // SECONDS[cast(Any, amount.unit)], cast(Any, amount.unit)),
            )
        )  # fmt: skip
    return made


def _calendar(block: Block) -> Any:
    """A calendar's id that is none is refused by the check of targets."""
    return (
        block.calendar
        if block.calendar in OWN
        else "default"
        if block.calendar == ALWAYS
        else read_whole(block.calendar) or 0
    )


def _warning(row: WarningRow) -> Warning:
    if row.amount.unit != "percent":
        return Warning(seconds_before=_seconds(row.amount, f"{row.key}-amount"))
    percent = read_whole(row.amount.number.rstrip("%٪"))
    if percent is None:
        raise _no_number(f"{row.key}-amount")
    return Warning(percent=min(percent, 1_000))


def _step(row: StepRow) -> Step:
    """What cannot be done is refused by the check of targets."""
    after = _seconds(row.after, f"{row.key}-after") if row.after.number else 0
    return Step(do=cast(Any, row.do), after=after, agent=read_whole(row.agent), team=read_whole(row.team))


def _seconds(amount: Amount, field: str) -> int:
    number, unit = read_whole(amount.number), SECONDS.get(cast(Any, amount.unit))
    if number is None or unit is None:
        raise _no_number(field)
    return min(number, 1_000_000) * unit


def _no_number(field: str) -> Invalid:
    return Invalid(**{field: _("Enter whole numbers.")})


def _block_of(metric: Metric, targets: list[Target]) -> Block:
    if not targets:
        return Block(metric=metric)
    first = targets[0]
    shared = {_shared(one) for one in targets}
    return Block(
        metric=metric, times={one.priority or "": _typed(one) for one in targets}, rests=first.rests_in_pending,
        calendar=str(first.calendar) if first.is_business else ALWAYS, reopen=first.reopen_mode or "",
        warnings=tuple(_warning_row(one) for one in first.warnings), steps=tuple(_step_row(one) for one in first.steps),
        differs=len(shared) > 1,
    )  # fmt: skip


def _shared(target: Target) -> Target:
    return msgspec.structs.replace(target, priority=None, seconds=0, entered=None)


def _typed(target: Target) -> Amount:
    number, unit = target.entered or in_units(target.seconds)
    return Amount(digits(number), unit)


def _warning_row(warning: Warning) -> WarningRow:
    if warning.percent:
        return WarningRow(key=new_key(), amount=Amount(digits(warning.percent), "percent"))
    number, unit = in_units(warning.seconds_before)
    if unit == "days":
        number, unit = number * 24, "hours"
    return WarningRow(key=new_key(), amount=Amount(digits(number), unit))


def _step_row(step: Step) -> StepRow:
    number, unit = in_units(step.after) if step.after else (0, "minutes")
    return StepRow(
        key=new_key(), do=step.do, agent=str(step.agent or ""), team=str(step.team or ""),
        after=Amount(digits(number) if number else "", unit),
    )  # fmt: skip


def _read_block(form: Form, metric: Metric) -> Block:
    return Block(
        metric=metric, times={one or "": _read_amount(form, f"{metric}-{one or 'any'}", "hours") for one in PRIORITIES},
        calendar=form.line(f"{metric}-calendar") or "default", reopen=form.line(f"{metric}-reopen"), rests=form.is_checked(f"{metric}-rests"),
        warnings=tuple(read_warning(form, key) for key in form.texts(f"{metric}-warnings")[:20]),
        steps=tuple(read_step(form, key) for key in form.texts(f"{metric}-steps")[:20]),
    )  # fmt: skip


def _read_amount(form: Form, name: str, unit: str) -> Amount:
    return Amount(form.line(name)[:20], form.line(f"{name}-unit") or unit)
