"""The index as one commit left it."""

import threading
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

import msgspec
from whoosh.matching import Matcher
from whoosh.reading import IndexReader, TermNotFound

from knowledge_base.index_format import FIELDS, POSITION, VERSION, Asked, Meta, Shown, State

_REMEMBERED = 4096
"""Postings of so many terms stay decoded."""


class NoIndex(Exception):
    """There is none that can be read: it is being built, or was damaged."""


class Reading:
    """Documents are numbers from 0; those that are no more have no `metas`."""

    def __init__(self, reader: IndexReader, generation: int) -> None:
        self.generation = generation
        self._reader = reader
        self._leaves: list[tuple[IndexReader, int]] = list(reader.leaf_readers())
        self._lock = threading.RLock()  # a file of postings has one place where it is read
        self._remembered: dict[str, tuple[list[int], list[bytes]]] = {}
        state = msgspec.msgpack.decode(self._state(), type=State)
        if state.version != VERSION:
            raise NoIndex
        self.position = state.position

    def _state(self) -> bytes:
        for leaf, _base in self._leaves:
            for document in _ids(leaf.postings("id", POSITION)) if ("id", POSITION) in leaf else ():
                if not leaf.is_deleted(document):
                    return leaf.column_reader("meta")[document]
        raise NoIndex

    @property
    def segments(self) -> int:
        return len(self._leaves)

    @cached_property
    def metas(self) -> list[Meta | None]:
        with self._lock:
            return [meta for leaf, _base in self._leaves for meta in _metas(leaf)]

    @cached_property
    def size(self) -> int:
        return sum(meta is not None for meta in self.metas)

    @cached_property
    def lengths(self) -> tuple[float, ...]:
        """Of each of `FIELDS`, on average over those documents that have it."""
        sums, counts = [0] * len(FIELDS), [0] * len(FIELDS)
        for meta in self.metas:
            for place, length in enumerate(meta.lengths if meta else ()):
                sums[place] += length
                counts[place] += length > 0
        return tuple(total / count if count else 1.0 for total, count in zip(sums, counts, strict=True))

    def postings(self, term: str) -> tuple[list[int], list[bytes]]:
        """Documents with the term, and how often it stands in each of their `FIELDS`."""
        with self._lock:
            if (known := self._remembered.get(term)) is None:
                if len(self._remembered) >= _REMEMBERED:
                    for old in list(islice(self._remembered, _REMEMBERED // 4)):
                        del self._remembered[old]
                known = self._remembered[term] = self._read_postings(term)
            return known

    def _read_postings(self, term: str) -> tuple[list[int], list[bytes]]:
        documents: list[int] = []
        counts: list[bytes] = []
        metas = self.metas
        for leaf, base in self._leaves:
            try:
                matcher = leaf.postings("terms", term.encode())
            except TermNotFound:
                continue
            while matcher.is_active():
                if metas[document := base + matcher.id()]:
                    documents.append(document)
                    counts.append(matcher.value())
                matcher.next()
        return documents, counts

    def shown(self, document: int) -> Shown:
        return msgspec.msgpack.decode(self._column("shown", document), type=Shown)

    def asked(self, document: int) -> list[Asked]:
        return msgspec.msgpack.decode(self._column("asked", document), type=list[Asked])

    def _column(self, name: str, document: int) -> bytes:
        with self._lock:
            leaf, base = next((leaf, base) for leaf, base in reversed(self._leaves) if base <= document)
            return leaf.column_reader(name)[document - base]

    def words(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Words that begin so, and in how many documents each stands."""
        with self._lock:
            for text, info in self._reader.iter_prefix("words", prefix):
                yield text.decode(), info.doc_frequency()


def _metas(leaf: IndexReader) -> Iterator[Meta | None]:
    decoder = msgspec.msgpack.Decoder(Meta)
    state = set(_ids(leaf.postings("id", POSITION))) if ("id", POSITION) in leaf else ()
    for document, packed in enumerate(leaf.column_reader("meta")):
        yield None if document in state or leaf.is_deleted(document) else decoder.decode(packed)


def _ids(matcher: Matcher) -> Iterator[int]:
    while matcher.is_active():
        yield matcher.id()
        matcher.next()
