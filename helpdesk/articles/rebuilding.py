"""The process that builds the index anew: `python -m helpdesk.articles.rebuilding`, started by `indexing.build_apart`.

It gives way to all others, and ends at once when its standard input does: who started it is gone.
"""

import asyncio
import os
import sys
import threading

import structlog

from helpdesk.articles.indexing import build
from helpdesk.kernel import logs
from helpdesk.kernel.database import connected
from knowledge_base.index_storage import Busy

log = structlog.get_logger(__name__)


def main() -> int:
    logs.configure("index")
    threading.Thread(target=_end_with_parent, daemon=True, name="watch-parent").start()
    os.nice(5)
    return asyncio.run(_build())


async def _build() -> int:
    try:
        async with connected(2):
            await build()
    except Busy:  # somebody else is at it
        return 0
    except OSError as error:
        log.warning("index_not_written", error=repr(error))
        return 1
    return 0


def _end_with_parent() -> None:
    while os.read(0, 1):  # not `sys.stdin`, whose lock would be in the way at our own end
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
