"""What receivers report of all mail under our name: DMARC and TLS, packed as they pack it."""

import gzip
import io
import json
import zipfile
from datetime import date

import pytest

from distro.feedback import aggregates
from distro.feedback.aggregates import Source, TlsFailure, UnreadableReportError
from distro.feedback.message import take_apart

DMARC = """<?xml version="1.0"?>
<feedback{namespace}>
  <report_metadata><org_name>receiver.example</org_name><report_id>r1</report_id>
    <date_range><begin>1795478400</begin><end>1795564799</end></date_range></report_metadata>
  <policy_published><domain>press.example</domain><p>none</p></policy_published>
  <record><row><source_ip>192.0.2.1</source_ip><count>120</count><policy_evaluated>
    <disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
    <identifiers><header_from>press.example</header_from></identifiers></record>
  <record><row><source_ip>2001:db8::7</source_ip><count>3</count><policy_evaluated>
    <disposition>reject</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row>
    <identifiers><header_from>press.example</header_from></identifiers></record>
</feedback>
"""
TLS = {
    "organization-name": "Receiver",
    "date-range": {
        "start-datetime": "2026-11-24T00:00:00Z",
        "end-datetime": "2026-11-24T23:59:59Z",
    },
    "report-id": "t1",
    "policies": [
        {
            "policy": {"policy-type": "sts", "policy-domain": "press.example"},
            "summary": {
                "total-successful-session-count": 5326,
                "total-failure-session-count": 3,
            },
            "failure-details": [
                {
                    "result-type": "certificate-expired",
                    "receiving-mx-hostname": "mx.daily.example",
                    "failed-session-count": 3,
                }
            ],
        }
    ],
}
NEW = ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"'


def zipped(content: bytes, names: tuple[str, ...] = ("r.xml",)) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return raw.getvalue()


@pytest.mark.parametrize("namespace", ["", NEW], ids=["RFC 7489", "RFC 9990"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zipped], ids=["plain", "gzip", "zip"])
def test_dmarc(namespace: str, pack: type[bytes]) -> None:
    found = aggregates.read(pack(DMARC.format(namespace=namespace).encode()))
    assert (found.kind, found.reporter, found.name) == ("dmarc", "receiver.example", "r1")
    assert (found.domain, found.day) == ("press.example", date(2026, 11, 24))
    assert found.sources == (
        Source("192.0.2.1", 120, True, "pass", "fail", "none"),
        Source("2001:db8::7", 3, False, "fail", "fail", "reject"),
    )


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_tls(pack: type[bytes]) -> None:
    found = aggregates.read(pack(json.dumps(TLS).encode()))
    assert (found.kind, found.domain, found.day) == ("tls", "press.example", date(2026, 11, 24))
    assert found.sessions == 5326
    assert found.failures == (TlsFailure("certificate-expired", "mx.daily.example", 3),)


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feedback>&b;</feedback>'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{}",
        b"<html/>",
        b"<feedback>",
        ENTITIES,
        ENTITIES.decode().encode("utf-16"),
        b"\x1f\x8b broken",
        b"PK\x03\x04 broken",
        zipped(DMARC.encode(), ("a.xml", "b.xml")),
        DMARC.format(namespace="").replace("192.0.2.1", "<b/>").encode(),
        DMARC.format(namespace="").replace("120", "many").encode(),
        b"[" * 100_000,
        b"<a>" * 100_000,
        json.dumps(TLS).replace("2026-11-24", "9999-99-99").encode(),
    ],
    ids=lambda raw: repr(raw[:8]),  # what follows in an archive is the time of its making
)
def test_what_is_no_report(raw: bytes) -> None:
    with pytest.raises(UnreadableReportError):
        aggregates.read(raw)


@pytest.mark.parametrize("pack", [gzip.compress, zipped], ids=["gzip", "zip"])
def test_a_bomb_is_not_unpacked(pack: type[bytes]) -> None:
    with pytest.raises(UnreadableReportError, match="more than any report"):
        aggregates.read(pack(b" " * 30_000_000))


def test_a_report_in_a_message() -> None:
    content = gzip.compress(json.dumps(TLS).encode())
    import base64

    raw = (
        "From: tls@receiver.example\nSubject: Report Domain: press.example\n"
        'Content-Type: multipart/report; report-type="tlsrpt"; boundary="b"\n\n--b\n'
        "Content-Type: text/plain\n\nA report.\n--b\n"
        'Content-Type: application/tlsrpt+gzip; name="r.json.gz"\n'
        "Content-Transfer-Encoding: base64\n\n"
        f"{base64.encodebytes(content).decode()}\n--b--\n"
    )
    (found,) = aggregates.in_message(take_apart(raw.encode()))
    assert found.kind == "tls"


def test_a_letter_with_a_picture_is_no_report() -> None:
    raw = (
        b'Subject: plan\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n'
        b'Content-Type: image/png; name="x.png"\n\nxx\n--b\n'
        b'Content-Type: application/pdf; name="plan.pdf"\n\n%PDF\n--b--\n'
    )
    assert list(aggregates.in_message(take_apart(raw))) == []
