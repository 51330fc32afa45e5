"""`distro doctor` asks a real name server (knot) about us: good records, every bad one, and the
keys that it makes.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import dns.resolver
import pytest

from distro.admin.dkim_keys import make_dkim_keys, zone_line
from distro.admin.dns_records import Names, examine_names
from distro.admin.finding import Finding, Grade
from distro.settings.feedback import Feedback
from distro.settings.load import Settings
from distro.settings.relays import Relay
from distro.settings.sections import Dkim, Sender

KNOTD = shutil.which("knotd", path="/usr/sbin:/usr/bin")
pytestmark = [
    pytest.mark.faults,  # for their length
    pytest.mark.skipif(KNOTD is None, reason="needs a name server: apt install knot"),
]
HEAD = (
    "$TTL 60\n@ SOA ns.press.org. admin.press.org. 1 60 60 60 60\n@ NS ns.press.org.\nns A"
    " 127.0.0.1\n"
)
GOOD = (
    HEAD
    + '@ TXT "v=spf1 include:spf.press.org ~all"\nspf TXT "v=spf1 ip4:203.0.113.0/24 -all"\n@ MX 10'
    ' mail\nmail A 8.8.8.8\n_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@press.org"\n'
)


class Server:
    """A name server for press.org and for the reverse of one address, whose zones a test may write
    anew.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def serve(self, zone: str, reverse: str = "") -> Names:
        self.stop()
        (self.folder / "press.org.zone").write_text(zone)
        (self.folder / "8.8.8.8.zone").write_text(HEAD + reverse)
        (self.folder / "knot.conf").write_text(
            f"server:\n  rundir: {self.folder}\n  listen: 127.0.0.1@{self.port}\n  user:"
            f" root:root\ndatabase:\n  storage: {self.folder}\ntemplate:\n  - id: default\n   "
            f" storage: {self.folder}\n    zonefile-sync: -1\n    journal-content: none\nzone:\n  -"
            " domain: press.org\n    file: press.org.zone\n  - domain: 8.8.8.8.in-addr.arpa\n   "
            " file: 8.8.8.8.zone\n"
        )
        assert KNOTD
        self.process = subprocess.Popen(
            [KNOTD, "-c", str(self.folder / "knot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 10
        while True:
            try:
                if dns.query.udp(
                    dns.message.make_query("press.org", "SOA"),
                    "127.0.0.1",
                    port=self.port,
                    timeout=0.3,
                ).answer:
                    break
            except (OSError, dns.exception.Timeout):
                pass
            assert time.monotonic() < end
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], self.port
        return Names(resolver)

    def stop(self) -> None:
        if hasattr(self, "process"):
            self.process.terminate()
            self.process.wait(10)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "knot"
    folder.mkdir()
    found = Server(folder)
    yield found
    found.stop()


def installation(folder: Path, **changes: object) -> Settings:
    base: dict[str, object] = {
        "data": folder,
        "sender": Sender(address="desk@press.org"),
        "feedback": Feedback(return_path="bounces@press.org"),
        "relay": [Relay(url="smtp://mail.press.org")],
    }
    return Settings(**(base | changes))  # type: ignore[arg-type]


def signed(folder: Path) -> tuple[Settings, str]:
    """Settings with fresh keys, and the zone lines that `doctor` prints for them."""
    made = make_dkim_keys(installation(folder))
    keys = {setting: str(path) for _, path, setting in made}
    return installation(folder, dkim=Dkim(**keys)), "".join(
        f"{zone_line(signer)}\n" for signer, _, _ in made
    )


def worst(found: list[Finding]) -> dict[str, Grade]:
    return {f.about: f.grade for f in sorted(found, key=lambda f: -list(Grade).index(f.grade))}


def test_what_it_tells_to_publish_is_what_it_wants_to_find(server: Server, tmp_path: Path) -> None:
    settings, lines = signed(tmp_path)
    names = server.serve(GOOD + lines, "@ PTR mail.press.org.\n")
    found = list(examine_names(settings, names))
    assert {f.grade for f in found} == {Grade.OK}, found
    assert [f.about for f in found].count("DKIM") == 2
    assert {"SPF", "DMARC", "MX", "PTR"} <= {f.about for f in found}
    for key in (tmp_path / "dkim").iterdir():
        assert key.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("about", "old", "new", "shown"),
    [
        ("SPF", '@ TXT "v=spf1 include:spf.press.org ~all"\n', "", "names no servers"),
        ("SPF", "~all", "+all", "whole world"),
        ("SPF", '@ TXT "v=spf1', '@ TXT "v=spf1 -all"\n@ TXT "v=spf1', "count as none"),
        (
            "SPF",
            "include:spf.press.org",
            (
                "a mx a:a.press.org a:b.press.org a:c.press.org a:d.press.org a:e.press.org"
                " a:f.press.org a:g.press.org a:h.press.org include:spf.press.org"
            ),
            "11 look-ups",
        ),
        ("DMARC", "p=none", "p=maybe", "no policy that receivers know"),
        ("DMARC", "_dmarc TXT", "_other TXT", "has no policy"),
        ("MX", "@ MX 10 mail\n", "", "takes no mail"),
        ("MX", "@ MX 10 mail\n", "@ MX 0 .\n", "takes no mail"),
        ("DKIM", "distro._domainkey", "other._domainkey", "nobody can check"),
        ("DKIM", "p=MII", "p=MIIx", "another key"),
    ],
)
def test_a_bad_record_is_an_error_with_the_record_to_publish(
    server: Server, tmp_path: Path, about: str, old: str, new: str, shown: str
) -> None:
    settings, lines = signed(tmp_path)
    zone = GOOD + lines
    assert old in zone
    names = server.serve(zone.replace(old, new, 1), "@ PTR mail.press.org.\n")
    found = [f for f in examine_names(settings, names) if f.grade is Grade.ERROR]
    assert found[0].about == about, found
    assert shown in found[0].text
    assert found[0].next


def test_warnings(server: Server, tmp_path: Path) -> None:
    names = server.serve(GOOD.replace("; rua=mailto:dmarc@press.org", ""))
    found = list(examine_names(installation(tmp_path, feedback=Feedback()), names))
    assert worst(found) == {
        "SPF": Grade.OK,
        "DKIM": Grade.WARNING,
        "DMARC": Grade.WARNING,
        "MX": Grade.OK,
        "Bounces": Grade.WARNING,
        "PTR": Grade.WARNING,
    }


def test_a_stranger_in_the_return_path_is_told(server: Server, tmp_path: Path) -> None:
    """RFC 9989 §3.2: aligned with the From domain by one of the two."""
    names = server.serve(GOOD + 'x TXT "v=spf1 -all"\nx MX 10 mail\n')
    settings = installation(
        tmp_path,
        sender=Sender(address="desk@news.press.org"),
        feedback=Feedback(return_path="b@x.press.org"),
    )
    assert not any(
        "stranger" in f.text
        for f in examine_names(
            installation(tmp_path, sender=Sender(address="desk@news.press.org")), names
        )
    )
    assert [f.about for f in examine_names(settings, names) if "stranger" in f.text] == ["DMARC"]


def test_without_an_answer_it_says_so_and_goes_on(tmp_path: Path) -> None:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], 1
    names = Names(resolver)
    resolver.lifetime = 0.3
    found = list(examine_names(installation(tmp_path), names))
    assert [f.about for f in found] == ["DNS"]
    assert found[0].grade is Grade.WARNING


@pytest.mark.parametrize("address", ["desk@press.org", "desk@press.example"])
def test_a_key_that_cannot_be_read_is_a_finding(tmp_path: Path, address: str) -> None:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], 1
    settings = installation(
        tmp_path,
        sender=Sender(address=address),
        dkim=Dkim(key=str(tmp_path / "nowhere.pem")),
        relay=[Relay()],
    )
    [found] = examine_names(settings, Names(resolver))
    assert (found.about, found.grade) == ("DKIM", Grade.ERROR)
    assert "cannot be read" in found.text
    assert "--make-dkim-key" in found.next
