"""Logging: one line per event with fixed keys, to stderr; no addresses beyond what a line needs."""

import logging
import sys

import structlog


def configure(*, level: int = logging.INFO, name: str = "") -> None:
    """Set structlog up for this process; `name` is the part (worker, sweep, web) that speaks."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "part", "event"], bool_as_flag=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(part=name or "distro")


def get() -> structlog.typing.FilteringBoundLogger:
    """The logger; bind what belongs to every line of a place."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
