"""A real PostgreSQL and a real Valkey for the whole run, an empty database for each test that asks for one."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests import restoring

if TYPE_CHECKING:
    from litestar import Litestar

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
    _hash_quickly()


def _hash_quickly() -> None:
    """Passwords cost a tenth of a second of both cores each, which proves nothing here; commands of their own hash as ever."""
    from helpdesk.people import passwords

    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that no process has it left when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_unconfigure() -> None:
    _stack.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _migrated() -> AsyncIterator[None]:
    from helpdesk.kernel.database import connected
    from helpdesk.migrating import migrate

    async with connected(size=10):
        await migrate()
        await restoring.connect()
        await restoring.save("empty")
        yield
        await restoring.disconnect()


@pytest_asyncio.fixture(loop_scope="session")
async def database(_migrated: None) -> None:
    """An empty database with the first mailbox, `support@helpdesk.test`, and empty queues."""
    await restoring.restore("empty")


@pytest.fixture(scope="session")
def app() -> "Litestar":
    """The whole application, as the web server has it."""
    from helpdesk.app import create_app

    return create_app()
