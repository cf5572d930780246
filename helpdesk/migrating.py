"""Bringing the database up to this code, safely from several nodes at once."""

import contextlib
import io

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards

from helpdesk.kernel.database import engine, rows
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.settings import settings

_LOCK = 0x68656C70  # any number that nobody else uses


async def migrate() -> None:
    """Apply what is missing, then make the first mailbox; a second node waits for the first and finds nothing to do."""
    connection = await asyncpg.connect(**{k: v for k, v in engine().config.items() if k != "command_timeout"})
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            result = await run_forwards("all")
        if not result.success:
            raise ConfigurationError(f"the database could not be migrated: {result.message or said.getvalue().strip()}")
        await _make_first_mailbox()
    finally:
        await connection.close()


async def _make_first_mailbox() -> None:
    """`support@MAIL_DOMAIN`, unless there is a channel already."""
    await rows(
        """INSERT INTO hd_channel (kind, name, address, language, signature, is_plus_addressed, acknowledges, created_at)
        SELECT 'email', 'Support', {}, {}, '', true, true, now() WHERE NOT EXISTS (SELECT FROM hd_channel)""",
        f"support@{settings().mail_domain}".lower(), settings().default_language,
    )  # fmt: skip
