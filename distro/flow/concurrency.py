"""Decide how many sending processes a host has, and on which of its cores they run.

Unless told otherwise: one fewer than cores, each on a core of its own, the first core left to
Redis, the relay and all else. On two cores this sends about 1.15 times as fast as processes that
Linux places (docs/decisions/0011).
"""

import contextlib
import os

from distro.installation.context import Installation
from distro.settings.load import cores


def processes(installation: Installation) -> int:
    """Return the number of sending processes of this host.

    As many as cores where signing letters is most of the work.
    """
    settings = installation.settings
    signing = bool(settings.dkim.key or settings.dkim.ed25519_key)
    return settings.worker.processes or max(
        1, min(cores() - (not signing), sum(relay.connections for relay in settings.relay))
    )


def own_core(installation: Installation, index: int) -> int | None:
    """Return the core of a sending process.

    None where there are as many processes as cores, or `worker.processes` is set.
    """
    if installation.settings.worker.processes or not hasattr(os, "sched_getaffinity"):
        return None
    ours = sorted(os.sched_getaffinity(0))[1:]
    return ours[index] if index < processes(installation) <= len(ours) else None


def work_in_bulk(core: int | None) -> None:
    """Tell Linux that this thread wants throughput and no quick turns (it then pushes nobody from a
    core), and where it runs.
    """
    # Not Linux, or not allowed: it only goes slower.
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        if core is not None:
            os.sched_setaffinity(0, {core})
