"""How fast articles are found and suggested: `python -m tests.benchmarks.articles [--articles 5000 50000]`.

A desk with so many published articles of about 400 words, half of them Persian (`article_texts.py` says of what): how long its index takes
to write, how fast this process finds in it what another one keeps up, and when it finds what was published last. Each search and each
suggestion is the product's own function, from the words to what a reader may see, the marked parts among it; the same ones are asked of
PostgreSQL and tantivy by turns (`article_engines.py`). Times are those that pass, in one process, warm after the first five of each kind.
"""

import argparse
import asyncio
import os
import resource
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Protocol

import asyncpg

from knowledge_base.documents import Document
from tests.benchmarks.article_engines import PostgreSQL, Tantivy
from tests.benchmarks.article_texts import Writer
from tests.benchmarks.desk import Desk, a_desk, percentile

WARM, MEASURED, PATIENCE = 5, 200, 12.0
"""Seconds after which no more of a kind are asked, beyond `AT_LEAST`."""
AT_LEAST, UPDATES = 20, 12


class Engine(Protocol):
    name: str

    async def search(self, kind: str, text: str) -> list[int]:
        """Numbers of the first ten."""
        ...

    async def suggest(self, subject: str, text: str) -> list[int]: ...


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--articles", type=int, nargs="+", default=[5_000, 50_000])
    for articles in asked.parse_args().articles:
        with a_desk() as desk:
            os.environ |= {name: value for name, value in desk.environment.items() if name.startswith("HELPDESK_")}
            asyncio.run(_measure(desk, articles))


class Ours:
    name = "ours"

    async def search(self, kind: str, text: str) -> list[int]:
        from helpdesk.articles.finding import search_articles
        from helpdesk.kernel.text import language_of

        found = await search_articles(
            text, asked_by=None, language=language_of(text, "en"), is_typing=kind.startswith("half")
        )
        return [one.article for one in found.items]

    async def suggest(self, subject: str, text: str) -> list[int]:
        from helpdesk.articles.finding import suggest_articles

        return [one.article for one in await suggest_articles(subject, text, asked_by=None)]


