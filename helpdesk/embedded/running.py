"""The private servers for as long as a command or a test run needs them."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from helpdesk.embedded import lock
from helpdesk.embedded.home import Home, open_home
from helpdesk.embedded.postgres import PostgresServer
from helpdesk.embedded.process import hint, spawn, stop
from helpdesk.embedded.valkey import ValkeyServer
from helpdesk.kernel.errors import ConfigurationError

Server = PostgresServer | ValkeyServer
START_TIMEOUT = 60.0  # seconds, crash recovery included


@contextmanager
def running(
    data_dir: Path, *, database_url: str | None = None, redis_url: str | None = None, durable: bool = True
) -> Iterator[tuple[str, str]]:
    """The URLs of a running PostgreSQL and Valkey; what is given is used, the other is private to `data_dir`.

    Private servers that run already (`helpdesk up`, another command) are used and left alone. Otherwise they are
    started, and stopped at the end. Call from the main thread: they end with the thread that started them.
    Raises ConfigurationError when they cannot be started.
    """
    if database_url and redis_url:
        yield database_url, redis_url
        return
    home = open_home(data_dir)
    postgres = None if database_url else PostgresServer(home, durable=durable)
    valkey = None if redis_url else ValkeyServer(home, durable=durable)
    servers: list[Server] = [server for server in (postgres, valkey) if server]
    with ExitStack() as stack:
        users = stack.enter_context(lock.using(home))
        if owned := _own_or_find(home, servers):
            stack.enter_context(owned)
            for server in servers:
                stack.enter_context(_started(server))
            stack.callback(lock.wait_for_others, users)
        yield (
            postgres.url if postgres else database_url or "",
            valkey.url if valkey else redis_url or "",
        )


def _own_or_find(home: Home, servers: list[Server]) -> IO[str] | None:
    """The lock when the servers are ours to start, None once they run in somebody else's hands."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if owned := lock.take(home, f"helpdesk {' '.join(sys.argv[1:2])}".strip()):
            return owned
        if all(server.is_ready() for server in servers):
            return None
        time.sleep(0.1)
    raise ConfigurationError(f"the servers of process {lock.holder(home)} did not become ready")


@contextmanager
def _started(server: Server) -> Iterator[None]:
    server.prepare()
    process = start_until_ready(server)
    try:
        server.settle()
        yield
    finally:
        stop(process, server.child())


def start_until_ready(server: Server) -> "subprocess.Popen[Any]":
    """Start it, again when it dies: after a kill -9 the last server's children may still be going away.

    Raises ConfigurationError, with where to look, when it does not become ready.
    """
    child = server.child()
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        process = spawn(child)
        while process.poll() is None and time.monotonic() < deadline:
            if server.is_ready():
                return process
            time.sleep(0.02)
        stop(process, child)
        if time.monotonic() > deadline:
            raise ConfigurationError(f"{child.name} did not become ready in {START_TIMEOUT:.0f} s; {hint(child)}")
        time.sleep(0.2)
