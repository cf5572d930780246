"""How fast articles are found and suggested: `python -m tests.benchmarks.articles [--articles 5000]`.

Articles of about 400 words, half of them Persian, their words as frequent as words are (Zipf, 15,000 of each language); titles of six
words; queries of two to four words from titles; tickets with a subject of five words and a text of 120. Times are of one process, warm
after the first fifty of each kind, and include everything that the product's own function does.
"""

import argparse
import asyncio
import itertools
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from knowledge_base import index
from knowledge_base.common_synonyms import synonyms
from knowledge_base.documents import Change, Document
from knowledge_base.search import search
from knowledge_base.suggesting import suggest

WORDS, A_BODY, A_TEXT = 15_000, 400, 120
LETTERS = {"en": ("bcdfghklmnprstvw", "aeiou"), "fa": ("بپتجچخدرزسشفقکگلمن", "اوی")}
WARM, MEASURED = 50, 300
PUBLIC = ["public"]
LISTS = {language: synonyms(language) for language in LETTERS}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--articles", type=int, default=5_000)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(Path(folder) / "index", arguments.parse_args().articles))


class Writer:
    """Somebody who writes at random, and the same each time."""

    def __init__(self) -> None:
        self.random = random.Random(5)
        self.words = {language: self._invented(*letters) for language, letters in LETTERS.items()}
        self.frequencies = list(itertools.accumulate(1 / rank for rank in range(1, WORDS + 1)))

    def _invented(self, consonants: str, vowels: str) -> list[str]:
        found: set[str] = set()
        while len(found) < WORDS:
            syllables = self.random.choice((2, 2, 3, 3, 4))
            found.add(
                "".join(self.random.choice(consonants) + self.random.choice(vowels) for _each in range(syllables))
            )
        return sorted(found, key=lambda word: (len(word), word))

    def text(self, language: str, length: int) -> str:
        return " ".join(self.random.choices(self.words[language], cum_weights=self.frequencies, k=length))

    def article(self, number: int) -> Document:
        language = ("en", "fa")[number % 2]
        return Document(
            id=number, article=number, language=language, audience="public", title=self.text(language, 6),
            headings=self.text(language, 12), body=self.text(language, A_BODY), change=number,
        )  # fmt: skip


async def _measure(folder: Path, articles: int) -> None:
    writer = Writer()
    all_of_them = [writer.article(number) for number in range(1, articles + 1)]

    async def documents() -> AsyncIterator[Document]:
        for one in all_of_them:
            yield one

    began = time.perf_counter()
    await index.rebuild(folder, documents(), position=articles)
    took = time.perf_counter() - began
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{articles:,} articles: written in {took:.0f} s ({articles / took:.0f}/s), {size / 1e6:.0f} MB")
    began = time.perf_counter()
    index.read(folder)
    print(f"opened in {1000 * (time.perf_counter() - began):.0f} ms")

    async def searched(is_typing: bool) -> None:
        title = writer.random.choice(all_of_them).title.split()
        words = writer.random.sample(title, writer.random.choice((2, 3, 4)))
        text = " ".join(words)[: -2 if is_typing else None]
        await search(text, folder=folder, audiences=PUBLIC, synonyms=LISTS, is_typing=is_typing)

    async def suggested() -> None:
        language = writer.random.choice(("en", "fa"))
        subject, text = writer.text(language, 5), writer.text(language, A_TEXT)
        await suggest(subject, text, folder=folder, audiences=PUBLIC, synonyms=LISTS)

    async def updated() -> None:
        number = writer.random.randint(1, articles)
        position = index.read(folder).position + 1
        await asyncio.to_thread(index.apply, folder, [Change(position, number, writer.article(number))])
        index.read(folder)

    await _show("search", lambda: searched(is_typing=False))
    await _show("search while typing", lambda: searched(is_typing=True))
    await _show("suggestion", suggested)
    await _show("an update, until it is found", updated, warm=3, measured=40)
    await _show("search, after those updates", lambda: searched(is_typing=False))


async def _show(name: str, once: Callable[[], Awaitable[None]], *, warm: int = WARM, measured: int = MEASURED) -> None:
    """The median and the 95th of a hundred, of the time that passed and of the processor's."""
    passed: list[float] = []
    worked: list[float] = []
    for number in range(warm + measured):
        began, busy = time.perf_counter(), time.process_time()
        await once()
        if number >= warm:
            passed.append(1000 * (time.perf_counter() - began))
            worked.append(1000 * (time.process_time() - busy))
    figures = [f"p50 {_part(each, 0.5):>7.1f} ms  p95 {_part(each, 0.95):>7.1f} ms" for each in (passed, worked)]
    print(f"{name:<32} {figures[0]}   processor: {figures[1]}")


def _part(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]


if __name__ == "__main__":
    main()
