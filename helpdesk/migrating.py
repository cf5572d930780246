"""Bringing the database up to this code, safely from several nodes at once."""

import io
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, redirect_stdout
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import asyncpg
from piccolo.apps.migrations.tables import Migration as Applied

from helpdesk.kernel.database import engine, rows
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.settings import settings

if TYPE_CHECKING:  # half a second to import, and most often nothing is to be done
    from piccolo.apps.migrations.auto.migration_manager import MigrationManager

_APPS = ("knowledge_base", "sla", "helpdesk")
"""What others build on comes first."""
_ID = re.compile(r'^ID = "(.+)"$', re.MULTILINE)
_LOCK = 0x68656C70  # any number that nobody else uses


class Migration(NamedTuple):
    """One step; `id` is its name in the database, `title` that of the module that does it."""

    app: str
    id: str
    title: str


async def migrate() -> list[str]:
    """Apply what is missing, then make the first mailbox; the titles of what was applied.

    A second node waits for the first and finds nothing to do. Each step commits together with the note that it was
    applied, so a killed node leaves nothing half done. Raises ConfigurationError when the database is newer.
    """
    titles = []
    async with _turn():
        if not await _has_notes():
            await Applied.create_table()
        for migration in await pending():
            await _apply(migration)
            titles.append(migration.title)
        await _make_first_mailbox()
        await _age_events_of_another_cluster()
    return titles


async def pending() -> list[Migration]:
    """What has not been applied, in order. Raises ConfigurationError when the database is newer than this code."""
    if not await _has_notes():
        return list(known())
    applied = {(row["app_name"], row["name"]) for row in await rows("SELECT app_name, name FROM migration")}
    if newer := applied - {(migration.app, migration.id) for migration in known()}:
        names = ", ".join(sorted(name for _, name in newer))
        raise ConfigurationError(f"the database was migrated by a newer helpdesk ({names}): upgrade this one")
    return [migration for migration in known() if (migration.app, migration.id) not in applied]


async def _has_notes() -> bool:
    """Whether piccolo's table of applied steps is there. Asked without piccolo, which brings much along (kernel/tables.py)."""
    [found] = await rows("SELECT to_regclass('migration') IS NOT NULL AS is_there")
    return found["is_there"]


@cache
def known() -> tuple[Migration, ...]:
    """All steps of this code, the apps in the order in which they need each other."""
    return tuple(_steps())


def _steps() -> Iterator[Migration]:
    """The ids are read, not imported: what a step needs is loaded when it is applied."""
    for app in _APPS:
        package = f"{app}.db.migrations"
        folder = Path(*import_module(package).__path__)
        found = {_ID.findall(file.read_text(encoding="utf-8"))[0]: file.stem for file in folder.glob(f"{app}_*.py")}
        for id_ in sorted(found):
            yield Migration(app, id_, f"{package}.{found[id_]}")


async def _apply(migration: Migration) -> None:
    manager: MigrationManager = await import_module(migration.title).forwards()
    if manager.wrap_in_transaction:
        async with engine().transaction():
            await _run(manager, migration)
    else:
        await _run(manager, migration)


async def _run(manager: "MigrationManager", migration: Migration) -> None:
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
    for table in ("hd_event", "hd_notice"):
        await rows(f"UPDATE {table} SET commit_order = 0 WHERE commit_order > pg_current_xact_id()::text::bigint")
