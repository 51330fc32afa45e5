"""Say whether this host's worker, sweep or pages live, for a container's health check.

Run as `python -m distro.admin.health_check`.
"""

import sys

from distro.errors import DistroError
from distro.installation import running_parts
from distro.installation.context import open_installation
from distro.settings.load import load


def main() -> int:
    """Return 0 where a part of this host said within twenty seconds that it lives; else say why
    not.
    """
    try:
        with open_installation(load()) as installation:
            alive = running_parts.alive(installation)
    except DistroError as error:
        print(error.message, file=sys.stderr)
        return 1
    print(", ".join(alive) or "no worker, sweep or pages of this host live")
    return 0 if alive else 1


if __name__ == "__main__":
    sys.exit(main())
