"""Structured logs to stderr: one event a line, with the request or job it belongs to, and no secrets."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.settings import settings

SECRET_KEYS = re.compile(r"password|secret|token|authorization|cookie|smtp_url|database_url|redis_url", re.IGNORECASE)
URL_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")


def configure(process: str) -> None:
    """Set up logging for this process; `process` is on every line."""
    level = logging.getLevelNamesMapping()[settings().log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings().log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer], foreign_pre_chain=shared
    )
    handler.setFormatter(formatter)
    handler.addFilter(_in_one_line)
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    structlog.contextvars.bind_contextvars(process=process)


def _in_one_line(record: logging.LogRecord) -> bool:
    """A server that is away is one line each time that a library tells of it, without a traceback."""
    if record.exc_info and is_outage(record.exc_info[1]):
        record.msg, record.args, record.exc_info = f"{record.getMessage()}: {record.exc_info[1]!r}", (), None
    return True


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide values under secret-looking keys and passwords inside URLs."""
    for key, value in event.items():
        if SECRET_KEYS.search(key):
            event[key] = "***"
        elif isinstance(value, str) and "://" in value:
            event[key] = URL_PASSWORD.sub(r"\1:***@", value)
    return event
