"""Automatic texts and opening hours: whose words are sent, when, and what may stand in them."""

from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient

from helpdesk.channels import automatic_texts
from helpdesk.channels.automatic_texts import ACKNOWLEDGEMENT, OUT_OF_HOURS, Words
from helpdesk.channels.opening_hours import OpeningHours, in_words, is_open, next_opening, read_hours, save_hours
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import speaking
from helpdesk.kernel.time import now
from helpdesk.promises.calendars import choose_calendar
from helpdesk.promises.opening import opening_of
from sla.calendar import Rules
from sla.calendars import Written, create
from tests.portal.filling import a_form, admin, post
from tests.sla.cases import ALL, week

WEEK = ["9:00-12:30, 14-18"] * 3 + ["۹ تا ۱۳", "", "9:00–17:00", "9:00–17:00"]
TEHRAN = read_hours("Asia/Tehran", WEEK)  # UTC+3:30 all year since 2022


def _channel(hours: OpeningHours | None) -> Channel:
    from msgspec import json

    return Channel(opening_hours=json.encode(hours).decode() if hours else None)


@pytest.mark.parametrize(
    ("at", "is_within"),
    [
        ("2026-11-23T05:29", False), ("2026-11-23T05:30", True), ("2026-11-23T09:00", False), ("2026-11-23T10:30", True),
        ("2026-11-23T14:30", False), ("2026-11-26T06:00", True), ("2026-11-27T08:00", False),
    ],
)  # fmt: skip
def test_hours_are_those_of_the_channels_zone(at: str, is_within: bool) -> None:
    assert is_open(_channel(TEHRAN), datetime.fromisoformat(at).replace(tzinfo=UTC)) is is_within


def test_the_next_opening_skips_what_is_closed_and_keeps_the_wall_clock_over_a_change_of_time() -> None:
    thursday_evening = datetime(2026, 11, 26, 15, tzinfo=UTC)
    assert next_opening(_channel(TEHRAN), thursday_evening) == datetime(2026, 11, 28, 5, 30, tzinfo=UTC)
    berlin = _channel(read_hours("Europe/Berlin", ["9-10", "", "", "", "", "", ""]))
    assert next_opening(berlin, datetime(2026, 10, 20, tzinfo=UTC)) == datetime(2026, 10, 26, 8, tzinfo=UTC)
    assert next_opening(berlin, datetime(2026, 10, 19, 6, tzinfo=UTC)) == datetime(2026, 10, 19, 7, tzinfo=UTC)
    assert next_opening(_channel(None), thursday_evening) is None and is_open(_channel(None), thursday_evening)


def test_hours_are_told_in_the_readers_week() -> None:
    with speaking("en"):
        assert in_words(TEHRAN) == "Monday to Wednesday 9:00–12:30, 14:00–18:00; Thursday 9:00–13:00; Saturday, Sunday 9:00–17:00"  # fmt: skip
    with speaking("fa"):
        assert in_words(TEHRAN).startswith("شنبه، یکشنبه ۹:۰۰–۱۷:۰۰؛ دوشنبه تا چهارشنبه")


@pytest.mark.parametrize("text", ["morning", "9", "12-9", "9-25", "9:70-10"])
def test_hours_that_cannot_be_read_are_refused_at_their_day(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_hours("UTC", ["9-12", text, "", "", "", "", ""])
    assert list(refused.value.fields) == ["day-1"]


async def test_out_of_hours_the_other_text_is_sent_and_says_when_somebody_answers(visitor: AsyncClient) -> None:
    form = await a_form()
    channel = await Channel.objects().get(Channel.id == form.channel)
    assert channel
    day = (now() + timedelta(days=2)).weekday()
    await save_hours(channel, read_hours("UTC", ["" if n != day else "9-10" for n in range(7)]), by=await admin())
    await post(visitor, form)
    [delivery] = await Delivery.objects()
    assert "We are closed just now and open again" in delivery.mail and "09:00" in delivery.mail


async def test_what_an_admin_wrote_is_sent_instead_and_can_be_taken_back(visitor: AsyncClient) -> None:
    form, alma = await a_form(), await admin()
    channel = await Channel.objects().get(Channel.id == form.channel)
    assert channel
    words = Words("{{company}}: #{{number}}", "We got it. {{ link }} ({{channel}}), {{hours}}.")
    await automatic_texts.save_words(channel, ACKNOWLEDGEMENT, "en", words, by=alma, at=now())
    await post(visitor, form)
    [delivery] = await Delivery.objects()
    assert "#1001" in delivery.mail and "/forms/contact (Write to us), at any time." in delivery.mail
    await automatic_texts.save_words(channel, ACKNOWLEDGEMENT, "en", Words("x", "y"), by=alma, at=now())
    await automatic_texts.reset_words(channel, ACKNOWLEDGEMENT, "en", by=alma)
    assert await automatic_texts.words_of(channel, ACKNOWLEDGEMENT, "en") == automatic_texts.default_words(
        ACKNOWLEDGEMENT, "en"
    )


@pytest.mark.parametrize(
    "text", ["Dear {{name}}", "{{subject}}", "{{nunber}}", "{{number}", "number}} it is", "{{link}}", ""]
)
async def test_what_may_not_stand_in_a_text_is_named_at_its_field(database: None, text: str) -> None:
    channel = await Channel.objects().first()
    assert channel
    with pytest.raises(Invalid) as refused:
        automatic_texts.check(Words("Hello", text), channel)
    assert list(refused.value.fields) == ["body"]


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("kind", [ACKNOWLEDGEMENT, OUT_OF_HOURS])
async def test_our_own_texts_could_be_saved(database: None, kind: str, language: str) -> None:
    channel = await Channel.objects().first()
    assert channel and automatic_texts.check(automatic_texts.default_words(kind, language), channel)


async def test_a_channel_with_a_calendar_knows_its_holidays(visitor: AsyncClient) -> None:
    form, today = await a_form(), now().date()
    rules = Rules("UTC", week((ALL, "0-24")), closed=frozenset({today, today + timedelta(days=1)}))
    calendar = await create(Written(name="Shop", own=rules), by=None, at=now())
    await choose_calendar("channel", form.channel or 0, calendar, by=await admin(), at=now())
    await post(visitor, form)
    [delivery] = await Delivery.objects()
    assert "We are closed just now and open again" in delivery.mail and "00:00" in delivery.mail
    channel = await Channel.objects().get(Channel.id == form.channel)
    assert channel
    with speaking("en"):
        opening = await opening_of(channel, now() + timedelta(days=4))
    assert opening.is_open and opening.hours == "Monday to Sunday 0:00–24:00"
