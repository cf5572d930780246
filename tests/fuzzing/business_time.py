"""Random calendars against a look at each minute: `python -m tests.fuzzing.business_time [--calendars N] [--minutes N] [--seed N]`.

Zones with odd changes, several windows a day, shifts over midnight, seasons, holidays. Ends with 1 at the first minute on
which the two differ, and says which calendar it was.
"""

import argparse
import random
import sys
import time
from datetime import datetime

from sla.calendar import Hours, Rules
from tests.sla.cases import MINUTE, open_minutes, random_moment, random_rules


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--calendars", type=int, default=1_000)
    asked.add_argument("--minutes", type=int, default=5_000_000, help="of all calendars together")
    asked.add_argument("--seed", type=int, default=1)
    chosen = asked.parse_args()
    each, began = -(-chosen.minutes // chosen.calendars), time.monotonic()
    zones: set[str] = set()
    for number in range(chosen.calendars):
        chance = random.Random(chosen.seed * 1_000_000 + number)
        first = random_moment(chance)
        rules = random_rules(chance, first.date())
        zones.add(rules.zone)
        given, wanted = Hours(rules).openings(first, first + each * MINUTE), _by_minutes(rules, first, each)
        if given != wanted:
            different = sorted(set(given) ^ set(wanted))[0]
            print(f"calendar {number} of seed {chosen.seed} differs at {different}: {rules}")
            return 1
    print(
        f"{chosen.calendars:,} calendars in {len(zones)} zones, {each * chosen.calendars:,} minutes, no difference, "
        f"{time.monotonic() - began:.0f} s"
    )
    return 0


def _by_minutes(rules: Rules, first: datetime, count: int) -> list[tuple[datetime, datetime]]:
    pieces: list[tuple[datetime, datetime]] = []
    for number, is_open in enumerate(open_minutes(rules, first, count)):
        at = first + number * MINUTE
        if not is_open:
            continue
        if pieces and pieces[-1][1] == at:
            pieces[-1] = pieces[-1][0], at + MINUTE
        else:
            pieces.append((at, at + MINUTE))
    return pieces


if __name__ == "__main__":
    sys.exit(main())
