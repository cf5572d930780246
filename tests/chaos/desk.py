"""The product under test: `helpdesk up`, its children by name, and a look into its database."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
from redis.asyncio import Redis

ROOT = Path(__file__).parent.parent.parent
AGENT = "ben@helpdesk.test"
START_WITHIN, STOP_WITHIN, BACK_WITHIN = 90.0, 25.0, 60.0  # seconds


class Desk:
    """Started with `start()`, which also makes an agent with an API token; `children` are process ids by name."""

    def __init__(
        self, home: Path, *, smtp_url: str, altered: Sequence[str] = (), domain: str = "helpdesk.test"
    ) -> None:
        self.data = home / "data"
        self.port, self.smtp_port = _free_port(), _free_port()
        self.children: dict[str, int] = {}
        self.token = ""
        self._log = (home / "log.jsonl").open("ab")
        self._command = ["tests.chaos.without", ",".join(altered)] if altered else ["helpdesk"]
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")} | {
            "HELPDESK_DATA_DIR": str(self.data), "HELPDESK_PORT": str(self.port), "HELPDESK_SMTP_PORT": str(self.smtp_port),
            "HELPDESK_MAIL_DOMAIN": domain, "HELPDESK_SMTP_URL": smtp_url, "HELPDESK_SECRET_KEY": "only-for-chaos",
            "HELPDESK_LOG_FORMAT": "json", "HELPDESK_LOG_LEVEL": "info",
        }  # fmt: skip
        self._pool: asyncpg.Pool | None = None
        self._up: Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        await self.up()
        if not self.token:
            await self.run("agent", "create", "--email", AGENT, "--name", "Ben", "--role", "agent")
            self.token = await self.run("token", "create", "--agent", AGENT)

    async def up(self) -> None:
        """Start `helpdesk up` and wait until it says that it is ready."""
        self._up = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *self._command, "up", cwd=ROOT, env=self._environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._up.stdout and self._up.stderr
        self._reading = asyncio.create_task(self._follow(self._up.stderr))
        async with asyncio.timeout(START_WITHIN):
            while line := await self._up.stdout.readline():
                if line.startswith(b"Helpdesk is ready"):
                    return
        raise RuntimeError(f"helpdesk up ended with {await self._up.wait()}; see {self._log.name}")

    async def run(self, *command: str) -> str:
        """A command of the product, to its end; its standard output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "helpdesk", *command, cwd=ROOT, env=self._environment, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"helpdesk {' '.join(command)} ended with {process.returncode}")
        return said.decode().strip()

    async def stop(self) -> None:
        if self._pool:
            self._pool.terminate()
        if self._up and self._up.returncode is None:
            self._up.terminate()
            try:
                await asyncio.wait_for(self._up.wait(), STOP_WITHIN)
            except TimeoutError:
                self._up.kill()
                await self._up.wait()
        if self._reading:
            await self._reading
        self._log.close()

    async def kill_everything(self) -> None:
        """As in a power cut: the supervisor first, so that it cannot react, then each child."""
        assert self._up
        for pid in (self._up.pid, *self.children.values()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await self._up.wait()
        assert self._reading
        await self._reading

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(host=str(self.data / "servers/run"), user="helpdesk", database="helpdesk")

    def redis(self) -> Redis:
        return Redis(unix_socket_path=str(self.data / "servers/run/valkey.sock"), socket_timeout=5)

    async def query(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Rows; tried again while the database is away."""
        return await patiently(lambda: self._query(sql, *values))

    async def back(self, name: str, *, after: int) -> None:
        """Wait until the supervisor has started the child anew."""
        async with asyncio.timeout(BACK_WITHIN):
            while self.children.get(name) == after:
                await asyncio.sleep(0.02)

    async def _query(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        if self._pool is None:
            run = str(self.data / "servers/run")
            self._pool = await asyncpg.create_pool(
                host=run, user="helpdesk", database="helpdesk", min_size=1, max_size=4, timeout=5, command_timeout=10
            )
        return await self._pool.fetch(sql, *values)

    async def _follow(self, stderr: asyncio.StreamReader) -> None:
        """Keep the log, and learn from it which child has which process id."""
        while line := await stderr.readline():
            self._log.write(line)
            self._log.flush()
            if b'"child started"' in line:
                said = json.loads(line)
                self.children[said["child"]] = said["pid"]


async def patiently(work: Callable[[], Awaitable[Any]], *, seconds: float = 30.0) -> Any:
    """The answer of a server that may be away for a moment."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await work()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
