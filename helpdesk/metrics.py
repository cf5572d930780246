"""Figures for Prometheus: requests of this process, the queues, the process itself."""

from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from helpdesk.health import readiness
from helpdesk.kernel.metrics import registry

CONTENT_TYPE = CONTENT_TYPE_LATEST

ProcessCollector(registry=registry)
PlatformCollector(registry=registry)
GCCollector(registry=registry)
_ready = Gauge("helpdesk_ready", "1 when this part is ready to work", ["part"], registry=registry)
_waiting = Gauge("helpdesk_queue_waiting", "Rows that wait for a worker", ["queue"], registry=registry)
_lag = Gauge("helpdesk_queue_lag_seconds", "How long the oldest row has waited", ["queue"], registry=registry)
_clock = Gauge("helpdesk_clock_difference_seconds", "The database's clock minus ours", registry=registry)

_index = Gauge(
    "helpdesk_index_position", "The last change of articles that is in this machine's index", registry=registry
)
_index_waiting = Gauge("helpdesk_index_waiting", "Changes of articles that are not in it", registry=registry)
_index_lag = Gauge("helpdesk_index_lag_seconds", "How long the oldest of them has waited", registry=registry)


async def metrics() -> bytes:
    """Everything in the text format of Prometheus, the queues as they are now."""
    found = await readiness()
    _ready.labels("database").set(found.database == "ok")
    _ready.labels("redis").set(found.redis == "ok")
    _ready.labels("migrations").set(found.migrations == "ok")
    for name, queue in found.queues.items():
        _waiting.labels(name).set(queue.waiting)
        _lag.labels(name).set(queue.lag)
    if found.index:
        _ready.labels("index").set(not found.index.trouble)
        _index.set(found.index.position or 0)
        _index_waiting.set(found.index.waiting)
        _index_lag.set(found.index.lag)
    if found.clock_difference is not None:
        _clock.set(found.clock_difference)
    return generate_latest(registry)
