"""What a filter matches and what several say together: a table, and no pattern that takes long."""

import time

import msgspec
import pytest

from helpdesk.intake.filtering import (
    Actions,
    Condition,
    Facts,
    Filter,
    Rule,
    glob,
    is_flagged,
    matches,
    outcome_of,
    spam_score,
)
from helpdesk.intake.filters import checked
from helpdesk.kernel.errors import Invalid

MAIL = Facts(
    headers=[("list-id", "<news.shop.test>"), ("x-mailer", "Robot 7"), ("received", "from a"), ("received", "from b"),
             ("x-spam-status", "No, score=4.2 required=5.0")],
    from_=["Dora Dogan <dora@customer.test>"], to=["support@helpdesk.test", "Sales <sales@helpdesk.test>"],
    subject="فاکتور شماره ۱۲", body="سلام\nلطفاً كمک کنید", size=10_240, mailbox="support@helpdesk.test", has_attachment=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition("header", "contains", "SHOP", "List-ID"), True),
        (Condition("header", "contains", "shop", "*"), True),
        (Condition("header", "contains", "shop", "X-Mailer"), False),
        (Condition("header", "begins", "robot", "x-mailer"), True),
        (Condition("header", "is", "from b", "received"), True),
        (Condition("header", "matches", "robot *", "x-mailer"), True),
        (Condition("header", "matches", "*bot", "x-mailer"), False),
        (Condition("header", "exists", "", "list-id"), True),
        (Condition("header", "absent", "", "precedence"), True),
        (Condition("header", "absent", "", "list-id"), False),
        (Condition("from", "contains", "@customer.test"), True),
        (Condition("from", "not_contains", "@customer.test"), False),
        (Condition("to", "contains", "sales@"), True),
        (Condition("to", "is_not", "support@helpdesk.test"), False),
        (Condition("subject", "contains", "شماره 12"), True),
        (Condition("subject", "contains", "شمارهٔ"), True),
        (Condition("body", "contains", "لطفا کمک"), True),
        (Condition("size", "at_least", "10"), True),
        (Condition("size", "at_most", "9.9"), False),
        (Condition("spam_score", "at_least", "4.2"), True),
        (Condition("spam_score", "at_least", "5"), False),
        (Condition("mailbox", "is", "Support@helpdesk.test"), True),
        (Condition("attachment", "exists"), True),
        (Condition("attachment", "absent"), False),
    ],
)
def test_a_condition_holds_or_not(condition: Condition, holds: bool) -> None:
    assert matches(MAIL, Rule(conditions=[condition])) is holds


def test_all_or_any_and_nothing_matches_nothing() -> None:
    yes, no = Condition("attachment", "exists"), Condition("attachment", "absent")
    assert not matches(MAIL, Rule(conditions=[yes, no]))
    assert matches(MAIL, Rule(conditions=[yes, no], every=False))
    assert not matches(MAIL, Rule())


def test_filters_add_up_in_order_until_one_drops() -> None:
    always = [Condition("attachment", "exists")]
    named = [
        Filter(1, "one", Rule(conditions=always, actions=Actions(team=1, priority="low", tags=["b"]))),
        Filter(2, "never", Rule(actions=Actions(drop=True))),
        Filter(3, "two", Rule(conditions=always, actions=Actions(priority="high", tags=["a"], spam=True))),
        Filter(4, "away", Rule(conditions=always, actions=Actions(drop=True))),
        Filter(5, "late", Rule(conditions=always, actions=Actions(team=9))),
    ]
    told = outcome_of(MAIL, named)
    assert told.names == ("one", "two", "away") and told.actions.drop and told.actions.team == 1
    assert outcome_of(MAIL, named[:3]).actions == Actions(team=1, priority="high", tags=["a", "b"], spam=True)
    assert outcome_of(MAIL, []).actions == Actions()


@pytest.mark.parametrize(
    ("pattern", "text", "is_like"),
    [
        ("*", "", True), ("a*", "abc", True), ("*c", "abc", True), ("a*c", "abc", True), ("a*b*c", "aXbXc", True),
        ("a*b*c", "acb", False), ("ab*ba", "aba", False), ("a", "ab", False), ("a**c", "abc", True), ("*b*b*", "ab", False),
    ],
)  # fmt: skip
def test_a_star_stands_for_any_run(pattern: str, text: str, is_like: bool) -> None:
    assert glob(pattern, text) is is_like


def test_no_pattern_takes_long() -> None:
    began = time.perf_counter()
    assert not glob("*a" * 100 + "*b", "a" * 100_000)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("headers", "score", "flagged"),
    [
        ([("x-spam-flag", "YES")], None, True),
        ([("x-spam-status", "Yes, score=12.5 required=5.0 tests=[BAYES_99]")], 12.5, True),
        ([("x-spam-status", "No, hits=-1.9 required=5.0")], -1.9, False),
        ([("x-spam-score", "7.1"), ("x-spamd-result", "default: False [3.20 / 15.00]")], 7.1, False),
        ([("subject", "yes"), ("x-spam-score", "-")], None, False),
    ],
)
def test_what_spam_filters_say(headers: list[tuple[str, str]], score: float | None, flagged: bool) -> None:
    assert (spam_score(headers), is_flagged(headers)) == (score, flagged)


def test_a_long_text_is_folded_once_for_all_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    folded: list[str] = []
    monkeypatch.setattr("helpdesk.intake.filtering.normalise", lambda text: folded.append(text) or text)
    mail = msgspec.structs.replace(MAIL, body="long text")
    words = [Condition("body", "contains", f"word {number}") for number in range(20)]
    outcome_of(mail, [Filter(1, "one", Rule(conditions=words, every=False))] * 100)
    assert folded.count("long text") == 1


@pytest.mark.parametrize(("typed", "kept"), [("4.2", "4.2"), ("-1", "-1"), (" ۴٫۵ ", "4.5"), ("10240", "10240")])
async def test_a_number_of_a_condition_may_be_compared_with(typed: str, kept: str) -> None:
    rule = Rule(conditions=[Condition("spam_score", "at_least", typed)], actions=Actions(spam=True))
    [condition] = (await checked(rule)).conditions
    assert (condition.value, matches(MAIL, Rule(conditions=[condition]))) == (kept, float(kept) <= 4.2)


@pytest.mark.parametrize("typed", ["", ".-5", "5-", "-", ".", "1e9", "nan", "٤²", "123456789"])
async def test_what_is_no_number_is_refused_before_a_mail_meets_it(typed: str) -> None:
    rule = Rule(conditions=[Condition("spam_score", "at_least", typed)], actions=Actions(spam=True))
    with pytest.raises(Invalid):
        await checked(rule)
