"""The reader's language, calendar, zone and digits.

Texts go through gettext (`_`, `ngettext`); catalogues are `helpdesk/locale/*/LC_MESSAGES/helpdesk.po`, compiled in
memory at the start. The reader is a context variable set once a request; jobs set it around a text for a customer.
"""

import gettext as gettext_module
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from babel import Locale
from babel.dates import format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from persiantools.jdatetime import MONTH_NAMES_FA, JalaliDate

LANGUAGES = {"en": "English", "fa": "فارسی"}
_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_MINUTE = 60
_UNITS = (("day", 24 * 60 * _MINUTE), ("hour", 60 * _MINUTE), ("minute", _MINUTE))
_STYLES = {
    "en": {
        "day": "{day} {abbreviated}", "date": "{day} {abbreviated} {year}", "time": "{clock}",
        "short": "{day} {abbreviated}, {clock}", "medium": "{day} {abbreviated} {year}, {clock}",
        "full": "{weekday} {day} {month} {year}, {clock}", "weekday": "{weekday} {day} {month} {year}",
    },
    "fa": {
        "day": "{day} {month}", "date": "{day} {month} {year}", "time": "{clock}", "short": "{day} {month}، {clock}",
        "medium": "{day} {month} {year}، {clock}", "full": "{weekday} {day} {month} {year}، {clock}",
        "weekday": "{weekday} {day} {month} {year}",
    },
}  # fmt: skip
_LOCALE = Path(__file__).parent.parent / "locale"


class Reader(msgspec.Struct, frozen=True):
    """Who a text is for."""

    language: str = "en"
    time_zone: str = "UTC"
    theme: str = "system"

    @property
    def direction(self) -> str:
        return direction_of(self.language)


_DEFAULT = Reader()
_reader: ContextVar[Reader] = ContextVar("reader", default=_DEFAULT)


def reader() -> Reader:
    return _reader.get()


def set_reader(new: Reader) -> None:
    """Speak to `new` for the rest of this request or job."""
    _reader.set(new)


@contextmanager
def speaking(language: str, time_zone: str = "UTC") -> Iterator[None]:
    token = _reader.set(Reader(known(language), time_zone))
    try:
        yield
    finally:
        _reader.reset(token)


def known(language: str | None) -> str:
    """The language if we speak it, else English."""
    return language if language in LANGUAGES else "en"


def accepted(header: str, default: str) -> str:
    """The first language of an Accept-Language header that we speak."""
    weighted: list[tuple[float, str]] = []
    for part in header.split(","):
        name, _, weight = part.partition(";q=")
        try:
            weighted.append((-float(weight or 1), name.strip()[:2].lower()))
        except ValueError:
            continue
    return next((name for _, name in sorted(weighted, key=lambda pair: pair[0]) if name in LANGUAGES), default)


def direction_of(language: str) -> str:
    return "rtl" if language == "fa" else "ltr"


@cache
def _catalogue(language: str) -> gettext_module.NullTranslations:
    file = _LOCALE / language / "LC_MESSAGES" / "helpdesk.po"
    compiled = io.BytesIO()
    with file.open("rb") as opened:
        write_mo(compiled, read_po(opened, locale=language))
    compiled.seek(0)
    return gettext_module.GNUTranslations(compiled)


@cache
def messages() -> frozenset[str]:
    """All texts of ours without a context, in the words of the sources."""
    with (_LOCALE / "en" / "LC_MESSAGES" / "helpdesk.po").open("rb") as opened:
        return frozenset(
            str(one.id) for one in read_po(opened, locale="en") if isinstance(one.id, str) and not one.context
        )


def gettext(message: str) -> str:
    return message and _catalogue(reader().language).gettext(message)  # of "" a catalogue tells about itself


def ngettext(singular: str, plural: str, n: int) -> str:
    return _catalogue(reader().language).ngettext(singular, plural, n)


def pgettext(context: str, message: str) -> str:
    return _catalogue(reader().language).pgettext(context, message)


def N_(message: str) -> str:  # noqa: N802 - the mark that message extraction looks for
    """Mark a text for the catalogues; it is translated where it is shown."""
    return message


_ = gettext


def digits(value: object) -> str:
    """A number (or any text) in the reader's digits."""
    text = str(value)
    return text.translate(_PERSIAN_DIGITS) if reader().language == "fa" else text


def number(value: int) -> str:
    """A whole number with the reader's digits and thousands marks."""
    return digits(f"{value:,}".replace(",", "٬" if reader().language == "fa" else ","))


def file_size(size: int) -> str:
    """Bytes for people."""
    if size < 1000:
        return ngettext("%(n)s byte", "%(n)s bytes", size) % {"n": digits(size)}
    if size < 1_000_000:
        return _("%(n)s KB") % {"n": digits(round(size / 1000))}
    point = "٫" if reader().language == "fa" else "."
    return _("%(n)s MB") % {"n": digits(f"{size / 1_000_000:.1f}".removesuffix(".0").replace(".", point))}


