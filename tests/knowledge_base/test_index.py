"""The index is derived: whatever happens to it, it comes back to what the database says."""

import fcntl
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from knowledge_base import index
from knowledge_base.catching_up import catch_up, rebuild
from knowledge_base.documents import Change
from knowledge_base.index_reading import DAMAGED, NoIndex
from tests.knowledge_base.articles import Shelf, document, titles

WRITER = """
import resource, sys
from pathlib import Path
from knowledge_base import index
from tests.knowledge_base.articles import document
from knowledge_base.documents import Change
folder, room = Path(sys.argv[1]), int(sys.argv[2])
if room:
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
number = index.position(folder)
while True:
    number += 1
    try:
        index.apply(folder, [Change(number, number, document(number, f"number {number}", "word " * 500))])
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
    await catch_up(folder, shelf)
    shelf.put(document(2, "second thoughts"))
    shelf.take(3)
    assert await catch_up(folder, shelf) == 2
    assert titles(folder) == {"number 1", "second thoughts", "number 4", "number 5"}
    assert await catch_up(folder, shelf) == 0
    assert index.position(folder) == 7


async def test_many_commits_stay_few_segments_and_what_was_struck_out_goes(folder: Path, shelf: Shelf) -> None:
    await catch_up(folder, shelf)
    for number in range(6, 30):
        shelf.put(document(number, f"number {number}"))
        shelf.put(document(1, f"number 1 for the {number}th time"))
        await catch_up(folder, shelf)
        reading = index.read(folder)
        assert reading.segments <= 10
        assert len(reading.metas) <= 1.5 * reading.size + 3
    assert titles(folder) == {"number 1 for the 29th time", *(f"number {number}" for number in range(2, 30))}


async def test_a_reader_keeps_what_it_began_with_and_the_next_one_sees_the_commit(folder: Path, shelf: Shelf) -> None:
    await catch_up(folder, shelf)
    before = index.read(folder)
    shelf.put(document(6, "number 6"))
    await rebuild(folder, shelf)
    assert before.size == 5 and before.knows("number")
    assert index.read(folder).size == 6


async def test_what_is_missing_damaged_or_ahead_is_built_anew(folder: Path, shelf: Shelf) -> None:
    with pytest.raises(NoIndex):
        index.read(folder)
    await catch_up(folder, shelf)
    whole = titles(folder)
    shutil.rmtree(folder)
    assert index.position(folder) is None
    await catch_up(folder, shelf)
    assert titles(folder) == whole
    for file in folder.iterdir():
        file.write_bytes(b"nonsense" * 20)
    assert index.position(folder) is None
    await catch_up(folder, shelf)
    assert titles(folder) == whole
    for file in list(folder.glob("*.seg")):
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content[:100])
    (folder / DAMAGED).touch()  # as a search does that meets it
    await catch_up(folder, shelf)
    assert titles(folder) == whole
    index.apply(folder, [Change(99, 99, document(99, "of another database"))])
    await catch_up(folder, shelf)
    assert titles(folder) == whole


async def test_one_writes_and_the_other_goes_on(folder: Path, shelf: Shelf) -> None:
    await catch_up(folder, shelf)
    shelf.put(document(6, "number 6"))
    with (folder.parent / "index.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert await catch_up(folder, shelf) == 0
        assert index.read(folder).size == 5
    assert await catch_up(folder, shelf) == 1


async def test_a_writer_that_is_killed_loses_nothing_that_it_committed(folder: Path, shelf: Shelf) -> None:
    await catch_up(folder, shelf)
    with subprocess.Popen([sys.executable, "-c", WRITER, str(folder), "0"], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        committed = [int(writer.stdout.readline()) for _each in range(12)][-1]
        writer.kill()
    position = index.position(folder)
    assert position is not None and position >= committed
    assert titles(folder) == {f"number {number}" for number in range(1, position + 1)}
    index.apply(folder, [Change(position + 1, 1, None)])
    assert index.read(folder).size == position - 1


async def test_a_disk_without_room_leaves_the_index_as_it_was(folder: Path, shelf: Shelf) -> None:
    await catch_up(folder, shelf)
    told = subprocess.run(
        [sys.executable, "-c", WRITER, str(folder), "2000"], capture_output=True, text=True, check=True
    )
    assert told.stdout.split()[-1] == "refused"
    assert titles(folder) == {f"number {number}" for number in range(1, 6)}
    shelf.put(document(6, "number 6"))
    assert await catch_up(folder, shelf) == 1


async def test_only_its_owner_may_look_into_the_folder(folder: Path, shelf: Shelf) -> None:
    await catch_up(folder, shelf)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o777)
    with pytest.raises(NoIndex):
        index.read(folder)
    await catch_up(folder, shelf)
    assert index.read(folder).size == 5


async def test_a_rebuild_tells_how_far_it_is(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    shelf = Shelf(*(document(number, f"number {number}") for number in range(1, 120)))
    await rebuild(folder, shelf, told=lambda done, total: told.append((done, total)))
    assert told == [(50, 119), (100, 119), (119, 119)]
