"""Mutated mails through the parser's real child: each is read or the child dies of it, and none blocks the next.

Run with `python -m tests.fuzzing.mails [--count N] [--seed N] [--data DIR] [--keep DIR]`. Seeds are the mails of the data
folder where it is, those of tests/mails otherwise. Ends with 1 when an error was raised in the child, the mail after a
death could not be read, or the child's memory grows.
"""

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path

import msgspec

from helpdesk.channels.email.parsing_child import ParserDied, ParserProcess
from tests.fuzzing.mutating import mutated

TESTS = Path(__file__).parents[1]
PLAIN = (TESTS / "mails" / "plain.eml").read_bytes()
ROUNDS = 20
"""How often memory is looked at."""
MOST_GROWTH = 1.5
"""How much more memory the child may hold at the end than after a quarter of the mails: the largest mail sets its size."""


class Outcome(msgspec.Struct):
    read: int = 0
    deaths: list[tuple[int, str]] = []
    """The number of each mail that killed the child, and how it died."""
    slowest: float = 0.0
    memory: list[int] = []
    """Kilobytes that the child holds, over time; a death in between begins anew."""

    @property
    def is_flat(self) -> bool:
        quarter = self.memory[len(self.memory) // 4 :]
        return not quarter or max(quarter[-3:]) <= MOST_GROWTH * quarter[0]


def seeds_of(data: Path | None) -> list[bytes]:
    """The mails to begin with."""
    files = sorted((data / "email").rglob("*.eml")) if data and data.is_dir() else []
    return [file.read_bytes() for file in files or sorted((TESTS / "mails").glob("*.eml"))]


async def fuzz(seeds: list[bytes], count: int, seed: int, *, keep: Path | None = None) -> Outcome:
    """Read so many mutated mails one after the other; mails that kill go into the folder `keep`."""
    outcome = Outcome(deaths=[], memory=[])
    async with ParserProcess() as parser:
        for number, raw in enumerate(mutated(seeds, count, seed)):
            started = time.monotonic()
            try:
                await parser.read(raw)
                outcome.read += 1
            except ParserDied as death:
                outcome.deaths.append((number, str(death)))
                if keep:
                    (keep / f"{seed}-{number}.eml").write_bytes(raw)
                await parser.read(PLAIN)
            outcome.slowest = max(outcome.slowest, time.monotonic() - started)
            if number % max(count // ROUNDS, 1) == 0:
                outcome.memory.append(_memory_of(parser))
                print(f"{number:>7}: {outcome.memory[-1] / 1024:.0f} MB, {len(outcome.deaths)} deaths", flush=True)
    return outcome


def _memory_of(parser: ParserProcess) -> int:
    assert parser._child
    status = Path(f"/proc/{parser._child.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments.add_argument("--data", type=Path, default=TESTS.parents[1] / "shared" / "data")
    arguments.add_argument("--keep", type=Path, help="where to put the mails that kill")
    given = arguments.parse_args()
    seeds = seeds_of(given.data)
    print(f"{given.count} mutations of {len(seeds)} mails, seed {given.seed}")
    started = time.monotonic()
    outcome = asyncio.run(fuzz(seeds, given.count, given.seed, keep=given.keep))
    seconds = time.monotonic() - started
    print(
        f"{outcome.read} read, {len(outcome.deaths)} quarantined, {given.count / seconds:.0f} mails/s, slowest {outcome.slowest:.2f} s"
    )
    for number, why in outcome.deaths:
        print(f"  mail {number}: {why}")
    print("memory is flat" if outcome.is_flat else f"memory grows: {outcome.memory} kB")
    return 0 if outcome.is_flat and outcome.read + len(outcome.deaths) == given.count else 1


if __name__ == "__main__":
    sys.exit(main())
