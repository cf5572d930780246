"""Which processes are there, and which are missed."""

import os
import time
from datetime import datetime, timedelta

import msgspec
import pytest

from helpdesk.kernel import redis
from helpdesk.kernel.heartbeats import KEY, Process, heard, is_missed, processes
from helpdesk.kernel.time import now

AT = now()


@pytest.fixture(autouse=True)
def silence() -> None:
    redis.client().delete(KEY)


def put(kind: str, pid: int, *, heard_at: datetime, started_at: datetime = AT - timedelta(hours=9)) -> Process:
    one = Process(kind=kind, host="node1", pid=pid, version="1.0", started_at=started_at, heard_at=heard_at)
    redis.client().hset(KEY, one.name, msgspec.json.encode(one))
    return one


def test_a_process_that_ends_in_order_leaves_nothing() -> None:
    with heard("worker"):
        while not (found := processes(at=now())):
            time.sleep(0.01)
        [one] = found
        assert (one.kind, one.pid) == ("worker", os.getpid()) and not is_missed(one, at=now())
    assert processes(at=now()) == []


def test_one_that_was_killed_is_missed_until_it_is_replaced_or_forgotten() -> None:
    killed = put("worker", 7, heard_at=AT - timedelta(minutes=3))
    assert processes(at=AT) == [killed] and is_missed(killed, at=AT)
    put("web", 8, heard_at=AT, started_at=AT - timedelta(minutes=1))
    assert [one.kind for one in processes(at=AT)] == ["web", "worker"]
    put("worker", 9, heard_at=AT, started_at=AT - timedelta(minutes=1))
    assert [one.pid for one in processes(at=AT)] == [8, 9]
    put("scheduler", 10, heard_at=AT - timedelta(days=2))
    assert "scheduler" not in {one.kind for one in processes(at=AT)} and redis.client().hlen(KEY) == 3
