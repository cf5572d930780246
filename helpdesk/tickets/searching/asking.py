"""What somebody typed into the search: words, "phrases", -not, and operators such as `status:open`. Pure.

Operators and their values are understood in English and Persian, whatever the reader's language is. What is not
understood becomes a problem that says what there is; the rest is searched all the same.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits, pgettext, reader
from helpdesk.kernel.past_dates import Span, span_of
from helpdesk.kernel.text import latin_digits, normalise, words_of

LONGEST = 400
MOST_PARTS = 24
LARGEST_NUMBER, _LONGEST_NUMBER = 2**63 - 1, 19

Operator = Literal[
    "status", "assignee", "team", "tag", "priority", "channel", "from", "to", "subject", "organisation", "is", "has",
    "number", "before", "after", "on", "created", "updated", "due", "sla",
]  # fmt: skip
_NAMES: dict[Operator, str] = {
    "status": "state وضعیت", "assignee": "assigned مسئول کارشناس", "team": "group تیم", "tag": "tags برچسب تگ",
    "priority": "اولویت", "channel": "کانال", "from": "customer requester از فرستنده مشتری", "to": "به گیرنده",
    "subject": "title موضوع", "organisation": "organization company سازمان شرکت", "is": "وضع", "has": "دارای", "number": "شماره",
    "before": "پیش‌از قبل‌از", "after": "پس‌از بعداز", "on": "در روز", "created": "opened ایجاد", "updated": "changed تغییر",
    "due": "مهلت", "sla": "promise تعهد وعده",
}  # fmt: skip
_CHOICES: dict[str, dict[str, str]] = {
    "status": {
        "new": "جدید", "open": "باز", "pending": "waiting انتظار در‌انتظار در‌انتظار‌مشتری", "on_hold": "hold معلق",
        "solved": "resolved حل‌شده", "closed": "بسته", "unsolved": "active حل‌نشده",
    },
    "priority": {"low": "کم", "normal": "عادی", "high": "بالا", "urgent": "فوری"},
    "is": {
        "unread": "نخوانده خوانده‌نشده", "snoozed": "به‌تعویق‌افتاده تعویق", "spam": "هرزنامه اسپم", "trash": "trashed deleted زباله زباله‌دان",
        "automatic": "auto خودکار", "unassigned": "بدون‌مسئول", "merged": "ادغام‌شده",
    },
    "has": {"attachment": "attachments file files پیوست پرونده"},
    "sla": {"breached": "late overdue دیرشده نقض‌شده", "at-risk": "در‌خطر", "met": "kept به‌موقع", "none": "بدون‌تعهد بدون‌وعده هیچ"},
}  # fmt: skip
_PEOPLE: dict[str, dict[str, str]] = {
    "assignee": {"me": "من خودم", "none": "nobody هیچ‌کس هیچ بدون"}, "team": {"none": "هیچ بدون"},
    "organisation": {"none": "هیچ بدون"},
}  # fmt: skip
"""Words that stand for somebody; any other value is a name."""

_TOKEN = re.compile(
    r"(?P<minus>[-−])?(?:(?P<name>[^\W\d_][\w\u200c-]{0,30}):(?P<gap>\s*))?"
    r"(?P<value>(?:[<>]=?)?(?:\"[^\"]*\"?|«[^»]*»?|“[^”]*”?)|[^\s\"«“]\S*)?\s*"
)  # fmt: skip
_QUOTES = '"«»“”'
_TWO_WORDS = re.compile(r"\b(پیش|پس|قبل|بعد)[\s\u200c]+از\s*:")
_ORDINARY = {"re", "fw", "fwd", "http", "https", "mailto", "ftp", "tel", "پاسخ"}
"""With a colon behind them, too, these are words."""
_DATES = {"before", "after", "on", "created", "updated"}
_MOST_WORDS_OF_A_DATE = 4
_AHEAD = re.compile(r"(\d{1,4})\s*(?:(m|min|minutes?|دقیقه)|(h|hours?|ساعت)|(?:d|days?|روز))")
_TOMORROW = ("tomorrow", "فردا")

Reading = tuple[datetime, ZoneInfo, str]
"""From when, in which zone and in which language dates are read."""


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A word or a phrase; `is_open` while it may still be typed."""

    text: str
    is_phrase: bool = False
    is_negated: bool = False
    is_open: bool = False


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """An operator with its values, one of which has to fit: canonical words, or names as they were typed."""

    name: Operator
    values: list[str] = []
    since: datetime | None = None
    until: datetime | None = None
    """Of dates and what is due: from `since`, and before `until`."""
    is_exact: bool = False
    is_negated: bool = False


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    terms: list[Term] = []
    filters: list[Filter] = []
    number: int | None = None
    """The ticket's number, when nothing else was typed."""
    problems: list[str] = []

    @property
    def is_empty(self) -> bool:
        return not (self.terms or self.filters)


