"""Figures of a week that can be reckoned by hand; what changes later changes none of a week that is over."""

from datetime import timedelta

import pytest

from helpdesk.kernel.database import rows, transaction
from helpdesk.reports.asking import PENDING, REOPENED, Asked
from helpdesk.reports.figures import FIGURES
from helpdesk.reports.listing import all_rows, page_of_rows
from helpdesk.reports.measuring import Spread, lateness, stopped
from helpdesk.reports.overview import overview
from helpdesk.reports.promises import Kept, outcomes
from helpdesk.reports.volumes import hours, volume
from helpdesk.tickets.editing import prioritise
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.taking_back import take_back
from sla import calendars, policies
from sla.tables import Reason
from sla.targets import Metric
from tests.make import a_ticket
from tests.reports.conftest import FRIDAY, NINE, Desk, later
from tests.sla.cases import NAMED
from tests.sla.story import minutes

MINUTE, HOUR = 60, 3600


async def numbers(figure: str, asked: Asked) -> list[str]:
    return [row["subject"] async for row in all_rows(FIGURES[figure].rows(asked), asked)]


async def test_times_are_medians_of_rows_in_business_and_in_calendar_time(desk: Desk) -> None:
    found = (await stopped(desk.asked())).times
    assert found["first_reply"].now == Spread(3, 90 * MINUTE, 120 * MINUTE, 90 * MINUTE, 18 * HOUR)
    assert found["resolution"].now == Spread(2, 2 * HOUR, 9 * HOUR, 2 * HOUR, 25 * HOUR)
    assert found["next_reply"].now == Spread()
    assert found["first_reply"].steps == {  # of seven days until Friday: Tuesday and Wednesday
        3: Spread(2, 30 * MINUTE, 90 * MINUTE, 30 * MINUTE, 90 * MINUTE),
        4: Spread(1, 120 * MINUTE, 120 * MINUTE, 18 * HOUR, 18 * HOUR),
    }
    by_agent = (await stopped(desk.asked(by="agent"))).times["first_reply"].by
    assert {key: one.count for key, one in by_agent.items()} == {
        str(desk.people["ben"].id): 2,
        str(desk.people["cleo"].id): 1,
    }


async def test_promises_count_where_they_were_due_and_what_is_late_counts_as_broken(desk: Desk) -> None:
    found = await outcomes(desk.asked())
    assert (found.now, found.before) == (Kept(6, 4), Kept())
    assert found.by_metric == {"first_reply": Kept(3, 2), "first_resolution": Kept(3, 2)}
    assert found.causes == {"late_stop": 3, "timer": 1}
    assert found.by == {str(desk.teams["sales"]): Kept(4, 2), str(desk.teams["hidden"]): Kept(2, 2)}
    late, _before = await lateness(desk.asked(), with_before=True)
    assert late == Spread(3, 60 * MINUTE, 300 * MINUTE, 17 * HOUR, 21 * HOUR)
    by_stop = await outcomes(desk.asked(by_stop=True))
    assert by_stop.now == Kept(5, 3)
    assert (await outcomes(desk.asked("today", at=later(600)))).now == Kept(5, 3), "the sixth was due on Wednesday"


async def test_every_figure_counts_exactly_the_rows_of_its_list(desk: Desk) -> None:
    asked = desk.asked()
    assert await numbers("first_reply", asked) == ["=Formula", "Lost parcel", "Invoice"]
    assert sorted(await numbers("achieved", asked)) == ["Invoice", "Invoice"]
    assert sorted(await numbers("breached", asked)) == ["=Formula", "=Formula", "Lost parcel", "Lost parcel"]
    assert sorted(await numbers("opened", asked)) == ["=Formula", "Invoice", "Lost parcel"]
    found = await overview(asked)
    assert found.opened.now == len(await numbers("opened", asked))
    assert found.outcomes.now.count == len(await numbers("sla", asked))
    for name, count in found.risks.items():
        assert count == len(await numbers(name, asked)), name
    assert found.risks == {"late_now": 1, "at_risk_1h": 0, "at_risk_4h": 0, "at_risk_today": 0}


async def test_lists_go_on_where_a_page_ended(desk: Desk) -> None:
    population, asked = FIGURES["sla"].rows(desk.asked()), desk.asked()
    first = await page_of_rows(population, asked, limit=4)
    rest = await page_of_rows(population, asked, limit=4, cursor=first.next)
    assert (len(first.rows), len(rest.rows), rest.next) == (4, 2, None)
    assert len({row["id"] for row in [*first.rows, *rest.rows]}) == 6


async def test_a_private_team_is_in_the_figures_of_those_who_see_it(desk: Desk) -> None:
    asked = desk.asked(who="ben")
    assert await numbers("first_reply", asked) == ["=Formula", "Invoice"]
    assert (await stopped(asked)).times["first_reply"].now.count == 2
    assert (await volume(FIGURES["opened"].rows(asked), asked)).now == 2


