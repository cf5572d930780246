"""The index as one commit left it."""

import threading
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import islice
from pathlib import Path

import msgspec
import structlog
from whoosh.columns import ColumnReader
from whoosh.reading import IndexReader, TermNotFound

from knowledge_base.index_format import FIELDS, POSITION, VERSION, Asked, Meta, Shown, State

DAMAGED = "damaged"
"""A file of this name says that something in the index cannot be read: who catches up next builds it anew."""
_REMEMBERED = 4096
"""Postings of so many terms stay decoded."""

log = structlog.get_logger(__name__)


class NoIndex(Exception):
    """There is none that can be read: it is being built, or was damaged."""


class _Segment:
    """One of the parts that an index is written in. It never changes, except that documents in it are struck out."""

    def __init__(self, reader: IndexReader) -> None:
        decoder = msgspec.msgpack.Decoder(Meta)
        self.metas = [decoder.decode(packed) if packed else None for packed in reader.column_reader("meta")]
        self._reader = reader

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Words as they read, and in how many documents each stands."""
        return {text.decode(): info.doc_frequency() for text, info in self._reader.iter_prefix("words", "")}


class Reading:
    """Documents are numbers from 0; those that are no more have no meta."""

    def __init__(self, reader: IndexReader, folder: Path, commit: tuple[int, ...], before: "Reading | None") -> None:
        """`before` lends what it knows of segments that both have. Raises NoIndex when it is of another version."""
        self.folder, self.commit = folder, commit
        self._reader = reader
        self._leaves: list[IndexReader] = []
        self._bases: list[int] = []
        for leaf, base in reader.leaf_readers():
            self._leaves.append(leaf)
            self._bases.append(base)
        self._lock = threading.RLock()  # a file of postings has one place where it is read
        self._columns: dict[tuple[str, int], ColumnReader] = {}
        self._remembered: dict[str, tuple[list[int], list[bytes]]] = {}
        known = before._segments if before else {}
        self._segments = {name: known.get(name) or _Segment(leaf) for leaf in self._leaves if (name := _name(leaf))}
        self.metas = [
            None if leaf.is_deleted(document) else meta
            for leaf in self._leaves
            for document, meta in enumerate(self._segments[_name(leaf)].metas if _name(leaf) else ())
        ]
        self.size = sum(meta is not None for meta in self.metas)
        self.position = self._state().position

    def _state(self) -> State:
        for leaf in self._leaves:
            with suppress(TermNotFound):
                for document in leaf.postings("id", POSITION).all_ids():  # none that is struck out
                    state = msgspec.msgpack.decode(leaf.column_reader("shown")[document], type=State)
                    if state.version == VERSION:
                        return state
        raise NoIndex

    @property
    def segments(self) -> int:
        return len(self._leaves)

    def meta(self, document: int) -> Meta:
        """Of a document that is there: any that `postings` names."""
        meta = self.metas[document]
        assert meta is not None
        return meta

    def title(self, document: int) -> tuple[str, ...]:
        """Its terms; one that says nothing is nobody else's title."""
        return self.meta(document).title or (f"#{document}",)

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
        with self._reading():
            if (known := self._remembered.get(term)) is None:
                if len(self._remembered) >= _REMEMBERED:
                    for old in list(islice(self._remembered, _REMEMBERED // 4)):
                        del self._remembered[old]
                known = self._remembered[term] = self._read_postings(term)
            return known

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One thread reads; whatever goes wrong is damage, as whoosh meets it in many ways."""
        with self._lock:
            try:
                yield
            except Exception as error:
                log.warning("index_damaged", folder=str(self.folder), error=repr(error))
                with suppress(OSError):
                    (self.folder / DAMAGED).touch()
                raise NoIndex from error

    def _read_postings(self, term: str) -> tuple[list[int], list[bytes]]:
        documents: list[int] = []
        counts: list[bytes] = []
        for leaf, base in zip(self._leaves, self._bases, strict=True):
            try:
                matcher = leaf.postings("terms", term.encode())
            except TermNotFound:
                continue
            while matcher.is_active():
                documents.append(base + matcher.id())
                counts.append(matcher.value())
                matcher.next()
        return documents, counts

    def knows(self, term: str) -> bool:
        return bool(self.postings(term)[0])

    def shown(self, document: int) -> Shown:
        return msgspec.msgpack.decode(self._column("shown", document), type=Shown)

    def asked(self, document: int) -> list[Asked]:
        return msgspec.msgpack.decode(self._column("asked", document), type=list[Asked])

    def _column(self, name: str, document: int) -> bytes:
        with self._reading():
            place = bisect_right(self._bases, document) - 1
            if (column := self._columns.get((name, place))) is None:
                column = self._columns[name, place] = self._leaves[place].column_reader(name)
            return column[document - self._bases[place]]

    def documents_with_word(self, word: str) -> int:
        """About how many: those of documents that are no more may be among them."""
        with self._reading():
            return sum(segment.vocabulary.get(word, 0) for segment in self._segments.values())

    def words(self, prefix: str) -> list[tuple[str, int]]:
        """Words that begin so, and in how many documents each stands."""
        with self._reading():
            return [(text.decode(), info.doc_frequency()) for text, info in self._reader.iter_prefix("words", prefix)]


def _name(leaf: IndexReader) -> str:
    """Of its segment; an index without documents has a leaf without one."""
    segment = leaf.segment()
    return segment.segment_id() if segment else ""
