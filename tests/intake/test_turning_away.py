"""Refused mails are told of in the log, and a flood of them fills nothing."""

from typing import Any

import pytest

from helpdesk.intake.searching import Asked, search_turned_away
from helpdesk.intake.tables import TurnedAway
from helpdesk.intake.turning_away import MOST_AN_HOUR, Tally
from helpdesk.kernel.database import rows

pytestmark = pytest.mark.usefixtures("database")


def refusal(**more: Any) -> dict[str, Any]:
    given = {
        "source": "smtp",
        "peer": "192.0.2.1",
        "envelope_from": "eve@x.test",
        "envelope_to": "nobody@helpdesk.test",
    }
    return {**given, "reason": "there is no such mailbox", "size": None, **more}


async def test_what_is_alike_is_one_row_with_a_count() -> None:
    tally = Tally()
    for _ in range(3):
        tally.note(**refusal())
    await tally.flush()
    tally.note(**refusal(size=7))
    tally.note(**refusal(reason="it is too large", size=10**9))
    await tally.flush()
    found = await search_turned_away(Asked(fate="refused", text="EVE@x"))
    assert [(one["times"], one["size"], one["reason"]) for one in found] == [
        (1, 10**9, "it is too large"), (4, 7, "there is no such mailbox"),
    ]  # fmt: skip
    assert await search_turned_away(Asked(sender="dora@")) == []


async def test_a_flood_makes_few_rows_and_counts_all() -> None:
    tally = Tally()
    for number in range(5000):
        tally.note(**refusal(envelope_from=f"{number}@flood.test", peer=f"p{number}\r\n" * 50))
        if number % 1000 == 999:
            await tally.flush()
    assert await TurnedAway.count() == MOST_AN_HOUR + 1
    [told] = await rows("SELECT sum(times)::int AS times FROM hd_turned_away")
    assert told["times"] == 5000


async def test_what_could_not_be_written_is_written_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from helpdesk.intake import turning_away

    async def away(*_: object) -> None:
        raise OSError("away")

    tally = Tally()
    tally.note(**refusal())
    with monkeypatch.context() as patched:
        patched.setattr(turning_away, "_write", away)
        await tally.flush()
    tally.note(**refusal())
    await tally.flush()
    [row] = await TurnedAway.objects()
    assert row.times == 2


async def test_a_flush_that_fails_halfway_counts_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    from helpdesk.intake import turning_away

    asked: list[str] = []

    async def fails_at_the_third(sql: str, *values: object) -> list[dict[str, Any]]:
        asked.append(sql)
        if len(asked) == 3:
            raise OSError("away")
        return await rows(sql, *values)

    tally = Tally()
    tally.note(**refusal())
    tally.note(**refusal(reason="it is too large"))
    with monkeypatch.context() as patched:
        patched.setattr(turning_away, "rows", fails_at_the_third)
        await tally.flush()
    assert len(asked) == 3 and await TurnedAway.count() == 0
    await tally.flush()
    [told] = await rows("SELECT sum(times)::int AS times, count(*)::int AS kinds FROM hd_turned_away")
    assert (told["times"], told["kinds"]) == (2, 2)
