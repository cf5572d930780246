"""Processes say every few seconds that they are there, in Redis: who runs, in which version, and was heard when.

A process that ends in order takes its line away; one that was killed leaves it, and so is missed.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.metadata import version

import msgspec
from redis import Redis, RedisError

from helpdesk.kernel import redis
from helpdesk.kernel.time import now

KEY = "helpdesk:processes"
EVERY = 10.0  # seconds
MISSED_AFTER = timedelta(seconds=45)
FORGOTTEN_AFTER = timedelta(days=1)


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is the command that started it: web, worker, scheduler, mail-server or up."""

    kind: str
    host: str
    pid: int
    version: str
    started_at: datetime
    heard_at: datetime

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.host}:{self.pid}"


@contextmanager
def heard(kind: str, *, client: Redis | None = None) -> Iterator[None]:
    """Let this process be heard until the block ends. Redis may be away: then it is not heard, and works on."""
    own = Process(
        kind=kind, host=socket.gethostname()[:100], pid=os.getpid(), version=version("helpdesk"), started_at=now(), heard_at=now()
    )  # fmt: skip
    stopping = threading.Event()
    beating = threading.Thread(target=_beat, args=(own, stopping, client), name="heartbeat", daemon=True)
    beating.start()
    try:
        yield
    finally:
        stopping.set()
        with contextlib.suppress(RedisError):
            (client or redis.client()).hdel(KEY, own.name)


def processes(*, at: datetime) -> list[Process]:
    """All that were heard within a day and are not replaced: of those that went silent only what is missing now.

    Raises RedisError. Blocks for a round trip.
    """
    found = redis.client().hvals(KEY)
    assert isinstance(found, list)
    known = [msgspec.json.decode(one, type=Process) for one in found]
    if forgotten := [one.name for one in known if at - one.heard_at > FORGOTTEN_AFTER]:
        redis.client().hdel(KEY, *forgotten)
    shown = [one for one in known if at - one.heard_at <= FORGOTTEN_AFTER and not _is_replaced(one, known, at)]
    return sorted(shown, key=lambda one: (one.kind, one.host, one.started_at))


def is_missed(process: Process, *, at: datetime) -> bool:
    return at - process.heard_at > MISSED_AFTER


def _is_replaced(one: Process, known: list[Process], at: datetime) -> bool:
    """Whether another one of its kind was started on its machine after it went silent."""
    return is_missed(one, at=at) and any(
        other.kind == one.kind and other.host == one.host and other.started_at > one.heard_at for other in known
    )


def _beat(own: Process, stopping: threading.Event, client: Redis | None) -> None:
    while True:
        beat = msgspec.structs.replace(own, heard_at=now())
        with contextlib.suppress(RedisError):
            (client or redis.client()).hset(KEY, own.name, msgspec.json.encode(beat))
        if stopping.wait(EVERY):
            return
