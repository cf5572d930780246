"""Keeping the index up with the database.

Every machine has an index of its own. Whoever calls this any number of times, from any number of processes, does no harm: one
writes, the others are told that somebody does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from knowledge_base import index
from knowledge_base.documents import Source
from knowledge_base.index import Progress
from knowledge_base.index_reading import NoIndex, NotNow
from knowledge_base.index_storage import Busy

Rebuild = Callable[[], Awaitable[object]]

BATCH = 200
"""Changes of one commit."""

log = structlog.get_logger(__name__)


async def keep_up(folder: Path, source: Source, *, anew: Rebuild | None = None) -> int:
    """As `catch_up`, and builds the index anew where that is needed: by `anew`, else here. Raises NoIndex, OSError."""
    try:
        return await catch_up(folder, source)
    except NotNow:
        raise
    except NoIndex as missing:
        log.info("index_is_built_anew", why=str(missing), folder=str(folder))
    try:
        await (anew() if anew else rebuild(folder, source))
    except Busy:
        return 0
    return await catch_up(folder, source)


async def catch_up(folder: Path, source: Source) -> int:
    """Bring in all changes that there are, and say how many; 0 when another process is at it.

    Raises NoIndex when it has to be built anew, NotNow among it when it cannot be read for a moment; OSError when the disk refuses:
    the index stays as it was.
    """
    done = 0
    try:
        while True:
            place = (await asyncio.to_thread(index.read, folder)).place
            if not await source.leads_on(place):
                raise NoIndex("of another time than the database")
            changes = await source.changes(place.number, BATCH)
            if not changes:
                return done
            await index.whole(index.apply, folder, changes)
            done += len(changes)
    except Busy:
        return done


async def rebuild(folder: Path, source: Source, *, told: Callable[[Progress], None] = lambda progress: None) -> int:
    """Write the index anew from the database, how many articles; `told` hears how far it is. Raises Busy, OSError."""
    newest, total = await source.newest(), await source.count()
    done = await index.rebuild(folder, source.documents(), place=newest, total=total, told=told)
    log.info("index_rebuilt", documents=done, position=newest.number)
    return done