async def _measure(desk: Desk, articles: int) -> None:
    from helpdesk.kernel.database import connected
    from helpdesk.kernel.settings import settings

    settings.cache_clear()
    writer = Writer()
    print(f"\n{articles:,} articles of {'sentences that people wrote' if writer.is_natural else 'invented words'}; load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip
    all_of_them = [writer.article(number) for number in range(1, articles + 1)]
    database = await asyncpg.connect(desk.database_url)
    try:
        await _publish(database, all_of_them)
        others = (PostgreSQL(database), Tantivy(desk.home / "tantivy"))
        for one in others:
            began = time.perf_counter()
            await one.fill(all_of_them)
            print(f"{one.name}: written in {time.perf_counter() - began:.0f} s, {await one.size() / 1e6:.0f} MB; load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip
        await _rebuild(desk, articles)
        async with connected(4):
            await _ask(writer, all_of_them, [Ours(), *others])
            desk.start("scheduler")
            await _update()
            desk.stop("scheduler")
    finally:
        await database.close()


async def _publish(database: asyncpg.Connection, articles: list[Document]) -> None:
    at = datetime.now(UTC)
    await database.executemany(
        """WITH article AS (INSERT INTO kb_article (id, tags, created_at, changed_at) VALUES ($1, '{}', $2, $2) RETURNING id),
            translation AS (INSERT INTO kb_translation (id, article, language, slug, state, title, sort_key, published, published_at, republished_at, changed_at)
                SELECT id, id, $3, 'article-' || id, 'published', $4, $4, 1, $2, $2, $2 FROM article RETURNING id)
        INSERT INTO kb_revision (translation, number, title, html, text, begun_at, saved_at) SELECT id, 1, $4, $5, $6, $2, $2 FROM translation""",
        [(one.id, at, one.language, one.title[:200], _html(one), one.body) for one in articles],
        timeout=900,
    )  # fmt: skip
    await database.execute("SELECT setval('kb_article_id_seq', $1), setval('kb_translation_id_seq', $1)".replace("$1", str(len(articles))))  # fmt: skip
    await database.execute("VACUUM ANALYZE", timeout=300)


def _html(one: Document) -> str:
    headings = ["", *one.headings.split("\n")]
    return "".join(
        (f"<h2>{escape(heading)}</h2>" if heading else "") + f"<p>{escape(text)}</p>"
        for heading, text in zip(headings, one.body.split("\n\n"), strict=True)
    )


async def _rebuild(desk: Desk, articles: int) -> None:
    began = time.perf_counter()
    told = (await asyncio.to_thread(desk.run, "index", "rebuild")).splitlines()
    took = time.perf_counter() - began
    folder = desk.home / "index"
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    print(
        f"ours: `index rebuild` in {took:.0f} s ({articles / took:.0f} a second), {size:.0f} MB, {peak:.0f} MB of memory at most; told {told[-1]!r}",
        flush=True,
    )


async def _ask(writer: Writer, articles: list[Document], engines: list[Engine]) -> None:
    before = _memory()
    began = time.perf_counter()
    await engines[0].search("one word", "delete")
    print(f"ours: opened, with a first search, in {1000 * (time.perf_counter() - began):.0f} ms\n")
    print("| ms: p50 / p95; found among the first ten | " + " | ".join(one.name for one in engines) + " |")
    print("|---|" + "---|" * len(engines))
    for kind, query in writer.queries(articles).items():

        def asking(kind: str = kind, query: Callable[[], tuple[Document, str]] = query) -> list[Asked]:
            meant, text = query()
            return [_asked(lambda one=one: one.search(kind, text), meant.article) for one in engines]

        await _line(kind, asking)

    def suggesting() -> list[Asked]:
        subject, text = writer.ticket()
        return [_asked(lambda one=one: one.suggest(subject, text), None) for one in engines]

    await _line("a suggestion from 125 words", suggesting)
    print(f"\nours: {_memory() - before:.0f} MB of memory more than before the first search", flush=True)


Asked = Callable[[], Awaitable[tuple[float, bool | None]]]
"""Asks one engine once: the milliseconds that passed, and whether what was meant is there."""


def _asked(ask: Callable[[], Awaitable[list[int]]], meant: int | None) -> Asked:
    async def asked() -> tuple[float, bool | None]:
        began = time.perf_counter()
        found = await ask()
        return 1000 * (time.perf_counter() - began), None if meant is None else meant in found

    return asked


async def _line(name: str, asking: Callable[[], list[Asked]]) -> None:
    """All engines by turns, the same question each time."""
    for _each in range(WARM):
        for ask in asking():
            await ask()
    rounds: list[list[tuple[float, bool | None]]] = []
    began = time.perf_counter()
    while len(rounds) < AT_LEAST or (len(rounds) < MEASURED and time.perf_counter() - began < PATIENCE):
        rounds.append([await ask() for ask in asking()])
    cells: list[str] = []
    for each in zip(*rounds, strict=True):
        times, hits = [one[0] for one in each], [one[1] for one in each]
        share = f"; {sum(map(bool, hits)) / len(hits):.0%}" if None not in hits else ""
        cells.append(f"{percentile(times, 0.5):.1f} / {percentile(times, 0.95):.1f}{share}")
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


async def _update() -> None:
    """From the commit of a change until this process finds it, while a scheduler keeps the index up."""
    from helpdesk.kernel.time import now
    from knowledge_base import publishing, writing
    from knowledge_base.articles import Common
    from knowledge_base.writing import Words

    times: list[float] = []
    for number in range(UPDATES):
        word = f"zanzibar{number}"
        words = Words(title=f"About {word}", html=f"<p>Words on {word}.</p>")
        article = await writing.begin_article(words, language="en", common=Common(), by=None, at=now())
        await publishing.publish(article, "en", at=now())
        began = time.perf_counter()
        async with asyncio.timeout(60):
            while article not in await Ours().search("one word", word):
                await asyncio.sleep(0.02)
        times.append(time.perf_counter() - began)
    print(f"ours: a change is found by another process {percentile(times, 0.5):.1f} s after its commit (median of {UPDATES}), {max(times):.1f} s at most", flush=True)  # fmt: skip


def _memory() -> float:
    """Of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
