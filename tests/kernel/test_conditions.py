"""Conditions hold in memory exactly where the database says so, and what cannot be asked is refused with its line."""

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from helpdesk.kernel.condition_checking import checked
from helpdesk.kernel.condition_words import described, reasons
from helpdesk.kernel.conditions import OPERATORS, Conditions, Field, Line, holds, where
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import speaking
from helpdesk.kernel.text import normalise

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIELDS = {
    "status": Field(kind="choice", sql="t.status", label="Status", choices={"new": "New", "open": "Open", "solved": "Solved"}),
    "priority": Field(
        kind="ordered", sql="t.priority", label="Priority",
        choices={"low": "Low", "normal": "Normal", "high": "High", "urgent": "Urgent"},
    ),
    "messages": Field(kind="number", sql="t.messages", label="Messages"),
    "subject": Field(kind="text", sql="t.subject", label="Subject"),
    "tags": Field(kind="set", sql="t.tags", label="Tags", cleaned=str.lower),
    "team": Field(kind="reference", sql="t.team", label="Team"),
    "is_automatic": Field(kind="boolean", sql="t.is_automatic", label="Automatic"),
    "created_at": Field(kind="time", sql="t.created_at", label="Arrival"),
}  # fmt: skip
NAMES = {"team": {1: "Care", 2: "Billing"}}

_TEXT = st.text(st.sampled_from("abAßςΣσيیكک\u200c ‌٤۴4%_\\'\n\u00a0éİ"), max_size=6)
_TAG = st.sampled_from(["vat", "فوری", "a%b", "\\"])
_TIME = st.integers(-3, 3).map(lambda hours: AT + timedelta(hours=hours))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(list(FIELDS["status"].choices)),
    "priority": st.sampled_from(list(FIELDS["priority"].choices)),
    "messages": st.integers(-2, 2),
    "subject": _TEXT,
    "tags": st.lists(_TAG, max_size=3, unique=True),
    "team": st.integers(0, 3),
    "is_automatic": st.booleans(),
    "created_at": _TIME,
}  # fmt: skip


def _asked(field: str, op: str) -> st.SearchStrategy[Any]:
    """Values that an operator is asked with."""
    if op in ("is_empty", "is_not_empty"):
        return st.none()
    if op in ("within", "older_than"):
        return st.sampled_from([3600, 7200, 7201])
    if op in ("before", "after"):
        return _TIME.map(datetime.isoformat)
    if op in ("in", "not_in"):
        return st.lists(VALUES[field], min_size=1, max_size=3)
    return st.lists(_TAG, min_size=1, max_size=3) if field == "tags" else VALUES[field]


@st.composite
def _questions(draw: st.DrawFn) -> Line:
    name = draw(st.sampled_from([*FIELDS, "gone"]))
    if name == "gone":
        return Line("gone", draw(st.sampled_from(["is", "is_not"])), 1)
    op = draw(st.sampled_from(OPERATORS[FIELDS[name].kind]))
    return Line(name, op, draw(_asked(name, op)))


_LINES = st.recursive(
    _questions(),
    lambda lines: st.builds(Line, all=st.lists(lines, max_size=2), any=st.lists(lines, min_size=1, max_size=3)),
    max_leaves=5,
)
CONDITIONS = st.builds(Conditions, all=st.lists(_LINES, max_size=3), any=st.lists(_LINES, max_size=3))
TICKET = st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()})
_TABLE = """(SELECT * FROM jsonb_to_recordset({}::jsonb) AS given (place int, status varchar, priority varchar, messages int,
    subject text, tags varchar[], team int, is_automatic boolean, created_at timestamptz)) AS t"""


@settings(
    max_examples=35,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate, Phase.shrink],
)
@given(st.lists(CONDITIONS, min_size=20, max_size=20), st.lists(TICKET, min_size=25, max_size=25))
async def test_the_database_and_we_find_the_same(
    database: None, asked: list[Conditions], tickets: list[dict[str, Any]]
) -> None:
    """Each example asks twenty conditions of 25 tickets in one statement: 17,500 answers in all."""
    given = msgspec.json.encode([ticket | {"place": place} for place, ticket in enumerate(tickets)]).decode()
    parts = [where(one, FIELDS, at=AT) for one in asked]
    columns = ", ".join(
        f"ARRAY(SELECT place FROM hd_tickets AS t WHERE {sql} ORDER BY place) AS c{n}"
        for n, (sql, _) in enumerate(parts)
    )
    [found] = await rows(
        f"WITH hd_tickets AS MATERIALIZED (SELECT * FROM {_TABLE}) SELECT {columns}",
        given, *[value for _, values in parts for value in values],
    )  # fmt: skip

    for n, conditions in enumerate(asked):
        assert found[f"c{n}"] == [
            place for place, ticket in enumerate(tickets) if holds(conditions, ticket, FIELDS, at=AT)
        ]


