"""`helpdesk up`: the whole product in one process tree."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress

from redis import Redis

from helpdesk.embedded import lock, probes
from helpdesk.embedded.home import Home, open_home
from helpdesk.embedded.postgres import PostgresServer
from helpdesk.embedded.process import Child
from helpdesk.embedded.supervisor import Supervisor
from helpdesk.embedded.valkey import ValkeyServer
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.heartbeats import heard
from helpdesk.kernel.settings import Settings

HELPDESK = (sys.executable, "-m", "helpdesk")
STDERR = 2  # a child's own stdout goes there: ours carries only what `helpdesk up` promises to print


def up(settings: Settings, *, demo: bool) -> int:
    """Run until SIGTERM, SIGINT or SIGHUP, then stop everything (under 20 s) and return 0.

    Prints `Helpdesk is ready: URL` once pages and mail are served. Call from the main thread.
    Raises ConfigurationError, before anything is started where possible, when it cannot run.
    """
    home = open_home(settings.data_dir)
    with closing(lock.take_for_up(home)):
        probes.check_free(settings.host, settings.port, "--port")
        probes.check_free(settings.host, settings.smtp_port, "--smtp-port")
        asyncio.run(_until_stopped(settings, home, demo=demo))
    return 0


async def _until_stopped(settings: Settings, home: Home, *, demo: bool) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    supervisor = Supervisor()
    hearing = ExitStack()
    starting = asyncio.create_task(_start(supervisor, settings, home, hearing, demo=demo))
    asked = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({starting, asked}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await asked
    finally:
        asked.cancel()
        starting.cancel()
        await asyncio.wait({starting})
        hearing.close()
        await supervisor.stop()


async def _start(supervisor: Supervisor, settings: Settings, home: Home, hearing: ExitStack, *, demo: bool) -> None:
    database_url = settings.database_url or await _start_server(supervisor, PostgresServer(home))
    redis_url = settings.redis_url or await _start_server(supervisor, ValkeyServer(home))
    hearing.enter_context(heard("up", client=Redis.from_url(redis_url, socket_timeout=2.0)))
    environment = _environment(settings, database_url, redis_url)
    if demo and not settings.smtp_url:
        environment["HELPDESK_SMTP_URL"] = await _start_sink(supervisor, environment)

    await _finish(supervisor, "migrate", environment, stdout=STDERR)
    await supervisor.start(
        _process("web", environment, ready=lambda: probes.serves_pages(settings.host, settings.port)),
        _process("worker", environment),
        _process("scheduler", environment),
        _process("mail-server", environment, ready=lambda: probes.greets(settings.host, settings.smtp_port)),
    )
    if demo:
        await _finish(supervisor, "demo", environment)
    await _finish(supervisor, "first-admin-link", environment)
    with suppress(BrokenPipeError):
        sys.stdout.write(f"Helpdesk is ready: {settings.base_url}\n")
        sys.stdout.flush()


async def _start_server(supervisor: Supervisor, server: PostgresServer | ValkeyServer) -> str:
    await asyncio.to_thread(server.prepare)
    await supervisor.start(server.child())
    await asyncio.to_thread(server.settle)
    return server.url


async def _start_sink(supervisor: Supervisor, environment: dict[str, str]) -> str:
    """Start the server that keeps the demo's outgoing mail, on one port for as long as we run; its URL."""
    port = probes.free_port()
    sink = _process("mail-sink", environment, f"--port={port}", ready=lambda: probes.greets(probes.LOOPBACK, port))
    await supervisor.start(sink)
    return f"smtp://{probes.LOOPBACK}:{port}"


async def _finish(supervisor: Supervisor, command: str, environment: dict[str, str], stdout: int | None = None) -> None:
    """Run a command of ours to its end; raises ConfigurationError when it fails."""
    if status := await supervisor.run(_process(command, environment, stdout=stdout)):
        raise ConfigurationError(f"`helpdesk {command}` failed (exit status {status})")


def _process(
    command: str, environment: dict[str, str], *arguments: str, ready: Callable[[], bool] | None = None,
    stdout: int | None = STDERR,
) -> Child:  # fmt: skip
    options = {"env": environment, "stdout": stdout}
    return Child(command, [*HELPDESK, command, *arguments], options=options, ready=ready)


def _environment(settings: Settings, database_url: str, redis_url: str) -> dict[str, str]:
    """What every child must agree on; the rest it reads from the environment and helpdesk.toml as we did."""
    return os.environ | {
        "HELPDESK_DATA_DIR": str(settings.data_dir),
        "HELPDESK_DATABASE_URL": database_url,
        "HELPDESK_REDIS_URL": redis_url,
        "HELPDESK_SECRET_KEY": settings.secret_key,
        "HELPDESK_HOST": settings.host,
        "HELPDESK_PORT": str(settings.port),
        "HELPDESK_SMTP_PORT": str(settings.smtp_port),
        "HELPDESK_BASE_URL": settings.base_url,
    }
