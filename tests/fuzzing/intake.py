"""Mutated mails by SMTP to a running product: each that is accepted becomes one message, or is set aside with its bytes.

Run with `python -m tests.fuzzing.intake [--count N] [--seed N] [--data DIR]`; part of `make fuzz`.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.desk import a_desk
from tests.corpora.intake import check
from tests.fuzzing.mails import TESTS, seeds_of
from tests.fuzzing.mutating import mutated


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=1_000)
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments.add_argument("--data", type=Path, default=TESTS.parents[1] / "shared" / "data")
    given = arguments.parse_args()
    seeds = seeds_of(given.data)
    print(f"{given.count} mutations of {len(seeds)} mails, seed {given.seed}")
    with tempfile.TemporaryDirectory() as folder, a_desk() as desk:
        files = [Path(folder) / f"{number:06}.eml" for number in range(given.count)]
        for file, raw in zip(files, mutated(seeds, given.count, given.seed), strict=True):
            file.write_bytes(raw)
        for name in ("mail-server", "worker", "scheduler"):
            desk.start(name)
        desk.wait_ready()
        # What a server may refuse is refused before it is accepted: nothing of it is lost.
        is_good = asyncio.run(check(desk, files, most_refused=given.count // 20, allowed="duplicate quarantined"))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