async def test_every_letter_is_folded_alike(database: None) -> None:
    """In the database as here, in the middle of a text and alone."""
    letters = [
        letter
        for letter in map(chr, range(1, 0x20000))
        if not 0xD800 <= ord(letter) < 0xE000 and unicodedata.category(letter) not in ("Cn", "Co")
    ]
    found = await rows(
        "SELECT hd_normalised(letter) AS alone, hd_normalised('A' || letter || 'B') AS within FROM unnest({}::text[]) AS letter",
        letters,
    )

    assert [(row["alone"], row["within"]) for row in found] == [
        (normalise(letter), normalise(f"A{letter}B")) for letter in letters
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (Line(), "Condition 2: It asks nothing"),
        (Line("colour", "is", "red"), "Condition 2: Nothing called “colour”"),
        (Line("priority", "contains", "i"), "Condition 2: “Priority” can only be asked: at_least"),
        (Line("priority", "is", "huge"), "Condition 2: Choose one of these: low, normal, high, urgent."),
        (Line("team", "in", []), "Condition 2: Choose at least one value."),
        (Line("team", "is", 7), "Condition 2: What it asks for is not there"),
        (Line("is_automatic", "is", "yes"), "Condition 2: Answer yes or no."),
        (Line("messages", "at_least", True), "Condition 2: Enter a whole number"),
        (Line("subject", "contains", " \u200c "), "Condition 2: Enter a text"),
        (Line("created_at", "before", "2026-11-22"), "Condition 2: Enter a day"),
        (Line("created_at", "within", 0), "Condition 2: Enter a whole number from 1"),
        (Line(any=[Line("team", "is", 1), Line("team", "is", 9)]), "Condition 2.2: What it asks for"),
        (Line(all=[Line(all=[Line(all=[Line("team", "is", 1)])])]), "Groups lie too deep in each other"),
        (Line("team", "is", 1, any=[Line("team", "is", 1)]), "Condition 2: It is either a question or a group"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_line(line: Line, fault: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(Conditions([Line("status", "is", "new")], [line]), FIELDS, NAMES)

    assert fault in refused.value.fields["conditions"]


def test_conditions_are_kept_in_one_form() -> None:
    kept = checked(
        Conditions(
            [Line("tags", "has_any", ["VAT", "vat "]), Line("team", "in", 1), Line("team", "is_empty", 5)],
            [Line("created_at", "after", "2026-11-22T12:00:00+03:30")],
        ),
        FIELDS, NAMES,
    )  # fmt: skip

    assert kept.all == [Line("tags", "has_any", ["vat"]), Line("team", "in", [1]), Line("team", "is_empty")]
    assert kept.any == [Line("created_at", "after", "2026-11-22T08:30:00.000000Z")]
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Conditions) == kept


ASKED = Conditions(
    [Line("priority", "at_least", "high"), Line("tags", "has_any", ["vat", "invoice"])],
    [Line("team", "is", 1), Line(all=[Line("is_automatic", "is", False), Line("created_at", "within", 5400)])],
)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "Priority is at least High and Tags: any of vat, invoice and (Team is Care or (Automatic: no and Arrival is within the last 1 hour and 30 minutes))",
        ),
        (
            "fa",
            "اولویت دست‌کم بالا است و برچسب‌ها: یکی از vat، invoice و (تیم Care است یا (خودکار: خیر و Arrival ظرف ۱ ساعت و ۳۰ دقیقه گذشته است))",
        ),
    ],
)
def test_conditions_are_read_as_a_sentence(language: str, words: str) -> None:
    with speaking(language):
        assert described(ASKED, FIELDS, NAMES).replace("\u2068", "").replace("\u2069", "") == words


def test_a_reason_says_what_was_asked_and_what_was_found() -> None:
    ticket = {"priority": "normal", "tags": ["vat"], "team": None, "is_automatic": False, "created_at": AT}
    first, second, third = reasons(ASKED, ticket, FIELDS, NAMES, at=AT)

    assert (first.words, first.holds, first.seen) == ("Priority is at least High", False, "Priority: Normal")
    assert (second.holds, second.seen) == (True, "Tags: \u2068vat\u2069")
    assert third.holds
    assert third.seen == "Team: nothing; Automatic: no; Arrival: 22 Nov 2026, 12:00"
