"""What an invitation says (RFC 5545): what, when, where and by whom. Nothing that it links to is fetched."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import msgspec
from babel.core import get_global

MAX_EVENTS = 10
_MAX = 256 * 1024
_MAX_TEXT = 500

_LINE = re.compile(r"([A-Za-z0-9-]+)((?:;[^:;=\"]+=(?:\"[^\"]*\"|[^:;\"]*))*):(.*)")
_PARAMETER = re.compile(r";([^=;:]+)=(?:\"([^\"]*)\"|([^;:\"]*))")
_DURATION = re.compile(r"P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?")


class CalendarEvent(msgspec.Struct, frozen=True):
    """One event. Times are UTC; of whole days they are noon of the first and the last, a date wherever the reader is.

    `method` is request, cancel, reply, publish or empty; texts are plain and on one line.
    """

    summary: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_all_day: bool = False
    is_recurring: bool = False
    location: str = ""
    organiser: str = ""
    method: str = ""


Line = tuple[str, dict[str, str], str]


def read_events(text: str) -> tuple[CalendarEvent, ...]:
    """The first events of an iCalendar text; nothing when it is none."""
    method, zones, events = "", {}, []
    for component, lines in _components(text[:_MAX]):
        said = {name: (parameters, value) for name, parameters, value in reversed(lines)}
        if component == "VCALENDAR":
            method = said.get("METHOD", ({}, ""))[1].strip().lower()[:20]
        elif component in ("STANDARD", "DAYLIGHT"):
            zones.setdefault(said.get("TZID", ({}, ""))[1], _offset(said.get("TZOFFSETTO", ({}, ""))[1]))
        elif component == "VEVENT" and len(events) < MAX_EVENTS:
            events.append((said, dict(zones)))
    return tuple(_event(said, zones, method) for said, zones in events)


def _components(text: str) -> Iterator[tuple[str, list[Line]]]:
    """Each component with its own lines once it ends, the innermost first; the parts of a time zone know its name.

    The calendar's own lines come first, as far as they stand before its first component.
    """
    open_: list[tuple[str, list[Line]]] = []
    has_head = False
    for line in _lines(text):
        name, _, value = line
        if name == "BEGIN" and len(open_) < 5:
            if open_ and not has_head:
                has_head = True
                yield "VCALENDAR", open_[0][1]
            zone = [one for one in open_[-1][1] if one[0] == "TZID"] if open_ else []
            open_.append((value.strip().upper(), zone))
        elif name == "END" and open_:
            yield open_.pop()
        elif open_:
            open_[-1][1].append(line)


def _lines(text: str) -> Iterator[Line]:
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        if found := _LINE.fullmatch(line.strip()):
            parameters = {one[1].upper(): one[2] or one[3] or "" for one in _PARAMETER.finditer(found[2])}
            yield found[1].upper(), parameters, found[3]


def _event(said: dict[str, tuple[dict[str, str], str]], zones: dict[str, tzinfo], method: str) -> CalendarEvent:
    parameters, value = said.get("DTSTART", ({}, ""))
    is_all_day = bool(re.fullmatch(r"\d{8}", value.strip()))
    starts = _moment(value, parameters, zones)
    ends = _moment(said["DTEND"][1], said["DTEND"][0], zones) if "DTEND" in said else None
    if starts and ends is None and "DURATION" in said:
        ends = _after(starts, said["DURATION"][1])
    if is_all_day and starts and ends and ends > starts:  # the end is the day after the last
        ends -= timedelta(days=1)
    organiser, address = said.get("ORGANIZER", ({}, ""))
    cancelled = said.get("STATUS", ({}, ""))[1].strip().upper() == "CANCELLED"
    return CalendarEvent(
        summary=_plain(said.get("SUMMARY", ({}, ""))[1]),
        starts_at=starts,
        ends_at=ends,
        is_all_day=is_all_day,
        is_recurring="RRULE" in said,
        location=_plain(said.get("LOCATION", ({}, ""))[1]),
        organiser=_plain(organiser.get("CN", "") or re.sub(r"(?i)^mailto:", "", address.strip())),
        method="cancel" if cancelled else method,
    )


def _plain(text: str) -> str:
    text = re.sub(r"\\[nN]", " ", text)
    text = re.sub(r"\\(.)", r"\1", text)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:_MAX_TEXT]


def _moment(value: str, parameters: dict[str, str], zones: dict[str, tzinfo]) -> datetime | None:
    found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?", value.strip())
    if found is None:
        return None
    zone = UTC if found[7] or not found[4] else _zone(parameters.get("TZID", ""), zones)
    try:
        day = date(*map(int, found.groups()[:3]))
        clock = [min(int(part or 0), 59) for part in found.groups()[3:6]] if found[4] else [12]
        return datetime(day.year, day.month, day.day, *clock, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(name: str, zones: dict[str, tzinfo]) -> tzinfo:
    """By its name in the tz database or in Windows, else as the calendar itself describes it; UTC when nobody knows."""
    known = name.strip().lstrip("/")
    for candidate in (known, get_global("windows_zone_mapping").get(known, ""), "/".join(known.split("/")[-2:])):
        try:
            return ZoneInfo(candidate)
        except (ValueError, OSError, KeyError):  # an empty name, one that is a path, one that is not known
            continue
    return zones.get(name, UTC)


def _offset(text: str) -> tzinfo:
    found = re.fullmatch(r"([+-])(\d\d)(\d\d)(?:\d\d)?", text.strip())
    if found is None or int(found[2]) > 14:
        return UTC
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)


def _after(starts: datetime, duration: str) -> datetime | None:
    found = _DURATION.fullmatch(duration.strip())
    if found is None:
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        return starts + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None
