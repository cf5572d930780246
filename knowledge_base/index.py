"""The index of articles in a folder: one writer, any number of readers in other processes.

It is derived data. Each commit holds the number of the last change that is in it, so that a killed writer, a deleted folder or a full
disk costs nothing but the work of catching up. Whoosh keeps pickles: the folder is its owner's alone, and never restored from elsewhere.

All of whoosh is behind this module and its two neighbours, `index_format` and `index_reading`.
"""

import asyncio
import fcntl
import os
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.writing import CLEAR, SegmentWriter

from knowledge_base.documents import Change, Document
from knowledge_base.index_format import POSITION, fields_of, fields_of_position, schema
from knowledge_base.index_reading import DAMAGED, NoIndex, Reading

_MOST_SEGMENTS = 8
"""With more of them a commit merges small ones."""
_WORN = 0.5
"""More documents struck out than this share of those that are there, and a commit writes it all anew."""
_BATCH = 50

log = structlog.get_logger(__name__)


class Busy(Exception):
    """Another process writes."""


_readings: dict[Path, Reading] = {}
_opening = threading.Lock()


def read(folder: Path) -> Reading:
    """The index as it was committed last; cheap when nothing was. Raises NoIndex."""
    with _opening:
        try:
            if not _is_private(folder) or (folder / DAMAGED).exists():
                raise NoIndex
            index = FileIndex(FileStorage(str(folder)), schema())
            commit, known = _commit(index, folder), _readings.get(folder)
            if known is None or known.commit != commit:
                reader = index.reader()
                assert reader is not None
                known = _readings[folder] = Reading(reader, folder, commit, known)
        except Exception as error:  # whoosh meets damage in many ways; whatever it is, there is no index
            _readings.pop(folder, None)
            raise NoIndex from error
        return known


def _commit(index: FileIndex, folder: Path) -> tuple[int, ...]:
    """What tells the last commit from all others: its number, and the file that holds it, as numbers begin anew with an index."""
    number = index.latest_generation()
    file = (folder / f"_{index.indexname}_{number}.toc").stat()
    return number, file.st_ino, file.st_mtime_ns


def position(folder: Path) -> int | None:
    """Number of the last change that is in the index; None when there is none that can be used."""
    try:
        return read(folder).position
    except NoIndex:
        return None


def apply(folder: Path, changes: Sequence[Change]) -> None:
    """Bring the changes in, all or none, and block meanwhile. Raises NoIndex, Busy, OSError."""
    reading = read(folder)
    latest = {change.id: change for change in changes}
    with _writing(folder) as writer:
        for change in latest.values():
            writer.delete_by_term("id", str(change.id))
            if change.document:
                writer.add_document(**fields_of(change.document))
        writer.delete_by_term("id", POSITION)
        writer.add_document(**fields_of_position(max(change.number for change in changes)))
        is_worn = writer.deleted_count() > reading.size * _WORN
        writer.commit(optimize=is_worn, merge=len(writer.segments) > _MOST_SEGMENTS)


async def rebuild(
    folder: Path, documents: AsyncIterator[Document], *, position: int, told: Callable[[int], None] = lambda done: None
) -> int:
    """Write everything anew, how many documents; searches go on in the old index until the end. Raises Busy, OSError.

    Nothing of the old one is read, so nothing in it can be in the way.
    `position` is the newest change that is certainly in `documents`; `told` hears how many are done.
    """
    done = 0
    with _writing(folder) as writer:
        async for batch in _batches(documents):
            await asyncio.to_thread(_add_all, writer, batch)
            done += len(batch)
            told(done)
        writer.add_document(**fields_of_position(position))
        await asyncio.to_thread(writer.commit, mergetype=CLEAR)
        (folder / DAMAGED).unlink(missing_ok=True)
    return done


async def _batches(documents: AsyncIterator[Document]) -> AsyncIterator[list[Document]]:
    batch: list[Document] = []
    async for document in documents:
        batch.append(document)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _writing(folder: Path) -> Iterator[SegmentWriter]:
    """The writer; what the block does not commit is gone. Makes the index when there is none that can be opened."""
    with _the_lock(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
        if not _is_private(folder):
            folder.chmod(0o700)
            _empty(folder)
        try:
            writer = _writer(folder)
        except OSError:
            raise
        except Exception as error:  # whoosh meets damage in many ways
            log.warning("index_made_anew", folder=str(folder), error=repr(error))
            _empty(folder)
            FileIndex.create(FileStorage(str(folder)), schema())
            writer = _writer(folder)
        try:
            yield writer
        finally:
            if not writer.is_closed:
                with suppress(Exception):
                    writer.cancel()


@contextmanager
def _the_lock(folder: Path) -> Iterator[None]:
    """Beside the folder, which somebody may delete; a killed process holds nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy from error
        yield


def _is_private(folder: Path) -> bool:
    """Nobody else can have put anything there."""
    about = folder.stat()
    return about.st_uid == os.geteuid() and not about.st_mode & 0o077


def _writer(folder: Path) -> SegmentWriter:
    return SegmentWriter(FileIndex(FileStorage(str(folder)), schema()), _lk=False)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _add_all(writer: SegmentWriter, documents: Sequence[Document]) -> None:
    for document in documents:
        writer.add_document(**fields_of(document))
