"""The index is derived: whatever happens to it, it comes back to what the database says."""

import asyncio
import errno
import fcntl
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge_base import index
from knowledge_base import index_storage as storage
from knowledge_base.catching_up import catch_up, keep_up, rebuild
from knowledge_base.documents import Change, Document, Place
from knowledge_base.index_reading import NoIndex, NotNow
from knowledge_base.index_storage import DAMAGED
from tests.knowledge_base.articles import Shelf, document, titles

WRITER = """
import resource, sys
from pathlib import Path
from knowledge_base import index
from tests.knowledge_base.articles import document
from knowledge_base.documents import Change, Place
folder, room = Path(sys.argv[1]), int(sys.argv[2])
if room:
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
number = index.read(folder).place.number
while True:
    number += 1
    try:
        index.apply(folder, [Change(Place(number, str(number)), number, document(number, f"number {number}", "word " * 500))])
    except OSError as error:
        print("refused", flush=True)
        sys.exit()
    print(number, flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(*(document(number, f"number {number}") for number in range(1, 6)))


async def test_changes_come_in_and_go_out(folder: Path, shelf: Shelf) -> None:
    await keep_up(folder, shelf)
    shelf.put(document(2, "second thoughts"))
    shelf.take(3)
    assert await keep_up(folder, shelf) == 2
    assert titles(folder) == {"number 1", "second thoughts", "number 4", "number 5"}
    assert await keep_up(folder, shelf) == 0
    assert index.read(folder).place.number == 7


async def test_many_commits_stay_few_segments_and_what_was_struck_out_goes(folder: Path, shelf: Shelf) -> None:
    await keep_up(folder, shelf)
    for number in range(6, 30):
        shelf.put(document(number, f"number {number}"))
        shelf.put(document(1, f"number 1 for the {number}th time"))
        await keep_up(folder, shelf)
        reading = index.read(folder)
        assert reading.segments <= 10
        assert len(reading.metas) <= 1.5 * reading.size + 3
    assert titles(folder) == {"number 1 for the 29th time", *(f"number {number}" for number in range(2, 30))}


async def test_a_reader_keeps_what_it_began_with_and_the_next_one_sees_the_commit(folder: Path, shelf: Shelf) -> None:
    await keep_up(folder, shelf)
    before = index.read(folder)
    shelf.put(document(6, "number 6"))
    await rebuild(folder, shelf)
    assert before.size == 5 and before.count("number")
    assert index.read(folder).size == 6


async def test_what_is_missing_damaged_or_ahead_is_built_anew(folder: Path, shelf: Shelf) -> None:
    with pytest.raises(NoIndex, match="missing"):
        index.read(folder)
    await keep_up(folder, shelf)
    whole = titles(folder)
    shutil.rmtree(folder)
    await keep_up(folder, shelf)
    assert titles(folder) == whole
    for file in folder.iterdir():
        file.write_bytes(b"nonsense" * 20)
    with pytest.raises(NoIndex):
        index.read(folder)
    await keep_up(folder, shelf)
    assert titles(folder) == whole
    (folder / DAMAGED).touch()  # as a search does that meets it
    await keep_up(folder, shelf)
    assert titles(folder) == whole
    index.apply(folder, [Change(Place(99, "99"), 99, document(99, "of another database"))])
    await keep_up(folder, shelf)
    assert titles(folder) == whole


async def test_an_index_of_another_turn_of_history_is_built_anew(folder: Path, shelf: Shelf) -> None:
    shelf.put(document(6, "withdrawn in the turn that holds"))
    await keep_up(folder, shelf)
    shelf.history, shelf.kept = "second", {1: shelf.kept[1]}
    shelf.put(document(7, "number 7"))
    with pytest.raises(NoIndex, match="another time"):
        await catch_up(folder, shelf)
    await keep_up(folder, shelf)
    assert titles(folder) == {"number 1", "number 7"}


@pytest.mark.parametrize("kind", ["*.seg", "*.toc"])
async def test_what_a_disk_lost_is_noticed_before_it_is_read(folder: Path, shelf: Shelf, kind: str) -> None:
    await keep_up(folder, shelf)
    [file] = folder.glob(kind)
    content = file.read_bytes()
    for place in range(0, len(content), 200):
        _anew(file, content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        with pytest.raises(NoIndex, match="damaged"):
            index.read(folder)
    await keep_up(folder, shelf)
    assert index.read(folder).size == 5


def _anew(file: Path, content: bytes) -> None:
    """Another file of that name, so that nobody who has read the first one takes it for that."""
    file.unlink()
    file.write_bytes(content)
    index._readings.clear()


async def test_what_the_system_lacks_for_a_moment_is_no_damage(
    folder: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep_up(folder, shelf)
    known = index.read(folder)

    def refuse(*_args: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as short:
        short.setattr(storage, "latest", refuse)
        assert index.read(folder) is known
        index._readings.clear()
        with pytest.raises(NotNow):
            await keep_up(folder, shelf)
    assert index.read(folder).place == known.place


async def test_one_writes_and_the_other_goes_on(folder: Path, shelf: Shelf) -> None:
    await keep_up(folder, shelf)
    shelf.put(document(6, "number 6"))
    with (folder.parent / "index.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert await keep_up(folder, shelf) == 0
        assert index.read(folder).size == 5
    assert await keep_up(folder, shelf) == 1


async def test_a_writer_that_is_killed_loses_nothing_that_it_committed(folder: Path, shelf: Shelf) -> None:
    await keep_up(folder, shelf)
    with subprocess.Popen([sys.executable, "-c", WRITER, str(folder), "0"], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        committed = [int(writer.stdout.readline()) for _each in range(12)][-1]
        writer.kill()
    position = index.read(folder).place.number
    assert position >= committed
    assert titles(folder) == {f"number {number}" for number in range(1, position + 1)}
    index.apply(folder, [Change(Place(position + 1), 1, None)])
    assert index.read(folder).size == position - 1


async def test_a_disk_without_room_leaves_the_index_as_it_was(folder: Path, shelf: Shelf) -> None:
    await keep_up(folder, shelf)
    told = subprocess.run(
        [sys.executable, "-c", WRITER, str(folder), "2000"], capture_output=True, text=True, check=True
    )
    assert told.stdout.split()[-1] == "refused"
    assert titles(folder) == {f"number {number}" for number in range(1, 6)}
    shelf.put(document(6, "number 6"))
    assert await keep_up(folder, shelf) == 1


async def test_only_its_owner_may_look_into_the_folder(folder: Path, shelf: Shelf) -> None:
    await keep_up(folder, shelf)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o777)
    with pytest.raises(NoIndex, match="private"):
        index.read(folder)
    await keep_up(folder, shelf)
    assert index.read(folder).size == 5


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
async def test_a_folder_of_another_owner_is_replaced_once(folder: Path, shelf: Shelf) -> None:
    await keep_up(folder, shelf)
    os.chown(folder, 12345, 12345)
    await keep_up(folder, shelf)
    assert index.read(folder).size == 5 and folder.stat().st_uid == 0
    assert await catch_up(folder, shelf) == 0


async def test_a_rebuild_tells_how_far_it_is_and_what_is_there_is_kept_up_meanwhile(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    shelf = Shelf(*(document(number, f"number {number}") for number in range(1, 120)))
    await rebuild(folder, shelf, told=lambda progress: told.append((progress.done, progress.total)))
    assert told == [(0, 119), (50, 119), (100, 119), (119, 119)]

    async def slowly() -> AsyncIterator[Document]:
        async for one in shelf.documents():
            yield one
        shelf.put(document(120, "number 120"))
        assert await catch_up(folder, shelf) == 1 and "number 120" in titles(folder)

    await index.rebuild(folder, slowly(), place=await shelf.newest())
    assert "number 120" not in titles(folder)
    assert await catch_up(folder, shelf) == 1 and "number 120" in titles(folder)


async def test_a_rebuild_that_is_cancelled_ends_its_step_and_leaves_the_lock(folder: Path, shelf: Shelf) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def step() -> None:
        begun.set()
        goes_on.wait(10)

    working = asyncio.create_task(index.whole(step))
    await asyncio.to_thread(begun.wait, 10)
    working.cancel()
    await asyncio.sleep(0)
    assert not working.done()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await working
