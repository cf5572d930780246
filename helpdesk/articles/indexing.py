"""The index of articles on this machine: where it is, how it keeps up, and how it stands.

Building it anew takes minutes of processor time on a large desk, so the scheduler has a process of its own do that. It ends with
the one that started it, and what it wrote until then is nowhere in the way.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import msgspec
import structlog

from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import settings
from knowledge_base import catching_up, changes, index
from knowledge_base.index import Progress
from knowledge_base.index_reading import NoIndex
from knowledge_base.index_storage import remove

PATIENCE = 30.0  # seconds
"""After a try to build it that failed: each costs as much as the first."""

FEW = 200
"""Articles that are indexed in two seconds."""
TOLD_EVERY = 5.0  # seconds

log = structlog.get_logger(__name__)
_failed: list[float] = []
"""When this process could not build it, on the monotonic clock; the last time alone."""


class CannotBuild(OSError):
    """The process that builds the index did not end well; its log says why."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the index stands. `trouble` is empty as long as searches can be answered and changes come in."""

    trouble: str
    position: int | None
    """Number of the last change that is in it."""
    waiting: int
    """Changes that are not."""
    lag: float
    """How long the oldest of them has waited, in seconds."""
    building: Progress | None = None

    @property
    def told(self) -> str:
        """In a line."""
        if self.building:
            return f"being built: {self.building.done} of {self.building.total} articles"
        return self.trouble or "ok"


def folder() -> Path:
    return settings().data_dir / "index"


async def build() -> int:
    """Build it anew in this process, how many articles. Raises Busy, OSError."""
    before = 0.0

    def told(progress: Progress) -> None:
        nonlocal before
        if time.monotonic() - before > TOLD_EVERY:
            before = time.monotonic()
            log.info("index_is_being_built", done=progress.done, total=progress.total)

    try:
        done = await catching_up.rebuild(folder(), changes, told=told)
    except OSError as error:
        _tell(repr(error))
        raise
    _tell("")
    return done


async def keep_up(*, anew: Callable[[], Awaitable[None]] | None = None) -> None:
    """Bring in what was changed, by `anew` where it has to be built anew; without room on the disk searches go on with what there is."""
    try:
        await catching_up.keep_up(folder(), changes, anew=anew)
    except CannotBuild:
        return  # the other process has told why
    except (OSError, NoIndex) as error:
        log.warning("index_not_written", error=repr(error), folder=str(folder()))
        _tell(repr(error))
    else:
        _tell("")


async def build_apart() -> None:
    """Have a process of its own build the index, unless that is soon done. Raises CannotBuild, and for a while again without
    another try; Busy, OSError."""
    if await changes.count() <= FEW:
        await build()
        return
    if _failed and time.monotonic() - _failed[0] < PATIENCE:
        raise CannotBuild("it is tried again soon")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "helpdesk.articles.rebuilding", stdin=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        code = await child.wait()
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    _failed[:] = [time.monotonic()] if code else []
    if code:
        log.warning("index_not_built", code=code)
        raise CannotBuild(f"the process that builds it ended with {code}")


async def standing() -> Standing:
    """As this machine's folder and the database say now."""
    newest = await changes.newest()
    building = await asyncio.to_thread(index.progress, folder())
    try:
        place = (await asyncio.to_thread(index.read, folder())).place
        trouble = "" if await changes.leads_on(place) else "of another time than the database"
    except NoIndex as error:
        if not newest.number:  # nothing was ever published
            return Standing(trouble="", position=None, waiting=0, lag=0.0, building=building)
        return Standing(trouble=str(error), position=None, waiting=newest.number, lag=0.0, building=building)
    [row] = await rows("SELECT count(*) AS waiting, now() - min(at) AS lag FROM kb_change WHERE id > {}", place.number)
    lag = round((row["lag"] or timedelta()).total_seconds(), 3)
    if row["waiting"]:
        trouble = trouble or _told()
    return Standing(
        trouble=trouble, position=place.number, waiting=row["waiting"], lag=max(lag, 0.0), building=building
    )


def forget() -> None:
    """Take the index away: the numbers that it knows are of another database. It is made anew from this one."""
    remove(folder())


def _trouble() -> Path:
    """Why nothing could be written, for other processes to tell."""
    return folder().with_name("index.trouble")


def _tell(trouble: str) -> None:
    with suppress(OSError):
        if trouble:
            _trouble().write_text(trouble)
        else:
            _trouble().unlink(missing_ok=True)


def _told() -> str:
    try:
        return _trouble().read_text()[:300]
    except OSError:
        return ""
