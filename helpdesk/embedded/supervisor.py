"""Keeping a tree of processes alive, and taking it down in order."""

import asyncio
import signal
import subprocess
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress

import structlog

from helpdesk.embedded.process import Child, hint, kill_group, spawn_options
from helpdesk.kernel.errors import ConfigurationError

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds before a dead child is started again, doubling
LONG_ENOUGH = 30.0  # seconds up that forgive earlier deaths
READY_TIMEOUT = 60.0
HOPELESS = 5  # deaths of a child that never became ready

log = structlog.get_logger(__name__)


class Supervisor:
    """Children are started in groups and stopped group by group, the last first, each group at once.

    Use it in the main thread: children end with the thread that started them.
    """

    def __init__(self) -> None:
        self._groups: list[list[_Kept]] = []

    async def start(self, *children: Child) -> None:
        """Start the group, keep it alive from now on, and return once all of it is ready.

        Raises ConfigurationError when one does not become ready.
        """
        group = [_Kept(child) for child in children]
        self._groups.append(group)
        await asyncio.gather(*(kept.until_ready() for kept in group))

    async def run(self, child: Child) -> int:
        """Run the child to its end and return its exit status (negative: the signal that killed it)."""
        process = await _spawn(child)
        try:
            return await process.wait()
        finally:
            await _stop(process, child)

    async def stop(self) -> None:
        while self._groups:
            await asyncio.gather(*(kept.stop() for kept in self._groups.pop()))


class _Kept:
    """One child and the task that starts it again."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.process: Process | None = None
        self.deaths = 0
        self.task = asyncio.create_task(self._keep(), name=f"keep {child.name}")

    async def until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT
        while self.process is None or not await _is_ready(self.child.ready):
            if self.task.done():
                self.task.result()
            if self.deaths >= HOPELESS or time.monotonic() > deadline:
                raise ConfigurationError(f"{self.child.name} does not become ready; {hint(self.child)}")
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        if self.process is not None:
            await _stop(self.process, self.child)

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            started = time.monotonic()
            status = await self._live()
            self.deaths += 1
            lived = time.monotonic() - started
            pause = FIRST_PAUSE if lived >= LONG_ENOUGH else pause
            log.error("child died", child=self.child.name, status=status, lived=round(lived, 1), again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _live(self) -> str:
        """One life of the child; returns how it ended."""
        try:
            self.process = await _spawn(self.child)
        except (OSError, subprocess.SubprocessError) as error:
            return str(error)
        log.info("child started", child=self.child.name, pid=self.process.pid)
        status = await self.process.wait()
        kill_group(self.process.pid)
        return signal.Signals(-status).name if status < 0 else f"exit {status}"


async def _spawn(child: Child) -> Process:
    with spawn_options(child) as options:
        return await asyncio.create_subprocess_exec(*map(str, child.command), **options)


async def _stop(process: Process, child: Child) -> None:
    """Ask it to stop, kill it after its grace, and sweep up what it leaves; nothing when it has ended already."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(child.stop_signal)
    try:
        await asyncio.wait_for(process.wait(), child.grace)
    except TimeoutError:
        log.warning("child killed", child=child.name, after=child.grace)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    kill_group(process.pid)


async def _is_ready(ready: Callable[[], bool] | None) -> bool:
    return ready is None or await asyncio.to_thread(ready)
