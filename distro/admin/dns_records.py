"""Compare the DNS records of our senders with the rules of the big receivers for bulk mail.

SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989), MX (RFC 5321 §5), and the relay's name
(forward-confirmed PTR). Each finding comes with the record to publish. Nothing is asked about
domains that cannot exist (.example).
"""

import contextlib
import ipaddress
from collections.abc import Iterator

import dns.exception
import dns.resolver
import dns.reversename
from dns.rdtypes.ANY.TXT import TXT

from distro.admin.dkim_keys import zone_line
from distro.admin.finding import Finding, Grade
from distro.errors import SettingsError
from distro.letter.dkim import Signer
from distro.mailing.signers import signers_of
from distro.model import domain_of
from distro.settings.load import Settings
from distro.settings.relays import Relay
from distro.settings.sections import Sender

_MAKE_KEY = "distro doctor --make-dkim-key"
_PATIENCE = 4.0  # seconds for one answer
_LOOKUPS = 10  # that a receiver makes for one SPF record (RFC 7208 §4.6.4)
_RESERVED = (
    ".example",
    ".test",
    ".invalid",
    ".localhost",
    "example.com",
    "example.org",
    "example.net",
)


class Names:
    """The DNS as a receiver asks it."""

    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        if resolver is None:
            try:
                resolver = dns.resolver.Resolver()
            except dns.resolver.NoResolverConfiguration:
                resolver = dns.resolver.Resolver(configure=False)
        self._resolver = resolver
        self._resolver.lifetime = _PATIENCE

    def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name, each in one piece; raise dns.exception.DNSException
        when nobody answers.
        """
        return [
            b"".join(record.strings).decode("utf-8", "replace")
            for record in self._ask(name, "TXT")
            if isinstance(record, TXT)
        ]

    def records(self, name: str, kind: str) -> list[str]:
        """Return the records of a kind, as text."""
        return [record.to_text() for record in self._ask(name, kind)]

    def _ask(self, name: str, kind: str) -> list[dns.rdata.Rdata]:
        with contextlib.suppress(dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return list(self._resolver.resolve(name, kind))
        return []


def examine_names(settings: Settings, names: Names) -> Iterator[Finding]:
    """Yield what receivers find when they look us up."""
    try:
        for sender in (settings.sender, *settings.senders.values()):
            yield from _sender(settings, sender, names)
        for relay in settings.relay:
            yield from _relay(relay, names)
    except dns.exception.DNSException as error:
        yield Finding(
            "DNS",
            Grade.WARNING,
            f"it does not answer: {type(error).__name__}; SPF, DKIM, DMARC and MX were not"
            " looked at",
            "Look at /etc/resolv.conf, and run `distro doctor` again.",
        )


def _sender(settings: Settings, sender: Sender, names: Names) -> Iterator[Finding]:
    domain = domain_of(sender.address)
    bounce = domain_of(settings.return_path_of(sender.address) or sender.address)
    try:
        signers = signers_of(settings, sender.address)
    except SettingsError as error:
        yield Finding("DKIM", Grade.ERROR, error.message, error.hint or _MAKE_KEY)
        return
    if domain.endswith(_RESERVED):
        return
    yield from _spf(bounce, names)
    yield from _dkim(signers, names)
    yield from _dmarc(domain, bounce, signers, names)
    yield from _mx(bounce, names)
    if not settings.return_path_of(sender.address):
        yield Finding(
            "Bounces",
            Grade.WARNING,
            f"bounces go to {sender.address} and do not say who bounced",
            f'[feedback] return_path = "bounces@{domain}"',
        )


def _spf(domain: str, names: Names) -> Iterator[Finding]:
    records = [text for text in names.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if not records:
        yield Finding(
            "SPF",
            Grade.ERROR,
            f"{domain} names no servers that may send for it; Gmail, Yahoo and Outlook refuse bulk"
            " mail without",
            f'publish: {domain}. TXT "v=spf1 include:YOUR-RELAY ~all"',
        )
        return
    if len(records) > 1:
        yield Finding(
            "SPF",
            Grade.ERROR,
            f"{domain} has {len(records)} SPF records, which count as none (RFC 7208 §4.5)",
            "publish one of them",
        )
        return
    if any(word in ("+all", "all") for word in records[0].lower().split()):
        yield Finding(
            "SPF",
            Grade.ERROR,
            f"{domain} lets the whole world send for it (+all)",
            f'publish: {domain}. TXT "{records[0].replace("+all", "~all")}"',
        )
        return
    lookups = _lookups(records[0], names, set())
    if lookups > _LOOKUPS:
        yield Finding(
            "SPF",
            Grade.ERROR,
            f"{domain} needs {lookups} look-ups, receivers make {_LOOKUPS} (RFC 7208 §4.6.4)",
            "take out includes that no mail leaves by",
        )
        return
    yield Finding("SPF", Grade.OK, f"{domain}: {records[0]}")


def _lookups(record: str, names: Names, seen: set[str]) -> int:
    """Return how many questions a receiver asks for a record, those of its includes too."""
    count = 0
    for word in record.split()[1:]:
        name, _, target = (
            word.lstrip("+-~?")
            .lower()
            .partition("=" if word.lower().startswith("redirect=") else ":")
        )
        if name.partition("/")[0] in ("a", "mx", "ptr", "exists"):
            count += 1
        elif name in ("include", "redirect") and target and target not in seen:
            seen.add(target)
            count += 1 + max(
                (
                    _lookups(text, names, seen)
                    for text in names.texts(target)
                    if text.lower().startswith("v=spf1")
                ),
                default=0,
            )
    return count


def _dkim(signers: tuple[Signer, ...], names: Names) -> Iterator[Finding]:
    if not signers:
        yield Finding(
            "DKIM",
            Grade.WARNING,
            "letters are not signed here; your relay has to do it, and to cover both unsubscribe"
            " headers",
            _MAKE_KEY,
        )
    for signer in signers:
        name = f"{signer.selector}._domainkey.{signer.domain}"
        found = [_tags(text) for text in names.texts(name)]
        ours = _tags(signer.record)["p"]
        if not found:
            yield Finding(
                "DKIM",
                Grade.ERROR,
                f"nobody can check our signatures: there is no {name}",
                f"publish: {zone_line(signer)}",
            )
        elif ours not in [tags.get("p", "").replace(" ", "") for tags in found]:
            yield Finding(
                "DKIM",
                Grade.ERROR,
                f"{name} holds another key than the one that signs",
                f"publish: {zone_line(signer)}",
            )
        elif any("y" in tags.get("t", "").split(":") for tags in found):
            yield Finding(
                "DKIM",
                Grade.WARNING,
                f"{name} says t=y, so receivers take the signature for a test",
                f"publish: {zone_line(signer)}",
            )
        else:
            yield Finding("DKIM", Grade.OK, f"{name} holds the key that signs ({signer.algorithm})")


def _dmarc(
    domain: str, bounce: str, signers: tuple[Signer, ...], names: Names
) -> Iterator[Finding]:
    record = where = ""
    labels = domain.split(".")
    for n in range(len(labels) - 1):  # RFC 9989 §4.10: up the tree, the nearest record counts
        where = ".".join(labels[n:])
        record = next(
            (text for text in names.texts(f"_dmarc.{where}") if text.startswith("v=DMARC1")), ""
        )
        if record:
            break
    if not record:
        yield Finding(
            "DMARC",
            Grade.ERROR,
            f"{domain} has no policy; Gmail, Yahoo and Outlook want one from whoever sends over"
            " 5,000 a day",
            f'publish: _dmarc.{domain}. TXT "v=DMARC1; p=none; rua=mailto:dmarc@{domain}"',
        )
        return
    tags = _tags(record)
    if tags.get("p", "") not in ("none", "quarantine", "reject"):
        yield Finding(
            "DMARC",
            Grade.ERROR,
            f"_dmarc.{where} says no policy that receivers know: {record}",
            f'publish: _dmarc.{where}. TXT "v=DMARC1; p=none; rua=mailto:dmarc@{where}"',
        )
        return
    aligned = [s.domain for s in signers if _same(s.domain, domain)]
    if not aligned and not _same(bounce, domain):
        yield Finding(
            "DMARC",
            Grade.ERROR,
            f"neither a signature nor the Return-Path ({bounce}) belongs to {domain}: receivers see"
            " a stranger",
            f'[dkim] domain = "{domain}", or [feedback] return_path = "bounces@{domain}"',
        )
        return
    missing = (
        ""
        if tags.get("rua")
        else f'publish: _dmarc.{where}. TXT "{record.rstrip("; ")}; rua=mailto:dmarc@{where}"'
    )
    yield Finding(
        "DMARC",
        Grade.WARNING if missing else Grade.OK,
        f"_dmarc.{where}: {record}" + ("; nobody is told about forgeries (rua)" if missing else ""),
        missing,
    )


def _mx(domain: str, names: Names) -> Iterator[Finding]:
    records = names.records(domain, "MX")
    if not records or all(record.endswith(" .") for record in records):
        yield Finding(
            "MX",
            Grade.ERROR,
            f"{domain} takes no mail: bounces and answers are lost, and receivers distrust it",
            f"publish: {domain}. MX 10 your.mail.server.",
        )
    else:
        yield Finding(
            "MX",
            Grade.OK,
            f"{domain} takes mail at"
            f" {', '.join(record.split()[1].rstrip('.') for record in records[:3])}",
        )


def _relay(relay: Relay, names: Names) -> Iterator[Finding]:
    """Check that a relay's addresses have names that lead back to them (Gmail: 5.7.25).

    A relay on this machine or net speaks through another, and is not looked up.
    """
    try:
        addresses = [str(ipaddress.ip_address(relay.host))]
    except ValueError:
        if relay.host == "localhost" or relay.host.endswith(_RESERVED):
            return
        addresses = [a for kind in ("A", "AAAA") for a in names.records(relay.host, kind)]
    for address in addresses:
        if not ipaddress.ip_address(address).is_global:
            continue
        hosts = [
            name.rstrip(".")
            for name in names.records(str(dns.reversename.from_address(address)), "PTR")
        ]
        if not any(
            address in names.records(host, "AAAA" if ":" in address else "A") for host in hosts
        ):
            yield Finding(
                "PTR",
                Grade.WARNING,
                f"{address} ({relay.host}) has no name that leads back to it; if it delivers to"
                " receivers itself, Gmail refuses it (5.7.25)",
                f"ask its provider for a PTR record of {address} to {relay.host}",
            )
        else:
            yield Finding("PTR", Grade.OK, f"{address} is {hosts[0]}")


def _same(one: str, other: str) -> bool:
    """Return whether two domains are aligned: the same, or one a part of the other (RFC 9989)."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _tags(record: str) -> dict[str, str]:
    return {
        name.strip(): value.strip()
        for name, _, value in (part.partition("=") for part in record.split(";"))
        if name.strip()
    }
