"""The plan of the demo, before anything is written."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from helpdesk.demo.files import file_of
from helpdesk.demo.plotting import COUNTS, plots
from helpdesk.demo.texts import people, words
from helpdesk.demo.times import arrivals, at_work, fitted

# A working morning, the night of a Friday, New Year, Nowruz, and the hours in which clocks are changed.
TIMES = [
    datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    datetime(2026, 11, 27, 22, 30, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
    datetime(2027, 3, 21, 4, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
]


@pytest.mark.parametrize("at", TIMES, ids=str)
def test_at_any_time_everything_happens_in_order_and_in_the_past(at: datetime) -> None:
    planned = plots(at, Random(1))

    assert len(planned) == sum(COUNTS.values())
    assert [plot.begins for plot in planned] == sorted(plot.begins for plot in planned)
    for plot in planned:
        times = [plot.begins, *(moment for moment, _step in plot.steps)]
        assert all(one < other for one, other in pairwise(times))
        assert times[-1] <= at


def test_the_same_seed_and_time_plan_the_same() -> None:
    at = TIMES[0]
    assert plots(at, Random(7)) == plots(at, Random(7))
    assert plots(at, Random(7)) != plots(at, Random(8))


@pytest.mark.parametrize("language", ["en", "fa"])
def test_each_language_has_forty_stories_of_all_teams(language: str) -> None:
    stories = words(language).story
    assert len({story.subject for story in stories}) >= 40
    assert {story.team for story in stories} == {team.key for team in people().team}
    assert all(story.priority in ("low", "normal", "high", "urgent") for story in stories)


def test_customers_write_by_day_and_less_on_days_off() -> None:
    begin = datetime(2026, 10, 1, tzinfo=UTC)
    times = arrivals(2000, "fa", begin, begin + timedelta(days=28), Random(1))
    local = [at + timedelta(hours=3.5) for at in times]
    assert sum(8 <= at.hour < 18 for at in local) > 1300
    assert sum(at.weekday() == 4 for at in local) < 120


def test_agents_answer_in_working_hours() -> None:
    friday = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    assert at_work(friday, "en", Random(1)) == friday
    assert friday + timedelta(hours=18) < at_work(friday, "fa", Random(1)) < friday + timedelta(days=1)


def test_what_would_take_too_long_is_shortened_alike() -> None:
    begin = TIMES[0]
    pauses = [timedelta(hours=1), timedelta(hours=3)]
    assert fitted(begin, pauses, begin + timedelta(days=1))[1] - begin == timedelta(hours=4, seconds=150)
    first, last = fitted(begin, pauses, begin + timedelta(hours=2))
    assert last == begin + timedelta(hours=2)
    assert timedelta(minutes=30) < first - begin < timedelta(minutes=31)


@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-1."), ("txt", b"05:45")])
def test_files_are_what_their_names_say(kind: str, magic: bytes) -> None:
    for language in ("en", "fa"):
        name, content_type, content = file_of(kind, language)
        assert content.startswith(magic) and "." in name and "/" in content_type
