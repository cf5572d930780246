"""Starting, looking at and killing other processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from helpdesk.embedded.account import Account

HERE = Path(__file__).parent
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(HERE.parent.parent), *sys.path[1:]])}


class Driver:
    """Runs `drive.py` as an account and ends what it started."""

    def __init__(self, account: Account | None) -> None:
        self.python = python_as(account)
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str | Path, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [*self.python, HERE / "drive.py", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=ENVIRONMENT | environment,
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(20)
                process.kill()
            process.communicate()


@cache
def python_as(account: Account | None) -> list[str]:
    """How to run Python as that account: it may need to read an interpreter or a checkout in root's own folder."""
    if account is None:
        return [sys.executable]
    drop = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    read = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    for command in ([*drop, sys.executable], [*drop, *read, sys.executable]):
        check = [*command, "-c", "import helpdesk.embedded.up"]
        with suppress(OSError):
            if subprocess.run(check, check=False, cwd="/", env=ENVIRONMENT, capture_output=True).returncode == 0:
                return command
    pytest.skip(f"the account {account.name} cannot run {sys.executable} here")


def descendants(pid: int) -> set[int]:
    """The live processes below this one, zombies left out."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    parents[int(folder.name)] = int(parent)
    found: set[int] = set()
    new = {pid}
    while new := {child for child, parent in parents.items() if parent in new}:
        found |= new
    return found


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def line_of(process: "subprocess.Popen[str]") -> str:
    """The next line that it prints; empty at its end."""
    assert process.stdout is not None
    return process.stdout.readline()


def eventually(holds: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true answer; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    return answer


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
