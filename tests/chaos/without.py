"""Run a `helpdesk` command with safeguards switched off: `python -m tests.chaos.without NAME[,NAME…] COMMAND …`.

The product has no switch for this: its functions are replaced in the process, and in the children that `up` starts.
Each entry says what its loss must make the checker see.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

HELD_BACK = 0.5  # seconds
GATHERED_FOR, APART = timedelta(seconds=45), timedelta(seconds=60)


def early_250() -> None:
    """The mail server says 250 and stores the mail half a second later: what it held when killed is lost (I1)."""
    import helpdesk.intake.accepting as accepting

    insert = accepting.rows
    storing: set[asyncio.Task[None]] = set()

    async def rows(sql: str, *values: object) -> list[dict[str, Any]]:
        reserved = await insert("SELECT nextval(pg_get_serial_sequence('hd_raw_message', 'id')) AS id")
        named = sql.replace("(channel,", "(id, channel,").replace("VALUES ({}", "VALUES ({}, {}")

        async def later() -> None:
            await asyncio.sleep(HELD_BACK)
            await insert(named, reserved[0]["id"], *values)

        task = asyncio.create_task(later())
        storing.add(task)
        task.add_done_callback(storing.discard)
        return reserved

    accepting.rows = rows


def no_twins() -> None:
    """Mails that are tried again are not recognised: two messages from one mail (I1)."""
    import helpdesk.intake.taking_in as taking_in

    async def nobody(*_: Any) -> None:
        return None

    taking_in.find_original = nobody


def no_sweep() -> None:
    """The scheduler does not look for rows that wait: what Redis forgot is never done (I13)."""
    import helpdesk.scheduler as scheduler

    scheduler.PERIODIC = [work for work in scheduler.PERIODIC if not work.name.startswith("nudge ")]


def new_message_id() -> None:
    """A second attempt writes another Message-ID: the customer's program cannot see that two copies are one mail (I3)."""
    import msgspec

    import helpdesk.deliveries.delivering as delivering

    write = delivering.compose
    attempts: Counter[str] = Counter()

    def compose(mail: Any) -> bytes:
        attempts[mail.message_id] += 1
        left, _, right = mail.message_id.partition("@")
        again = f"{left}.{attempts[mail.message_id]}@{right}"
        return write(mail if attempts[mail.message_id] == 1 else msgspec.structs.replace(mail, message_id=again))

    delivering.compose = compose


def hurried() -> None:
    """No safeguard: leases and the pauses between attempts to send are shorter, so that a short run ends in a minute."""
    import helpdesk.deliveries.delivering as delivering
    from helpdesk.kernel import leases

    leases.LEASE, leases.RENEWED_EVERY = timedelta(seconds=6), 1.5
    delivering.BACK_OFF = [timedelta(seconds=2), timedelta(seconds=4)]
    delivering.TIMEOUT = 5.0


def hurried_digests() -> None:
    """No safeguard: what is told together is gathered for a moment, and told again a moment later."""
    import helpdesk.tickets.noticing as noticing
    import helpdesk.tickets.telling_together as telling_together

    noticing.GATHERED_FOR = telling_together.GATHERED_FOR = GATHERED_FOR
    telling_together.APART = APART


def twice() -> None:
    """No safeguard: each job that follows lines of ledgers comes twice, as any job may."""
    import helpdesk.following_up as following_up

    follow = following_up._follow_clocks

    async def again(lines: Any) -> None:
        await follow(lines)
        await follow(lines)

    following_up._follow_clocks = again


def told_again() -> None:
    """Lines of ledgers that were followed are followed again, whenever a job comes twice: notices are told twice."""
    import helpdesk.promises.following as following
    import sla.ledger as ledger

    following._TICKETS_OF_LINES = following._TICKETS_OF_LINES.replace("AND e.followed_at IS NULL", "")
    ledger._CLAIM = ledger._CLAIM.replace("AND e.followed_at IS NULL", "")


def any_time() -> None:
    """The database's clock is believed whatever it says (E9)."""
    from sla.timekeeping import Timekeeper

    Timekeeper.look = lambda self, look, *, written_at: ""


def old_hours() -> None:
    """What is due fires by the hours under which it was planned (E6)."""
    import sla.firing as firing

    async def as_planned(_one: Any, terms: Any, **_: Any) -> Any:
        return terms

    firing.bring_up_to_date = as_planned


def never_void() -> None:
    """What a timer called a breach stays one, whenever the answer was accepted (E4)."""
    import sla.moves as moves

    moves._void_if_early = lambda clock, at: None


ALTERATIONS: dict[str, dict[str, Callable[[], None]]] = {
    "early_250": {"mail-server": early_250},
    "no_twins": {"worker": no_twins},
    "no_sweep": {"scheduler": no_sweep},
    "new_message_id": {"worker": new_message_id},
    "hurried": {"worker": hurried},
    "hurried_digests": {"worker": hurried_digests},
    "twice": {"worker": twice},
    "told_again": {"worker": told_again},
    "any_time": {"scheduler": any_time},
    "old_hours": {"scheduler": old_hours},
    "never_void": {"answers": never_void},
}


def main() -> None:
    _, names, command, *rest = sys.argv
    if command == "up":
        import helpdesk.embedded.up as up

        up.HELPDESK = (sys.executable, "-m", "tests.chaos.without", names)
    for name in names.split(","):
        if alter := ALTERATIONS[name].get(command):
            alter()
    from helpdesk.__main__ import main as helpdesk

    sys.argv = ["helpdesk", command, *rest]
    helpdesk()


if __name__ == "__main__":
    main()
