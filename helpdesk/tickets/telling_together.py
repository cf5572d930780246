"""What ran out a while before it could be told, as after an outage, is told together: one push, and one mail with a part
for each policy.

It is gathered for a while first; then nothing more of the kind comes for ten minutes.
"""

from datetime import datetime, timedelta
from itertools import groupby

from helpdesk.deliveries.pushing import push
from helpdesk.kernel.database import rows
from helpdesk.kernel.language import _, digits, ngettext
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.notice_kinds import GATHERED_FOR, KINDS
from helpdesk.tickets.notice_mails import MOST_TICKETS, queue_mail
from helpdesk.tickets.notice_words import Row, name_of
from sla.words import METRICS

APART = timedelta(minutes=10)
_MOST_NAMED = 3
_LAST = """
SELECT max(pushed_at) AS pushed, max(mailed_at) AS mailed
FROM (SELECT pushed_at, mailed_at FROM hd_notice WHERE agent = {} AND kind = ANY({}) ORDER BY id DESC LIMIT 1000) AS newest
"""
_KINDS = [name for name, kind in KINDS.items() if kind.is_gathered]


async def tell_together(wanted: list[Row], agent: SignedIn, *, at: datetime) -> list[dict[int, datetime]]:
    """Tell the agent what is gathered, in the language that is spoken: what has to wait, by each way, and until when."""
    if not wanted:
        return []
    [last] = await rows(_LAST, agent.id, _KINDS)
    to_push = [row for row in wanted if row["is_to_push"] and row["ways"].in_browser]
    to_mail = [row for row in wanted if row["is_to_mail"] and row["ways"].by_mail]
    pushed_later, mailed_later = _waits(to_push, last["pushed"], at), _waits(to_mail, last["mailed"], at)
    if to_push and not pushed_later:
        await _push(to_push, agent, at=at)
    if to_mail and not mailed_later:
        await _mail(to_mail, agent, at=at)
    return [pushed_later, mailed_later]


def _waits(some: list[Row], last: datetime | None, at: datetime) -> dict[int, datetime]:
    if not some:
        return {}
    gathered = min(row["at"] for row in some) + GATHERED_FOR
    due = max(gathered, last + APART) if last else gathered
    return {row["id"]: due for row in some} if due > at else {}


async def _push(some: list[Row], agent: SignedIn, *, at: datetime) -> None:
    names = "\n".join(name_of(row) for row in some[:_MOST_NAMED])
    await push(agent.id or 0, _subject(some), names, "/console/notices", tag="promises", at=at)
    await rows("UPDATE hd_notice SET pushed_at = {} WHERE id = ANY({})", at, [row["id"] for row in some])


async def _mail(some: list[Row], agent: SignedIn, *, at: datetime) -> None:
    by_policy = sorted(_once(some), key=lambda row: row["policy"])
    parts = [_part(name, list(rest)) for name, rest in groupby(by_policy, key=lambda row: row["policy"])]
    parts.append(_("All of them: %(link)s") % {"link": f"{settings().base_url}/console/notices"})
    delivery = await queue_mail(_subject(some), parts, agent, at=at)
    await rows(
        "UPDATE hd_notice SET mailed_at = {}, delivery = {} WHERE id = ANY({})", at, delivery, [row["id"] for row in some]
    )  # fmt: skip


def _part(policy: str, some: list[Row]) -> str:
    lines = [f"{name_of(row)} – {_(METRICS.get(row['metric'], ''))}" for row in some[:MOST_TICKETS]]
    more = [] if len(some) <= MOST_TICKETS else ["…"]
    return "\n".join([f"{policy}: {digits(len(some))}", *lines, *more])


def _subject(some: list[Row]) -> str:
    words = ngettext(
        "%(number)s promised time ran out some time ago",
        "%(number)s promised times ran out some time ago",
        len(_once(some)),
    )
    return words % {"number": digits(len(_once(some)))}


def _once(some: list[Row]) -> list[Row]:
    """Each promised time of each ticket: it may have been escalated, too."""
    return list({(row["ticket"], row["metric"]): row for row in some}.values())