async def test_what_narrows_a_report_narrows_each_figure(desk: Desk) -> None:
    [policy] = await policies.list_policies()
    sales = desk.asked(team=desk.teams["sales"], policy=policy.id, priority="normal", channel=1)
    assert (await stopped(sales)).times["first_reply"].now.count == 2
    assert (await outcomes(sales)).now == Kept(4, 2)
    assert (await overview(desk.asked(agent=desk.people["cleo"].id))).outcomes.now == Kept(2, 2)
    nobody = await overview(desk.asked(organisation=7))
    assert (nobody.opened.now, nobody.outcomes.now.share, nobody.pauses) == (0, None, (None, None))


async def test_a_period_without_anything_is_empty_and_compared_with_the_one_before(desk: Desk) -> None:
    found = await overview(desk.asked("today", at=FRIDAY + timedelta(days=60)))
    assert found.times["first_reply"].now == Spread()
    assert (found.outcomes.now, found.opened.now, found.hours) == (Kept(), 0, {})
    next_week = await overview(desk.asked("7d", at=FRIDAY + timedelta(days=7)))
    assert next_week.times["first_reply"].before.count == 3
    assert (next_week.opened.before, next_week.outcomes.before) == (3, Kept(6, 4))


async def test_what_stands_still_and_what_is_set_to_wait_at_once_is_told(desk: Desk) -> None:
    await policies.create(
        policies.Written(name="Internal", is_internal=True, targets=[minutes(Metric.AGENT_WORK, 600)]), by=None, at=NINE, for_open=False
    )  # fmt: skip
    ticket = await a_ticket("Waits", at=later(600))
    ben = desk.people["ben"]
    await set_status(ticket, "pending", by=ben, at=later(603))
    await set_status(ticket, "open", by=ben, at=later(700))
    await set_status(ticket, "pending", by=ben, at=later(706))
    await set_status(ticket, "solved", by=ben, at=later(800))
    await set_status(desk.tickets["A"], "open", by=ben, at=later(900))
    sent = await reply(desk.tickets["A"], Draft(body_text="It is done."), by=ben, at=later(910), status="solved")
    assert await take_back(sent, by=ben, at=later(911))
    asked = desk.asked()
    assert await numbers("parked", asked) == ["Waits"], "the second time nobody had just written"
    assert await numbers("reopened", asked) == ["Invoice"]
    share, before = (await stopped(asked)).pauses
    stood, whole = 97 + 94, 200 * 3 + 30 + 90 + 18 * 60 + 120 + 25 * 60
    assert (round(share or 0, 4), before) == (round(stood / whole, 4), None)
    assert (await hours(asked))[1, 19] == 1, "Tuesday, seven in the evening"


async def test_a_period_that_is_over_stays_as_it_was(desk: Desk) -> None:
    """Policies, calendars and priorities change, or go: what they promised then has been told."""
    await set_status(desk.tickets["C"], "solved", by=desk.people["ben"], at=FRIDAY)
    asked = desk.asked("last-month", at=FRIDAY + timedelta(days=30))
    was = await overview(asked)
    assert was.outcomes.now == Kept(6, 4)
    [policy] = await policies.list_policies()
    [calendar] = await calendars.list_calendars()
    soon = FRIDAY + timedelta(hours=1)
    stricter = policies.Written(
        name="Stricter", targets=[minutes(Metric.FIRST_REPLY, 1), minutes(Metric.FIRST_RESOLUTION, 2)]
    )
    await policies.change(policy.id, stricter, by=None, at=soon, for_open=True)
    always = calendars.Written(name="Always", own=NAMED["A24"])
    await calendars.change(calendar.id, always, reason=Reason.CHANGE, by=None, at=soon)
    for ticket in desk.tickets.values():
        await prioritise(ticket, "urgent", by=desk.people["alma"], at=soon)
    await policies.delete(policy.id, at=soon)
    assert await overview(asked) == was
    assert {row["priority"] async for row in all_rows(FIGURES["sla"].rows(asked), asked)} == {"normal"}


@pytest.mark.parametrize("figure", FIGURES)
async def test_every_figure_can_be_asked_for_everything(desk: Desk, figure: str) -> None:
    asked = desk.asked(team=1, agent=1, channel=1, priority="high", policy=1, organisation=1, who="ben")
    assert await numbers(figure, asked) == []


async def test_what_is_counted_of_histories_is_found_by_its_index(desk: Desk) -> None:
    async with transaction():
        await rows("SET LOCAL enable_seqscan = off")
        for condition, index in ((PENDING, "hd_event_pending"), (REOPENED, "hd_event_reopened")):
            plan = await rows(f"EXPLAIN SELECT FROM hd_event e WHERE {condition} AND e.at > now()")
            assert index in str(plan)
