"""What became of promised times, in the words of the timeline and of the notices."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from helpdesk.following_up import follow_clocks
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.assigning import assign
from sla.targets import Step, Warning
from tests.cast import again, hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket
from tests.noticed import follow_all
from tests.sla.due import HOUR, MINUTE, a_policy, fired_through, move_back


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["First reply</b> runs out soon: it is due", "First reply</b> is late: it was due", "next step: raise the priority",
            "next step: tell the team's lead · left out: there is nobody to tell", "next step: give it to somebody · <b dir=\"auto\">Ben Weber</b> · it was so already"]),
        ("fa", ["زمان <b dir=\"auto\">نخستین پاسخ</b> رو به پایان است", "نخستین پاسخ</b> دیر شده است: مهلت آن", "گام بعد:", "انجام نشد: کسی نیست که خبردار شود"]),
    ],
)  # fmt: skip
async def test_the_timeline_and_the_notices_tell_it(
    browser: Callable[[], Browser], language: str, said: list[str]
) -> None:
    ben = await hire("ben")
    team = await make_team("Sales", ben)
    steps = (Step(do="raise_priority"), Step(do="notify_lead", after=1), Step(do="assign", agent=ben.id, after=2))
    await a_policy(warnings=(Warning(percent=75),), steps=steps)
    ticket = await a_ticket(at=now() - 46 * MINUTE, team=team.id)
    await assign(ticket, ben.id, by=SYSTEM, at=now())
    for passed in (timedelta(), HOUR / 4):
        await move_back(ticket, passed)
        for line in await fired_through():
            await follow_clocks([line])
        await follow_all()
    await rows("UPDATE hd_agent SET language = {} WHERE id = {}", language, ben.id)
    visitor = await browser().sign_in(await again(ben))
    page = (await visitor.get(f"/console/tickets/{ticket.number}")).text
    for words in said:
        assert words in page
    notices = (await visitor.get("/console/notices")).text
    assert ("First reply · The promised time is over" in notices) == (language == "en")
    assert ("نخستین پاسخ · زمان تعهدشده به پایان رسید" in notices) == (language == "fa")
