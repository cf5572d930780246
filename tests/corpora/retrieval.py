"""Finds answers to questions that people really asked: `python -m tests.corpora.retrieval [--data DIR] [--short]`.

All documents are loaded as articles, into an index as the product has it, and every question goes through the product's search
and suggestions. Weights and thresholds were found on the threads and passages with even numbers: "held out" are the odd ones.
Ends with 1 when the folder is missing or a figure is below what is promised.
"""

import asyncio
import csv
import gzip
import json
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from knowledge_base.common_synonyms import synonyms
from knowledge_base.documents import Document, Place
from knowledge_base.index import read, rebuild
from knowledge_base.index_format import Meta
from knowledge_base.search import search
from knowledge_base.spelling import Known
from knowledge_base.suggesting import LIKELY, answers, reduced
from tests.corpora.reporting import run

Case = dict[str, Any]
Relevant = dict[str, set[str]]
PUBLIC = "public"
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SHORT = 2
"""In the short form, one of so many questions of the large sets."""


class Corpus:
    """Documents of one language in an index of their own, and what was asked about them."""

    def __init__(self, folder: Path, index: Path, language: str) -> None:
        self.folder, self.index, self.language = folder, index, language
        self.documents = read_cases(folder / "corpus.jsonl.gz")
        self.questions = read_cases(folder / "queries.jsonl.gz")
        self.relevant: Relevant = defaultdict(set)
        with (folder / "qrels.tsv").open(encoding="utf-8") as file:
            for question, document, _grade in csv.reader(file, delimiter="\t"):
                self.relevant[question].add(document)

    async def load(self) -> None:
        async def all_of_it() -> AsyncIterator[Document]:
            for number, one in enumerate(self.documents):
                yield Document(
                    id=number, article=number, language=self.language, audience=PUBLIC, title=one["title"], body=one["text"]
                )  # fmt: skip

        await rebuild(self.index, all_of_it(), place=Place(1, "1"))

    def suggested(self, text: str, *, without: Collection[str] = ()) -> list[tuple[str, float]]:
        """Ids and confidences of what the product would suggest for a ticket of this subject, all of it."""
        reading = read(self.index)

        def wanted(meta: Meta) -> bool:
            return self.documents[meta.article]["id"] not in without

        parts = reduced(text, "", Known(reading, wanted), language=self.language, synonyms=synonyms(self.language))
        return [
            (self.documents[reading.meta(one.document).article]["id"], one.confidence)
            for one in answers(parts, reading, wanted=wanted)
        ]

    async def found(self, text: str) -> list[str]:
        """The first ten of a search."""
        found = await search(
            text, folder=self.index, audiences=[PUBLIC], synonyms={self.language: synonyms(self.language)}
        )
        return [self.documents[hit.article]["id"] for hit in found.hits]


def compare(data: Path, *, is_short: bool) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_compare(data, Path(folder), is_short=is_short))


async def _compare(data: Path, folder: Path, *, is_short: bool) -> bool:
    report = _Report()
    stackfaq = Corpus(data / "retrieval" / "stackfaq-en", folder / "stackfaq", "en")
    await stackfaq.load()
    judged = [one for one in stackfaq.questions if one["id"] in stackfaq.relevant]
    ranked = {one["id"]: stackfaq.suggested(one["text"]) for one in judged}
    names = {id: [name for name, _confidence in each] for id, each in ranked.items()}
    for title, some in (("", judged), (", held out", [one for one in judged if _is_held_out(_thread(one["id"]))])):
        ids = [one["id"] for one in some]
        report.figure(f"StackFAQ MAP{title}", _mean(precision(names[id], stackfaq.relevant[id]) for id in ids), 0.77)
        report.figure(f"StackFAQ P@5{title}", _mean(at_5(names[id], stackfaq.relevant[id]) for id in ids), 0.65)
    _show_thresholds(report, stackfaq, judged, ranked, data)
    await _persian(report, Corpus(data / "retrieval" / "pquad-fa", folder / "pquad", "fa"), SHORT if is_short else 1)
    return report.is_good


