"""What our search is measured beside: PostgreSQL's full text in the same database, and tantivy, a library in Rust.

Both as their manuals have it: English stemmed, Persian by its words as they stand, titles and headings above the text, the first ten
with a marked part of each. Neither folds letters of an Arabic keyboard or mends a slip by itself; tantivy is told to allow one where
there is one.
"""

import re
from pathlib import Path

import asyncpg
import tantivy

from helpdesk.kernel.text import language_of
from knowledge_base.documents import Document

_CONFIGURATIONS = {"en": "english", "fa": "simple"}
_WORDS = re.compile(r"\w+")


class PostgreSQL:
    """Every article as a `tsvector` in a GIN index."""

    name = "PostgreSQL"

    def __init__(self, database: asyncpg.Connection) -> None:
        self.database = database

    async def fill(self, articles: list[Document]) -> None:
        await self.database.execute(
            "DROP TABLE IF EXISTS bench_article; CREATE TABLE bench_article (id int PRIMARY KEY, language text, title text, body text, words tsvector)"
        )
        await self.database.executemany(
            """INSERT INTO bench_article SELECT $1, $2, $3, $5, setweight(to_tsvector($6::text::regconfig, $3), 'A')
                || setweight(to_tsvector($6::text::regconfig, $4), 'B') || setweight(to_tsvector($6::text::regconfig, $5), 'D')""",
            [(one.id, one.language, one.title, one.headings, one.body, _CONFIGURATIONS[one.language]) for one in articles],
        )  # fmt: skip
        await self.database.execute("CREATE INDEX ON bench_article USING gin (words)", timeout=600)
        await self.database.execute("VACUUM ANALYZE bench_article", timeout=600)

    async def size(self) -> int:
        """Bytes: of the index and of the words."""
        found = await self.database.fetchval(
            "SELECT pg_relation_size('bench_article_words_idx') + sum(pg_column_size(words)) FROM bench_article"
        )
        return int(found or 0)

    async def search(self, kind: str, text: str) -> list[int]:
        if kind.startswith("half"):
            *words, half = _WORDS.findall(text)
            return await self._asked("to_tsquery", " & ".join([*words, f"{half}:*"]), text)
        return await self._asked("websearch_to_tsquery", text, text)

    async def suggest(self, subject: str, text: str) -> list[int]:
        """Any of all the words; how near they stand tells nothing then, and costs."""
        words = dict.fromkeys(_WORDS.findall(f"{subject} {text}".lower()))
        return await self._asked("to_tsquery", " | ".join(words), text, rank="ts_rank", most=3)

    async def _asked(
        self, function: str, query: str, text: str, *, rank: str = "ts_rank_cd", most: int = 10
    ) -> list[int]:
        language = language_of(text, "en")
        found = await self.database.fetch(
            f"""SELECT id, ts_headline($1::text::regconfig, body, query, 'MaxFragments=1') FROM (
                SELECT id, body, query FROM bench_article, {function}($1::text::regconfig, $2) query WHERE language = $3 AND words @@ query
                ORDER BY {rank}(words, query) DESC LIMIT $4) best""",
            _CONFIGURATIONS[language], query, language, most,
        )  # fmt: skip
        return [row["id"] for row in found]


class Tantivy:
    name = "tantivy"

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        builder = tantivy.SchemaBuilder().add_integer_field("id", stored=True, indexed=True)
        for language, tokenizer in (("en", "en_stem"), ("fa", "default")):
            for field in ("title", "headings", "body"):
                builder.add_text_field(f"{field}_{language}", stored=True, tokenizer_name=tokenizer)
        self.schema = builder.build()
        self.index = tantivy.Index(self.schema, path=str(folder))

    async def fill(self, articles: list[Document]) -> None:
        writer = self.index.writer()
        for one in articles:
            writer.add_document(_document(one))
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()

    async def size(self) -> int:
        return sum(file.stat().st_size for file in self.folder.iterdir())

    async def search(self, kind: str, text: str) -> list[int]:
        language = language_of(text, "en")
        fields = _fields(language)
        fuzzy = {"title": (False, 1, True), "body": (False, 1, True)} if "slip" in kind else {}
        plain = text if "phrase" in kind else " ".join(_WORDS.findall(text))
        if kind.startswith("half"):
            *words, half = plain.split()
            fuzzy, plain = {"title": (True, 0, True), "body": (True, 0, True)}, " ".join([*words, half])
        query, _errors = self.index.parse_query_lenient(
            plain, list(fields), fields, {f"{field}_{language}": how for field, how in fuzzy.items()}, conjunction_by_default=True
        )  # fmt: skip
        return self._found(query, language, 10)

    async def suggest(self, subject: str, text: str) -> list[int]:
        language = language_of(text, "en")
        fields = _fields(language)
        words = dict.fromkeys(_WORDS.findall(f"{subject} {text}".lower()))
        query, _errors = self.index.parse_query_lenient(" ".join(words), list(fields), fields)
        return self._found(query, language, 3)

    def _found(self, query: tantivy.Query, language: str, most: int) -> list[int]:
        searcher = self.index.searcher()
        snippets = tantivy.SnippetGenerator.create(searcher, query, self.schema, f"body_{language}")
        documents = [searcher.doc(address) for _score, address in searcher.search(query, most).hits]
        for document in documents:
            snippets.snippet_from_doc(document).to_html()
        return [int(document["id"][0]) for document in documents]


def _document(one: Document) -> tantivy.Document:
    by_field = {"title": one.title, "headings": one.headings, "body": one.body}
    return tantivy.Document(id=one.id, **{f"{field}_{one.language}": text for field, text in by_field.items()})


def _fields(language: str) -> dict[str, float]:
    return {f"title_{language}": 4.0, f"headings_{language}": 1.5, f"body_{language}": 1.0}
