"""The folder of an index: its owner's alone, written by one process, and whole after a power cut.

What a commit names is on the disk before the commit is, and has its checksum beside it: a disk that lost or changed some of it
is noticed before anything is read, instead of finding less, or something else, without a word.
"""

import errno
import fcntl
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex
from whoosh.writing import SegmentWriter

from knowledge_base.index_format import schema

NAME = "MAIN"
DAMAGED = "damaged"
"""A file of this name says that something in the index cannot be read: it is to be built anew."""
_TABLE = re.compile(rf"_{NAME}_(\d+)\.toc")
_SUM = 4  # bytes


class Busy(Exception):
    """Another process writes."""


class Damaged(Exception):
    """A file is not as it was written."""


_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}


class Storage(FileStorage):
    """Ends each table of contents with its checksum; whoosh reads over it."""

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """Of the table, which is written under another name: from here on it counts."""
        with Path(self._fpath(oldname)).open("r+b") as file:
            checksum = zlib.crc32(file.read())
            file.write(checksum.to_bytes(_SUM))
            _to_disk(file)
        super().rename_file(oldname, newname, safe)
        sync(Path(self.folder))


class Writer(SegmentWriter):
    """Seals what it has written before the table of contents names it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(FileIndex(Storage(str(folder)), schema()), _lk=False)
        self._folder = folder

    def _commit_toc(self, segments: list[Any]) -> None:
        for segment in segments:
            _seal(self._folder, segment.segment_id())
        super()._commit_toc(segments)


def is_scarcity(error: Exception) -> bool:
    """Whether the system lacked files or memory for a moment, which says nothing of the index."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _SCARCE)


def latest(folder: Path) -> tuple[int, Path]:
    """Number and table of contents of the last commit. Raises FileNotFoundError when there is none."""
    found = [int(match.group(1)) for name in os.listdir(folder) if (match := _TABLE.fullmatch(name))]
    if not found:
        raise FileNotFoundError(f"no index in {folder}")
    return max(found), folder / f"_{NAME}_{max(found)}.toc"


def contents(folder: Path, generation: int) -> list[Any]:
    """The segments of this commit. Raises Damaged, FileNotFoundError."""
    packed = (folder / f"_{NAME}_{generation}.toc").read_bytes()
    if zlib.crc32(packed[:-_SUM]) != int.from_bytes(packed[-_SUM:]):
        raise Damaged("its table of contents")
    return TOC.read(Storage(str(folder)), NAME, gen=generation, schema=schema()).segments


def check(folder: Path, segment: str) -> None:
    """Raises Damaged when the segment is not as it was written, FileNotFoundError."""
    if (folder / f"{segment}.sum").read_text() != f"{_checksum(folder / f'{segment}.seg'):08x}":
        raise Damaged(segment)


def adopt(folder: Path, built: Path) -> None:
    """Put an index that was built elsewhere, on the same disk, in the place of the one in `folder`, in one step for readers."""
    segments = contents(built, latest(built)[0])
    for segment in segments:
        for ending in (".seg", ".sum"):
            name = segment.segment_id() + ending
            (built / name).replace(folder / name)
    sync(folder)
    try:
        generation = latest(folder)[0] + 1
    except FileNotFoundError:
        generation = 0
    TOC(schema(), segments, generation).write(Storage(str(folder)), NAME)
    (folder / DAMAGED).unlink(missing_ok=True)
    for path in folder.iterdir():
        if path.name.rpartition(".")[0] not in {f"_{NAME}_{generation}", *(one.segment_id() for one in segments)}:
            remove(path)


def is_ours(folder: Path) -> bool:
    """Nobody else can have put anything there: whoosh unpickles what it finds."""
    about = folder.stat()
    return about.st_uid == os.geteuid() and not about.st_mode & 0o077


def make_ours(folder: Path) -> None:
    """A folder that is; what was there and was not is put away, and nothing of it is read. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not is_ours(folder):
        away = folder.with_name(f"{folder.name}.of-another-owner")
        remove(away)
        folder.rename(away)
        remove(away)
        folder.mkdir(mode=0o700)


def make_empty(folder: Path) -> None:
    """Ours, with an index in it that has nothing. Raises OSError."""
    remove(folder)
    make_ours(folder)
    TOC.create(Storage(str(folder)), schema(), NAME)


def remove(path: Path) -> None:
    """As far as it can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Write there alone. The lock stands beside the folder, which somebody may delete; a killed process holds nothing. Raises Busy."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    # To be read only: who runs a command as root must not lock out the service for ever.
    number = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        _take(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def is_locked(folder: Path) -> bool:
    """Whether somebody writes there just now."""
    try:
        number = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDONLY)
    except OSError:
        return False
    try:
        _take(number, fcntl.LOCK_SH)
    except Busy:
        return True
    finally:
        os.close(number)
    return False


def _take(lock: int, how: int) -> None:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Busy from error


def sync(folder: Path) -> None:
    """What is in the folder stays there through a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _seal(folder: Path, segment: str) -> None:
    """Once for each segment: it never changes."""
    if not (folder / f"{segment}.sum").exists():
        with (folder / f"{segment}.seg").open("rb") as file:
            os.fsync(file.fileno())
        with (folder / f"{segment}.sum").open("w") as file:
            file.write(f"{_checksum(folder / f'{segment}.seg'):08x}")
            _to_disk(file)


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            checksum = zlib.crc32(part, checksum)
    return checksum
