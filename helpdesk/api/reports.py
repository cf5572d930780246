"""/reports: each figure with its definition, over days of the caller's own zone."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.params import PathParameter, QueryParameter

from helpdesk.api.problems import problems
from helpdesk.api.requests import Caller, Moment, SmallId
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _, known, zone
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand, may
from helpdesk.reports.asking import DIMENSIONS, Asked
from helpdesk.reports.figures import FIGURES, Unit
from helpdesk.reports.measuring import METRICS, NOTHING, Spread, lateness, stopped
from helpdesk.reports.periods import USUAL, Days, Period, chosen, named
from helpdesk.reports.promises import NONE, Kept, outcomes
from helpdesk.reports.volumes import volume
from helpdesk.tickets.tables import Priority

Of = Annotated[SmallId | None, QueryParameter(description="An id.")]
_DAY: dict[str, Any] = {"max_length": 10, "schema_extra": {"format": "date"}}
"""Days are text, as conversion would take any number for seconds since 1970."""
Dimension = Literal["team", "agent", "channel", "priority", "policy", "organisation"]
assert set(DIMENSIONS) == set(Dimension.__args__)


class Value(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`count` is of what was counted or measured; times are in seconds, `share` is between 0 and 1."""

    count: int | None = None
    share: float | None = None
    broken: int | None = None
    median_business: int | None = None
    p90_business: int | None = None
    median_calendar: int | None = None
    p90_calendar: int | None = None


class Step(msgspec.Struct, frozen=True):
    since: Moment
    value: Value


class Part(msgspec.Struct, frozen=True):
    """`key` is an id, or a priority; null: what has none."""

    key: str | None
    value: Value


class Report(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """From the first day to the last, both included, as days of `time_zone`; `before` is of the days compared with.

    `steps` and `parts` are empty where a figure has none.
    """

    name: str
    title: str
    definition: str
    unit: Unit
    from_: date
    to: date
    compared_from: date
    compared_to: date
    time_zone: str
    value: Value
    before: Value | None
    step: str
    steps: list[Step]
    by: str
    parts: list[Part]


@get("/reports/{name:str}", tags=["reports"], responses=problems(403, 404, 422))
async def get_report(
    name: Annotated[str, PathParameter(description="As `first_reply`, `next_reply`, `resolution`, `sla`, `opened`.")],
    agent: Caller,
    from_: Annotated[str | None, QueryParameter(name="from", description="The first day; with `to`.", **_DAY)] = None,
    to: Annotated[str | None, QueryParameter(description="The last day, included; with `from`. Without both: the last 28 days.", **_DAY)] = None,
    team: Of = None,
    by_agent: Annotated[SmallId | None, QueryParameter(name="agent", description="An id.")] = None,
    channel: Of = None,
    priority: Annotated[Priority | None, QueryParameter()] = None,
    policy: Of = None,
    organisation: Of = None,
    by: Annotated[Dimension, QueryParameter(description="By what `parts` are split.")] = "team",
    count_by: Annotated[Literal["due", "stop"], QueryParameter(description="Promises count when they were due, or when they were met.")] = "due",
) -> Report:  # fmt: skip
    """A figure; of others' work for managers and administrators, agents have their own."""
    demand(agent, "see_own_figures")
    if name not in FIGURES:
        raise NotFound(_("There is no such report."))
    asked = Asked(
        period=_period(agent, from_, to), at=now(), seen_by=agent, team=team, channel=channel, priority=priority, policy=policy,
        agent=by_agent if may(agent, "see_reports") else agent.id, organisation=organisation, by=by, by_stop=count_by == "stop",
    )  # fmt: skip
    meant, period = FIGURES[name], asked.period
    value, before, steps, parts = await _values(name, asked)
    return Report(
        name=name, title=_(meant.title), definition=_(meant.definition), unit=meant.unit, from_=period.days.first, to=_last(period.days),
        compared_from=period.before.first, compared_to=_last(period.before), time_zone=period.zone.key, value=value, before=before,
        step=period.step, steps=[Step(start, steps[place]) for place, start in enumerate(period.starts) if place in steps],
        by=by, parts=[Part(key, one) for key, one in sorted(parts.items(), key=lambda part: (part[0] is None, part[0] or ""))],
    )  # fmt: skip


Values = tuple[Value, Value | None, dict[int, Value], dict[str | None, Value]]


async def _values(name: str, asked: Asked) -> Values:
    """The figure, before, by step and by part."""
    if name in METRICS:
        found = (await stopped(asked)).times[name]
        return _all(found, _spread)
    if name == "sla":
        return _all(await outcomes(asked), _kept)
    if name == "overdue":
        late, before = await lateness(asked, with_before=True)
        return _spread(late), _spread(before), {}, {}
    if name == "pauses":
        share, before_ = (await stopped(asked)).pauses
        return Value(share=share), Value(share=before_), {}, {}
    population = FIGURES[name].rows(asked)
    found = await volume(population, asked)
    counted = _all(found, lambda count: Value(count=count))
    return (counted[0], None, {}, counted[3]) if population.is_of_now else counted


def _all(found: Any, shown: Any) -> Values:
    steps = {place: shown(one) for place, one in found.steps.items()}
    return shown(found.now), shown(found.before), steps, {key: shown(one) for key, one in found.by.items()}


def _spread(one: Spread) -> Value:
    return Value(**msgspec.structs.asdict(one)) if one != NOTHING else Value(count=0)


def _kept(one: Kept) -> Value:
    return Value(count=one.count, broken=one.broken, share=one.share) if one != NONE else Value(count=0, broken=0)


def _period(agent: SignedIn, first: str | None, last: str | None) -> Period:
    here, language = zone(agent.time_zone), known(agent.language)
    if first is None and last is None:
        return named(USUAL, at=now(), zone=here, language=language)
    days = {}
    for name, text in (("from", first), ("to", last)):
        try:
            days[name] = date.fromisoformat(text or "")
        except ValueError as error:
            raise Invalid(**{name: _("Give a day like 2026-01-31.")}) from error
    return chosen(days["from"], days["to"], zone=here, language=language)


def _last(days: Days) -> date:
    return days.behind - timedelta(days=1)
