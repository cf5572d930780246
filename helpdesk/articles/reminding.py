"""Who wrote an article, or published it last, is told when its day to be looked at again comes: once, and not in quiet hours."""

from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from helpdesk.articles.changing import WRITE
from helpdesk.deliveries.pushing import push
from helpdesk.kernel.database import transaction
from helpdesk.kernel.language import _, digits, ngettext, speaking, zone
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import may
from helpdesk.people.signing_in import as_agent
from helpdesk.tickets.notice_choices import ways_of
from helpdesk.tickets.notice_mails import queue_mail
from helpdesk.tickets.quiet_hours import quiet_until
from knowledge_base.reviewing import Due, note_told, untold_reviews

TOPIC = "articles"
ALL = "/console/knowledge?due=1"
MOST, MOST_NAMED = 1_000, 20
_EARLIEST_ZONE = timedelta(hours=14)
"""Where a day begins first."""


async def remind_of_reviews(*, at: datetime) -> None:
    """Tell each agent of theirs whose day has begun where they are; safe to run any number of times."""
    found = await untold_reviews(by=(at + _EARLIEST_ZONE).date(), most=MOST)
    for agent_id, some in groupby(found, key=attrgetter("agent")):
        agent = await as_agent(agent_id)
        if agent is None or not may(agent, WRITE):
            await note_told(some, at=at)
            continue
        today = at.astimezone(zone(agent.time_zone)).date()
        due = [one for one in some if one.review_on <= today]
        if due and not await quiet_until(agent, at):
            async with transaction():
                await _tell(await note_told(due, at=at), agent, at=at)


async def _tell(due: list[Due], agent: SignedIn, *, at: datetime) -> None:
    """By the ways that the agent chose, all of them together."""
    ways = (await ways_of(agent.id or 0))[TOPIC]
    if not due:
        return
    with speaking(agent.language, agent.time_zone):
        words = ngettext(
            "%(number)s article is to be looked at again", "%(number)s articles are to be looked at again", len(due)
        )
        subject = words % {"number": digits(len(due))}
        if ways.in_browser:
            titles = "\n".join(one.title for one in due[:MOST_NAMED])
            await push(agent.id or 0, subject, titles, ALL if len(due) > 1 else _path(due[0]), tag="articles", at=at)
        if ways.by_mail:
            lines = [f"{one.title}\n{settings().base_url}{_path(one)}" for one in due[:MOST_NAMED]]
            whole = _("All of them: %(link)s") % {"link": f"{settings().base_url}{ALL}"}
            about = _("You wrote them or published them last. Look whether they still hold, and give them another day.")
            await queue_mail(subject, [about, *lines, whole], agent, at=at)


def _path(one: Due) -> str:
    return f"/console/knowledge/articles/{one.article}/{one.language}"
