"""Find the packaged templates and sample data: inside the wheel, or in the repository of an
editable install.
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]


def packaged(*parts: str) -> Path:
    """Return the path of something that travels with `distro`, such as ``packaged("templates",
    "email")``.
    """
    wheel = _HERE / "_data"
    return (wheel if wheel.is_dir() else _HERE.parent).joinpath(*parts)
