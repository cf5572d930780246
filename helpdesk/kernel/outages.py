"""Telling a server that is away from a mistake of ours: the first is waited out, the second deserves its traceback."""

import asyncpg
from redis.exceptions import RedisError

_AWAY = (
    ConnectionError,
    TimeoutError,
    RedisError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, crashed, starting up
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,  # the connection went away under the statement
    asyncpg.InternalClientError,  # likewise
)


def is_outage(error: BaseException | None) -> bool:
    """Whether the error says that PostgreSQL or Redis is away for now."""
    if isinstance(error, FileNotFoundError):
        return error.filename is None  # a missing socket; a missing file has its name
    return isinstance(error, _AWAY)
