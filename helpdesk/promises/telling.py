"""How a promised time came about, in words and numbers of the reader's language, zone and calendar."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from helpdesk.kernel.language import _, due_words, moment, ngettext, number, weekday_of
from helpdesk.kernel.lengths import short_length, sign_of
from helpdesk.tickets.words import PRIORITIES
from sla.clock import State
from sla.explaining import Closed, Explained, Step, Stretch


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the explanation; `counted` is empty on what changed no time."""

    when: str
    words: str
    counted: str = ""
    closed: list[str] = []
    is_step: bool = False


def in_short(found: Explained) -> str:
    """One sentence: what was used, what it rested for, what lies ahead, and when it is due."""
    parts = [_used(found), *_rests(found)]
    if found.state is State.RUNNING and found.due_at:
        parts += [_closed(one, found.at) for one in found.ahead]
        parts += [_more(found.more_ahead)] * bool(found.more_ahead)
        late = found.due_at <= found.at
        parts.append(
            (_("it was due %(when)s") if late else _("due %(when)s")) % {"when": due_words(found.due_at, found.at)}
        )
    return _("; ").join(parts) + "."


def course(found: Explained) -> list[Told]:
    """Line by line: what ran, and below it what happened meanwhile."""
    lines: list[Stretch | Step] = []
    for one in found.course:
        place = len(lines)
        while isinstance(one, Stretch) and place and _happened_since(lines[place - 1], one.since):
            place -= 1
        lines.insert(place, one)
    return [_stretch(one, found.at) if isinstance(one, Stretch) else _step(one) for one in lines]


def _happened_since(one: Stretch | Step, since: datetime) -> bool:
    return isinstance(one, Step) and one.at > since


def _used(found: Explained) -> str:
    used = short_length(found.used)
    if found.target is None:
        return _("%(used)s measured, and nothing promised") % {"used": used}
    return _("%(used)s of %(target)s used") % {"used": used, "target": short_length(found.target)}


def _rests(found: Explained) -> Iterator[str]:
    lengths: dict[str, int] = {}
    for one in found.stretches:
        if one.kind == "rest":
            lengths[one.reason] = lengths.get(one.reason, 0) + one.length
    for reason, seconds in lengths.items():
        time = {"time": short_length(seconds)}
        if reason == "pending":
            yield _("%(time)s waited for the customer") % time
        elif reason == "on_hold":
            yield _("%(time)s on hold") % time
        else:
            yield _("%(time)s at rest") % time


def _stretch(one: Stretch, now: datetime) -> Told:
    when, counted = span_words(one.since, one.until), short_length(one.counted)
    closed = [_closed(each, now) for each in one.closed] + [_more(one.more_closed)] * bool(one.more_closed)
    match one.kind:
        case "run":
            return Told(when=when, words=_("It ran"), counted=counted, closed=closed)
        case "rest":
            words = {"pending": _("It waited for the customer"), "on_hold": _("It was on hold")}
            return Told(when=when, words=words.get(one.reason, _("It rested")), counted=_("not counted"))
        case "gap":
            words = _("It had ended; the time counts all the same") if one.counted else _("It had ended")
            return Told(when=when, words=words, counted=counted if one.counted else _("not counted"))
        case "before":
            return Told(when=when, words=_("What another ticket waited that was merged into this one"), counted=counted)
        case "recount":
            return Told(
                when=_instant(one.since), words=_("Measured anew by what is promised now"), counted=_signed(one.counted)
            )


def _step(one: Step) -> Told:
    return Told(when=_instant(one.at), words=_step_words(one), is_step=True)


def _step_words(one: Step) -> str:
    match one.kind:
        case "retargeted":
            return _retargeted(one)
        case "replanned":
            return _("Another calendar, or other opening hours, from here on")
        case "moved":
            return _("Merged with a ticket that has waited for longer")
        case "reopened":
            return _("The ticket was opened again")
        case "warned":
            return _("A warning")
        case "breached":
            if one.cause in ("timer", "late_stop"):
                return _("Time was up")
            return _("Time was up at once: more had passed than there is now")
        case "breach_voided":
            return _("Not late after all: the answer had come in time")
        case "escalated":
            return _("A step of the escalation was taken")
        case "pinned" if one.due_at:
            return _("Due time set by hand: %(when)s") % {"when": _instant(one.due_at)}
        case _:
            return _("The due time is reckoned again")


def _retargeted(one: Step) -> str:
    if one.target is None:
        return _("Nothing is promised any more")
    if one.target_before is None:
        return _("%(target)s promised from here on, and what had passed before counts") % {
            "target": short_length(one.target)
        }
    values = {
        "target": short_length(one.target), "before": short_length(one.target_before),
        "priority": _(PRIORITIES[one.priority]), "priority_before": _(PRIORITIES[one.priority_before]),
    }  # fmt: skip
    if one.priority != one.priority_before:
        return (
            _("Priority %(priority)s instead of %(priority_before)s: %(target)s instead of %(before)s promised")
            % values
        )
    return _("Another policy: %(target)s instead of %(before)s promised") % values


def _closed(one: Closed, now: datetime) -> str:
    said = {"since": due_words(one.since, now), "until": due_words(one.until, now), "names": _(", ").join(one.names)}
    if one.names:
        return _("closed from %(since)s to %(until)s (%(names)s)") % said
    return _("closed from %(since)s to %(until)s") % said


def _more(count: int) -> str:
    return ngettext("and %(n)s more closed time", "and %(n)s more closed times", count) % {"n": number(count)}


def _signed(seconds: int) -> str:
    return f"{sign_of(seconds)}{short_length(abs(seconds))}"


def _instant(at: datetime) -> str:
    return f"{weekday_of(at)} {moment(at, 'short')}"


def span_words(since: datetime, until: datetime) -> str:
    """From when to when, the day once when it is the same."""
    same = moment(since, "date") == moment(until, "date")
    return f"{_instant(since)} – {moment(until, 'time') if same else _instant(until)}"
