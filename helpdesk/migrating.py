"""Bringing the database up to this code, safely from several nodes at once."""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, redirect_stdout
from functools import cache
from types import ModuleType
from typing import NamedTuple

import asyncpg
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.tables import Migration as Applied

from helpdesk.kernel.database import engine, rows
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.settings import settings

_LOCK = 0x68656C70  # any number that nobody else uses


class Migration(NamedTuple):
    """One step; `id` is its name in the database."""

    app: str
    id: str
    module: ModuleType

    @property
    def title(self) -> str:
        return self.module.__name__


async def migrate() -> list[str]:
    """Apply what is missing, then make the first mailbox; the titles of what was applied.

    A second node waits for the first and finds nothing to do. Each step commits together with the note that it was
    applied, so a killed node leaves nothing half done. Raises ConfigurationError when the database is newer.
    """
    titles = []
    async with _turn():
        await Applied.create_table(if_not_exists=True)
        for migration in await pending():
            await _apply(migration)
            titles.append(migration.title)
        await _make_first_mailbox()
        await _age_events_of_another_cluster()
    return titles


async def pending() -> list[Migration]:
    """What has not been applied, in order. Raises ConfigurationError when the database is newer than this code."""
    if not await Applied.table_exists():
        return list(known())
    applied = {(row["app_name"], row["name"]) for row in await Applied.select(Applied.app_name, Applied.name)}
    if newer := applied - {(migration.app, migration.id) for migration in known()}:
        names = ", ".join(sorted(name for _, name in newer))
        raise ConfigurationError(f"the database was migrated by a newer helpdesk ({names}): upgrade this one")
    return [migration for migration in known() if (migration.app, migration.id) not in applied]


@cache
def known() -> tuple[Migration, ...]:
    """All steps of this code, the apps in the order in which they need each other."""
    return tuple(_steps())


def _steps() -> Iterator[Migration]:
    finder = BaseMigrationManager()
    for app in finder.get_sorted_app_names():
        modules = finder.get_migration_modules(finder.get_app_config(app).resolved_migrations_folder_path)
        for id_ in sorted(modules):
            yield Migration(app, id_, modules[id_])


async def _apply(migration: Migration) -> None:
    manager: MigrationManager = await migration.module.forwards()
    if manager.wrap_in_transaction:
        async with engine().transaction():
            await _run(manager, migration)
    else:
        await _run(manager, migration)


async def _run(manager: MigrationManager, migration: Migration) -> None:
    with redirect_stdout(io.StringIO()):  # piccolo tells its progress
        await manager.run()
    await Applied.insert(Applied(name=migration.id, app_name=migration.app))


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    """Hold the lock on a connection of its own, without a time limit; it goes with its holder."""
    connection = await asyncpg.connect(
        **{key: value for key, value in engine().config.items() if key != "command_timeout"}
    )
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield
    finally:
        await connection.close()


async def _make_first_mailbox() -> None:
    """`support@MAIL_DOMAIN`, unless there is a channel already."""
    await rows(
        """INSERT INTO hd_channel (kind, name, address, language, signature, is_plus_addressed, acknowledges, created_at)
        SELECT 'email', 'Support', {}, {}, '', true, true, now() WHERE NOT EXISTS (SELECT FROM hd_channel)""",
        f"support@{settings().mail_domain}".lower(), settings().default_language,
    )  # fmt: skip


async def _age_events_of_another_cluster() -> None:
    """After a restore: transaction ids start anew there, so events may seem to be of the future. They are all past."""
    await rows("UPDATE hd_event SET commit_order = 0 WHERE commit_order > pg_current_xact_id()::text::bigint")
