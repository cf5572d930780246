"""What was typed, as conditions on tickets: names are looked up, words become a tsquery."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from piccolo.columns.combination import WhereRaw

from helpdesk.customers.searching import organisations_with
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, reader, zone
from helpdesk.kernel.text import normalise, words_of
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import LISTED, SPAM, TRASH, UNREAD, Condition, all_of, in_view
from helpdesk.tickets.searching.asking import Asked, Filter, Term, listed, parse
from helpdesk.tickets.searching.words import any_of, marked, query_of
from helpdesk.tickets.tables import UNSOLVED

MOST_NAMED = 8
"""Names that a problem tells, at most."""
_ALL = WhereRaw("true")
_WRITTEN = {
    "unread": UNREAD,
    "snoozed": "hd_ticket.snoozed_until > {}",
    "automatic": "hd_ticket.is_automatic",
    "unassigned": "hd_ticket.assignee IS NULL",
    "spam": "hd_ticket.spam_at IS NOT NULL",
    "trash": "hd_ticket.trashed_at IS NOT NULL",
    "merged": "hd_ticket.merged_into IS NOT NULL",
}
_TIMES = {"created": "created_at", "updated": "updated_at"}
"""The others are about the last message, as lists show it."""
_NAMED = {
    "assignee": "SELECT id, name, email AS handle FROM hd_agent ORDER BY deactivated_at IS NOT NULL, name",
    "team": "SELECT id, name, '' AS handle FROM hd_team ORDER BY name",
    "channel": "SELECT id, name, coalesce(address, kind) AS handle, kind FROM hd_channel ORDER BY name",
}
_CLOCKS = "SELECT FROM sla_clock c WHERE c.ticket = hd_ticket.id AND c.target IS NOT NULL AND c.state <> 'cancelled'"
_PROMISED = {
    "breached": f"EXISTS ({_CLOCKS} AND c.breached_at IS NOT NULL)",
    "met": f"(EXISTS ({_CLOCKS}) AND NOT EXISTS ({_CLOCKS} AND (c.state <> 'stopped' OR c.breached_at IS NOT NULL)))",
    "none": f"NOT EXISTS ({_CLOCKS})",
}
_DUE = "SELECT ticket FROM sla_clock WHERE state = 'running' AND target IS NOT NULL"
"""As the index of what is due has it."""
_BLANKS = re.compile(r"\s+")
_DOMAIN = re.compile(r"[^\s@]+\.[^\s@.]{2,}")


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """`base` are the tickets that are looked through at all, `narrowing` the filters among them, `words` a tsquery or empty."""

    base: Condition
    narrowing: Condition | None = None
    words: str = ""
    asked: Asked
    problems: list[str] = []

    @property
    def is_empty(self) -> bool:
        """Nothing that could be searched was typed."""
        return not self.words and self.narrowing is None

    @property
    def is_listed(self) -> bool:
        """Whether an index has the tickets of `base` in the order of their last messages."""
        return any(self.base is one for one in (LISTED, SPAM, TRASH))

    @property
    def condition(self) -> Condition:
        """All of it as one condition on tickets."""
        return all_of(self.base, self.narrowing, self.having(self.words) if self.words else None)

    def having(self, words: str) -> Condition:
        """The tickets with these words. Without filters they are found from the words; otherwise the planner may begin
        with the filters, as a word that is in every third ticket says less than `assignee:me`."""
        found = "(SELECT ticket FROM hd_ticket_words WHERE words @@ {}::text::tsquery)"
        return WhereRaw(f"hd_ticket.id IN {found}" if self.narrowing else f"hd_ticket.id = ANY(ARRAY{found})", words)


async def understand(text: str, *, by: SignedIn, at: datetime, base: Condition = LISTED) -> Meaning:
    """What the agent typed means; `base` is looked through unless something else is typed (`is:spam`, a number)."""
    asked = parse(text, at=at, zone=zone(reader().time_zone), language=reader().language)
    problems = list(asked.problems)
    words = [_not(_words_of_term(term), term.is_negated) for term in asked.terms]
    conditions: list[Condition] = []
    for one in asked.filters:
        try:
            if one.name in ("from", "to", "subject", "has"):
                words.append(_not(any_of([_words_of_filter(one, value) for value in one.values]), one.is_negated))
            else:
                condition = await _condition(one, by=by, at=at)
                conditions.append(_unless(condition) if one.is_negated else condition)
        except Invalid as error:
            problems.append(error.fields["q"])
    return Meaning(
        base=_base(asked, base), narrowing=all_of(*conditions) if conditions else None,
        words=" & ".join(words), asked=asked, problems=problems,
    )  # fmt: skip


def _base(asked: Asked, base: Condition) -> Condition:
    """Merged tickets, spam and the trash are found only by who asks for them."""
    wanted = {value for one in asked.filters if one.name == "is" and not one.is_negated for value in one.values}
    if wanted == {"spam"}:
        return SPAM
    if wanted == {"trash"}:
        return TRASH
    asks_for_one = any(one.name == "number" and not one.is_negated for one in asked.filters)
    return _ALL if asks_for_one or wanted & {"spam", "trash", "merged"} else base


def _words_of_term(term: Term) -> str:
    return query_of(term.text, is_exact=term.is_phrase, is_beginning=term.is_open)


def _words_of_filter(one: Filter, value: str) -> str:
    """Raises Invalid at `q`."""
    if one.name == "has":
        return marked("=a")
    if one.name in ("from", "to") and (address := _address(value)):
        return marked(f"={one.name[0]}{address}")
    weight = {"from": "B", "subject": "A"}.get(one.name)
    found = query_of(value, is_exact=one.is_exact, is_beginning=one.name == "from", weight=weight) if weight else ""
    if not found:
        raise Invalid(q=_("“%(value)s” is neither an address nor a domain.") % {"value": value})
    return found


def _address(value: str) -> str:
    """An address or a domain as the marks have it; empty when it is neither."""
    plain = value.lower().removeprefix("@")
    return plain if "@" in plain or _DOMAIN.fullmatch(plain) else ""


async def _condition(one: Filter, *, by: SignedIn, at: datetime) -> Condition:
    """Raises Invalid at `q`."""
    match one.name:
        case "status":
            statuses = {status for value in one.values for status in (UNSOLVED if value == "unsolved" else [value])}
            return WhereRaw(f"hd_ticket.status IN ({_literals(statuses)})")
        case "priority":
            return WhereRaw(f"hd_ticket.priority IN ({_literals(one.values)})")
        case "is":
            return _either([_is(value, by=by, at=at) for value in one.values])
        case "number":
            return WhereRaw("hd_ticket.number = ANY({})", [int(value) for value in one.values])
        case "tag":
            return await _tagged(one.values)
        case "sla":
            return _either(
                [in_view("at_risk", by) if value == "at-risk" else WhereRaw(_PROMISED[value]) for value in one.values]
            )
        case "due":
            since = WhereRaw("due_at >= {}", one.since) if one.since else None
            until = WhereRaw("due_at < {}", one.until) if one.until else None
            return WhereRaw(f"hd_ticket.id IN ({_DUE} AND {{}})", all_of(since, until).querystring)
        case "assignee" | "team" | "channel" | "organisation":
            return _either([await _of(one.name, value, by) for value in one.values])
    column = f"hd_ticket.{_TIMES.get(one.name, 'last_message_at')}"
    since = WhereRaw(f"{column} >= {{}}", one.since) if one.since else None
    return all_of(since, WhereRaw(f"{column} < {{}}", one.until) if one.until else None)


def _is(value: str, *, by: SignedIn, at: datetime) -> Condition:
    given = {"unread": [by.id], "snoozed": [at]}.get(value, [])
    return WhereRaw(_WRITTEN[value], *given)


async def _tagged(typed: list[str]) -> Condition:
    tags = sorted(
        {form for value in typed for form in (_BLANKS.sub("-", value).lower(), _BLANKS.sub("-", normalise(value)))}
    )
    if not await rows("SELECT FROM hd_ticket WHERE tags && {}::varchar[] LIMIT 1", tags):
        raise Invalid(q=_("No ticket has the tag “%(value)s”.") % {"value": typed[0]})
    return WhereRaw("hd_ticket.tags && {}::varchar[]", tags)


async def _of(kind: str, value: str, by: SignedIn) -> Condition:
    """The tickets of whom or what is named; raises Invalid with the names that there are."""
    if value == "none":
        return WhereRaw(f"hd_ticket.{kind} IS NULL")
    if value == "me":
        return WhereRaw(f"hd_ticket.{kind} = {{}}", by.id)
    if kind == "organisation":
        found = await rows(
            "SELECT id, name FROM hd_organisation o WHERE merged_into IS NULL AND {} LIMIT 100",
            organisations_with(value),
        )
        known = found
    else:
        known = await rows(_NAMED[kind])
        found = [row for row in known if _is_called(row, value)]
    if not found:
        names = listed([row["name"] for row in known[:MOST_NAMED]] + ["…"] * (len(known) > MOST_NAMED))
        raise Invalid(
            q=_("Nothing is called “%(value)s”. There are: %(names)s.") % {"value": value, "names": names or "–"}
        )
    return WhereRaw(f"hd_ticket.{kind} = ANY({{}})", [row["id"] for row in found])


def _is_called(row: dict[str, Any], value: str) -> bool:
    """Each word typed begins one of the name's, or it is the address, or the kind of a channel."""
    if normalise(value) in (row["handle"], row.get("kind")):
        return True
    names = words_of(row["name"])
    typed = words_of(value)
    return bool(typed) and all(any(name.startswith(word) for name in names) for word in typed)


def _not(words: str, is_negated: bool) -> str:
    return f"!({words})" if is_negated else words


def _unless(condition: Condition) -> Condition:
    """Not the condition; what is unknown does not meet it either."""
    return WhereRaw("({}) IS NOT TRUE", condition.querystring)


def _either(conditions: list[Condition]) -> Condition:
    found = conditions[0]
    for one in conditions[1:]:
        found = found | one
    return found


def _literals(words: Iterable[str]) -> str:
    """Of words that are ours, written out, so that a plan finds its partial index."""
    return ", ".join(f"'{word}'" for word in sorted(words))
