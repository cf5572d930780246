"""Databases of their own for commands that change or need a whole one."""

import os
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from helpdesk.embedded.postgres import NAME, SUPERUSER


@pytest.fixture
async def new_database() -> AsyncIterator[str]:
    """The URL of a database in which there is nothing at all."""
    url = os.environ["HELPDESK_DATABASE_URL"]
    [run] = parse_qs(urlsplit(url).query)["host"]
    name = "a_new_one"
    connection = await asyncpg.connect(host=run, user=SUPERUSER, database="postgres")
    await connection.execute(f"CREATE DATABASE {name} OWNER {NAME}")
    yield url.replace(f"@/{NAME}", f"@/{name}")
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()
