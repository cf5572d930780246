"""The Redis-protocol server: a bell, never a ledger. It may lose everything at any time (rulings 14)."""

from functools import cache
from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from helpdesk.kernel.settings import settings

LIVE = "helpdesk:live"
TIMEOUTS: dict[str, Any] = {"socket_timeout": 5.0, "socket_connect_timeout": 2.0, "health_check_interval": 15}
# Without a retry of the client's own, which would take seconds while a page waits: what rings again is the scheduler.


def url() -> str:
    return settings().redis_url or "redis://127.0.0.1:6379/0"


@cache
def client() -> Redis:
    """For threads and effects after a commit."""
    return Redis.from_url(url(), **TIMEOUTS, retry=Retry(NoBackoff(), 0))


def async_client() -> AsyncRedis:
    """A client for the running event loop; the caller closes it."""
    return AsyncRedis.from_url(url(), **TIMEOUTS, retry=AsyncRetry(NoBackoff(), 0))


def ring(channel: str = LIVE) -> None:
    """Tell every process that listens that there is something new to read in the database."""
    client().publish(channel, "")
