"""A claim on a row that lasts as long as its holder: short, and renewed while the work goes on.

So what a killed worker held is free again within `LEASE`, and no work is too long for it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from helpdesk.kernel.outages import is_outage

LEASE = timedelta(seconds=20)
RENEWED_EVERY = 5.0  # seconds
RELEASED_EVERY = 0.5  # seconds between tries while the database is away

log = structlog.get_logger(__name__)


@asynccontextmanager
async def renewed(
    renew: Callable[[], Awaitable[object]], *, release: Callable[[], Awaitable[object]]
) -> AsyncIterator[None]:
    """Call `renew` every few seconds until the block ends; begin the block outside of any transaction.

    When it fails, `release` lets go of the claim at once, so that the next try need not wait for the lease to run out.
    """
    task = asyncio.create_task(_renew(renew))
    try:
        yield
    except Exception:
        await _release(release)
        raise
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


async def _release(release: Callable[[], Awaitable[object]]) -> None:
    """As soon as the database answers; when it does not for as long as the lease, that has run out."""
    deadline = time.monotonic() + LEASE.total_seconds()
    while time.monotonic() < deadline:
        try:
            await release()
            return
        except Exception as error:
            if not is_outage(error):
                log.warning("lease_not_released", error=repr(error))
                return
        await asyncio.sleep(RELEASED_EVERY)
