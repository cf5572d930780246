"""One transaction a change, and effects that leave only after its commit.

Piccolo keeps the current transaction in a context variable, so everything awaited inside
`transaction()` joins it. Never start a task or `gather` inside one: the task would inherit the
connection (docs/decisions/0003).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from functools import cache, partial
from typing import Any, TypeVar

import asyncpg
import structlog
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString
from piccolo.table import Table

from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.outages import is_outage

log = structlog.get_logger(__name__)

T = TypeVar("T", bound=Table)
Answer = TypeVar("Answer")

DEADLOCKS = 2
"""So often a transaction that the database ended for the sake of another one is tried again."""

_tables: list[type[Table]] = []
_effects: ContextVar[list[Callable[[], object]] | None] = ContextVar("effects", default=None)


@cache
def engine() -> PostgresEngine:
    """The one of piccolo_conf.py, with which piccolo's own commands work, too."""
    from piccolo_conf import DB

    for table in _tables:
        table._meta.db = DB
    return DB


def adopt(table: type[Table]) -> None:
    """Tell the table its engine as soon as there is one: settings are not read before they are needed."""
    _tables.append(table)
    if engine.cache_info().currsize:
        table._meta.db = engine()


@asynccontextmanager
async def connected(size: int = 10) -> AsyncIterator[None]:
    """A pool of at most `size` connections for the running event loop; raises ConfigurationError without a database."""
    try:
        await open_pool(size)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise ConfigurationError(f"the database cannot be reached: {error}") from error
    try:
        yield
    finally:
        await engine().close_connection_pool()


async def open_pool(size: int) -> None:
    """Start the pool of the running loop.

    A connection goes back to the pool as it is: nothing of ours changes a session, and asyncpg's own clean-up would
    cost a round trip for each statement. An open transaction is rolled back all the same.
    """
    await engine().start_connection_pool(min_size=min(2, size), max_size=size, reset=_leave_as_it_is)


async def _leave_as_it_is(_connection: object) -> None:
    return None


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """A transaction, or the outer one when there is one already."""
    if _effects.get() is not None:
        yield
        return
    effects: list[Callable[[], object]] = []
    token = _effects.set(effects)
    opened = engine().transaction()
    try:
        async with opened:
            yield
    except BaseException:
        _abandon(opened)
        raise
    finally:
        _effects.reset(token)
    if effects:
        await asyncio.to_thread(_run, effects)


def _abandon(opened: PostgresTransaction) -> None:
    """Leave nothing of a failed transaction, as piccolo does when its begin, commit or rollback fails or is cancelled.

    Its connection would stay out of the pool, and the task in a dead transaction for ever.
    """
    engine().current_transaction.set(None)
    if connection := getattr(opened, "connection", None):
        with suppress(asyncpg.InterfaceError):  # it was given back in order
            connection.terminate()


def after_commit(effect: Callable[..., object], *args: object) -> None:
    """Call `effect(*args)` once the outermost transaction has committed; drop it on rollback.

    Effects are nudges: the row that they speak of is the truth, so a failing one is logged and forgotten.
    They run in a thread and may block briefly.
    """
    effects = _effects.get()
    if effects is None:
        raise RuntimeError("after_commit() outside a transaction")
    effects.append(partial(effect, *args))


def drop_effects() -> None:
    """Forget the effects of this transaction so far: what they would nudge has been settled in it."""
    if effects := _effects.get():
        effects.clear()


async def despite_deadlocks(work: Callable[[], Awaitable[Answer]]) -> Answer:
    """What `work` answers, which is a transaction of its own: done again when it was chosen to end a deadlock."""
    for _again in range(DEADLOCKS):
        with suppress(asyncpg.DeadlockDetectedError):
            return await work()
    return await work()


async def lock(*key: object) -> None:
    """Hold an advisory lock on `key` until the transaction ends."""
    await rows("SELECT pg_advisory_xact_lock(hashtextextended({}, 0))", _name(key))


async def try_lock(*key: object) -> bool:
    """The same without waiting; False when somebody else holds it."""
    [row] = await rows("SELECT pg_try_advisory_xact_lock(hashtextextended({}, 0)) AS is_ours", _name(key))
    return row["is_ours"]


async def rows(sql: str, *values: object) -> list[dict[str, Any]]:
    """Rows of a hand-written statement; `{}` stands for each value, which is bound, never pasted."""
    found = await engine().run_querystring(QueryString(sql, *values), in_pool=engine().pool is not None)
    return [dict(row) for row in found]


async def objects(table: type[T], rest: str, *values: object) -> list[T]:
    """The table's rows by a hand-written `WHERE … ORDER BY …`, as objects; three times as fast as piccolo's own way."""
    found = await rows(f"SELECT {_columns(table)} FROM {table._meta.tablename} {rest}", *values)
    return [table(**row, _exists_in_db=True) for row in found]


def _name(key: tuple[object, ...]) -> str:
    return "\x1f".join(map(str, key))


@cache
def _columns(table: type[Table]) -> str:
    names = (column._meta.db_column_name for column in table._meta.columns)
    return ", ".join(f"{table._meta.tablename}.{name}" for name in names)


def _run(effects: list[Callable[[], object]]) -> None:
    for effect in effects:
        try:
            effect()
        except Exception as error:  # a lost nudge is found again by the scheduler's sweep
            log.warning("effect_failed", effect=repr(effect), error=repr(error))
            if is_outage(error):
                return  # the others would only wait for the same server
