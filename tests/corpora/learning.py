"""Learns from tickets that were solved: `python -m tests.corpora.learning [--data DIR] [--short]`.

All answers of StackFAQ are articles in a database of the product. Every other question of a thread is a ticket that one of its
answers solved: noted as evidence, weighed, indexed and found as in the product. What that does to the other questions is shown,
to those whose thread was taken out, and to questions of another trade; and what age, clicks and wrong clicks do.
Ends with 1 when the folder is missing or a figure is below what is promised.
"""

import asyncio
import html
import math
import os
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from tests.corpora.reporting import run
from tests.corpora.retrieval import Case, Corpus, precision, read_cases

GAIN = 0.05
"""In MAP, of which at least so much is promised."""
CALM = 0.02
"""So much more often at most is something suggested where nothing answers."""


def compare(data: Path, *, is_short: bool) -> bool:
    from helpdesk.embedded.running import running

    with tempfile.TemporaryDirectory(prefix="helpdesk-learning-") as folder:
        Path(folder).chmod(0o755)  # another account runs the servers when this one is root
        with running(Path(folder) / "servers", durable=False) as (database_url, redis_url):
            os.environ |= {
                "HELPDESK_DATA_DIR": folder, "HELPDESK_SECRET_KEY": "only-for-tests", "HELPDESK_LOG_LEVEL": "warning",
                "HELPDESK_DATABASE_URL": database_url, "HELPDESK_REDIS_URL": redis_url,
            }  # fmt: skip
            return asyncio.run(_compare(data, Path(folder) / "index", is_short=is_short))


async def _compare(data: Path, index: Path, *, is_short: bool) -> bool:
    from helpdesk.kernel import logs
    from helpdesk.kernel.database import connected
    from helpdesk.migrating import migrate
    from knowledge_base.evidence import Kind
    from knowledge_base.learning import HALF_LIFE
    from knowledge_base.suggesting import LIKELY

    logs.configure("learning")
    stackfaq = Corpus(data / "retrieval" / "stackfaq-en", index, "en")
    judged = [one for one in stackfaq.questions if one["id"] in stackfaq.relevant]
    solved, rest = judged[::2], judged[1::2]
    bank = [one for one in read_cases(data / "routing" / "banking77.jsonl.gz") if one["split"] == "test"]
    bank = bank[:: 16 if is_short else 4]
    shown = _Shown(stackfaq, rest, bank)
    async with connected(size=4):
        await migrate()
        await _write(stackfaq)
        await _index(stackfaq)
        before = shown.figures("nothing learned", LIKELY)
        right = {one["id"]: _one_of(sorted(stackfaq.relevant[one["id"]]), one["id"]) for one in solved}
        await _note(stackfaq, solved, right, Kind.SOLVED)
        after = shown.figures("every other question solved a ticket", LIKELY)
        if not is_short:
            await _note(stackfaq, solved, right, Kind.SOLVED, ago=HALF_LIFE)
            shown.figures("… a year ago", LIKELY)
            await _note(stackfaq, solved, right, Kind.SOLVED, ago=3 * HALF_LIFE - timedelta(days=1))
            shown.figures("… almost three years ago", LIKELY)
            await _note(stackfaq, solved, right, Kind.CLICKED)
            shown.figures("… was only clicked", LIKELY)
            names = sorted(one["id"] for one in stackfaq.documents if one)
            await _note(stackfaq, solved, {one["id"]: _one_of(names, one["id"]) for one in solved}, Kind.CLICKED)
            shown.figures("… any article was clicked", LIKELY)
            await _note(stackfaq, solved, right, Kind.UNHELPFUL)
            shown.figures("… and the right one did not help", LIKELY)
    print()
    return all(
        [
            _figure("gain by learning", after[0] - before[0], GAIN, operator=lambda value, least: value >= least),
            _figure("named though the thread is gone, more", after[1] - before[1], CALM),
            _figure("named to questions to a bank, more", after[2] - before[2], CALM),
        ]
    )


