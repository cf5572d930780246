"""Puts together questions that people asked in several ways: `python -m tests.corpora.grouping [--data DIR] [--short]`.

Each thread of StackFAQ is one question in about ten wordings. Counted are pairs of questions: of those put together, how many
are of one thread; of those of one thread, how many were put together. Ends with 1 when a figure is below what is promised.
"""

import gzip
import json
import sys
from collections import Counter
from pathlib import Path

from knowledge_base.grouping import ALIKE, Case, groups
from tests.corpora.reporting import Table, run

LIMITS = (0.4, 0.45, 0.5, 0.55, 0.6)


def compare(data: Path, *, is_short: bool) -> bool:
    with gzip.open(data / "retrieval" / "stackfaq-en" / "queries.jsonl.gz", "rt", encoding="utf-8") as file:
        questions = [json.loads(line) for line in file]
    threads = [one["id"].partition("q")[0] for one in questions]
    cases = [Case(number, one["text"], "", "en") for number, one in enumerate(questions)]
    for limit in () if is_short else LIMITS:
        right, put, all_right = _pairs(cases, threads, limit)
        print(
            f"     from a likeness of {limit:.2f}: {right / put:>6.1%} of pairs are right, {right / all_right:>6.1%} are found"
        )
    right, put, all_right = _pairs(cases, threads, ALIKE)
    table = Table(is_short=True)
    table.rows.append(("questions put together: precision", right, put, 0.8, []))
    table.rows.append(("questions put together: recall", right, all_right, 0.45, []))
    return table.show()


def _pairs(cases: list[Case], threads: list[str], alike: float) -> tuple[int, int, int]:
    """How many pairs were put together rightly, how many at all, and how many should be."""
    found = groups(cases, alike=alike)
    right = sum(_within(Counter(threads[one] for one in group.cases)) for group in found)
    return right, sum(_two_of(len(group.cases)) for group in found), _within(Counter(threads))


def _within(counts: Counter[str]) -> int:
    return sum(map(_two_of, counts.values()))


def _two_of(count: int) -> int:
    return count * (count - 1) // 2


if __name__ == "__main__":
    sys.exit(run(compare))
