"""Reports of receivers about mail under our name, from message to answers."""

import base64
import gzip

from distro.admin.feedback_ways import examine_feedback
from distro.incoming import our_name
from tests.incoming.conftest import Office
from tests.unit.feedback.test_aggregates import DMARC


def report(xml: str) -> bytes:
    """A message with a report attached."""
    content = base64.encodebytes(gzip.compress(xml.encode())).decode()
    return (
        "From: dmarc@receiver.example\nSubject: Report Domain: press.example\n"
        'Content-Type: application/gzip; name="receiver.example!press.example!1!2.xml.gz"\n'
        f"Content-Transfer-Encoding: base64\n\n{content}"
    ).encode()


def test_who_sends_as_us_and_what_share_aligns(office: Office) -> None:
    xml = DMARC.format(namespace="")
    office.receive(report(xml))
    office.receive(report(xml) + b"\n")  # the same report in another message
    office.receive(report(xml.replace("<report_id>r1", "<report_id>r2").replace("120", "80")))
    (found,) = our_name.standings(office.installation, 400)
    assert (found.domain, found.letters, found.aligned) == ("press.example", 206, 200)
    assert found.others == {"2001:db8::7": 6}
    assert found.receivers == ("receiver.example",)
    assert round(found.share, 3) == 0.971


def test_a_report_about_somebody_else_is_left(office: Office) -> None:
    office.receive(report(DMARC.format(namespace="").replace("press.example", "rival.example")))
    assert our_name.standings(office.installation, 400) == []


def test_doctor_says_when_others_send_as_us(office: Office) -> None:
    office.receive(report(DMARC.format(namespace="").replace(">120<", ">100<")))
    found = [f for f in examine_feedback(office.installation) if f.about == "DMARC"]
    assert [f.grade for f in found] == ["warning"]
    assert "97.1 % of 103 letters as press.example" in found[0].text
    assert "2001:db8::7" in found[0].next
