"""Telling agents of their notices outside the centre: on their devices, and by mail.

The notice's row is the queue: `due_at` says when what is left to tell is due. What is told commits together with the mark
that it was, as a row of `hd_push` or a delivery, so that nothing is told twice and nothing is forgotten. Whether the agent
may see the ticket, wants to know and is not left in peace is asked now, whatever it was when the notice was made.
"""

from datetime import datetime, timedelta
from itertools import groupby

from helpdesk.deliveries.pushing import push
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.language import speaking
from helpdesk.people.actor import SignedIn
from helpdesk.people.signing_in import as_agent
from helpdesk.tickets.notice_choices import ways_of
from helpdesk.tickets.notice_kinds import KINDS
from helpdesk.tickets.notice_mails import mail
from helpdesk.tickets.notice_words import OF_NOTICES, TOLD, Row, worded
from helpdesk.tickets.noticing import MAIL_AFTER
from helpdesk.tickets.queries import only_visible
from helpdesk.tickets.quiet_hours import quiet_until
from helpdesk.tickets.telling_together import tell_together

MAILS_APART = timedelta(minutes=5)
"""Of one ticket to one agent."""
PUSHES_APART = timedelta(seconds=10)
"""To one agent: the first comes at once, what follows on its heels comes together."""
_MOST = 10_000

_IS_OVER = """n.kind IN ('promise_warned', 'promise_broken', 'promise_escalated', 'promise_late') AND NOT EXISTS (
    SELECT FROM sla_clock c WHERE c.id = (e.changes -> 'promised' -> 1 ->> 'clock')::bigint AND c.state = 'running'
        AND c.epoch = (e.changes -> 'promised' -> 1 ->> 'epoch')::int AND (n.kind <> 'promise_warned' OR c.breached_at IS NULL))"""
"""In a statement: the promised time is kept meanwhile, or rests, or worse than a warning is told of it."""
STANDING = f"""t.muted_at IS NOT NULL AS is_muted, t.spam_at IS NOT NULL OR t.trashed_at IS NOT NULL AS is_away, {_IS_OVER} AS is_over"""
"""In a statement: what `still_wanted` asks of a notice besides who may see its ticket."""

_DUE = f"""
SELECT {TOLD}, n.in_browser AND n.pushed_at IS NULL AS is_to_push, n.by_mail AND n.mailed_at IS NULL AS is_to_mail, {STANDING},
    (SELECT max(mailed_at) FROM hd_notice o WHERE o.agent = n.agent AND o.ticket = n.ticket) AS mailed_before
{OF_NOTICES} WHERE n.agent = {{}} AND n.due_at IS NOT NULL AND (n.due_at <= {{}} OR n.kind = 'promise_late')
ORDER BY n.kind = 'promise_late', n.ticket, n.id LIMIT {{}} FOR UPDATE OF n SKIP LOCKED
"""
"""With the first of what is told together comes all that is gathered by then, behind what is due."""
_PUT_OFF = """UPDATE hd_notice SET due_at = {} WHERE id IN (
    SELECT id FROM hd_notice WHERE agent = {} AND due_at <= {} ORDER BY id FOR UPDATE SKIP LOCKED)"""
_LAST_PUSH = """SELECT max(pushed_at) AS at FROM (SELECT pushed_at FROM hd_notice WHERE agent = {} ORDER BY id DESC LIMIT 100) AS newest"""


async def tell(notice_id: int, *, at: datetime) -> None:
    """Tell the notice's agent what is due to them by now; safe to call any number of times."""
    async with transaction():
        for due in await rows("SELECT agent FROM hd_notice WHERE id = {} AND due_at <= {}", notice_id, at):
            await lock("notices", due["agent"])
            await _tell(due["agent"], at=at)


async def _tell(agent_id: int, *, at: datetime) -> None:
    agent = await as_agent(agent_id)
    if agent and (until := await quiet_until(agent, at)):
        await rows(_PUT_OFF, until, agent_id, at)
        return
    due = await rows(_DUE, agent_id, at, _MOST)
    wanted = await still_wanted(due, agent) if agent else []
    again: dict[int, datetime] = {}
    if agent and wanted:
        with speaking(agent.language, agent.time_zone):
            gathered = [row for row in wanted if KINDS[row["kind"]].is_gathered]
            news = [row for row in wanted if not KINDS[row["kind"]].is_gathered]
            again = _soonest(
                await _push(news, agent, at=at),
                await _mail(news, agent, at=at),
                *await tell_together(gathered, agent, at=at),
            )
    await rows(
        """UPDATE hd_notice n SET due_at = again.at FROM unnest({}::bigint[], {}::timestamptz[]) AS again (id, at)
        WHERE n.id = again.id""",
        [row["id"] for row in due], [again.get(row["id"]) for row in due],
    )  # fmt: skip


async def still_wanted(due: list[Row], agent: SignedIn) -> list[Row]:
    """What the agent may see and wants to hear, with `ways` as they are now."""
    visible = await only_visible(sorted({row["number"] for row in due}), seen_by=agent)
    ways = await ways_of(agent.id or 0)
    return [
        row | {"ways": ways[KINDS[row["kind"]].topic]} for row in due
        if row["number"] in visible and not row["is_away"] and not row["is_over"] and not (row["is_muted"] and KINDS[row["kind"]].is_traffic)
    ]  # fmt: skip


def _soonest(*dues: dict[int, datetime]) -> dict[int, datetime]:
    """When each notice is next due by any of its ways."""
    ids = {id for due in dues for id in due}
    return {id: min(due[id] for due in dues if id in due) for id in ids}


async def _push(wanted: list[Row], agent: SignedIn, *, at: datetime) -> dict[int, datetime]:
    """Put them on the agent's devices; what has to wait for that, and until when."""
    due = [row for row in wanted if row["is_to_push"] and row["ways"].in_browser]
    if not due:
        return {}
    [last] = await rows(_LAST_PUSH, agent.id)
    if last["at"] and last["at"] + PUSHES_APART > at:
        return {row["id"]: last["at"] + PUSHES_APART for row in due}
    for said in worded(due):
        await push(agent.id or 0, said.title, said.body, said.url, tag=said.tag, at=at)
    await rows("UPDATE hd_notice SET pushed_at = {} WHERE id = ANY({})", at, [row["id"] for row in due])
    return {}


async def _mail(wanted: list[Row], agent: SignedIn, *, at: datetime) -> dict[int, datetime]:
    """Mail what nobody has read meanwhile, one mail for all; what has to wait for that, and until when."""
    ready: list[Row] = []
    again: dict[int, datetime] = {}
    for row in (row for row in wanted if row["is_to_mail"] and row["ways"].by_mail):
        before = row["mailed_before"]
        due = max(row["at"] + MAIL_AFTER, before + MAILS_APART if before else row["at"])
        if due > at:
            again[row["id"]] = due
        else:
            ready.append(row)
    if ready:
        delivery = await mail(
            [list(some) for _ticket, some in groupby(ready, key=lambda row: row["ticket"])], agent, at=at
        )
        await rows(
            "UPDATE hd_notice SET mailed_at = {}, delivery = {} WHERE id = ANY({})",
            at,
            delivery,
            [row["id"] for row in ready],
        )
    return again
