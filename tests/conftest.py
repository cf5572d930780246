"""A real PostgreSQL and a real Valkey for the whole run, an empty database for each test that asks for one."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

hypothesis.settings.register_profile("helpdesk", deadline=None)  # a busy machine breaks no promise
hypothesis.settings.load_profile("helpdesk")

_stack = ExitStack()
TOGETHER = {"browser", "chaos", "demo"}
"""Folders whose tests share something that takes long to make: each runs in one process of a parallel run."""

BY_THEMSELVES = {"test_pages.py"}
"""Files of such a folder that take so long that another process has them."""


class ByFolder(LoadScopeScheduling):
    """Groups by path: xdist 3.8 writes the groups of `xdist_group` where pytest 9.2 no longer looks for them."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        if file.name in BY_THEMSELVES:
            return file.name
        return file.parent.name if file.parent.name in TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    return ByFolder(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers before anything of ours is imported: settings are read once a process."""
    if not hasattr(config, "workerinput") and config.getoption("numprocesses", None):
        return  # the controller of a parallel run runs no tests itself
    from helpdesk.embedded.running import running

    home = Path(_stack.enter_context(tempfile.TemporaryDirectory(prefix="helpdesk-test-")))
    home.chmod(0o755)
    for name in [name for name in os.environ if name.startswith("HELPDESK_")]:
        del os.environ[name]
    os.environ |= {
        "HELPDESK_DATA_DIR": str(home),
        "HELPDESK_SECRET_KEY": "only-for-tests",
        "HELPDESK_MAIL_DOMAIN": "helpdesk.test",
        "HELPDESK_LOG_LEVEL": "warning",
    }
    database_url, redis_url = _stack.enter_context(running(home / "servers", durable=False))
    os.environ |= {"HELPDESK_DATABASE_URL": database_url, "HELPDESK_REDIS_URL": redis_url}


def pytest_unconfigure() -> None:
    _stack.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _migrated() -> AsyncIterator[None]:
    from helpdesk.embedded.postgres import NAME, SUPERUSER
    from helpdesk.kernel.database import connected
    from helpdesk.migrating import migrate

    connection = await asyncpg.connect(os.environ["HELPDESK_DATABASE_URL"], user=SUPERUSER)
    await connection.execute(f"GRANT SET ON PARAMETER session_replication_role TO {NAME}")
    await connection.close()
    async with connected(size=10):
        await migrate()
        yield


_EMPTY = r"""DO $$ DECLARE name text; is_used boolean; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND (tablename LIKE 'hd\_%' OR tablename LIKE 'sla\_%' OR tablename LIKE 'kb\_%')
            AND tablename NOT IN ('hd_installation', 'sla_settings')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO is_used;
        IF is_used THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
    PERFORM setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences
        WHERE last_value IS NOT NULL AND sequencename <> 'sla_calendar_version_id_seq';
END $$"""
"""TRUNCATE makes new files for each table and index: a tenth of a second. As a replica nothing watches the deleting:
neither foreign keys, nor counters, nor the audit log, which takes no changes otherwise. Numbers begin anew, but for
versions of calendars: processes remember those."""


async def empty() -> None:
    """Leave the first mailbox and nothing else, and empty queues."""
    from helpdesk.kernel import redis
    from helpdesk.kernel.database import rows
    from helpdesk.migrating import _make_first_mailbox
    from sla import hours, promises

    await rows(_EMPTY)
    await rows(
        """UPDATE hd_installation SET mail_filters_version = mail_filters_version + 1, factor_roles = DEFAULT,
        session_idle_minutes = DEFAULT, session_days = DEFAULT, shortest_password = DEFAULT, trash_kept_days = DEFAULT,
        raw_kept_days = DEFAULT, away_after_minutes = DEFAULT"""
    )  # filters are remembered by their version
    await rows(
        "UPDATE sla_settings SET edition = edition + 1, default_calendar = DEFAULT, promises_to_customers = DEFAULT"
    )
    hours.forget()
    promises.forget()
    await _make_first_mailbox()
    redis.client().flushdb()


@pytest_asyncio.fixture(loop_scope="session")
async def database(_migrated: None) -> None:
    """An empty database with the first mailbox, `support@helpdesk.test`, and empty queues."""
    await empty()
