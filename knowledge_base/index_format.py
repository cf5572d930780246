"""What the index holds, in whoosh's terms: postings with a count for each field, and what is remembered of each document."""

import zlib
from array import array
from collections import Counter
from collections.abc import Generator, Iterable
from typing import Any

import msgspec
from whoosh.columns import CompressedBytesColumn, VarBytesColumn
from whoosh.fields import COLUMN, ID, FieldType, Schema
from whoosh.formats import Existence, Format

from knowledge_base.documents import MOST_QUESTIONS, Document, Place
from knowledge_base.language import terms_of, tokens

VERSION = 3
"""One more whenever what is indexed or how it is analysed changes: an index of another version is rebuilt."""
FIELDS = ("title", "headings", "tags", "body", "questions")
LENDING = 0.35
"""A question that did better than this lends its words to the document, as if they stood there. Others only count for what is
asked much alike: anybody can click, and what was clicked by mistake shall not be found by each of its words."""
POSITION = "position"
"""Id of the document that says how far the index is: committed with what it speaks of."""


class Meta(msgspec.Struct, frozen=True, array_like=True):
    """What ranking knows of each document without reading it."""

    id: int
    article: int
    language: str
    audience: str
    category: int | None
    lengths: tuple[int, ...]
    """Words with a meaning in each of `FIELDS`."""
    title: tuple[str, ...]
    """Its terms, in order."""
    questions: int
    """How many led to it."""


class Shown(msgspec.Struct, frozen=True, array_like=True):
    title: str
    headings: str
    body: str


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """One of the questions that led to a document: how well it did, and its terms."""

    weight: float
    terms: tuple[str, ...]


class State(msgspec.Struct, frozen=True, array_like=True):
    version: int
    place: Place
    """The last change that is in the index."""


ORDER = "I"
"""Type of an array: the terms of a document's title, headings and body in their order, as checksums of four bytes, `APART` between
the three. It tells which words stand side by side without analysing the text again."""
APART = 0


def checksums(terms: Iterable[str]) -> list[int]:
    return [zlib.crc32(term.encode()) for term in terms]


class _Counts(Format):
    """How often a term stands in each of `FIELDS`, a byte each."""

    posting_size = len(FIELDS)

    def decode_frequency(self, valuestring: bytes) -> int:
        return sum(valuestring)

    def decode_weight(self, valuestring: bytes) -> float:
        return float(sum(valuestring))

    def combine(self, vs: Iterable[bytes]) -> bytes:
        return bytes(min(255, sum(counts)) for counts in zip(*vs, strict=True))


class _Terms(FieldType):
    """Takes terms with their posting values, or none: nothing is analysed by whoosh."""

    def __init__(self, format: Format) -> None:
        self.format = format
        self.analyzer = None
        self.scorable = self.stored = self.unique = False
        self.vector = None

    def index(self, value: dict[str, bytes], **kwargs: Any) -> Generator[tuple[bytes, int, float, bytes], Any, None]:
        for term, counts in value.items():
            yield term.encode(), 1, 1.0, counts


def schema() -> Schema:
    """`words` are as they read, for typing ahead and for spelling; the columns hold the structs above."""
    return Schema(
        id=ID(unique=True),
        terms=_Terms(_Counts()),
        words=_Terms(Existence()),
        meta=COLUMN(VarBytesColumn()),
        asked=COLUMN(VarBytesColumn()),
        order=COLUMN(VarBytesColumn()),
        shown=COLUMN(CompressedBytesColumn()),
    )


def fields_of(document: Document) -> dict[str, Any]:
    """A document as the writer takes it."""
    language, questions = document.language, document.questions[:MOST_QUESTIONS]
    asked = [Asked(question.weight, tuple(terms_of(question.text, language))) for question in questions]
    found = {
        "title": [*tokens(document.title, language)],
        "headings": [*tokens(document.headings, language)],
        "tags": [token for tag in document.tags for token in tokens(tag, language)],
        "body": [*tokens(document.body, language)],
    }
    terms = {field: [term for token in each for term in token.terms] for field, each in found.items()}
    terms["questions"] = [term for one in asked if one.weight > LENDING for term in one.terms]
    meta = Meta(
        document.id, document.article, language, document.audience, document.category,
        tuple(len(terms[field]) for field in FIELDS), tuple(terms["title"]), len(asked),
    )  # fmt: skip
    return {
        "id": str(document.id),
        "terms": _counted(terms),
        "words": {token.word: b"" for each in found.values() for token in each if len(token.word) > 1},
        "meta": msgspec.msgpack.encode(meta),
        "asked": msgspec.msgpack.encode(asked),
        "order": array(
            ORDER, [*checksums(terms["title"]), APART, *checksums(terms["headings"]), APART, *checksums(terms["body"])]
        ).tobytes(),
        "shown": msgspec.msgpack.encode(Shown(document.title, document.headings, document.body)),
    }


def fields_of_place(place: Place) -> dict[str, Any]:
    return {
        "id": POSITION,
        "meta": b"",
        "asked": b"",
        "order": b"",
        "shown": msgspec.msgpack.encode(State(VERSION, place)),
    }


def _counted(terms: dict[str, list[str]]) -> dict[str, bytes]:
    counts: dict[str, bytearray] = {}
    for place, field in enumerate(FIELDS):
        for term, times in Counter(terms[field]).items():
            counts.setdefault(term, bytearray(len(FIELDS)))[place] = min(times, 255)
    return {term: bytes(each) for term, each in counts.items()}
