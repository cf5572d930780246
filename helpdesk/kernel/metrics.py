"""Counters of this process."""

from prometheus_client import CollectorRegistry, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

registry = CollectorRegistry()
_requests = Histogram(
    "helpdesk_request_seconds",
    "Time to answer a request",
    ["method", "route", "status"],
    buckets=BUCKETS,
    registry=registry,
)


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request; `route` is the path's pattern, never the path, so that there are only as many as routes."""
    _requests.labels(method, route, str(status)).observe(seconds)
