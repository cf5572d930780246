"""Whether this node can do its work, and how far behind the queues are: for /readyz, /metrics and `helpdesk doctor`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import structlog

from helpdesk.articles.indexing import Standing, standing
from helpdesk.intake.fetch_states import fetchings
from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.time import now
from helpdesk.migrating import pending
from helpdesk.nudging import SWEEPS
from helpdesk.promises.firing import firing_halted
from sla.firing import overdue

WITHIN = 4.0  # seconds
LONG_LAG = 60.0  # seconds
MOST_CLOCK_DIFFERENCE = 1.0  # seconds (rulings 13)

log = structlog.get_logger(__name__)


class Queue(msgspec.Struct, frozen=True):
    """Rows that wait for a worker now; `lag` is how long the oldest has waited, in seconds."""

    waiting: int
    lag: float


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """`database`, `redis` and `migrations` are "ok", or say what is wrong without naming hosts."""

    is_ready: bool
    database: str
    redis: str
    migrations: str
    clock_difference: float | None
    """The database's clock minus ours, in seconds; None without a database."""
    queues: dict[str, Queue]
    index: Standing | None
    """Of this machine's index of articles, without which searches say so and all else goes on; None without a database."""
    warnings: list[str]


async def readiness() -> Readiness:
    """Look at everything at once; never raises, and takes a few seconds at most."""
    database, redis_, migrations = await asyncio.gather(
        _said("database", _reach_database), _said("redis", _reach_redis), _said("migrations", _look_for_migrations)
    )
    difference: float | None = None
    queues: dict[str, Queue] = {}
    unwell, halted, index = 0, "", None
    if database == migrations == "ok":
        try:
            async with asyncio.timeout(WITHIN):
                difference = await clock_difference()
                queues = await queue_lags()
                halted = await firing_halted() if redis_ == "ok" else ""
                index = await standing()
                unwell = sum(bool(one.warning) for one in await fetchings())
        except Exception as error:
            database = _name(error)
    warnings = []
    if difference is not None and abs(difference) > MOST_CLOCK_DIFFERENCE:
        warnings.append(f"the database's clock differs from ours by {difference:.1f} s")
    if halted:
        warnings.append(f"promised times are not watched until it runs evenly for a minute: {halted}")
    if index and (told := index_trouble(index)):
        warnings.append(told)
    if unwell:
        warnings.append(f"fetched mailboxes that need attention: {unwell}; their pages and `helpdesk doctor` say why")
    return Readiness(
        is_ready=database == redis_ == migrations == "ok",
        database=database,
        redis=redis_,
        migrations=migrations,
        clock_difference=difference,
        queues=queues,
        index=index,
        warnings=warnings,
    )


def index_trouble(index: Standing) -> str:
    """What is the matter with the index of articles, in a line; nothing as long as searches have what was published a minute ago."""
    if index.building:
        return f"the index of articles is being built: {index.building.done} of {index.building.total}"
    if index.trouble:
        return f"the index of articles is not up to date: {index.trouble}"
    if index.lag > LONG_LAG:
        return f"the index of articles is {index.waiting} changes behind, by {index.lag:.0f} s: look whether a scheduler runs over this data directory"
    return ""


async def queue_lags() -> dict[str, Queue]:
    """What waits in each queue; mail held for undo or for later is not waiting."""
    lags = {}
    for sweep in SWEEPS:
        [row] = await rows(
            f"SELECT count(*) AS waiting, now() - min({sweep.since}) AS lag FROM {sweep.table} WHERE {sweep.waiting}"
        )
        lags[sweep.name] = Queue(row["waiting"], round((row["lag"] or timedelta()).total_seconds(), 3))
    count, lag = await overdue()
    return lags | {"clocks": Queue(count, round(lag.total_seconds(), 3))}


async def clock_difference() -> float:
    """The database's clock minus ours, in seconds."""
    before = now()
    [row] = await rows("SELECT clock_timestamp() AS theirs")
    return round((row["theirs"] - before - (now() - before) / 2).total_seconds(), 3)


async def _reach_database() -> None:
    await rows("SELECT 1")


async def _reach_redis() -> None:
    await asyncio.to_thread(redis.client().ping)


async def _look_for_migrations() -> None:
    if steps := await pending():
        raise ConfigurationError(f"{len(steps)} to apply: run `helpdesk migrate`")


async def _said(what: str, look: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(WITHIN):
            await look()
    except ConfigurationError as error:
        return str(error)
    except Exception as error:
        log.warning("not_ready", what=what, error=repr(error))
        return _name(error)
    return "ok"


def _name(error: Exception) -> str:
    return f"cannot be used ({type(error).__name__})"
