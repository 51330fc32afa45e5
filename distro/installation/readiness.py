"""Check whether an installation can send."""

from distro.installation.context import Installation
from distro.store import processes


def missing(installation: Installation) -> list[str]:
    """Return what keeps this installation from sending: nothing, or "worker"."""
    return [] if processes.alive(installation.store) else ["worker"]
