"""Lengths of time as people write and read them; a day is 24 hours."""

from typing import Literal, get_args

from helpdesk.kernel.language import _, digits, ngettext, reader

Unit = Literal["minutes", "hours", "days"]
SECONDS: dict[Unit, int] = {"minutes": 60, "hours": 3_600, "days": 86_400}
UNITS: tuple[Unit, ...] = get_args(Unit)


def in_units(seconds: int) -> tuple[int, Unit]:
    """The length as a number of its largest whole unit, as a form shows it; less than a minute counts as one."""
    for unit in reversed(UNITS):
        if seconds and seconds % SECONDS[unit] == 0:
            return seconds // SECONDS[unit], unit
    return -(-seconds // SECONDS["minutes"]), "minutes"


def length_words(seconds: int) -> str:
    """In days, hours and minutes, rounded up to the minute: 5400 is "1 hour and 30 minutes"."""
    minutes = -(-seconds // SECONDS["minutes"])
    parts = [
        unit_words(number, unit)
        for unit, number in (("days", minutes // 1_440), ("hours", minutes // 60 % 24), ("minutes", minutes % 60))
        if number
    ]
    return _(" and ").join(parts) or unit_words(0, "minutes")


def short_length(seconds: int, *, hours_from: int = 10) -> str:
    """In hours and minutes, where there is little room: 7800 is "2 h 10 min"; from ten hours on, or less, in hours alone.

    Never in days: a day of eight open hours and one of 24 would look alike.
    """
    minutes = seconds // SECONDS["minutes"]
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(n)s min") % {"n": digits(rest)}
    if not rest or hours >= hours_from:
        return _("%(n)s h") % {"n": digits(hours)}
    return _("%(hours)s h %(minutes)s min") % {"hours": digits(hours), "minutes": digits(rest)}


def unit_words(number: int, unit: str) -> str:
    """So many of a unit: "4 hours"."""
    match unit:
        case "days":
            words = ngettext("%(n)s day", "%(n)s days", number)
        case "hours":
            words = ngettext("%(n)s hour", "%(n)s hours", number)
        case _:
            words = ngettext("%(n)s minute", "%(n)s minutes", number)
    return words % {"n": digits(number)}


def sign_of(difference: float) -> str:
    """Plus or minus, to stand before a number; in Persian it would go behind it without a mark of direction."""
    sign = "+" if difference > 0 else "−"
    return "\u200e" + sign if reader().language == "fa" else sign
