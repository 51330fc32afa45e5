"""Write the log: one line per event with fixed keys, to stderr; no addresses beyond what a line
needs.
"""

import logging
import re
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

# A line feed stays: of tracebacks.
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def configure(*, level: int = logging.INFO, name: str = "distro", zone: str = "UTC") -> None:
    """Set structlog up for this process; `name` is the part (worker, sweep, web) that speaks,
    `zone` that of its times.
    """
    clock = ZoneInfo(zone)

    def said_by(
        logger: object, method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        """Add which part of the installation speaks."""
        del logger, method  # not by context variables: a thread has its own
        return {
            "timestamp": datetime.now(clock).isoformat(timespec="milliseconds"),
            "part": name,
            **event,
        }

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            said_by,
            # without the values of variables: some are secrets
            structlog.processors.format_exc_info,
            _one_line,
            structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "part", "event"], bool_as_flag=False
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _one_line(
    logger: object, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Take control characters out of what others say (a relay, a release): a log is read on a
    terminal.
    """
    del logger, method
    return {
        key: (
            _CONTROLS.sub("?", value)
            if isinstance(value, str) and not value.isprintable()
            else value
        )
        for key, value in event.items()
    }


def get() -> structlog.typing.FilteringBoundLogger:
    """Return the logger; bind what belongs to every line of a place."""
    if not structlog.is_configured():
        configure()
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
