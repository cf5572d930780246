"""The web server: granian in this very process, so that nothing is left behind when it is killed."""

import asyncio
import os
import signal

import structlog
from granian.constants import Interfaces
from granian.server.embed import Server

from helpdesk.kernel import logs
from helpdesk.kernel.settings import settings

STOP_WITHIN = 5.0  # seconds for the answers under way

log = structlog.get_logger(__name__)


def run() -> None:
    """Serve `helpdesk.app` until SIGTERM or SIGINT; then finish the answers under way, within ten seconds."""
    logs.configure("web")
    asyncio.run(_run())


async def _run() -> None:
    from helpdesk.app import create_app

    configured = settings()
    app = create_app()
    server = Server(
        app, address=configured.host, port=configured.port, interface=Interfaces.ASGI, backlog=1024, log_enabled=False
    )
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    serving = asyncio.create_task(server.serve())
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if serving.done():
        serving.result()
        raise SystemExit("the web server ended by itself")
    server.stop()
    done, _ = await asyncio.wait({serving}, timeout=STOP_WITHIN)
    log.info("web_server_stopped", in_time=bool(done))
    if not done:
        os._exit(0)  # open live streams never end by themselves; they come back to the next process
