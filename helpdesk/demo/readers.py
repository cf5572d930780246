"""What readers did with the demo's manual: they searched, read, voted and wrote; some articles spared a request, or solved one."""

from datetime import datetime, timedelta
from functools import partial
from random import Random

from helpdesk.demo.manual import SEED, plan
from helpdesk.demo.oddities import Scene
from helpdesk.demo.telling import Stage
from helpdesk.kernel.database import rows
from knowledge_base import feedback, offering, usage
from knowledge_base.articles import Asked, Listed, list_articles
from knowledge_base.usage import Place, Use

DAYS = 40
"""How long readers have been counted."""
MOST_VOTES, KIND = 5, 0.9
OPENED, ANSWERED, SENT = 0.6, 0.4, 0.7
UNREAD = 3
"""Articles that nobody has opened."""
ASKED = {"write-to-us", "sign-in-to-the-portal", "link-does-not-work", "follow-your-request", "first-api-call"}
"""What customers ask about."""
NAMED = [(Use.SUGGESTED, 0.7), (Use.LINKED, 0.5), (Use.SOLVED, 0.7)]
"""Each follows from the one before, in so many cases."""


def scenes(at: datetime) -> list[Scene]:
    """All at the end: nothing else depends on it."""
    return [(at, partial(_read, at))]


async def _read(at: datetime, stage: Stage) -> None:
    rng = Random(SEED)  # noqa: S311 - the same readers every time
    found = {(one.language, one.slug): one for one in await list_articles(Asked(), most=1_000) if one.published_at}
    read = [one for _key, one in sorted(found.items())]
    for one in read:
        await _vote_on(one, at, rng)
    for number, remark in enumerate(plan().remark):
        one, when = found[remark.language, remark.slug], at - timedelta(hours=remark.hours)
        await _vote(one, f"demo remark {number}", is_helpful=remark.is_helpful, at=when)
        await feedback.comment(
            one.id, remark.text, is_helpful=remark.is_helpful, revision=one.published or 1, customer=None, at=when
        )
    await _use(read, at, rng)
    await _search(found, at, rng)


async def _vote_on(one: Listed, at: datetime, rng: Random) -> None:
    for number in range(rng.randint(0, MOST_VOTES)):
        is_helpful, when = rng.random() < KIND, at - (at - (one.published_at or at)) * rng.random()
        await _vote(one, f"demo {number}", is_helpful=is_helpful, at=when)


async def _vote(one: Listed, voter: str, *, is_helpful: bool, at: datetime) -> None:
    await feedback.vote(
        one.id, is_helpful=is_helpful, voter=voter, network="demo", revision=one.published or 1, customer=None, at=at
    )


async def _use(read: list[Listed], at: datetime, rng: Random) -> None:
    """Some are read each day, those that customers ask about most."""
    opened = rng.sample(read, len(read) - UNREAD)
    [form] = await rows("SELECT id, (SELECT max(id) FROM hd_ticket) AS ticket FROM hd_channel WHERE kind = 'web_form'")
    for day in (at - timedelta(days=days) for days in range(DAYS)):
        there = [one for one in opened if one.published_at and one.published_at < day]
        asked = [one for one in there if one.slug in ASKED]
        await usage.count_uses(Use.VIEWED, _named(rng.sample(there, len(there) // 4)), at=day)
        await usage.count_uses(Use.VIEWED, _named(asked), at=day, times=rng.randint(1, 4))
        left = asked
        for use, share in NAMED:
            left = [one for one in left if rng.random() < share]
            await usage.count_uses(use, _named(left), at=day)
        for one in rng.sample(asked, len(asked) // 4):
            await _offer(one, form, day, rng)


async def _offer(one: Listed, form: dict[str, int], at: datetime, rng: Random) -> None:
    """The form names it before anything is sent; some look, some say that it answers, and others send all the same."""
    page = f"demo {one.id} {at.date()}"
    await offering.note_offered(page, [one.id], channel=form["id"], language=one.language, is_asked=False, at=at)
    if rng.random() < OPENED:
        await offering.note_opened(page, one.id, at=at)
    if rng.random() < ANSWERED:
        await offering.note_answered(page, one.id, text=one.title, customer=None, at=at)
    elif rng.random() < SENT:
        await offering.note_sent(page, ticket=form["ticket"])


async def _search(found: dict[tuple[str, str], Listed], at: datetime, rng: Random) -> None:
    for search in plan().search:
        for _time in range(search.times):
            when = at - timedelta(days=DAYS) * rng.random()
            one = found.get((search.language, search.slug))
            kept = await usage.note_search(
                Place.HELP, search.words, language=search.language, found=rng.randint(1, 6) if one else 0, at=when
            )
            if one:
                await usage.follow(
                    usage.trail(kept, one.id), article=one.article, language=one.language, translation=one.id, at=when
                )


def _named(some: list[Listed]) -> list[tuple[int, str]]:
    return [(one.article, one.language) for one in some]
