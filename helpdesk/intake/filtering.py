"""Whether a mail matches a filter, and what the filters that match say together: plain data in and out.

A pattern may hold `*` for any run of characters and is searched piece by piece, so no pattern makes it slow; regular
expressions of users are never run. Texts are compared as people read them (`kernel.text.normalise`).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Literal

import msgspec

from helpdesk.kernel.text import normalise

LONGEST_BODY = 100_000
"""Characters of a text that are looked at."""

Field = Literal["header", "from", "to", "subject", "body", "size", "mailbox", "attachment", "spam_score"]
Test = Literal[
    "contains", "not_contains", "is", "is_not", "begins", "matches", "exists", "absent", "at_least", "at_most"
]

OF_TEXT = ("contains", "not_contains", "is", "is_not", "begins", "matches", "exists", "absent")
OF_NUMBERS = ("at_least", "at_most")
TESTS: dict[str, tuple[str, ...]] = {
    "header": OF_TEXT, "from": OF_TEXT, "to": OF_TEXT, "subject": OF_TEXT, "body": OF_TEXT, "mailbox": ("is", "is_not"),
    "attachment": ("exists", "absent"), "size": OF_NUMBERS, "spam_score": OF_NUMBERS,
}  # fmt: skip
"""What can be asked of each field."""
_NEGATED = {"not_contains": "contains", "is_not": "is", "absent": "exists"}
_SCORE = re.compile(r"(?:score|hits)\s*=\s*(-?\d{1,4}(?:\.\d{1,4})?)", re.IGNORECASE)
_NUMBER = re.compile(r"\s*(-?\d{1,4}(?:\.\d{1,4})?)")
_RSPAMD = re.compile(r"\[\s*(-?\d{1,4}(?:\.\d{1,4})?)\s*/")


class Condition(msgspec.Struct, frozen=True):
    """`value` is a text, or a number for `size` (KB) and `spam_score`; `header` is a name for the field `header`, `*` any."""

    field: Field
    test: Test
    value: str = ""
    header: str = ""


class Actions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a filter does; None and empty leave things as they are. Teams and agents are ids."""

    team: int | None = None
    assignee: int | None = None
    priority: str | None = None
    tags: list[str] = []
    language: str | None = None
    spam: bool = False
    automatic: bool = False
    drop: bool = False


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a filter asks and does; without a condition it matches nothing."""

    conditions: list[Condition] = []
    every: bool = True
    """All conditions must hold; otherwise one is enough."""
    actions: Actions = Actions()


class Filter(msgspec.Struct, frozen=True):
    id: int
    name: str
    rule: Rule


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What can be asked of a mail. Header names are in lower case; addresses come with their names."""

    headers: Sequence[tuple[str, str]]
    from_: Sequence[str]
    to: Sequence[str]
    subject: str
    body: str
    size: int
    """Bytes."""
    mailbox: str
    has_attachment: bool


class Outcome(msgspec.Struct, frozen=True):
    """What all filters that matched say: later ones overrule earlier ones, tags add up; `names` in their order."""

    actions: Actions = Actions()
    names: tuple[str, ...] = ()


def outcome_of(facts: Facts, filters: Iterable[Filter]) -> Outcome:
    """Ask the filters in order; one that drops the mail is the last."""
    actions, names = Actions(), []
    fold = _folding()
    for one in filters:
        if _is_met(facts, one.rule, fold):
            actions, names = _both(actions, one.rule.actions), [*names, one.name]
            if actions.drop:
                break
    return Outcome(actions, tuple(names))


def matches(facts: Facts, rule: Rule) -> bool:
    """Whether the mail is one of those that the rule means."""
    return _is_met(facts, rule, _folding())


def _is_met(facts: Facts, rule: Rule, fold: Callable[[str], str]) -> bool:
    held = (_holds(facts, condition, fold) for condition in rule.conditions)
    return bool(rule.conditions) and (all(held) if rule.every else any(held))


def glob(pattern: str, text: str) -> bool:
    """Whether the whole text is like the pattern, in time linear in the text."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for piece in middle:
        place = text.find(piece, place, end)
        if place < 0:
            return False
        place += len(piece)
    return True


def spam_score(headers: Iterable[tuple[str, str]]) -> float | None:
    """The score of X-Spam-Score, X-Spam-Status or X-Spamd-Result; the highest when there are several."""
    found = []
    for name, value in headers:
        pattern = {"x-spam-score": _NUMBER, "x-spam-status": _SCORE, "x-spamd-result": _RSPAMD}.get(name)
        if pattern and (read := (pattern.match if pattern is _NUMBER else pattern.search)(value)):
            found.append(float(read[1]))
    return max(found, default=None)


def is_flagged(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether a spam filter on the way said yes: X-Spam-Flag, X-Spam-Status or X-Spam begins so."""
    return any(
        name in ("x-spam-flag", "x-spam-status", "x-spam") and value.strip().lower().startswith("yes")
        for name, value in headers
    )


def _folding() -> Callable[[str], str]:
    """`normalise` for the texts of one mail: each is folded once, however many conditions ask for it."""
    return cache(lambda text: normalise(text[:LONGEST_BODY]))


def _holds(facts: Facts, condition: Condition, fold: Callable[[str], str]) -> bool:
    if condition.test in OF_NUMBERS:
        return _compares(facts, condition)
    if condition.field == "attachment":
        return facts.has_attachment == (condition.test == "exists")
    test = _NEGATED.get(condition.test, condition.test)
    wanted = fold(condition.value)
    holds = any(_is_like(fold(text), wanted, test) for text in _texts(facts, condition))
    return holds != (condition.test in _NEGATED)


def _compares(facts: Facts, condition: Condition) -> bool:
    number = facts.size / 1024 if condition.field == "size" else spam_score(facts.headers)
    if number is None:
        return False
    wanted = float(condition.value)
    return number >= wanted if condition.test == "at_least" else number <= wanted


def _texts(facts: Facts, condition: Condition) -> Iterable[str]:
    match condition.field:
        case "header":
            name = condition.header.lower()
            return (value for key, value in facts.headers if name in ("*", key))
        case "from":
            return facts.from_
        case "to":
            return facts.to
        case "subject":
            return (facts.subject,)
        case "body":
            return (facts.body,)
        case _:
            return (facts.mailbox,)


def _is_like(text: str, wanted: str, test: str) -> bool:
    match test:
        case "exists":
            return bool(text)
        case "contains":
            return wanted in text
        case "is":
            return text == wanted
        case "begins":
            return text.startswith(wanted)
        case _:
            return glob(wanted, text)


def _both(one: Actions, other: Actions) -> Actions:
    return Actions(
        team=other.team or one.team, assignee=other.assignee or one.assignee, priority=other.priority or one.priority,
        tags=sorted({*one.tags, *other.tags}), language=other.language or one.language, spam=one.spam or other.spam,
        automatic=one.automatic or other.automatic, drop=other.drop,
    )  # fmt: skip
