"""Until when customers have an answer: in the acknowledgement, after a form, and on the page of the request."""

import re
from collections.abc import Callable
from datetime import timedelta

from httpx import AsyncClient

from helpdesk.channels.automatic_texts import Words, fill
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.promises.answering import answer_by, tell_customers
from helpdesk.tickets.editing import edit
from helpdesk.tickets.tables import Ticket
from sla.targets import Metric, Target
from tests.cast import hire
from tests.make import a_promise, a_ticket
from tests.portal.filling import a_form, admin, post
from tests.portal.guests import Guest

FOUR_HOURS = Target(metric=Metric.FIRST_REPLY, seconds=4 * 3600)


async def test_the_mail_the_thanks_and_the_request_say_the_time_of_the_clock_that_is_measured(
    visitor: AsyncClient, guest: Callable[[], Guest]
) -> None:
    await a_promise(FOUR_HOURS)
    await tell_customers(True, by=await admin())
    answer = await post(visitor, await a_form())
    [clock] = await rows("SELECT due_at FROM sla_clock WHERE target IS NOT NULL")
    hour = f"{clock['due_at']:%H:%M}"
    [delivery] = await Delivery.objects()
    assert re.search(rf"You will have an answer by \w+ \d+ \w+ \d+,\s{hour}", delivery.mail.replace("=\n", ""))
    thanks = await visitor.get(answer.headers["location"])
    assert re.search(rf"You will have an answer by [\w ]*{hour}", thanks.text)
    dora = guest()
    await dora.sign_in()
    [ticket] = await Ticket.objects()
    page = (await dora.page(f"/requests/{ticket.number}")).text
    assert re.search(rf"You will have an answer by [\w ]*{hour}", page)
    await rows("UPDATE hd_customer SET language = 'fa', time_zone = 'Asia/Tehran'")
    assert re.fullmatch(r"\w+ [۰-۹]+ \w+ [۰-۹]+، [۰-۹:]+", await answer_by(ticket, "fa", at=now(), is_mail=True))


async def test_nothing_is_said_that_is_not_promised_to_customers_rests_or_is_late(database: None) -> None:
    alma, ben = await hire("alma"), await hire("ben")
    await a_promise(FOUR_HOURS, is_internal=True)
    await tell_customers(True, by=alma)
    internal = await a_ticket()
    assert await answer_by(internal, "en", at=now()) == ""
    await a_promise(Target(metric=Metric.FIRST_REPLY, seconds=4 * 3600, rests_in_pending=True))
    waiting, late = await a_ticket(), await a_ticket(at=now() - timedelta(hours=5))
    assert await answer_by(waiting, "en", at=now()) and not await answer_by(late, "en", at=now())
    assert not await answer_by(waiting, "en", at=now() + timedelta(hours=5))
    await edit(waiting, {"status": "pending"}, by=ben, at=now())
    assert await answer_by(waiting, "en", at=now()) == ""
    await edit(waiting, {"status": "open"}, by=ben, at=now())
    assert await answer_by(waiting, "en", at=now())
    await tell_customers(False, by=alma)
    assert await answer_by(waiting, "en", at=now()) == ""


def test_a_line_about_the_answer_is_left_out_when_nothing_is_promised() -> None:
    words = Words("Got it", "Hello,\nyou hear from us by {{answer_by}}.\nBye #{{number}}")
    assert fill(words, {"number": "7"}).body == "Hello,\nBye #7"
    assert fill(words, {"number": "7", "answer_by": "noon"}).body == "Hello,\nyou hear from us by noon.\nBye #7"


async def test_managers_switch_it_and_see_what_would_be_read(database: None) -> None:
    from helpdesk.app import create_app
    from tests.console.browsing import Browser

    app = create_app()
    ben, mani = [await Browser(app).sign_in(await hire(name)) for name in ("ben", "mani")]
    path = "/console/settings/customer-promises"
    assert (await ben.get(path)).status_code == 403 and (await ben.post(path, {"told": "1"})).status_code == 403
    page = (await mani.get(path)).text
    assert "You will have an answer by" in page and "پاسخ خواهید گرفت" in page
    for sent, expected in (({"told": "1"}, True), ({}, False)):
        assert (await mani.post(path, sent)).status_code == 303
        assert (await rows("SELECT promises_to_customers AS told FROM sla_settings"))[0]["told"] is expected
    for one in (ben, mani):
        await one.client.aclose()
