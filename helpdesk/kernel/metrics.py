"""Counters of this process, in prometheus_client's default registry."""

from prometheus_client import Histogram

REQUESTS = Histogram(
    "helpdesk_request_seconds", "Time to answer a request", ["handler", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip


def observe_request(handler: str, method: str, status: int, seconds: float) -> None:
    REQUESTS.labels(handler, method, f"{status // 100}xx").observe(seconds)