def _show_thresholds(
    report: "_Report", stackfaq: Corpus, judged: Sequence[Case], ranked: dict[str, list[tuple[str, float]]], data: Path
) -> None:
    """How often the best is suggested when it is right, and how often anything is when nothing can be."""
    held_out = [one for one in judged if _is_held_out(_thread(one["id"]))]
    right = [
        best[0][1] for one in held_out if (best := ranked[one["id"]]) and best[0][0] in stackfaq.relevant[one["id"]]
    ]
    wrong = [
        best[0][1] for one in held_out if (best := ranked[one["id"]]) and best[0][0] not in stackfaq.relevant[one["id"]]
    ]
    gone = [_best(stackfaq.suggested(one["text"], without=stackfaq.relevant[one["id"]])) for one in held_out]
    bank = [one for one in read_cases(data / "routing" / "banking77.jsonl.gz") if one["split"] == "test"][::4]
    strange = [_best(stackfaq.suggested(one["text"])) for one in bank]
    print(f"     suggested at a confidence of {'':>10}", *(f"{one:>6.1f}" for one in THRESHOLDS))
    for name, confidences, of in (
        ("right ones, of all questions", right, len(held_out)),
        ("wrong ones, of all questions", wrong, len(held_out)),
        ("of questions whose thread is gone", gone, len(gone)),
        ("of questions to a bank", strange, len(strange)),
    ):
        shares = (sum(one >= least for one in confidences) / of for least in THRESHOLDS)
        print(f"     {name:<38}", *(f"{share:>6.1%}" for share in shares))
    report.figure("questions to a bank left alone", _mean(one < LIKELY for one in strange), 0.95)


async def _persian(report: "_Report", pquad: Corpus, every: int) -> None:
    await pquad.load()
    passages = {one["id"] for one in pquad.documents if _is_held_out(int(one["id"][1:]))}
    for name, file, least in (
        ("PQuAD MRR@10", "queries.jsonl.gz", 0.96),
        ("PQuAD MRR@10, Arabic keyboard", "queries-arabic-keyboard.jsonl.gz", 0.95),
    ):
        questions = [one for one in read_cases(pquad.folder / file) if one["id"] in pquad.relevant][::every]
        ranks = {one["id"]: reciprocal(await pquad.found(one["text"]), pquad.relevant[one["id"]]) for one in questions}
        report.figure(name, _mean(ranks.values()), least)
        report.figure(
            f"{name}, held out", _mean(rank for id, rank in ranks.items() if pquad.relevant[id] & passages), least
        )
    answered = [_best(pquad.suggested(one["text"])) for one in questions[::2]]
    unanswerable = [
        _best(pquad.suggested(one["text"])) for one in read_cases(pquad.folder / "unanswerable.jsonl.gz")[:: every * 2]
    ]
    print(f"     PQuAD suggested at {'':>20}", *(f"{one:>6.1f}" for one in THRESHOLDS))
    for name, confidences in (("of questions", answered), ("of unanswerable ones", unanswerable)):
        print(f"     {name:<38}", *(f"{_mean(one >= least for one in confidences):>6.1%}" for least in THRESHOLDS))


class _Report:
    def __init__(self) -> None:
        self.is_good = True

    def figure(self, name: str, value: float, least: float) -> None:
        self.is_good = self.is_good and value >= least
        print(f"{'ok  ' if value >= least else 'MISS'} {name:<40} {value:>7.4f}  (at least {least:g})")


def precision(ranked: Sequence[str], good: Collection[str]) -> float:
    """Average precision: of the ranks of the relevant, all that are relevant counted."""
    hits, total = 0, 0.0
    for rank, name in enumerate(ranked, 1):
        if name in good:
            hits += 1
            total += hits / rank
    return total / len(good)


def at_5(ranked: Sequence[str], good: Collection[str]) -> float:
    return sum(name in good for name in ranked[:5]) / 5


def reciprocal(ranked: Sequence[str], good: Collection[str]) -> float:
    return next((1 / rank for rank, name in enumerate(ranked[:10], 1) if name in good), 0.0)


def _best(suggested: Sequence[tuple[str, float]]) -> float:
    return suggested[0][1] if suggested else 0.0


def _mean(values: Iterable[float]) -> float:
    each = list(values)
    return math.fsum(each) / len(each) if each else 0.0


def _thread(question: str) -> int:
    return int(question[1:4])


def _is_held_out(number: int) -> bool:
    return number % 2 == 1


def read_cases(file: Path) -> list[Case]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    sys.exit(run(compare))
