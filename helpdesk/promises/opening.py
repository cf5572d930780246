"""When a channel is answered: by its calendar, which knows holidays and seasons, or else by hours of its own."""

from datetime import datetime

import msgspec

from helpdesk.channels import opening_hours
from helpdesk.channels.opening_hours import OpeningHours, hours_of, in_words
from helpdesk.channels.tables import Channel
from helpdesk.kernel.language import moment, reader, speaking, zone
from sla import hours as calendars
from sla.calendar import Rules


class Opening(msgspec.Struct, frozen=True):
    """In the reader's language."""

    is_limited: bool
    """Whether it is closed at times."""
    is_open: bool
    hours: str
    """Those of a week as it is now."""
    opens: str
    """When it opens next, at its own wall clock; "" when it never closes, or never opens."""


async def opening_of(channel: Channel, at: datetime) -> Opening:
    if channel.calendar is None:
        return Opening(
            is_limited=hours_of(channel) is not None,
            is_open=opening_hours.is_open(channel, at),
            hours=in_words(hours_of(channel)),
            opens=opening_hours.opening_in_words(channel, at),
        )
    _version, known = await calendars.current(channel.calendar)
    rules = known.rules
    if rules.is_always:
        return Opening(is_limited=False, is_open=True, hours=in_words(None), opens="")
    closes = known.closing_after(at) if known.is_open(at) else at
    opens = known.next_opening(closes) if closes else None
    return Opening(
        is_limited=True,
        is_open=known.is_open(at),
        hours=in_words(_week(rules, at)),
        opens=_there(opens, rules.zone) if opens else "",
    )


def _week(rules: Rules, at: datetime) -> OpeningHours:
    season = rules.season(at.astimezone(zone(rules.zone)).date())
    week = season.week if season else rules.week
    return OpeningHours(rules.zone, [[(one.start, one.end) for one in day] for day in week])


def _there(at: datetime, zone_name: str) -> str:
    with speaking(reader().language, zone_name):
        return moment(at, "full")
