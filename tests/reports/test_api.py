"""Figures by the API: with their definitions, over the caller's days."""

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx

from helpdesk.kernel.time import now
from helpdesk.people.api_tokens import create_token
from helpdesk.people.tables import Agent
from helpdesk.reports.figures import FIGURES
from helpdesk.tickets.replying import Draft, reply
from tests.api.conftest import client
from tests.make import a_ticket
from tests.reports.conftest import Desk

if TYPE_CHECKING:
    from litestar import Litestar

WEEK = {"from": "2026-06-01", "to": "2026-06-05"}


async def as_(desk: Desk, who: str, app: "Litestar") -> httpx.AsyncClient:
    person = desk.people[who].id
    await Agent.update({Agent.time_zone: "Europe/Berlin"}).where(Agent.id == person)
    return client(app, await create_token(person, "test", at=now()))


async def test_a_report_says_what_it_means_and_what_it_is_of(desk: Desk, app: "Litestar") -> None:
    async with await as_(desk, "mani", app) as api:
        found = (await api.get("/reports/first_reply", params=WEEK | {"by": "agent"})).json()
        assert found["definition"] == FIGURES["first_reply"].definition
        assert {name: found[name] for name in ("from", "to", "compared_from", "compared_to", "time_zone", "step")} == {
            "from": "2026-06-01", "to": "2026-06-05", "compared_from": "2026-05-27", "compared_to": "2026-05-31",
            "time_zone": "Europe/Berlin", "step": "day",
        }  # fmt: skip
        assert found["value"] == {
            "count": 3, "median_business": 5400, "p90_business": 7200, "median_calendar": 5400, "p90_calendar": 64800,
        }  # fmt: skip
        assert [step["since"][:16] for step in found["steps"]] == ["2026-06-01T22:00", "2026-06-02T22:00"]
        assert {part["key"]: part["value"]["count"] for part in found["parts"]} == {
            str(desk.people["ben"].id): 2,
            str(desk.people["cleo"].id): 1,
        }
        kept = (await api.get("/reports/sla", params=WEEK)).json()["value"]
        assert kept == {"count": 6, "broken": 4, "share": 1 / 3}
        for name in FIGURES:
            assert (await api.get(f"/reports/{name}", params=WEEK)).status_code == 200, name


async def test_what_stands_now_is_counted_whatever_the_days(desk: Desk, app: "Litestar") -> None:
    async with await as_(desk, "mani", app) as api:
        found = (await api.get("/reports/late_now")).json()
        assert (found["value"], found["before"], found["steps"]) == ({"count": 1}, None, [])
        assert found["parts"] == [{"key": str(desk.teams["sales"]), "value": {"count": 1}}]


async def test_agents_have_their_own_figures_and_light_agents_none(desk: Desk, app: "Litestar") -> None:
    async with await as_(desk, "ben", app) as api:
        found = (await api.get("/reports/first_reply", params=WEEK | {"agent": desk.people["cleo"].id})).json()
        assert found["value"]["count"] == 2
    async with await as_(desk, "lia", app) as api:
        assert (await api.get("/reports/sla")).status_code == 403


async def test_bad_questions_are_told_at_their_field(desk: Desk, app: "Litestar") -> None:
    async with await as_(desk, "mani", app) as api:
        for params, field in (({"from": "yesterday", "to": "2026-06-05"}, "from"), ({"from": "2026-06-05"}, "to"), ({"from": "2026-06-05", "to": "2026-06-01"}, "to"), ({"since": "x"}, "since")):  # fmt: skip
            answer = await api.get("/reports/sla", params=params)
            assert answer.status_code == 422 and field in answer.text, params
        assert (await api.get("/reports/speed")).status_code == 404


async def test_the_last_28_days_are_asked_for_without_days(desk: Desk, app: "Litestar") -> None:
    ticket = await a_ticket("Today", at=now() - timedelta(minutes=5))
    await reply(ticket, Draft(body_text="At once."), by=desk.people["ben"], at=now())
    async with await as_(desk, "ben", app) as api:
        assert (await api.get("/reports/first_reply")).json()["value"]["count"] == 1
