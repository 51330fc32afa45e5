"""Read what receivers report of all mail under our name, once a day: DMARC (RFC 7489 §7.2, RFC
9990) and TLS (RFC 8460).

Three answers are wanted: who sends as us, what share aligns, who fails TLS. Unpacking is bounded: a
bomb is refused, not unpacked.
"""

import gzip
import io
import ipaddress
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

from distro.feedback.message import File, Message
from distro.lib import safe_xml

_UNPACKED = 5_000_000  # bytes of a report; that of a large sender's day is smaller
_ROWS = 3_000
_ELEMENTS = 150_000
_MOST = 1_000_000_000  # letters or sessions of one row
_MAGIC_GZIP, _MAGIC_ZIP = b"\x1f\x8b", b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Source:
    """One sending host in a DMARC report. `aligned`: DKIM or SPF passed under the domain in From
    (RFC 7489 §3.1).
    """

    address: str
    letters: int
    aligned: bool
    dkim: str  # pass, fail
    spf: str
    disposition: str  # none, quarantine, reject


@dataclass(frozen=True, slots=True)
class TlsFailure:
    """One cause for which a receiver could not be reached by TLS."""

    result: str  # certificate-expired, starttls-not-supported … (RFC 8460 §4.3)
    host: str  # of the receiver
    sessions: int


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One report. Texts that are not there are ""."""

    kind: str  # dmarc, tls
    reporter: str
    name: str  # the reporter's own: a report counts once
    domain: str  # whose mail it is about: ours
    day: date  # on which it begins
    sources: tuple[Source, ...] = ()
    failures: tuple[TlsFailure, ...] = ()
    sessions: int = 0  # of TLS that went well


class UnreadableReportError(ValueError):
    """A report that cannot be read, with the reason."""


def in_message(message: Message) -> Iterator[Aggregate]:
    """Yield the reports in a message; raises UnreadableReportError for one that is broken."""
    for file in message.files[:5]:
        if _looks_like_one(file):
            yield read(file.content)


def _looks_like_one(file: File) -> bool:
    kind, name = file.type.lower(), file.name.lower()
    packed = file.content[:4].startswith((_MAGIC_GZIP, _MAGIC_ZIP))
    named = name.endswith((".xml", ".xml.gz", ".zip", ".json", ".json.gz", ".gz"))
    unpacked = kind.endswith(("xml", "json", "octet-stream"))
    return "tlsrpt" in kind or (named and (packed or unpacked))


def read(raw: bytes) -> Aggregate:
    """Read a report as it was attached, packed or not; raises UnreadableReportError."""
    content = _unpacked(raw)
    try:
        if content.lstrip()[:1] == b"{":
            return _tls(json.loads(content))
        return _dmarc(safe_xml.parse(content, _ELEMENTS))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError, OSError) as error:
        raise UnreadableReportError(str(error)[:200] or type(error).__name__) from None


def _unpacked(raw: bytes) -> bytes:
    try:
        if raw.startswith(_MAGIC_GZIP):
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
                found = packed.read(_UNPACKED + 1)
        elif raw.startswith(_MAGIC_ZIP):
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                parts = [p for p in archive.infolist() if not p.is_dir()]
                if len(parts) != 1 or parts[0].flag_bits & 1:
                    raise UnreadableReportError("an archive of a report has one file in it")
                with archive.open(parts[0]) as part:
                    found = part.read(_UNPACKED + 1)
        else:
            found = raw[: _UNPACKED + 1]
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        raise UnreadableReportError(f"its archive is broken ({error})") from None
    if len(found) > _UNPACKED:
        raise UnreadableReportError("it unpacks to more than any report")
    return found


# -- DMARC


def _dmarc(root: ET.Element) -> Aggregate:
    for element in root.iter():  # RFC 9990 has a namespace, RFC 7489 none
        element.tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    if root.tag != "feedback":
        raise UnreadableReportError(f"it is no DMARC report, but <{root.tag[:40]}>")
    begin = int(_text(root, "report_metadata/date_range/begin") or 0)
    rows = [_source(record) for record in root.findall("record")[:_ROWS]]
    return Aggregate(
        "dmarc",
        _text(root, "report_metadata/org_name"),
        _text(root, "report_metadata/report_id"),
        _text(root, "policy_published/domain").lower(),
        datetime.fromtimestamp(begin, UTC).date(),
        sources=tuple(row for row in rows if row.letters),
    )


def _source(record: ET.Element) -> Source:
    judged = {name: _text(record, f"row/policy_evaluated/{name}") for name in ("dkim", "spf")}
    address = _text(record, "row/source_ip")
    return Source(
        str(ipaddress.ip_address(address)),
        _number(_text(record, "row/count") or 0),
        "pass" in judged.values(),
        judged["dkim"],
        judged["spf"],
        _text(record, "row/policy_evaluated/disposition"),
    )


def _number(said: Any) -> int:
    """Return a count that a report can have; anybody may write another."""
    return min(max(0, int(said)), _MOST)


def _text(element: ET.Element, path: str) -> str:
    return " ".join((element.findtext(path) or "").split())[:255]


# -- TLS


def _tls(said: Any) -> Aggregate:
    began = str(said["date-range"]["start-datetime"])
    failures: list[TlsFailure] = []
    sessions, domain = 0, ""
    for policy in list(said["policies"])[:500]:
        domain = domain or str(policy["policy"].get("policy-domain", "")).lower()
        summary = policy.get("summary", {})
        sessions = min(sessions + _number(summary.get("total-successful-session-count", 0)), _MOST)
        details = list(policy.get("failure-details", []))
        failures += [_failure(one) for one in details[: _ROWS - len(failures)]]
    return Aggregate(
        "tls",
        str(said.get("organization-name", ""))[:255],
        str(said.get("report-id", ""))[:255],
        domain[:255],
        datetime.fromisoformat(began).date(),
        failures=tuple(failures),
        sessions=sessions,
    )


def _failure(said: Any) -> TlsFailure:
    return TlsFailure(
        str(said.get("result-type", ""))[:60],
        str(said.get("receiving-mx-hostname", ""))[:255],
        _number(said.get("failed-session-count", 0)),
    )
