"""Readiness tells the truth, and the figures are those of the rows."""

from datetime import timedelta

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from helpdesk import health, migrating
from helpdesk.articles import indexing
from helpdesk.health import queue_lags, readiness
from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.metrics import observe_request
from helpdesk.kernel.time import now
from helpdesk.metrics import metrics
from tests.make import a_ticket

pytestmark = pytest.mark.usefixtures("database")


async def test_a_desk_in_order_is_ready() -> None:
    indexing.forget()
    found = await readiness()
    assert found.is_ready
    assert (found.database, found.redis, found.migrations, found.warnings) == ("ok", "ok", "ok", [])
    assert found.clock_difference is not None
    assert abs(found.clock_difference) < 1
    queues = {"intake", "events", "deliveries", "settling", "bulk", "merges", "notices", "pushes", "promises", "clocks"}
    assert set(found.queues) == queues


async def test_a_queue_tells_how_long_its_oldest_row_waits() -> None:
    await a_ticket(at=now() - timedelta(minutes=2))
    events = (await queue_lags())["events"]
    assert events.waiting >= 1
    assert 115 < events.lag < 125
    await rows("UPDATE hd_event SET followed_at = now()")
    assert (await queue_lags())["events"] == health.Queue(0, 0.0)


async def test_without_redis_it_is_not_ready_and_names_no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Redis(host="127.0.0.1", port=1, password="hush", retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(redis, "client", lambda: away)
    found = await readiness()
    assert not found.is_ready
    assert found.redis == "cannot be used (ConnectionError)"
    assert found.database == "ok"


async def test_pending_migrations_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    more = (*migrating.known(), migrating.Migration("helpdesk", "2999-01-01", migrating.known()[0].title))
    monkeypatch.setattr(migrating, "known", lambda: more)
    found = await readiness()
    assert not found.is_ready
    assert "helpdesk migrate" in found.migrations


async def test_clocks_that_differ_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "now", lambda: now() - timedelta(seconds=90))
    found = await readiness()
    assert found.is_ready
    assert "90" in found.warnings[0]


async def test_the_metrics_are_those_of_the_rows() -> None:
    await a_ticket()
    observe_request("GET", "/console/tickets/{number}", 200, 0.02)
    text = (await metrics()).decode()
    assert 'helpdesk_ready{part="database"} 1.0' in text
    assert 'helpdesk_queue_waiting{queue="events"} ' in text
    assert 'route="/console/tickets/{number}"' in text
