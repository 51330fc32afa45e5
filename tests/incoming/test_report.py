"""What came back, as staff see it: in the report, on its page, about one person."""

from distro.model import DistributionId
from distro.reports import page
from distro.reports.explain import explain
from distro.reports.explanation_text import ExplanationText
from distro.reports.summary import report
from tests.incoming.conftest import Office
from tests.support.returned import bounce, complaint

D = DistributionId("1")


def test_the_report_counts_by_cause_and_by_domain(office: Office) -> None:
    letters = office.publish()
    office.receive(bounce(letters[0]))
    office.receive(bounce(letters[1], status="5.2.2", said="552 5.2.2 Mailbox full"))
    office.receive(bounce(letters[4], said="550 5.1.1 No such user"))  # at a.example too
    office.receive(complaint(letters[2], recipient=letters[2].recipient))
    found = report(office.store, D, "UTC")
    assert found.fields["came_back"] == {"unknown user": 2, "mailbox full": 1, "complaint": 1}
    assert found.fields["counts"]["bounced"] == 3
    assert found.fields["balanced"]
    shown = page.page(office.store, D, zone="UTC", organisation="Office", live=False)
    part = shown.partition('id="came-back"')[2].partition("<section")[0]
    rows = [" ".join(row.split()) for row in part.split("<tr>")[2:]]
    assert len(rows) == 3
    assert ">a.example<" in rows[0]
    assert ">2<" in rows[0]
    assert "Unknown user" in rows[0]
    assert "Complained" in "".join(rows)


def test_nothing_came_back(office: Office) -> None:
    office.publish()
    assert report(office.store, D, "UTC").fields["came_back"] == {}
    shown = page.page(office.store, D, zone="UTC", organisation="Office", live=False)
    assert "Nothing came back." in shown


def test_explain_tells_in_words(office: Office) -> None:
    first = office.publish()[0]
    office.receive(bounce(first))
    found = explain(office.installation, first.recipient)
    assert found.to_json()["came_back"]["cause"] == "unknown_user"
    message = found.to_json()["came_back"]["message"]
    text = "\n".join(ExplanationText(found).sentences())
    assert "did not get" in text
    assert "said mx.daily.example: unknown user" in text
    assert f"distro feedback show {message[:12]}" in text
    assert "suppressed" in text
    assert "it came back: unknown user: 550 5.1.1 User unknown." in " ".join(
        ExplanationText(found).spoken()
    )
