"""The index as one commit left it."""

import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

import msgspec
import structlog
from whoosh.columns import ColumnReader
from whoosh.reading import IndexReader, TermNotFound

from knowledge_base.index_format import FIELDS, POSITION, VERSION, Asked, Meta, Shown, State
from knowledge_base.index_storage import DAMAGED, is_scarcity

_REMEMBERED = 2_000_000
"""So many postings of a segment stay decoded: 16 MB."""

log = structlog.get_logger(__name__)


class NoIndex(Exception):
    """There is none that can be read, and it is to be built anew; `str()` says why."""


class NotNow(NoIndex):
    """It may well be there, but the system lacks what it takes to read it."""


class Scale(Protocol):
    """What a term is worth to a document by how often it stands in each of its fields, 0 to 1; hashable."""

    def __call__(self, counts: bytes, lengths: tuple[int, ...]) -> float: ...


Wanted = Callable[[Meta], bool]
"""Whether a document counts."""
Worth = tuple[Sequence[int], Sequence[float]]
"""Documents, and what a term is worth to each."""


class _Segment:
    """One of the parts that an index is written in. It never changes, except that documents in it are struck out."""

    def __init__(self, reader: IndexReader) -> None:
        decoder = msgspec.msgpack.Decoder(Meta)
        self.metas = [decoder.decode(packed) if packed else None for packed in reader.column_reader("meta")]
        self._vocabulary: dict[str, int] | None = None
        self._in_order: list[str] = []
        self._scale: Scale | None = None
        self._worth: dict[str, Worth] = {}
        self._remembered = 0

    def worth(self, term: str, reader: IndexReader, scale: Scale) -> Worth:
        """Of a term to the documents of this segment; remembered as long as the scale is the same."""
        if self._scale != scale or self._remembered > _REMEMBERED:
            self._scale, self._worth, self._remembered = scale, {}, 0
        if (known := self._worth.get(term)) is None:
            known = self._worth[term] = self._read(term, reader, scale)
            self._remembered += len(known[0]) + 10
        return known

    def _read(self, term: str, reader: IndexReader, scale: Scale) -> Worth:
        documents, worth, metas = array("I"), array("f"), self.metas
        try:
            matcher = reader.postings("terms", term.encode())
        except TermNotFound:
            return documents, worth
        while matcher.is_active():
            document = matcher.id()
            if meta := metas[document]:
                documents.append(document)
                worth.append(scale(matcher.value(), meta.lengths))
            matcher.next()
        return documents, worth

    def documents(self, field: str, term: str, reader: IndexReader) -> Iterable[int]:
        """Those that have a term; some may be no more."""
        if field == "terms" and (known := self._worth.get(term)):
            return known[0]
        try:
            return reader.postings(field, term.encode()).all_ids()
        except TermNotFound:
            return ()

    def says(self, term: str, document: int, reader: IndexReader) -> bool:
        """Whether one that has the term has it otherwise than from a question that led to it."""
        matcher = reader.postings("terms", term.encode())
        matcher.skip_to(document)
        return any(matcher.value()[:-1])

    def vocabulary(self, reader: IndexReader) -> dict[str, int]:
        """Words as they read, in order, and in how many documents each stands; some of these may be no more."""
        if self._vocabulary is None:
            found = reader.iter_prefix("words", "")
            self._vocabulary = {text.decode(): info.doc_frequency() for text, info in found}
            self._in_order = [*self._vocabulary]
        return self._vocabulary

    def beginning(self, prefix: str, reader: IndexReader) -> Iterator[tuple[str, int]]:
        """Words that begin so, with the same count."""
        counts = self.vocabulary(reader)
        for place in range(bisect_left(self._in_order, prefix), len(self._in_order)):
            word = self._in_order[place]
            if not word.startswith(prefix):
                break
            yield word, counts[word]


