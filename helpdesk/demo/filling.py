"""Filling an empty desk: everything in one transaction, so that a killed `helpdesk demo` leaves it empty."""

from datetime import datetime
from functools import partial
from operator import itemgetter
from random import Random

from helpdesk.articles.gap_looking import look_for_gaps
from helpdesk.demo import manual, oddities, readers
from helpdesk.demo.casting import assemble
from helpdesk.demo.desk_work import work_at_desks
from helpdesk.demo.mail_log import log_mails
from helpdesk.demo.plotting import plots
from helpdesk.demo.promising import promise_times
from helpdesk.demo.promising import settle_the_past as settle_promises
from helpdesk.demo.telling import Stage, tell
from helpdesk.demo.texts import AgentSheet, people
from helpdesk.following_up import follow
from helpdesk.kernel import redis
from helpdesk.kernel.database import after_commit, drop_effects, lock, rows, transaction
from helpdesk.kernel.time import now
from helpdesk.people import passwords
from helpdesk.people.tables import Agent

SEED = 1405
FRESH_NOTICES = 12


async def fill() -> None:
    """Fill the desk with ninety days of tickets that end now; does nothing where there are agents."""
    if await Agent.exists():
        return
    at = now().replace(second=0, microsecond=0)
    password_hash = await passwords.hash_password(people().password)
    async with transaction():
        await lock("first-admin")
        if not await Agent.exists():
            await _fill(password_hash, at)
    await look_for_gaps()


async def sign_ins() -> list[AgentSheet]:
    """The demo's agents who are there and still have the demo's password."""
    sheets = {sheet.email: sheet for sheet in people().agent}
    found = await rows(
        "SELECT email, password_hash FROM hd_agent WHERE email = ANY({}) AND deactivated_at IS NULL ORDER BY id",
        list(sheets),
    )
    right = {one: await passwords.is_right(one, people().password) for one in {row["password_hash"] for row in found}}
    return [sheets[row["email"]] for row in found if right[row["password_hash"]]]


async def _fill(password_hash: str, at: datetime) -> None:
    rng = Random(SEED)  # noqa: S311 - the same desk every time
    planned = plots(at, rng)
    cast = await assemble(password_hash=password_hash, at=planned[0].begins)
    await promise_times(cast, at=planned[0].begins)
    stage = Stage(cast=cast, rng=rng)
    played = [(plot.begins, partial(tell, plot)) for plot in planned]
    played += oddities.scenes(at) + manual.scenes(at) + readers.scenes(at)
    for _begins, scene in sorted(played, key=itemgetter(0)):
        await scene(stage)
    for sheet in people().customer:
        await cast.customer(sheet, at=at)
    await work_at_desks(stage, at)
    await log_mails(stage, at)
    await _settle_the_past()
    drop_effects()  # thousands of nudges to do what has just been settled
    after_commit(redis.ring)


async def _settle_the_past() -> None:
    """What was queued left long ago, and what follows from it has followed: nothing is mailed or told anew.

    Only the last notices are given, so that agents find some. No reply can be older than the first agent, so all
    deliveries of replies are the demo's.
    """
    await rows(
        """UPDATE hd_delivery SET state = 'sent', attempts = 1, left_to = ARRAY[]::varchar[], sent_at = not_before + interval '2 s',
            settled_at = not_before + interval '2 s' WHERE kind = 'reply' AND state = 'queued'"""
    )
    fresh = await rows(
        """SELECT e.id FROM hd_event e JOIN hd_ticket t ON t.id = e.ticket
        WHERE e.kind IN ('assigned', 'customer_replied', 'delivery_failed', 'mentioned') AND t.status IN ('open', 'on_hold')
        ORDER BY e.at DESC, e.id DESC LIMIT {}""",
        FRESH_NOTICES,
    )
    for event in reversed(fresh):
        await follow(event["id"])
    await settle_promises()
    await rows("UPDATE hd_event SET followed_at = at WHERE followed_at IS NULL")
    await rows("UPDATE hd_notice SET due_at = NULL")
