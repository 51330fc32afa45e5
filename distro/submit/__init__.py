"""Files in, editions out: `read` understands one file, `check` reports every problem with its
line.
"""

from distro.submit.reading import read, record_of, release_of
from distro.submit.source import slug_of

__all__ = ["read", "record_of", "release_of", "slug_of"]
