"""Calendars to begin with: the whole week, office hours, and the Iranian week with its Ramadan."""

from collections.abc import Sequence
from datetime import date

from sla.calendar import Rules, Season, Week, Window

IRAN = "IR"
_SEASON_RANK = 10


def always(zone: str) -> Rules:
    return Rules(zone=zone, week=((), (), (), (), (), (), ()), is_always=True)


def office(zone: str) -> Rules:
    """Monday to Friday, 9 to 17."""
    day = (Window(9 * 60, 17 * 60),)
    return Rules(zone=zone, week=(day, day, day, day, day, (), ()))


def iran(ramadans: Sequence[tuple[date, date, bool]]) -> Rules:
    """Saturday to Wednesday 8 to 17, Thursday 8 to 13, and shorter in Ramadan: first and last day, and whether that is an estimate.

    Those of later years come by themselves (`sla.ramadans`).
    """
    return Rules(
        zone="Asia/Tehran",
        week=_week((8, 17), (8, 13)),
        seasons=tuple(
            Season(first, last, _week((9, 14), (9, 12)), rank=_SEASON_RANK, ramadan="estimated" if is_estimated else "announced")
            for first, last, is_estimated in ramadans
        ),
    )  # fmt: skip


def _week(day: tuple[int, int], thursday: tuple[int, int]) -> Week:
    work, half = ((Window(start * 60, end * 60),) for start, end in (day, thursday))
    return work, work, work, half, (), work, work
