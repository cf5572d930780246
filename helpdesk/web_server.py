"""The web server: granian in this very process, so that nothing is left behind when it is killed."""

import asyncio
import gc
import logging
import os
import signal

import structlog
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar.types import ASGIApp

from helpdesk.embedded.probes import check_free
from helpdesk.kernel import logs
from helpdesk.kernel.database import connected
from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.heartbeats import heard
from helpdesk.kernel.settings import Settings, settings

STOP_WITHIN = 5.0  # seconds for the answers under way

log = structlog.get_logger(__name__)


def run() -> None:
    """Serve `helpdesk.app` until SIGTERM or SIGINT; then finish the answers under way, within ten seconds."""
    logs.configure("web")
    asyncio.run(_run())


def _server(app: ASGIApp, configured: Settings) -> Server:
    server = Server(app, address=configured.host, port=configured.port, interface=Interfaces.ASGI, backlog=1024)
    granian = logging.getLogger("_granian")  # it brought handlers of its own, for its chatter on stdout
    granian.handlers.clear()
    granian.propagate = True
    granian.setLevel(logging.ERROR)
    return server


async def _run() -> None:
    from helpdesk.app import create_app

    configured = settings()
    check_free(configured.host, configured.port, "HELPDESK_PORT")
    async with connected(1):
        pass  # or it is said now, in one line, that there is no database
    server = _server(create_app(), configured)
    gc.collect()
    gc.freeze()  # what is loaded now stays: no request waits while the collector looks through all of it again
    gc.set_threshold(10_000)  # a page makes some thousand objects, and drops them by itself
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    serving = asyncio.create_task(server.serve())
    asked = asyncio.create_task(stopping.wait())
    with heard("web"):
        await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if serving.done():
        raise HelpdeskError("the web server ended by itself; its messages are above") from serving.exception()
    server.stop()
    done, _ = await asyncio.wait({serving}, timeout=STOP_WITHIN)
    log.info("web_server_stopped", in_time=bool(done))
    if not done:
        os._exit(0)  # open live streams never end by themselves; they come back to the next process
