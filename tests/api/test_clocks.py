"""Promised times by the API: the clocks of a ticket, and lists by what is due."""

from datetime import timedelta

import pytest
from httpx import AsyncClient

from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.editing import edit
from sla import firing
from sla.targets import Metric, Target
from tests.api.test_search import numbers
from tests.make import a_promise, a_ticket

HOUR = 3600


async def test_clocks_say_what_is_promised_and_how_it_came_about(api: AsyncClient, ben: SignedIn) -> None:
    await a_promise(Target(metric=Metric.FIRST_REPLY, seconds=2 * HOUR, rests_in_pending=True))
    opened_at = now() - timedelta(hours=1)
    ticket = await a_ticket(at=opened_at)
    await edit(ticket, {"status": "pending"}, by=ben, at=opened_at + timedelta(minutes=30))
    answer = (await api.get(f"/tickets/{ticket.number}/clocks")).json()
    one, measured = sorted(answer["items"], key=lambda clock: clock["target"] is None)
    assert (one["metric"], one["state"], one["used"], one["due_at"]) == ("first_reply", "paused", HOUR // 2, None)
    assert (one["policy"], one["calendar"], one["outcome"], one["explain"]["steps"]) == ("Promised", None, None, [])
    assert one["explain"]["text"] == "30 min of 2 h used; 30 min waited for the customer."
    assert [(part["kind"], part["reason"], part["counted"]) for part in one["explain"]["stretches"]] == [
        ("run", "", HOUR // 2), ("rest", "pending", 0),
    ]  # fmt: skip
    assert len(one["explain"]["lines"]) == 2 and "It waited for the customer" in one["explain"]["lines"][1]
    assert (measured["metric"], measured["target"]) == ("first_resolution", None)
    assert sum(part["counted"] for part in measured["explain"]["stretches"]) == measured["used"]
    assert (await api.get("/tickets/999/clocks")).status_code == 404


async def test_searches_and_orders_know_what_is_promised(api: AsyncClient, ben: SignedIn) -> None:
    plain = await a_ticket()
    await a_promise(Target(metric=Metric.FIRST_REPLY, seconds=4 * HOUR))
    late, soon, later = [await a_ticket(at=now() - timedelta(minutes=minutes)) for minutes in (300, 200, 10)]
    met = await a_ticket()
    await edit(met, {"status": "solved"}, by=ben, at=now())
    await firing.fire()
    assert await numbers(api, q="sla:none") == [plain.number]
    assert await numbers(api, q="sla:breached") == [late.number]
    assert await numbers(api, q="sla:met") == [met.number]
    assert late.number in await numbers(api, q="sla:at-risk") and plain.number not in await numbers(
        api, q="وعده:در-خطر"
    )
    assert set(await numbers(api, q="due:<1h")) == {late.number, soon.number} == set(await numbers(api, q="مهلت:۱ساعت"))
    assert await numbers(api, q="due:>2h") == [later.number]
    assert await numbers(api, q="-due:1h sla:breached,at-risk due:>60min") in ([later.number], [])
    assert await numbers(api, sort="due_at", limit="200") == [
        late.number, soon.number, later.number, met.number, plain.number,
    ]  # fmt: skip


@pytest.mark.parametrize("q", ["due:whenever", "due:", "sla:maybe", "due:last week"])
async def test_what_is_no_time_to_be_due_is_told(api: AsyncClient, q: str) -> None:
    answer = await api.get("/tickets", params={"q": q})
    assert answer.status_code == 422 and list(answer.json()["fields"]) == ["q"]
