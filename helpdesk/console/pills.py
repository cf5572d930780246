"""What a row, a ticket and its panel say about promised times, in words; `promises.js` keeps it fresh in the same words."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.language import N_, _, due_words, moment
from helpdesk.kernel.lengths import short_length
from sla import hours
from sla.standing import Nearest, Standing, standing
from sla.targets import Metric

SHORT = {
    Metric.FIRST_REPLY: N_("First reply"), Metric.NEXT_REPLY: N_("Next reply"), Metric.FIRST_RESOLUTION: N_("Resolution"),
    Metric.TOTAL_RESOLUTION: N_("Resolution"), Metric.REQUESTER_WAIT: N_("Waiting time"), Metric.AGENT_WORK: N_("Work"),
    Metric.PERIODIC_UPDATE: N_("Update"), Metric.PAUSABLE_UPDATE: N_("Update"), Metric.GROUP_OWNERSHIP: N_("Time with the team"),
}  # fmt: skip
"""What people call the metrics, where there is little room."""
COLOURS = {"fine": "good", "soon": "warn", "over": "bad", "waiting": "", "kept": "good", "missed": "bad"}
ICONS = {
    "fine": "clock",
    "soon": "alarm-clock",
    "over": "circle-alert",
    "waiting": "clock",
    "kept": "check",
    "missed": "circle-alert",
}


HOURS_FROM = 3
"""Rows have room for no more."""


class Pill(msgspec.Struct, frozen=True, kw_only=True):
    """`left`, `since`, `due`, `soon_at`, `open` and `closed` are empty on what does not move."""

    look: str
    colour: str
    icon: str
    words: str
    title: str
    what: str
    left: str = ""
    since: str = ""
    due: str = ""
    """When it is late, also while all is closed; this and `since` in seconds since 1970."""
    soon_at: str = ""
    open: str = ""
    """Openings as `start-end start-end`, in seconds since 1970."""
    closed: str = ""
    """What it says while nothing is open."""


async def with_pills(rows: list[dict[str, Any]], *, at: datetime) -> list[dict[str, Any]]:
    """Rows of a list, whose `promise` is Nearest as JSON, with their `pill`."""
    return [row | {"pill": await pill_of(row["promise"], row["status"], at=at)} for row in rows]


async def pill_of(promise: str | None, status: str, *, at: datetime) -> Pill | None:
    """Of a ticket in this status; None when nothing is promised about it."""
    if promise is None:
        return None
    nearest = msgspec.json.decode(promise, type=Nearest)
    return pill(nearest, standing(nearest, await hours.hours(nearest.calendar_version), at), status, at)


def pill(nearest: Nearest, now: Standing, status: str, at: datetime) -> Pill:
    what = _(SHORT[Metric(nearest.metric)])
    colour = "bad" if now.is_late else COLOURS[now.look]
    common: dict[str, Any] = {"look": now.look, "colour": colour, "icon": ICONS[now.look], "what": what}
    if now.look in ("kept", "missed"):
        words = _("%(what)s in time") if now.look == "kept" else _("%(what)s was late")
        return Pill(words=words % {"what": what}, title=words % {"what": what}, **common)
    if now.look == "waiting":
        words = _waiting(status, is_late=now.is_late) if now.is_open else _("No opening hours ahead · %(what)s")
        return Pill(words=words % {"what": what}, title=_title(what, now), **common)
    assert now.due_at is not None, "what runs towards a target is due"
    closed = _("Due %(when)s · outside hours") % {"when": due_words(now.due_at, at)}
    return Pill(
        words=closed if not (now.is_open or now.is_late) else _moving(what, now), title=_title(what, now), left=str(now.left),
        since=str(int(at.timestamp())), due=str(int(now.due_at.timestamp())), soon_at=str(now.soon_at), closed=closed,
        open=" ".join(f"{start}-{end}" for start, end in now.openings), **common,
    )  # fmt: skip


def minutes_shown(left: int) -> int:
    """Whole minutes: what is left is rounded up, what is over down, and neither is none."""
    return max(60, -(-left // 60) * 60 if left >= 0 else -left // 60 * 60)


def _moving(what: str, now: Standing) -> str:
    words = _("%(time)s late · %(what)s") if now.is_late else _("%(time)s left · %(what)s")
    return words % {"what": what, "time": short_length(minutes_shown(now.left), hours_from=HOURS_FROM)}


def _waiting(status: str, *, is_late: bool) -> str:
    if status == "pending":
        return _("Late, waits for the customer · %(what)s") if is_late else _("Waits for the customer · %(what)s")
    return _("Late, waits for somebody else · %(what)s") if is_late else _("Waits for somebody else · %(what)s")


def _title(what: str, now: Standing) -> str:
    if now.due_at is None:
        return _("%(what)s: %(time)s left when it goes on") % {"what": what, "time": short_length(max(0, now.left))}
    words = _("%(what)s was due %(when)s") if now.is_late else _("%(what)s is due %(when)s")
    return words % {"what": what, "when": moment(now.due_at, "full")}
