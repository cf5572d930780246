"""When a channel without a calendar is answered: weekly windows in a zone; `promises.opening` is what the product asks."""

from datetime import datetime, time, timedelta

import msgspec

from helpdesk.channels.tables import Channel
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.hours_text import BadHours, Window, read_windows, windows_in_words
from helpdesk.kernel.language import _, moment, reader, speaking, week, weekday, zone
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand


class OpeningHours(msgspec.Struct, frozen=True):
    """`days` are seven, Monday first: each its windows, in order and apart from each other."""

    zone: str
    days: list[list[Window]]


def hours_of(channel: Channel) -> OpeningHours | None:
    """None: always open."""
    return msgspec.json.decode(channel.opening_hours, type=OpeningHours) if channel.opening_hours else None


def is_open(channel: Channel, at: datetime) -> bool:
    """Whether somebody answers at this time."""
    hours = hours_of(channel)
    return hours is None or _is_open(hours, at)


def next_opening(channel: Channel, at: datetime) -> datetime | None:
    """When it opens next after `at`, at the zone's wall clock; None when it never closes or never opens."""
    hours = hours_of(channel)
    if hours is None:
        return None
    here = zone(hours.zone)
    today = at.astimezone(here).date()
    for day in (today + timedelta(days=ahead) for ahead in range(9)):
        for start, _end in hours.days[day.weekday()]:
            opening = datetime.combine(day, time(start // 60, start % 60), here)
            if opening > at:
                return opening
    return None


def opening_in_words(channel: Channel, at: datetime) -> str:
    """The next opening in the reader's language, at the channel's wall clock; "" when there is none."""
    hours, opening = hours_of(channel), next_opening(channel, at)
    if hours is None or opening is None:
        return ""
    with speaking(reader().language, hours.zone):
        return moment(opening, "full")


def in_words(hours: OpeningHours | None) -> str:
    """`Monday to Friday 9:00–17:00; Saturday 10:00–14:00`, in the reader's language and week."""
    if hours is None:
        return _("at any time")
    runs: list[tuple[list[int], str]] = []
    for day in week():
        windows = day_in_words(hours.days[day])
        if runs and runs[-1][1] == windows:
            runs[-1][0].append(day)
        else:
            runs.append(([day], windows))
    return _("; ").join(f"{_run(days)} {windows}" for days, windows in runs if windows)


def day_in_words(windows: list[Window]) -> str:
    return windows_in_words(windows)


async def save_hours(channel: Channel, hours: OpeningHours | None, *, by: SignedIn) -> None:
    """Answer in these hours only; None for always."""
    demand(by, "manage_channels")
    stored = msgspec.json.encode(hours).decode() if hours else None
    async with transaction():
        await Channel.update({Channel.opening_hours: stored}).where(Channel.id == channel.id)
        changes = differences({"opening_hours": channel.opening_hours}, {"opening_hours": stored})
        await record("channel_changed", by=by, about=About("channel", channel.id, channel.name), changes=changes)


def read_hours(zone_name: str, days: list[str]) -> OpeningHours:
    """What was typed for each day, Monday first: `9:00-12:30, 14-18`. Raises Invalid at `day-0` … `day-6`, or `zone`."""
    errors: dict[str, str] = {}
    if zone(zone_name).key != zone_name:
        errors["zone"] = _("There is no such time zone.")
    read: list[list[Window]] = []
    for number, text in enumerate(days):
        try:
            read.append(read_windows(text))
        except BadHours as error:
            errors[f"day-{number}"] = str(error)
            read.append([])
    if not errors and not any(read):
        errors[f"day-{week()[0]}"] = _("Give hours of one day at least.")
    if errors:
        raise Invalid(**errors)
    return OpeningHours(zone_name, read)


def _is_open(hours: OpeningHours, at: datetime) -> bool:
    local = at.astimezone(zone(hours.zone))
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in hours.days[local.weekday()])


def _run(days: list[int]) -> str:
    first, last = weekday(days[0]), weekday(days[-1])
    if len(days) == 1:
        return first
    return _("%(first)s to %(last)s") % {"first": first, "last": last} if len(days) > 2 else _(", ").join((first, last))
