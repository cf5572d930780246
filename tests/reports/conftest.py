"""Three tickets of one week in Berlin, answered and solved by two people: every figure can be reckoned by hand."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import pytest_asyncio

if TYPE_CHECKING:
    from litestar import Litestar

    from helpdesk.people.actor import SignedIn
    from helpdesk.reports.asking import Asked
    from helpdesk.tickets.tables import Ticket
    from tests.console.browsing import Browser

BERLIN = ZoneInfo("Europe/Berlin")
NINE = datetime(2026, 6, 2, 7, 0, tzinfo=UTC)
"""Tuesday, nine o'clock in Berlin, when its office hours begin."""
FRIDAY = datetime(2026, 6, 5, 10, 0, tzinfo=UTC)
"""Noon."""


def later(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


class Desk(msgspec.Struct, kw_only=True):
    """Who works there, the tickets by their letters, and what is asked as of Friday."""

    people: dict[str, Any]
    teams: dict[str, int]
    tickets: dict[str, Any]

    def asked(
        self, name: str = "7d", *, at: datetime = FRIDAY, language: str = "en", who: str = "mani", **narrowed: Any
    ) -> "Asked":
        from helpdesk.reports.asking import Asked
        from helpdesk.reports.periods import named

        period = named(name, at=at, zone=BERLIN, language=language)
        return Asked(period=period, at=at, seen_by=self.people[who], **narrowed)


async def make_desk() -> Desk:
    """A: answered by Ben after 30 minutes and solved after two hours. B: by Cleo after 90 minutes, solved on Wednesday at
    ten. C: written on Tuesday at half past three, answered by Ben on Wednesday at half past nine, still open. D: spam.

    Promised are a first reply within an hour and a resolution within four, both of office hours.
    """
    from helpdesk.tickets.marking_spam import mark_spam
    from helpdesk.tickets.replying import Draft, reply
    from helpdesk.tickets.solving import solve
    from sla import calendars, policies
    from sla.targets import Metric
    from tests.cast import again, hire, make_team
    from tests.make import a_ticket
    from tests.sla.cases import NAMED
    from tests.sla.story import minutes

    hours = await calendars.create(
        calendars.Written(name="Office", own=NAMED["BER"]), by=None, at=NINE - timedelta(days=60)
    )
    await calendars.set_default(hours)
    targets = [minutes(Metric.FIRST_REPLY, 60), minutes(Metric.FIRST_RESOLUTION, 240)]
    await policies.create(policies.Written(name="Standard", targets=targets), by=None, at=NINE, for_open=False)
    people: dict[str, SignedIn] = {name: await hire(name) for name in ("alma", "ben", "cleo", "mani", "lia")}
    sales = await make_team("Sales", people["ben"], people["cleo"])
    hidden = await make_team("Board", people["cleo"], is_private=True)
    people = {name: await again(one) for name, one in people.items()}
    tickets: dict[str, Ticket] = {
        "A": await a_ticket("Invoice", at=NINE, team=sales.id),
        "B": await a_ticket("Lost parcel", at=NINE, team=hidden.id),
        "C": await a_ticket("=Formula", at=later(390), team=sales.id),
        "D": await a_ticket("Win a prize", at=NINE),
    }
    answer = Draft(body_text="We look into it.")
    await reply(tickets["A"], answer, by=people["ben"], at=later(30))
    await reply(tickets["B"], answer, by=people["cleo"], at=later(90))
    await solve(tickets["A"], by=people["ben"], at=later(120))
    await reply(tickets["C"], answer, by=people["ben"], at=later(24 * 60 + 30))
    await solve(tickets["B"], by=people["cleo"], at=later(25 * 60))
    await mark_spam(tickets["D"], by=people["ben"], at=later(5))
    return Desk(people=people, teams={"sales": sales.id, "hidden": hidden.id}, tickets=tickets)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(database: None) -> Desk:
    return await make_desk()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(database: None, app: "Litestar") -> AsyncIterator[Callable[[], "Browser"]]:
    from tests.console.browsing import Browser

    made: list[Browser] = []

    def make() -> Browser:
        made.append(Browser(app))
        return made[-1]

    yield make
    for one in made:
        await one.client.aclose()