class Reading:
    """Documents are numbers from 0; those that are no more have no meta."""

    def __init__(self, reader: IndexReader, folder: Path, commit: tuple[int, ...], before: "Reading | None") -> None:
        """`before` lends what it knows of segments that both have. Raises NoIndex when it is of another version."""
        self.folder, self.commit = folder, commit
        self._reader = reader
        self._lock = threading.RLock()  # a file of postings has one place where it is read
        known = before._segments if before else {}
        self._segments: dict[str, _Segment] = {}
        self._leaves: list[tuple[IndexReader, int, _Segment]] = []
        self.metas: list[Meta | None] = []
        for leaf, base in reader.leaf_readers():
            if segment := leaf.segment():  # an index without documents has a leaf without one
                name = segment.segment_id()
                ours = self._segments[name] = known.get(name) or _Segment(leaf)
                self._leaves.append((leaf, base, ours))
                self.metas += [None if leaf.is_deleted(place) else meta for place, meta in enumerate(ours.metas)]
        self.size = sum(meta is not None for meta in self.metas)
        self._columns: dict[tuple[str, int], ColumnReader] = {}
        self._counts: dict[str, int] = {}
        self._witnesses: dict[str, int] = {}
        self.place = self._state().place

    def _state(self) -> State:
        for leaf, _base, _segment in self._leaves:
            with suppress(TermNotFound):
                for document in leaf.postings("id", POSITION).all_ids():  # none that is struck out
                    state = msgspec.msgpack.decode(leaf.column_reader("shown")[document], type=State)
                    if state.version == VERSION:
                        return state
        raise NoIndex("of another version")

    def has_segment(self, name: str) -> bool:
        return name in self._segments

    @property
    def segments(self) -> int:
        return len(self._leaves)

    def meta(self, document: int) -> Meta:
        """Of a document that is there."""
        meta = self.metas[document]
        assert meta is not None
        return meta

    @cached_property
    def lengths(self) -> tuple[float, ...]:
        """Of each of `FIELDS`, on average over those documents that have it, in two digits: few changes change them."""
        sums, counts = [0] * len(FIELDS), [0] * len(FIELDS)
        for meta in self.metas:
            for place, length in enumerate(meta.lengths if meta else ()):
                sums[place] += length
                counts[place] += length > 0
        return tuple(float(f"{total / count:.2g}") if count else 1.0 for total, count in zip(sums, counts, strict=True))

    @cached_property
    def siblings(self) -> dict[int, tuple[str, ...]]:
        """Documents whose title others have, too, with its terms; a title that says nothing is nobody else's."""
        found: dict[tuple[str, ...], list[int]] = {}
        for document, meta in enumerate(self.metas):
            if meta and meta.title:
                found.setdefault(meta.title, []).append(document)
        return {document: title for title, all_ in found.items() if len(all_) > 1 for document in all_}

    def count(self, term: str) -> int:
        """In about how many documents it stands: some that are no more may be among them."""
        if (known := self._counts.get(term)) is None:
            with self._reading():
                known = self._counts[term] = self._reader.doc_frequency("terms", term.encode())
        return known

    def knows(self, term: str, wanted: Wanted) -> bool:
        """Whether a document that is wanted says it: what only somebody who asked has said is not known."""
        if not self.count(term):
            return False
        if (known := self._witnesses.get(term)) is not None and wanted(self.meta(known)):
            return True
        found = self._find(term, wanted)
        if found is not None:
            self._witnesses[term] = found
        return found is not None

    def _find(self, term: str, wanted: Wanted) -> int | None:
        with self._reading():
            for leaf, base, segment in self._leaves:
                for document in segment.documents("terms", term, leaf):
                    meta = self.metas[base + document]
                    if meta and wanted(meta) and (not meta.questions or segment.says(term, document, leaf)):
                        return base + document
        return None

    def worth(self, term: str, scale: Scale) -> list[tuple[int, Worth]]:
        """Of a term to documents, by segments: the number to be added to each of its documents, and the worth. Some of the
        documents may be no more."""
        with self._reading():
            return [(base, segment.worth(term, leaf, scale)) for leaf, base, segment in self._leaves]

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One thread reads; whatever goes wrong is damage, as whoosh meets it in many ways."""
        with self._lock:
            try:
                yield
            except Exception as error:
                if is_scarcity(error):
                    raise NotNow(repr(error)) from error
                log.warning("index_damaged", folder=str(self.folder), error=repr(error))
                with suppress(OSError):
                    (self.folder / DAMAGED).touch()
                raise NoIndex("damaged") from error

    def shown(self, document: int) -> Shown:
        return msgspec.msgpack.decode(self._column("shown", document), type=Shown)

    def asked(self, document: int) -> list[Asked]:
        return msgspec.msgpack.decode(self._column("asked", document), type=list[Asked])

    def order(self, document: int) -> bytes:
        """`index_format.ORDER`: its terms in order."""
        return self._column("order", document)

    def _column(self, name: str, document: int) -> bytes:
        with self._reading():
            place = bisect_right(self._leaves, document, key=lambda leaf: leaf[1]) - 1
            reader, base, _segment = self._leaves[place]
            if (column := self._columns.get((name, place))) is None:
                column = self._columns[name, place] = reader.column_reader(name)
            return column[document - base]

    def documents_with_word(self, word: str, wanted: Wanted) -> int:
        """How many of those that are wanted have a word that reads so."""
        with self._reading():
            return sum(
                bool((meta := self.metas[base + document]) and wanted(meta))
                for leaf, base, segment in self._leaves
                if word in segment.vocabulary(leaf)
                for document in segment.documents("words", word, leaf)
            )

    def words(self, prefix: str) -> Counter[str]:
        """Words that begin so, and in about how many documents each stands."""
        found: Counter[str] = Counter()
        with self._reading():
            for leaf, _base, segment in self._leaves:
                for word, count in segment.beginning(prefix, leaf):
                    found[word] += count
        return found
