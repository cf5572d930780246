"""What the corpora scripts share: where the data is, and one table of results with every miss listed."""

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parents[3] / "shared" / "data"


def run(compare: Callable[..., bool]) -> int:
    """Run a comparison over the data folder; the process's exit code."""
    arguments = argparse.ArgumentParser(description="Compare with data from the real world.")
    arguments.add_argument("--data", type=Path, default=_DATA, help="the data folder (default: %(default)s)")
    arguments.add_argument("--short", action="store_true", help="only the totals")
    chosen = arguments.parse_args()
    if not chosen.data.is_dir():
        print(f"There is no data folder at {chosen.data}; name another with --data DIR.")
        return 1
    return 0 if compare(chosen.data, is_short=chosen.short) else 1


def read_lines(file: Path) -> list[dict[str, Any]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


class Table:
    """Rows of shares against a least value; `show` prints them and says whether all were reached."""

    def __init__(self, *, is_short: bool) -> None:
        self.is_short = is_short
        self.rows: list[tuple[str, int, int, float, list[str]]] = []

    def agreement(self, name: str, least: float, pairs: Iterable[tuple[str, Any, Any]]) -> None:
        """Count where what was given equals what was wanted; the pairs are (case, given, wanted)."""
        rows = list(pairs)
        misses = [
            f"{case}: {given!r:.200} instead of {wanted!r:.200}" for case, given, wanted in rows if given != wanted
        ]
        self.rows.append((name, len(rows) - len(misses), len(rows), least, misses))

    def precision_and_recall(self, name: str, least: float, pairs: list[tuple[str, bool, bool]]) -> None:
        """Two rows for a yes-or-no question."""
        said = [(case, wanted) for case, given, wanted in pairs if given]
        true = [(case, given) for case, given, wanted in pairs if wanted]
        self.agreement(f"{name}: precision", least, ((case, True, wanted) for case, wanted in said))
        self.agreement(f"{name}: recall", least, ((case, given, True) for case, given in true))

    def show(self) -> bool:
        is_good = True
        for name, right, total, least, misses in self.rows:
            share = right / total if total else 1.0
            is_reached = share >= least
            is_good = is_good and is_reached
            print(
                f"{'ok  ' if is_reached else 'MISS'} {name:<34} {right:>5} of {total:<5} {share:>6.1%}  (at least {least:.0%})"
            )
            if not self.is_short:
                for miss in misses:
                    print(f"       {miss}")
        return is_good
