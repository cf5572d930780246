"""The centre of notices and what agents choose of it, page by page."""

import re
from collections.abc import Callable
from typing import Any

from helpdesk.following_up import follow
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM, SignedIn
from helpdesk.people.agents import change_preferences
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.notice_choices import ways_of
from helpdesk.tickets.notice_kinds import TOPICS, Ways
from helpdesk.tickets.quiet_hours import Quiet, quiet_hours_of
from helpdesk.tickets.tables import Event, Ticket
from tests.cast import again, hire
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]
PREFERENCES = "/console/preferences/notices"


async def given(agent: SignedIn, subject: str = "Printer on fire") -> Ticket:
    ticket = await a_ticket(subject)
    await assign(ticket, agent.id, by=SYSTEM, at=now())
    for event in await Event.select(Event.id).where(Event.followed_at.is_null()).order_by(Event.id):
        await follow(event["id"])
    return ticket


def numbers(page: Any) -> list[str]:
    return re.findall(r'data-ticket="(\d+)"', page.text)


async def test_the_centre_goes_on_by_groups_and_what_is_new_meanwhile_moves_nothing(
    browser: Browsers, queries_at_most: Callable[[int], Any]
) -> None:
    ben = await hire("ben")
    made = [str((await given(ben, f"Number {number}")).number) for number in range(22)]
    await rows(
        """INSERT INTO hd_notice (agent, ticket, event, kind, at)
        SELECT {}, min(ticket), id, 'customer_replied', now() FROM hd_event WHERE kind = 'opened' AND ticket = 22 GROUP BY id""",
        ben.id,
    )  # fmt: skip
    visitor = await browser().sign_in(ben)
    panel = await visitor.get("/console/notices/panel", htmx=True)
    assert numbers(panel) == made[:1:-1], "twenty, the newest first, each ticket once"
    more = re.search(r'hx-get="([^"]+)"', panel.text)
    assert more
    await given(ben, "Meanwhile")
    assert numbers(await visitor.get(more[1].replace("&amp;", "&"), htmx=True)) == made[1::-1]
    with queries_at_most(6) as asked:
        await visitor.get("/console/notices/panel", htmx=True)
        many = len(asked)
    await visitor.post("/console/notices", {"upto": "21"})
    assert len(numbers(await visitor.get("/console/notices"))) == 2, "only what the page knew of was read"
    assert len(numbers(await visitor.get("/console/notices?show=all"))) == 20
    with queries_at_most(many):
        await visitor.get("/console/notices/panel", htmx=True)
    assert (await visitor.get("/console/notices?before=nonsense")).status_code == 200


async def test_what_the_bell_counts_is_what_the_centre_lists(browser: Browsers) -> None:
    ben = await hire("ben")
    visitor = await browser().sign_in(ben)
    ticket = await given(ben)
    other = await given(ben)
    await rows("UPDATE hd_ticket SET trashed_at = now() WHERE id = {}", other.id)
    assert "1 notice" in (await visitor.get("/console/notices/bell", htmx=True)).text
    assert numbers(await visitor.get("/console/notices")) == [str(ticket.number)]
    await rows("UPDATE hd_notice SET in_centre = false")
    assert "Nothing new" in (await visitor.get("/console/notices")).text
    assert "badge" not in (await visitor.get("/console/notices/bell", htmx=True)).text


async def test_ways_are_chosen_and_kept(browser: Browsers) -> None:
    ben = await hire("ben")
    visitor = await browser().sign_in(ben)
    page = await visitor.get(PREFERENCES)
    assert "Somebody mentions me" in page.text and "A ticket is muted" not in page.text
    chosen = {key: [] for key in TOPICS} | {"assigned": ["mail"], "woken": ["centre", "browser"], "muted": ["mail"]}
    assert (await visitor.post(PREFERENCES, chosen)).status_code == 303
    ways = await ways_of(ben.id or 0)
    assert ways["assigned"] == Ways(False, False, True) and ways["woken"] == Ways(True, True, False)
    assert ways["muted"] == TOPICS["muted"].ways, "not theirs to choose"
    assert ways["mentioned"] == Ways(False, False, False)
    await given(ben)
    assert "Nothing new" in (await visitor.get("/console/notices")).text


async def test_quiet_hours_are_typed_in_any_digits_and_explained_where_they_cannot_be(browser: Browsers) -> None:
    ben = await hire("ben")
    await change_preferences(
        ben.id or 0, name=ben.name, language="fa", time_zone="Asia/Tehran", theme="system", signature=""
    )
    visitor = await browser().sign_in(await again(ben))
    typed = {
        "is_quiet": "1",
        "begins": "۱۸:۳۰",
        "ends": "8:00",
        "days": ["5", "6", "0", "1", "2"],
        "whole_days": ["3", "4"],
    }
    assert (await visitor.post(f"{PREFERENCES}/quiet", typed)).status_code == 303
    kept = Quiet(
        begins=18 * 60 + 30, ends=8 * 60, days=frozenset({5, 6, 0, 1, 2}), whole_days=frozenset({3, 4})
    )  # fmt: skip
    assert await quiet_hours_of(ben.id or 0) == kept
    page = (await visitor.get(PREFERENCES)).text
    assert 'value="۱۸:۳۰"' in page and page.index("شنبه") < page.index("یکشنبه") and "Asia/Tehran" in page
    for wrong, field in (
        ({"begins": "25:00"}, "begins"), ({"ends": "soon"}, "ends"), ({"days": [], "whole_days": []}, "days"),
        ({"whole_days": [str(day) for day in range(7)]}, "whole_days"), ({"days": ["9"]}, "days"),
    ):  # fmt: skip
        answer = await visitor.post(f"{PREFERENCES}/quiet", typed | wrong)
        assert answer.status_code == 422 and f'id="{field}-error"' in answer.text, field
    answer = await visitor.post(f"{PREFERENCES}/quiet", {"is_quiet": "1", "begins": "soon", "ends": "۸"})
    assert all(f'id="{field}-error"' in answer.text for field in ("begins", "ends", "days"))
    assert 'value="soon"' in answer.text and "checked><span>" in answer.text.partition('name="is_quiet"')[2][:60]
    assert 'id="quiet"' in (await visitor.get(f"{PREFERENCES}/quiet")).text
    assert await quiet_hours_of(ben.id or 0) == kept
    await visitor.post(f"{PREFERENCES}/quiet", {"begins": "", "ends": ""})
    assert await quiet_hours_of(ben.id or 0) is None
