import asyncio
import signal
import sys
import time
from pathlib import Path

import pytest
import structlog.testing

from helpdesk.embedded import supervisor as module
from helpdesk.embedded.process import Child
from helpdesk.embedded.supervisor import Supervisor
from helpdesk.kernel.errors import ConfigurationError
from tests.embedded.processes import is_alive, kill


def python(name: str, program: str, **options) -> Child:
    return Child(name, [sys.executable, "-c", program], **options)


def noting(file: Path, then: str = "time.sleep(60)") -> str:
    """A program that appends its process id to the file, and a word when it is asked to stop."""
    return f"""
import os, pathlib, signal, subprocess, sys, time
def note(word):
    with open({str(file)!r}, "a") as notes: notes.write(word + "\\n")
def stop(*_):
    note("stopped " + str(os.getpid())); sys.exit()
signal.signal(signal.SIGTERM, stop)
note(str(os.getpid()))
{then}
"""


async def lines(file: Path, count: int) -> list[str]:
    async with asyncio.timeout(10):
        while not file.exists() or len(file.read_text().splitlines()) < count:
            await asyncio.sleep(0.02)
    return file.read_text().splitlines()


async def test_a_dead_child_is_started_again_later_each_time(tmp_path: Path):
    supervisor = Supervisor()
    with structlog.testing.capture_logs() as logs:
        await supervisor.start(python("short", noting(tmp_path / "notes", "sys.exit(3)")))
        await lines(tmp_path / "notes", 3)
    await supervisor.stop()

    deaths = [entry for entry in logs if entry["event"] == "child died"]
    assert [death["again_in"] for death in deaths[:2]] == [0.2, 0.4]
    assert {(death["child"], death["status"]) for death in deaths} == {("short", "exit 3")}


async def test_a_long_life_forgives_earlier_deaths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "LONG_ENOUGH", 0.0)
    supervisor = Supervisor()
    with structlog.testing.capture_logs() as logs:
        await supervisor.start(python("steady", noting(tmp_path / "notes", "sys.exit(3)")))
        await lines(tmp_path / "notes", 3)
    await supervisor.stop()

    assert {entry["again_in"] for entry in logs if entry["event"] == "child died"} == {0.2}


async def test_the_last_group_is_stopped_first(tmp_path: Path):
    supervisor = Supervisor()
    for name in ("database", "web"):
        await supervisor.start(python(name, noting(tmp_path / "notes")))
        await lines(tmp_path / "notes", 1 if name == "database" else 2)
    await supervisor.stop()

    database, web, *stops = (tmp_path / "notes").read_text().splitlines()
    assert stops == [f"stopped {web}", f"stopped {database}"]
    assert not is_alive(int(web))


async def test_a_child_that_does_not_stop_is_killed_after_its_grace(tmp_path: Path):
    deaf = noting(tmp_path / "notes", "signal.signal(signal.SIGTERM, signal.SIG_IGN); note('deaf'); time.sleep(60)")
    supervisor = Supervisor()
    await supervisor.start(python("deaf", deaf, grace=0.3))
    pid = int((await lines(tmp_path / "notes", 2))[0])
    started = time.monotonic()

    await supervisor.stop()

    assert 0.2 < time.monotonic() - started < 3
    assert not is_alive(pid)


async def test_what_a_killed_child_leaves_behind_is_swept_up(tmp_path: Path):
    parent = noting(
        tmp_path / "notes",
        "note(str(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)); time.sleep(60)",
    )
    supervisor = Supervisor()
    await supervisor.start(python("web", parent))
    pid, grandchild, *_ = map(int, await lines(tmp_path / "notes", 2))

    kill(pid)
    await lines(tmp_path / "notes", 4)

    assert not is_alive(grandchild)
    await supervisor.stop()


async def test_a_child_that_never_becomes_ready_is_told_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    supervisor = Supervisor()
    log = tmp_path / "web.log"
    with pytest.raises(ConfigurationError, match=r"web does not become ready; see .*web.log: no such module"):
        await supervisor.start(python("web", "import sys; sys.exit('no such module')", ready=lambda: False, log=log))
    await supervisor.stop()


async def test_a_command_runs_to_its_end(tmp_path: Path):
    supervisor = Supervisor()
    assert await supervisor.run(python("migrate", "raise SystemExit(4)")) == 4
    assert await supervisor.run(python("migrate", "import os; os.kill(os.getpid(), 9)")) == -signal.SIGKILL
    running = asyncio.create_task(supervisor.run(python("demo", noting(tmp_path / "notes"))))
    pid = int((await lines(tmp_path / "notes", 1))[0])

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert not is_alive(pid)
