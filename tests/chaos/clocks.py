"""Promised times while everything that watches them is killed over and over: `python -m tests.chaos.clocks`.

    python -m tests.chaos.clocks                        100,000 due clocks and 200,000 running ones, three schedulers
    python -m tests.chaos.clocks --without told_again   a few, with a safeguard switched off: must find what it lets through
    python -m tests.chaos.clocks --red                  each safeguard in turn

Notices are counted where they arrive: in the agents' mails, each of which names the promises that it tells of. Every one
must be named once, to whom the ticket belongs. E4, E5, E6 and E9 are the specification's numbers (tests/chaos/clock_phases.py).
Ends with 1 when a number is wrong, or a safeguard is not missed.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from tests.benchmarks.desk import Desk, a_desk
from tests.chaos.clock_desk import METRICS, ClockDesk
from tests.chaos.clock_phases import a_jump, after_an_outage, another_calendar, answered_in_time
from tests.chaos.sink import Sink
from tests.chaos.without import ALTERATIONS

Phase = Callable[[ClockDesk, int], Awaitable[None]]
"""For so many clocks that are due."""

PHASES: dict[str, Phase] = {
    "outage": after_an_outage,
    "E4": lambda run, clocks: answered_in_time(run, min(300, clocks // 8)),
    "E6": lambda run, clocks: another_calendar(run, 2 * clocks),
    "E9": lambda run, clocks: a_jump(run),
}
RED = {"told_again": "outage", "no_sweep": "outage", "never_void": "E4", "old_hours": "E6", "any_time": "E9"}
"""The safeguards that can be switched off, and what misses them."""
FEW = 1_600


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    asked = argparse.ArgumentParser(
        prog="python -m tests.chaos.clocks", description="Kill schedulers and workers, and count."
    )
    asked.add_argument(
        "--clocks", type=int, default=100_000, help="that are due; twice as many run under a calendar that changes"
    )
    asked.add_argument("--only", choices=PHASES, action="append", help="only this, or these")
    asked.add_argument("--without", choices=RED, help="with this safeguard switched off; ends with 0 when it is missed")
    asked.add_argument("--red", action="store_true", help="each safeguard in turn")
    asked.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    chosen = asked.parse_args()
    if chosen.red:
        missed = [_in_a_process_of_its_own(safeguard, chosen.seed) for safeguard in RED]
        sys.exit(0 if all(missed) else 1)
    if chosen.without:
        sys.exit(0 if _is_missed(chosen.without, chosen.seed) else 1)
    wrong = _run(chosen.only or list(PHASES), chosen.clocks, chosen.seed)
    print("\n".join(["RED:", *wrong]) if wrong else "GREEN: each was broken once, and told once")
    sys.exit(1 if wrong else 0)


def _in_a_process_of_its_own(safeguard: str, seed: int) -> bool:
    """Settings are read once in a process, and each desk has its own."""
    command = [sys.executable, "-m", "tests.chaos.clocks", "--without", safeguard, "--seed", str(seed)]
    return subprocess.run(command, check=False).returncode == 0


def _is_missed(safeguard: str, seed: int) -> bool:
    print(f"without {safeguard}", flush=True)
    wrong = _run([RED[safeguard]], FEW, seed, altered=[safeguard])
    print("\n".join(wrong) or "NOT SEEN", flush=True)
    return bool(wrong)


def _run(phases: Sequence[str], clocks: int, seed: int, *, altered: Sequence[str] = ()) -> list[str]:
    print(f"seed {seed}, load {os.getloadavg()[0]:.0f}", flush=True)
    for name in altered:
        if alter := ALTERATIONS[name].get("answers"):
            alter()
    with a_desk() as desk:
        os.environ |= {name: value for name, value in desk.environment.items() if name.startswith("HELPDESK_")}
        return asyncio.run(_carry_out(desk, phases, clocks, random.Random(seed), altered))


async def _carry_out(
    desk: Desk, phases: Sequence[str], clocks: int, chance: random.Random, altered: Sequence[str]
) -> list[str]:
    from helpdesk.kernel.database import connected

    sink = Sink(seed=0)
    await sink.start()
    desk.environment["HELPDESK_SMTP_URL"] = sink.url
    database = await asyncpg.connect(desk.database_url)
    try:
        run = ClockDesk(desk, database, sink, chance, altered=altered)
        await run.furnish(tickets=-(-clocks // len(METRICS)))
        async with connected(8):
            for name in phases:
                await PHASES[name](run, clocks)
        return run.wrong
    finally:
        await database.close()
        await sink.stop()


if __name__ == "__main__":
    main()
