"""Keeping the index up with the database: by changes, or from the beginning when there is no index that could take them.

Every machine has an index of its own. Whoever calls this any number of times, from any number of processes, does no harm: one
writes, the others are told that somebody does.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from knowledge_base import index
from knowledge_base.documents import Source

BATCH = 200
"""Changes of one commit."""

log = structlog.get_logger(__name__)


async def catch_up(folder: Path, source: Source) -> int:
    """Bring in all changes that there are, and say how many; an index that is missing, damaged or ahead is rebuilt.

    0 when another process is at it. Raises OSError when the disk refuses: the index stays as it was.
    """
    done = 0
    try:
        while True:
            at = await asyncio.to_thread(index.position, folder)
            if at is None or at > await source.newest():
                return done + await rebuild(folder, source)
            changes = await source.changes(at, BATCH)
            if not changes:
                return done
            await asyncio.to_thread(index.apply, folder, changes)
            done += len(changes)
    except index.Busy:
        return done


async def rebuild(folder: Path, source: Source, *, told: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Write the index anew from the database; `told` hears how many of how many are done. Raises Busy, OSError."""
    newest, total = await source.newest(), await source.count()
    done = await index.rebuild(folder, source.documents(), position=newest, told=lambda done: told(done, total))
    log.info("index_rebuilt", documents=done, position=newest)
    return done
