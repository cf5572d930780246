"""The index of articles in a folder: one writer, any number of readers in other processes.

It is derived data. Each commit holds the place in the history of changes that it is at, so that a killed writer, a deleted folder or
a full disk costs nothing but the work of catching up. Whoosh keeps pickles: the folder is its owner's alone, and never restored from
elsewhere.

All of whoosh is behind this module and its neighbours `index_storage`, `index_format` and `index_reading`.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from whoosh.index import FileIndex
from whoosh.writing import CLEAR

from knowledge_base import index_storage as storage
from knowledge_base.documents import Change, Document, Place
from knowledge_base.index_format import POSITION, fields_of, fields_of_place, schema
from knowledge_base.index_reading import NoIndex, NotNow, Reading
from knowledge_base.index_storage import DAMAGED, Writer, locked

_MOST_SEGMENTS = 8
"""With more of them a commit merges small ones."""
_WORN = 0.5
"""More documents struck out than this share of those that are there, and a commit writes it all anew."""
_BATCH = 50
_TRIES, _PAUSE = 3, 0.02  # seconds
_PROGRESS = "progress"
"""A file in the folder that is being built."""

_readings: dict[Path, Reading] = {}
_opening = threading.Lock()


class Progress(msgspec.Struct, frozen=True):
    """Of a rebuild: how many documents of how many."""

    done: int
    total: int


def read(folder: Path) -> Reading:
    """The index as it was committed last; cheap when nothing was. Raises NoIndex.

    While the system lacks files or memory it is the one that is known from before, if any.
    """
    with _opening:
        try:
            return _read(folder)
        except NoIndex:
            raise
        except Exception as error:  # whoosh meets damage in many ways
            known = _readings.get(folder)
            if not storage.is_scarcity(error):
                raise NoIndex(f"damaged: {error!r}") from error
            if known is None:
                raise NotNow(repr(error)) from error
            return known


def _read(folder: Path) -> Reading:
    for _try in range(_TRIES):
        if not folder.exists():
            raise NoIndex("missing")
        if not storage.is_ours(folder):
            raise NoIndex("not private")
        if (folder / DAMAGED).exists():
            raise NoIndex("damaged")
        with suppress(FileNotFoundError):  # a commit between two steps takes files away
            return _open(folder)
        time.sleep(_PAUSE)
    raise NoIndex("files of it are missing")


def _open(folder: Path) -> Reading:
    generation, table = storage.latest(folder)
    about = table.stat()
    commit = (generation, about.st_ino, about.st_mtime_ns)  # numbers begin anew with an index
    known = _readings.get(folder)
    if known is None or known.commit != commit:
        segments = storage.contents(folder, generation)
        for segment in segments:
            if known is None or not known.has_segment(segment.segment_id()):
                storage.check(folder, segment.segment_id())
        reader = FileIndex._reader(storage.Storage(str(folder)), schema(), segments, generation)
        known = _readings[folder] = Reading(reader, folder, commit, known)
    return known


def apply(folder: Path, changes: Sequence[Change]) -> None:
    """Bring the changes in, all or none, and block meanwhile. Raises NoIndex, Busy, OSError."""
    with locked(folder):
        reading = read(folder)
        with _writing(folder) as writer:
            for change in {change.id: change for change in changes}.values():
                writer.delete_by_term("id", str(change.id))
                if change.document:
                    writer.add_document(**fields_of(change.document))
            writer.delete_by_term("id", POSITION)
            writer.add_document(**fields_of_place(changes[-1].place))
            is_worn = writer.deleted_count() > reading.size * _WORN
            writer.commit(optimize=is_worn, merge=len(writer.segments) > _MOST_SEGMENTS)


async def rebuild(
    folder: Path,
    documents: AsyncIterator[Document],
    *,
    place: Place,
    total: int = 0,
    told: Callable[[Progress], None] = lambda progress: None,
) -> int:
    """Write everything anew, how many documents; the old index is read and kept up until the end. Raises Busy, OSError.

    It is written beside the old one, of which nothing is read, so nothing in it can be in the way.
    `place` is that of the newest change that is certainly in `documents`; `told` hears how far it is.
    """
    building, done = building_of(folder), 0

    def tell() -> None:
        progress = Progress(done, max(total, done))
        (building / _PROGRESS).write_bytes(msgspec.json.encode(progress))
        told(progress)

    with locked(building):
        storage.make_empty(building)
        tell()
        with _writing(building) as writer:
            async for batch in _batches(documents):
                await whole(_add_all, writer, batch)
                done += len(batch)
                tell()
            writer.add_document(**fields_of_place(place))
            await whole(_commit_anew, writer)
        await whole(_put_in_place, building, folder)
    return done


def progress(folder: Path) -> Progress | None:
    """How far a rebuild is that runs just now, in whatever process."""
    building = building_of(folder)
    if not storage.is_locked(building):
        return None
    try:
        return msgspec.json.decode((building / _PROGRESS).read_bytes(), type=Progress)
    except (OSError, msgspec.DecodeError):
        return None


def building_of(folder: Path) -> Path:
    """Where the next index is written while this one is read."""
    return folder.with_name(f"{folder.name}.building")


def _put_in_place(building: Path, folder: Path) -> None:
    storage.make_ours(folder)
    for last_try in [*[False] * 100, True]:
        try:
            with locked(folder):
                storage.adopt(folder, building)
                break
        except storage.Busy:  # somebody brings changes in, which the new one takes in again
            if last_try:
                raise
            time.sleep(0.1)
    storage.remove(building)


def _commit_anew(writer: Writer) -> None:
    writer.commit(mergetype=CLEAR)


async def _batches(documents: AsyncIterator[Document]) -> AsyncIterator[list[Document]]:
    batch: list[Document] = []
    async for document in documents:
        batch.append(document)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def whole(work: Callable[..., None], *args: object) -> None:
    """In a thread, and to its end even when it is no longer wanted: until then the lock must be held."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        raise


@contextmanager
def _writing(folder: Path) -> Iterator[Writer]:
    """The writer; what the block does not commit is gone."""
    writer = Writer(folder)
    try:
        yield writer
    finally:
        if not writer.is_closed:
            with suppress(Exception):
                writer.cancel()


def _add_all(writer: Writer, documents: Sequence[Document]) -> None:
    for document in documents:
        writer.add_document(**fields_of(document))