def _table(names: dict[str, str]) -> dict[str, str]:
    """Each spelling and what it stands for."""
    return {_key(one): name for name, others in names.items() for one in (name, *others.split())}


def _key(word: str) -> str:
    return normalise(word).replace(" ", "").replace("-", "").replace("_", "")


_OPERATORS = _table({str(name): others for name, others in _NAMES.items()})
_WORDS = {name: _table(values) for name, values in (_CHOICES | _PEOPLE).items()}


def parse(text: str, *, at: datetime, zone: ZoneInfo, language: str) -> Asked:
    """What was typed, dates seen from `at` in the reader's zone and calendar. Never raises."""
    terms: list[Term] = []
    filters: list[Filter] = []
    problems: list[str] = []
    if len(text) > LONGEST:
        problems.append(_("Only the first %(n)s letters are searched.") % {"n": digits(LONGEST)})
    rest = _TWO_WORDS.sub("\\1\u200cاز:", text[:LONGEST].replace("\x00", " ")).lstrip()
    while rest and len(terms) + len(filters) < MOST_PARTS:
        found = _TOKEN.match(rest)
        assert found and found.end(), "a token is at least one letter"
        rest = rest[found.end() :]
        name, value = _OPERATORS.get(_key(found["name"] or "")), found["value"] or ""
        if not name and value.startswith("#") and (number := _number(value)) is not None:
            filters.append(Filter(name="number", values=[str(number)], is_negated=bool(found["minus"])))
            continue
        if not name:
            terms += _terms(found, problems, is_last=not rest and not found[0][-1].isspace())
            continue
        if name in _DATES:
            value, rest = _whole_date(value, rest, (at, zone, language))
        try:
            filters.append(_filter(name, value, bool(found["minus"]), (at, zone, language)))
        except Invalid as error:
            problems.append(error.fields["q"])
    if rest:
        problems.append(_("Only the first %(n)s parts are searched.") % {"n": digits(MOST_PARTS)})
    return Asked(terms=terms, filters=filters, number=_only_number(terms, filters), problems=problems)


def operators() -> list[tuple[str, str]]:
    """Each operator and what may follow it, in the reader's language."""
    return [(_spelled(name, others), _some(name)) for name, others in _NAMES.items()]


def _terms(found: re.Match[str], problems: list[str], *, is_last: bool) -> list[Term]:
    """What is no operator of ours: a word, a phrase, or two words around a colon."""
    name, value, is_negated = found["name"], found["value"] or "", bool(found["minus"])
    is_phrase = value.startswith(tuple(_QUOTES))
    if name and not found["gap"] and value and not value.startswith("//") and _key(name) not in _ORDINARY:
        known = _all_of(_NAMES)
        problems.append(_("There is no operator “%(name)s”. There are: %(known)s.") % {"name": name, "known": known})
        return []
    texts = [name] * bool(name) + [value.strip(_QUOTES)]
    return [
        Term(
            text=one, is_phrase=is_phrase and one is texts[-1], is_negated=is_negated, is_open=is_last and not is_phrase
        )
        for one in texts
        if words_of(one)
    ]


def _whole_date(value: str, rest: str, reading: Reading) -> tuple[str, str]:
    """The value with the words behind it that belong to the date ("last week"), and what comes then."""
    if value.startswith(tuple(_QUOTES)):
        return value, rest
    following = re.findall(r"\S+\s*", rest)[: _MOST_WORDS_OF_A_DATE - 1]
    for count in range(len(following), 0, -1):
        longer = f"{value} {''.join(following[:count])}".strip()
        if _dates(longer, reading):
            return longer, rest[len("".join(following[:count])) :]
    return value, rest


def _filter(name: str, typed: str, is_negated: bool, reading: Reading) -> Filter:
    """Raises Invalid at `q`."""
    is_exact = typed.startswith(tuple(_QUOTES))
    value = typed.strip(_QUOTES).strip()
    if not value:
        raise Invalid(
            q=_("Write something behind “%(name)s:”, for example %(examples)s.")
            % {"name": _called(name), "examples": _some(name)}
        )
    values = [value] if is_exact else [one for one in re.split("[,،]", value) if one]
    common: Any = {"name": name, "is_exact": is_exact, "is_negated": is_negated}
    if name in _DATES:
        span = _dates(value, reading)
        if span is None:
            raise Invalid(
                q=_("“%(value)s” is no day that is known. Write %(examples)s.")
                % {"value": value, "examples": _some(name)}
            )
        since, until = _bounds(name, value, span)
        return Filter(since=since, until=until, **common)
    if name == "due":
        due = _due(value, reading)
        if due is None:
            raise Invalid(
                q=_("“%(value)s” is no time that is known. Write %(examples)s.")
                % {"value": value, "examples": _some(name)}
            )
        return Filter(since=due[0], until=due[1], **common)
    if name == "number":
        values = [str(one) for text in values if (one := _number(text)) is not None]
        if not values:
            raise Invalid(q=_("“%(value)s” is no number of a ticket.") % {"value": value})
    return Filter(values=[_canonical(name, one) for one in values], **common)


