"""Articles, queries and tickets to measure searches with: sentences that people wrote, or invented ones, the same each time.

With the data of `make corpora` articles are sentences of real questions and encyclopedias in both languages; without it, words as
frequent as words are (Zipf). One word in thirty is a name that hardly any other article has.
"""

import gzip
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from knowledge_base.documents import Document

CORPORA = Path(__file__).parents[3] / "shared" / "data" / "retrieval"
_FILES = {"en": "stackfaq-en", "fa": "pquad-fa"}
_LETTERS = {"en": ("bcdfghklmnprstvw", "aeiou"), "fa": ("بپتجچخدرزسشفقکگلمن", "اوی")}
_SENTENCE = re.compile(r"(?<=[.!?؟])\s+|\n+")
_ARABIC = str.maketrans("یک", "يك")
A_BODY, A_TITLE, A_TEXT = 400, 6, 120
_INVENTED_SENTENCES, _INVENTED_WORDS, _NAMES = 6_000, 15_000, 20_000


class Writer:
    """Somebody who writes at random."""

    def __init__(self) -> None:
        self.random = random.Random(5)
        self.is_natural = CORPORA.is_dir()
        self.names = {language: self._invented(language, _NAMES) for language in _LETTERS}
        self.sentences = {
            language: _read(CORPORA / _FILES[language]) if self.is_natural else self._sentences(language)
            for language in _LETTERS
        }

    def article(self, number: int) -> Document:
        """In English or Persian by turns."""
        language = ("en", "fa")[number % 2]
        parts = [self.text(language, A_BODY // 4) for _part in range(4)]
        headings = [self.text(language, 4) for _part in range(3)]
        return Document(
            id=number, article=number, language=language, audience="public", title=self.text(language, A_TITLE),
            headings="\n".join(headings), body="\n\n".join(parts),
        )  # fmt: skip

    def text(self, language: str, length: int) -> str:
        """So many words."""
        words: list[str] = []
        while len(words) < length:
            words += self.random.choice(self.sentences[language]).split()
        names = self.names[language]
        return " ".join(self.random.choice(names) if self.random.random() < 1 / 30 else word for word in words[:length])

    def queries(self, articles: list[Document]) -> dict[str, Callable[[], tuple[Document, str]]]:
        """Kinds of searches, each with a way to make one: the article that somebody has in mind, and what they type."""

        def of(language: str | None = None) -> tuple[Document, list[str]]:
            while True:
                one = self.random.choice(articles)
                words = [word for word in re.findall(r"\w+", one.title.replace("\u200c", "")) if len(word) > 4]
                if len(words) > 1 and language in (None, one.language):
                    return one, words

        def titled(make: Callable[[list[str]], str], language: str | None = None) -> Callable[[], tuple[Document, str]]:
            def typed() -> tuple[Document, str]:
                one, words = of(language)
                return one, make(words)

            return typed

        def phrase() -> tuple[Document, str]:
            one, _words = of()
            words = one.body.split("\n\n")[0].split()
            start = self.random.randrange(len(words) - 3)
            return one, '"' + re.sub(r'["“”]', "", " ".join(words[start : start + 3])) + '"'

        return {
            "one word": titled(lambda words: self.random.choice(words)),
            "two words": titled(lambda words: " ".join(self.random.sample(words, 2))),
            "a phrase of three": phrase,
            "two words, a slip in one": titled(lambda words: f"{words[0]} {self._slipped(words[1])}"),
            "half a word behind another": titled(lambda words: f"{words[0]} {words[1][:4]}"),
            "Persian, an Arabic keyboard": titled(lambda words: " ".join(words[:2]).translate(_ARABIC), "fa"),
        }

    def ticket(self) -> tuple[str, str]:
        """Subject and text of somebody who asks."""
        language = self.random.choice(("en", "fa"))
        return self.text(language, 5), self.text(language, A_TEXT)

    def _slipped(self, word: str) -> str:
        """Two letters swapped."""
        place = self.random.randrange(1, len(word) - 2)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    def _sentences(self, language: str) -> list[str]:
        words = sorted(self._invented(language, _INVENTED_WORDS), key=lambda word: (len(word), word))
        frequencies = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
        return [
            " ".join(self.random.choices(words, cum_weights=frequencies, k=self.random.randint(5, 25)))
            for _sentence in range(_INVENTED_SENTENCES)
        ]

    def _invented(self, language: str, count: int) -> list[str]:
        consonants, vowels = _LETTERS[language]
        found: dict[str, None] = {}
        while len(found) < count:
            syllables = self.random.choice((2, 3, 3, 4))
            found[
                "".join(self.random.choice(consonants) + self.random.choice(vowels) for _each in range(syllables))
            ] = None
        return list(found)


def _read(folder: Path) -> list[str]:
    def sentences() -> Iterator[str]:
        with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as file:
            for line in file:
                yield from _SENTENCE.split(json.loads(line)["text"])

    return [one for one in sentences() if len(one.split()) > 4]
