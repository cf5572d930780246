"""What a command works with: the database and Redis, configured ones or those of the data directory.

URLs are read when modules are imported, so commands import what they need once the servers run.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.settings import settings

T = TypeVar("T")


def set_option(name: str, value: object) -> None:
    """Let a command-line option win over the environment; before the settings are read."""
    if value is not None:
        os.environ[f"HELPDESK_{name.upper()}"] = str(value)


@contextmanager
def servers() -> Iterator[None]:
    """The configured servers; without any, the private ones of the data directory, started if none run."""
    from helpdesk.embedded.running import running

    configured = settings()
    with running(configured.data_dir, database_url=configured.database_url, redis_url=configured.redis_url) as urls:
        os.environ["HELPDESK_DATABASE_URL"], os.environ["HELPDESK_REDIS_URL"] = urls
        settings.cache_clear()
        yield


def run(work: Callable[[], Awaitable[T]], *, patiently: bool = False) -> T:
    """Do the work with the servers there and the database connected, logging warnings and worse.

    With `patiently`, a statement may take as long as it takes. Raises ConfigurationError without a database or its tables.
    """
    os.environ.setdefault("HELPDESK_LOG_LEVEL", "warning")
    with servers():
        from helpdesk.kernel import logs

        logs.configure("cli")
        return asyncio.run(_connected(work, patiently=patiently))


async def _connected(work: Callable[[], Awaitable[T]], *, patiently: bool) -> T:
    import asyncpg

    from helpdesk.kernel.database import engine

    limit = {"command_timeout": None} if patiently else {}
    try:
        await engine().start_connection_pool(min_size=1, max_size=4, **limit)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise ConfigurationError(f"the database cannot be reached: {error}") from error
    try:
        return await work()
    except asyncpg.UndefinedTableError as error:
        raise ConfigurationError(
            "the database lacks tables of the helpdesk: name the data directory of the one that runs with HELPDESK_DATA_DIR, "
            "or run `helpdesk migrate`"
        ) from error
    finally:
        await engine().close_connection_pool()
