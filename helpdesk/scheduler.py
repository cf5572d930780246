"""The scheduler: periodic work, found by rows.

Any number of schedulers may run: every sweep is harmless twice. The sweeps nudge the workers about rows that waited too
long, because a nudge was lost; they never do the work themselves. Mailboxes are fetched here too, each by one of them.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from helpdesk.articles.gap_looking import nudge_looking
from helpdesk.articles.indexing import build_apart, keep_up
from helpdesk.articles.reminding import remind_of_reviews
from helpdesk.customers.visiting import forget_past_visits
from helpdesk.intake.cleaning_again import clean_outdated
from helpdesk.intake.erasing import erase_what_is_due
from helpdesk.intake.forgetting import forget_old_mails, forget_turned_away
from helpdesk.intake.watching import watch_mailboxes
from helpdesk.kernel import logs
from helpdesk.kernel.database import connected
from helpdesk.kernel.heartbeats import heard
from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.time import now
from helpdesk.nudging import SWEEPS, nudge_waiting
from helpdesk.people.throttling import forget_past
from helpdesk.profiles import merging_many
from helpdesk.promises.adopting import bring_to_open_tickets
from helpdesk.promises.firing import fire_what_is_due
from helpdesk.promises.replanning import replan_what_is_outdated
from helpdesk.routing.distributing import distribute_what_waits
from helpdesk.tickets.bulk import forget_old
from helpdesk.tickets.counting import fold
from helpdesk.tickets.drafting import forget_discarded
from helpdesk.tickets.notice_mails import forget_old_notice_mails
from helpdesk.tickets.noticing import forget_old_notices
from helpdesk.tickets.retagging import work_off_waiting
from helpdesk.tickets.searching.writing_again import nudge_writing
from helpdesk.tickets.snoozing import wake_what_is_due
from helpdesk.tickets.solving import close_what_is_long_solved
from helpdesk.tickets.uploading import forget_abandoned
from helpdesk.tidying import forget_old_answers, forget_old_sign_ins, remove_orphan_blobs
from knowledge_base import changes, offering, usage
from knowledge_base.cleaning_again import clean_outdated as clean_outdated_articles
from knowledge_base.relearning import grow_older, pass_on
from sla.ramadans import keep_ramadans
from sla.refreshing import refresh_holidays
from sla.zone_rules import look_at_zone_rules

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
STOP_WITHIN = 8.0  # seconds

log = structlog.get_logger(__name__)


class Periodic(msgspec.Struct, frozen=True):
    """Work to do every so many seconds, the first time at the start."""

    name: str
    every: float
    work: Callable[[], Awaitable[object]]


PERIODIC = [
    *(Periodic(f"nudge {sweep.name}", 2.0, nudge_waiting(sweep)) for sweep in SWEEPS),
    Periodic("wake snoozed tickets", 10.0, lambda: wake_what_is_due(at=now())),
    Periodic("give out what waits", 2.0, distribute_what_waits),
    Periodic("bring policies to open tickets", 2.0, bring_to_open_tickets),
    Periodic("plan clocks of changed calendars anew", 2.0, replan_what_is_outdated),
    Periodic("keep the index of articles up", 1.0, lambda: keep_up(anew=build_apart)),
    Periodic("pass on what led to articles", MINUTE, lambda: pass_on(at=now())),
    Periodic("weigh what led to articles by its age", DAY, lambda: grow_older(at=now())),
    Periodic("look for gaps of the knowledge base", HOUR, lambda: nudge_looking(at=now())),
    Periodic("remind of articles to be looked at again", 10 * MINUTE, lambda: remind_of_reviews(at=now())),
    Periodic("close what is long solved", MINUTE, lambda: close_what_is_long_solved(at=now())),
    Periodic("add up the counts of views", 10.0, fold),
    Periodic("clean HTML of older sanitisers again", MINUTE, clean_outdated),
    Periodic("clean articles of older cleaners again", MINUTE, lambda: clean_outdated_articles(at=now())),
    Periodic("erase spam and trash", 10 * MINUTE, lambda: erase_what_is_due(at=now())),
    Periodic("change tags everywhere", MINUTE, work_off_waiting),
    Periodic("write words left for later", 5.0, nudge_writing),
    Periodic("forget old mails", HOUR, lambda: forget_old_mails(at=now())),
    Periodic("forget mails turned away", HOUR, lambda: forget_turned_away(at=now())),
    Periodic("forget what indexes of articles have read", HOUR, lambda: changes.forget_old(at=now())),
    Periodic("forget old notices", HOUR, lambda: forget_old_notices(at=now())),
    Periodic("forget old mails of notices", HOUR, lambda: forget_old_notice_mails(at=now())),
    Periodic("forget past throttles", HOUR, lambda: forget_past(now())),
    Periodic("forget old sign-ins", HOUR, lambda: forget_old_sign_ins(at=now())),
    Periodic("forget past visits of customers", HOUR, lambda: forget_past_visits(at=now())),
    Periodic("forget answers to API calls", HOUR, lambda: forget_old_answers(at=now())),
    Periodic("forget actions on many tickets", HOUR, lambda: forget_old(at=now())),
    Periodic("forget merges that did not go", HOUR, lambda: merging_many.forget_old(at=now())),
    Periodic("forget discarded drafts", HOUR, lambda: forget_discarded(at=now())),
    Periodic("bring holidays up to date", 10 * MINUTE, lambda: refresh_holidays(at=now())),
    Periodic("keep Ramadans up to date", DAY, lambda: keep_ramadans(at=now())),
    Periodic("look at the rules of time zones", DAY, lambda: look_at_zone_rules(at=now())),
    Periodic("count what became of offers in forms", HOUR, lambda: offering.settle(at=now())),
    Periodic("forget old searches of articles", HOUR, lambda: usage.forget_old(at=now())),
    Periodic("forget abandoned uploads", DAY, lambda: forget_abandoned(at=now())),
    Periodic("remove orphan blobs", DAY, lambda: remove_orphan_blobs()),
]


def run() -> None:
    """Schedule until SIGTERM or SIGINT."""
    logs.configure("scheduler")
    asyncio.run(_run())


async def _run() -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with connected(6):
        working = [asyncio.create_task(repeat(periodic, stopping), name=periodic.name) for periodic in PERIODIC]
        working.append(asyncio.create_task(watch_mailboxes(stopping), name="watch mailboxes"))
        working.append(asyncio.create_task(fire_what_is_due(stopping), name="fire clocks"))
        log.info("scheduler_started", work=len(PERIODIC))
        with heard("scheduler"):
            await stopping.wait()
        _, unfinished = await asyncio.wait(working, timeout=STOP_WITHIN)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
    log.info("scheduler_stopped")


async def repeat(periodic: Periodic, stopping: asyncio.Event) -> None:
    """Do the work on its own cadence until asked to stop; a failure is logged and tried again next time."""
    while not stopping.is_set():
        structlog.contextvars.bind_contextvars(work=periodic.name)
        try:
            await periodic.work()
        except Exception as error:
            if is_outage(error):
                log.warning("work_waits", error=repr(error))
            else:
                log.exception("work_failed")
        try:
            await asyncio.wait_for(stopping.wait(), periodic.every)
        except TimeoutError:
            continue
