"""What is left when a transaction ends badly: nothing."""

import asyncio
from contextlib import suppress

import asyncpg
import pytest
from piccolo.engine.postgres import PostgresTransaction

from helpdesk.kernel.database import engine, rows, transaction


async def test_a_task_works_on_after_its_connection_died_in_a_transaction(database: None) -> None:
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        async with transaction():
            await rows("SELECT pg_terminate_backend(pg_backend_pid())")
    async with transaction():
        assert await rows("SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.parametrize("step", ["begin", "commit"])
async def test_a_transaction_that_was_cancelled_gives_its_connection_back(
    database: None, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    pool = engine().pool
    assert pool is not None

    async def held_up() -> None:
        async with transaction():
            await rows("SELECT 1")

    monkeypatch.setattr(PostgresTransaction, step, lambda _: asyncio.sleep(60))
    before = pool.get_idle_size() + pool.get_max_size() - pool.get_size()
    for _ in range(3):
        with suppress(TimeoutError):
            await asyncio.wait_for(held_up(), 0.05)
    await asyncio.sleep(0.05)
    assert pool.get_idle_size() + pool.get_max_size() - pool.get_size() == before
