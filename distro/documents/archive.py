"""Open the ZIP and the XML of a document within bounds: no bombs, no entities, no depth without
end.
"""

import io
import zipfile
from xml.etree import ElementTree as ET

from distro.documents.blocks import UnreadableError
from distro.lib import safe_xml

LARGEST = 40_000_000  # bytes of a document
_PART, _ALL = 60_000_000, 300_000_000  # bytes of one unpacked part, and of all of them
_PARTS = 5_000


class Archive:
    """The parts of a zipped document, by name."""

    def __init__(self, raw: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise UnreadableError("its archive is broken", "Open it and save it again.") from None
        parts = self._zip.infolist()
        if len(parts) > _PARTS or sum(part.file_size for part in parts) > _ALL:
            raise UnreadableError("it unpacks to more than any release", "Is it the right file?")
        if any(part.flag_bits & 1 for part in parts):
            raise UnreadableError("it is protected by a password", "Save it without one.")
        self.names = frozenset(part.filename for part in parts)

    def read(self, name: str) -> bytes:
        """Return the bytes of a part; b"" where there is none."""
        if name not in self.names:
            return b""
        try:
            with self._zip.open(name) as part:
                raw = part.read(_PART + 1)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            raise UnreadableError(f"its part {name[:60]} is broken ({error})") from None
        except Exception as error:  # noqa: BLE001 - zlib and lzma have errors of their own
            raise UnreadableError(f"its part {name[:60]} is broken ({error})") from None
        if len(raw) > _PART:
            raise UnreadableError(f"its part {name[:60]} is too large", "Is it the right file?")
        return raw

    def xml(self, name: str) -> ET.Element | None:
        """Return the root element of a part; None where there is none."""
        raw = self.read(name)
        return parse_xml(raw, name) if raw else None


def parse_xml(raw: bytes, name: str) -> ET.Element:
    """Parse XML; raises UnreadableError."""
    try:
        return safe_xml.parse(raw)
    except safe_xml.UnfitError as error:
        raise UnreadableError(f"its part {name[:60]} cannot be read ({error})") from None