def zone(name: str) -> ZoneInfo:
    """A time zone; UTC when the name is unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def moment(at: datetime, style: str = "medium") -> str:
    """A time in the reader's zone and calendar.

    Styles: `day` (without the year), `date`, `weekday` (a date with its weekday), `time`, `short` (day and time), `medium`, `full`.
    """
    language, local = reader().language, _local(at)
    day, names = _in_calendar(local), _names(language)
    return digits(
        _STYLES[language][style].format(
            day=day.day, month=names.months[day.month], abbreviated=names.abbreviated[day.month], year=day.year,
            weekday=names.weekdays[local.weekday()], clock=f"{local.hour:02}:{local.minute:02}",
        )
    )  # fmt: skip


def weekday(day: int) -> str:
    """The name of a day, Monday is 0."""
    return _names(reader().language).weekdays[day]


def weekday_of(at: datetime) -> str:
    """The name of the day that it is where the reader is."""
    return weekday(_local(at).weekday())


def day_words(day: date) -> str:
    """A day with its weekday, month and year, in the reader's calendar."""
    return moment(datetime(day.year, day.month, day.day, 12, tzinfo=zone(reader().time_zone)), "weekday")


def month_name(month: int) -> str:
    """Of the reader's calendar, from 1."""
    return _names(reader().language).months[month]


def week() -> list[int]:
    """The days as the reader's calendar has them in a row, Monday is 0; a Persian week begins with Saturday."""
    first = 5 if reader().language == "fa" else 0
    return [(first + day) % 7 for day in range(7)]


def time_words(at: datetime, style: str, now: datetime) -> str:
    """A time as lists and messages show it; times.js keeps it fresh in the same words.

    Styles: `relative` ("3 minutes ago"), `narrow` ("3m"), both a day once a week has passed; `short`, the time of today
    or the day. A time that is a little ahead counts as now.
    """
    if style == "short":
        return moment(at, "time") if _local(at).date() == _local(now).date() else _day(at, now)
    passed = max(now - at, timedelta())
    if passed >= timedelta(days=7):
        return _day(at, now)
    seconds = int(passed.total_seconds())
    unit, size = next(pair for pair in _UNITS if seconds >= pair[1] or pair[1] == _MINUTE)
    count = seconds // size
    if not count:
        return _("now")
    return _narrow(count, unit) if style == "narrow" else digits(_relative(reader().language, count * size))


def due_words(at: datetime, now: datetime) -> str:
    """A time to come, or one just gone: the hour of today, the weekday and the hour within six days, else the day."""
    here, day = _local(at), _local(now).date()
    away = (here.date() - day).days
    if not away:
        return moment(at, "time")
    return f"{weekday(here.weekday())} {moment(at, 'time')}" if 0 < away < 7 else moment(at, "short")


def _local(at: datetime) -> datetime:
    return at.astimezone(zone(reader().time_zone))


def _in_calendar(local: datetime) -> date | JalaliDate:
    return JalaliDate(local.date()) if reader().language == "fa" else local.date()


def _day(at: datetime, now: datetime) -> str:
    """The day, with its year when that is not the reader's."""
    return moment(at, "day" if _in_calendar(_local(at)).year == _in_calendar(_local(now)).year else "date")


def _narrow(count: int, unit: str) -> str:
    """Ours, as the Unicode data have no narrow units for Persian ("۴m")."""
    match unit:
        case "minute":
            words = pgettext("narrow time", "%(n)sm")
        case "hour":
            words = pgettext("narrow time", "%(n)sh")
        case _:
            words = pgettext("narrow time", "%(n)sd")
    return words % {"n": digits(count)}


@cache
def _relative(language: str, seconds: int) -> str:
    """So many seconds ago; whole minutes, hours or days of a week, so there are few."""
    return format_timedelta(
        timedelta(seconds=-seconds), granularity="minute", threshold=1, add_direction=True, locale=Locale(language)
    )


class _Names(msgspec.Struct, frozen=True):
    """Of months, from 1, and of days of the week, from Monday as 0."""

    months: dict[int, str]
    abbreviated: dict[int, str]
    weekdays: dict[int, str]


@cache
def _names(language: str) -> _Names:
    """From the Unicode data; Persian months are those of the Jalali calendar, never abbreviated."""
    locale = Locale(language)
    if language == "fa":
        jalali = dict(enumerate(MONTH_NAMES_FA[1:], 1))
        return _Names(jalali, jalali, dict(locale.days["format"]["wide"]))
    months = locale.months["format"]
    return _Names(dict(months["wide"]), dict(months["abbreviated"]), dict(locale.days["format"]["wide"]))


def utc(at: datetime) -> str:
    """RFC 3339 in UTC, for `datetime` attributes and the API."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
