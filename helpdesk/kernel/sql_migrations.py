"""Migrations in SQL: the frame that piccolo asks for, once."""

from collections.abc import Awaitable, Callable, Iterable

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from helpdesk.kernel.database import rows

Step = Callable[[], Awaitable[None]]


def migration(
    app: str, id: str, description: str, forwards: Step, backwards: Step
) -> Callable[[], Awaitable[MigrationManager]]:
    """What a migration's module calls `forwards`."""

    async def manager() -> MigrationManager:
        made = MigrationManager(migration_id=id, app_name=app, description=description)
        made.add_raw(forwards)
        made.add_raw_backwards(backwards)
        return made

    return manager


async def run(statements: Iterable[str]) -> None:
    """One after the other, each by itself: the driver prepares one statement at a time."""
    for statement in statements:
        await rows(statement)