def _canonical(name: str, value: str) -> str:
    """The value as we call it; raises Invalid for one of those that are few."""
    known = _WORDS.get(name, {}).get(_key(value))
    if known is None and name in _CHOICES:
        raise Invalid(
            q=_("“%(name)s:” knows no “%(value)s”. It knows: %(examples)s.")
            % {"name": _called(name), "value": value, "examples": _some(name)}
        )
    return known or value


def _spelled(name: str, others: str) -> str:
    """As the reader would type it: the first Persian spelling for those who read Persian."""
    return next((one for one in others.split() if not one.isascii()), name) if reader().language == "fa" else name


def _called(name: str) -> str:
    return next(_spelled(one, others) for one, others in _NAMES.items() if one == name)


def listed(names: Iterable[str]) -> str:
    return pgettext("between the words of a list", ", ").join(names)


def _all_of(names: Mapping[str, str] | Mapping[Operator, str]) -> str:
    return listed(_spelled(name, others) for name, others in names.items())


def _some(name: str) -> str:
    """What may follow the operator."""
    if name in _CHOICES:
        return _all_of(_CHOICES[name])
    if name in _DATES:
        return _("2026-08-01, 1405/08/01, yesterday, 7d, last week")
    return {
        "assignee": _("me, none, a name or an address"), "team": _("none or the name of a team"), "tag": "vat",
        "channel": _("email, web_form, or the name of a channel"), "from": _("a name, an address or a domain"),
        "to": _("an address or a domain"), "number": "1042", "due": _("<1h, >2d, today, tomorrow, 2026-08-01"), "organisation": _("none or the name of an organisation"),
    }.get(name, _("a word"))  # fmt: skip


def _dates(value: str, reading: Reading) -> Span | None:
    """The span that is named, or that between two (`2026-01-01..2026-03-01`), without a sign of comparison."""
    at, zone, language = reading
    first, dots, last = _compared(value)[1].strip(_QUOTES).partition("..")
    begins = span_of(first, at=at, zone=zone, language=language)
    ends = span_of(last, at=at, zone=zone, language=language) if dots else begins
    return Span(begins.start, ends.end, begins.is_recent and not dots) if begins and ends else None


def _due(value: str, reading: Reading) -> tuple[datetime | None, datetime | None] | None:
    """Until so long from now, which holds what is over, too, or later than that; or the days that are named."""
    sign, said = _compared(value)
    plain = latin_digits(said).strip().lower()
    if found := _AHEAD.fullmatch(plain):
        unit = "minutes" if found[2] else "hours" if found[3] else "days"
        bound = reading[0] + timedelta(**{unit: int(found[1])})
        return (bound, None) if sign.startswith(">") else (None, bound)
    is_tomorrow = plain in _TOMORROW
    span = _dates("today" if is_tomorrow else said, reading)
    if span is None or span.is_recent:
        return None
    ahead = timedelta(days=is_tomorrow)
    return _bounds("due", value, Span(span.start + ahead, span.end + ahead))


def _bounds(name: str, value: str, span: Span) -> tuple[datetime | None, datetime | None]:
    """`before:` and `<` end where the span begins, `after:` and `>` begin where it ends; an amount of time reaches to now."""
    match {"before": "<", "after": ">"}.get(name) or _compared(value)[0]:
        case "<":
            return None, span.start
        case "<=":
            return None, span.end
        case ">":
            return (span.start if span.is_recent else span.end), None
        case ">=":
            return span.start, None
    return span.start, span.end


def _compared(value: str) -> tuple[str, str]:
    """A sign of comparison and what it stands before."""
    said = value.lstrip("<>=")
    return value[: len(value) - len(said)], said


def _number(text: str) -> int | None:
    """`1042`, `#1042` or `۱۰۴۲` as a number that a ticket may have."""
    plain = latin_digits(text).strip().lstrip("#")
    is_number = plain.isascii() and plain.isdecimal() and len(plain) <= _LONGEST_NUMBER
    return int(plain) if is_number and int(plain) <= LARGEST_NUMBER else None


def _only_number(terms: list[Term], filters: list[Filter]) -> int | None:
    if filters or len(terms) != 1 or terms[0].is_negated:
        return None
    return _number(terms[0].text)
