"""The clock. Only handlers, jobs and the scheduler read it; domain functions take `at`."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)
