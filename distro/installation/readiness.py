"""Whether an installation can send."""

from distro.installation.context import Office
from distro.store import processes


def missing(office: Office) -> list[str]:
    """Return what keeps this installation from sending: nothing, or "worker"."""
    return [] if processes.alive(office.store) else ["worker"]
