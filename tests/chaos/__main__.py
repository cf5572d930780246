"""`python -m tests.chaos`: see the package. Ends with 1 when an invariant is broken, or when a red run stays green."""

import argparse
import asyncio
import logging
import secrets
import signal
import sys

from tests.chaos.running import RED, Plan, long_plan, red_plan, run, short_plan


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos", description="Kill everything in turn under load, and count."
    )
    parser.add_argument("--short", action="store_true", help="each fault once, fewer mails, no red runs")
    parser.add_argument(
        "--without", choices=RED, help="only one run with this safeguard switched off; ends with 0 when it is missed"
    )
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(1_000_000), help="of an earlier run, to see it again"
    )
    chosen = parser.parse_args()
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # the database is meant to go away
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    plans = [] if chosen.without else [short_plan() if chosen.short else long_plan()]
    reds = [chosen.without] if chosen.without else [] if chosen.short else list(RED)
    is_fine = True
    for plan in plans:
        is_fine &= not asyncio.run(run(plan, seed=chosen.seed)).violations
    for safeguard in reds:
        is_fine &= _is_missed(safeguard, red_plan(safeguard), chosen.seed)
    sys.exit(0 if is_fine else 1)


def _is_missed(safeguard: str, plan: Plan, seed: int) -> bool:
    """Whether the checker sees that the safeguard is off, by the invariant that it guards."""
    invariant, _ = RED[safeguard]
    found = asyncio.run(run(plan, seed=seed))
    seen = [one for one in found.violations if one.startswith(f"{invariant}:")]
    print(f"without {safeguard}: {f'{invariant} is broken, as it must be' if seen else f'NOT SEEN, {invariant} holds'}")
    return bool(seen)


if __name__ == "__main__":
    main()
