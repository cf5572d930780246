"""A claim on a row that lasts as long as its holder: short, and renewed while the work goes on.

So what a killed worker held is free again within `LEASE`, and no work is too long for it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

LEASE = timedelta(seconds=20)
RENEWED_EVERY = 5.0  # seconds

log = structlog.get_logger(__name__)


@asynccontextmanager
async def renewed(renew: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Call `renew` every few seconds until the block ends; begin the block outside of any transaction."""
    task = asyncio.create_task(_renew(renew))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _renew(renew: Callable[[], Awaitable[object]]) -> None:
    while True:
        await asyncio.sleep(RENEWED_EVERY)
        try:
            await renew()
        except Exception as error:  # the database may be away for a moment; the next time may come early enough
            log.warning("lease_not_renewed", error=repr(error))