class _Shown:
    """What the state of the index does to questions, one line each time."""

    def __init__(self, corpus: Corpus, rest: Sequence[Case], bank: Sequence[Case]) -> None:
        self.corpus, self.rest, self.bank = corpus, rest, bank
        print(f"     {'':<40} {'MAP':>8} {'right':>8} {'wrong':>8} {'gone':>8} {'bank':>8}")

    def figures(self, name: str, least: float) -> tuple[float, float, float]:
        """MAP of the questions that nothing was learned from; how often something is named though nothing answers."""
        ranked = [(self.corpus.suggested(one["text"]), self.corpus.relevant[one["id"]]) for one in self.rest]
        quality = _mean(precision([name for name, _ in found], good) for found, good in ranked)
        named = [(found[0][0] in good) for found, good in ranked if found and found[0][1] >= least]
        gone = _share(
            (self.corpus.suggested(one["text"], without=self.corpus.relevant[one["id"]]) for one in self.rest), least
        )
        strange = _share((self.corpus.suggested(one["text"]) for one in self.bank), least)
        right, wrong = sum(named) / len(ranked), (len(named) - sum(named)) / len(ranked)
        print(f"     {name:<40} {quality:>8.4f} {right:>8.1%} {wrong:>8.1%} {gone:>8.1%} {strange:>8.1%}", flush=True)
        return quality, gone, strange


async def _write(corpus: Corpus) -> None:
    """All documents as articles, published."""
    from helpdesk.kernel.time import now
    from knowledge_base import publishing, writing
    from knowledge_base.articles import Common
    from knowledge_base.writing import Words

    ordered = []
    for one in corpus.documents:
        words = Words(title=one["title"][:200], html=f"<p>{html.escape(one['text'])}</p>")
        article = await writing.begin_article(words, language="en", common=Common(), by=None, at=now())
        await publishing.publish(article, "en", at=now())
        ordered.append((article, one))
    last = max(article for article, _one in ordered)
    by_article = dict(ordered)
    corpus.documents = [by_article.get(number, {}) for number in range(last + 1)]


async def _note(corpus: Corpus, solved: Sequence[Case], by: dict[str, str], kind: str, *, ago: timedelta = timedelta()) -> None:  # fmt: skip
    """That is all that is known: what was noted before is forgotten."""
    from helpdesk.kernel.database import rows
    from helpdesk.kernel.time import now
    from knowledge_base.evidence import Kind, note_evidence
    from knowledge_base.relearning import pass_on

    articles = {one["id"]: number for number, one in enumerate(corpus.documents) if one}
    await rows("DELETE FROM kb_evidence")
    for one in solved:
        await note_evidence(
            Kind(kind), article=articles[by[one["id"]]], language="en", text=one["text"], ticket=None, customer=None, at=now() - ago
        )  # fmt: skip
    await pass_on(at=now())
    await _index(corpus)


async def _index(corpus: Corpus) -> None:
    from knowledge_base import changes
    from knowledge_base.catching_up import rebuild

    await rebuild(corpus.index, changes)


def _one_of(names: Sequence[str], by: str) -> str:
    return names[zlib.crc32(by.encode()) % len(names)]


def _figure(name: str, value: float, limit: float, *, operator: Callable[[float, float], bool] = float.__le__) -> bool:
    is_good = operator(value, limit)
    print(f"{'ok  ' if is_good else 'MISS'} {name:<40} {value:>+7.4f}  (limit {limit:g})")
    return is_good


def _share(found: Iterable[Sequence[tuple[str, float]]], least: float) -> float:
    return _mean(bool(one) and one[0][1] >= least for one in found)


def _mean(values: Iterable[float]) -> float:
    each = list(values)
    return math.fsum(each) / len(each) if each else 0.0


if __name__ == "__main__":
    sys.exit(run(compare))
