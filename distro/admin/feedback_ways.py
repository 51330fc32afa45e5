"""Examine the ways by which things come back to us: the return path, the mailbox, the webhooks."""

from collections.abc import Iterator

from distro.admin.finding import Finding, Grade
from distro.errors import DistroError
from distro.incoming import our_name, probe, suggestions
from distro.incoming.sources import imap
from distro.installation.context import Installation
from distro.lib.sending_providers import provider_of_relay
from distro.settings.load import Settings
from distro.store import replies, returns

_FEW = 100  # letters below which a share says nothing
_ALIGNED = 0.98
_MANY_ANSWERS = 5  # that wait; fewer are on their way
_SHOWN_MS = 7 * 86_400_000
_WAIT = 8.0  # seconds for a probe; what takes longer is looked for at the next run


def examine_feedback(installation: Installation) -> Iterator[Finding]:
    """Yield what is known of each way, and of what came by them."""
    settings = installation.settings
    yield from _webhooks(settings)
    reads = bool(settings.feedback.imap.get_secret_value() or settings.feedback.lmtp)
    if settings.feedback.imap.get_secret_value():
        yield from _mailbox(settings)
    desks = (settings.sender, *settings.senders.values())
    paths = dict.fromkeys(settings.return_path_of(desk.address) for desk in desks)
    for path in filter(None, paths):
        yield from _return_path(installation, path, reads=reads)
    yield from _waiting(installation)
    yield from _our_name(installation)


def _webhooks(settings: Settings) -> Iterator[Finding]:
    """Look whether each provider that sends for us may report to us."""
    webhooks = settings.feedback.webhooks
    for relay in settings.relay:
        provider = provider_of_relay(relay.host)
        known = webhooks.ses_topics if provider == "ses" else webhooks.secret_of(provider)
        if provider and not known:
            name = "ses_topics" if provider == "ses" else provider
            yield Finding(
                "Webhooks",
                Grade.ERROR,
                f"letters leave through {relay.host}, and {settings.site.url}/feedback/{provider}"
                " is closed: what bounces there is not known here",
                f"[feedback.webhooks] {name} = …   (docs/feedback.md)",
            )


def _mailbox(settings: Settings) -> Iterator[Finding]:
    mailbox = imap.Mailbox.at(
        settings.feedback.imap.get_secret_value(), settings.feedback.imap_ca_file
    )
    try:
        with imap.opened(mailbox) as found:
            idles = b"IDLE" in found.client.capabilities()
    except DistroError as error:
        yield Finding("Mailbox", Grade.ERROR, error.message, error.hint)
        return
    waits = "told at once of what comes" if idles else "looked into every minute: it has no IDLE"
    yield Finding("Mailbox", Grade.OK, f"{mailbox.folder} on {mailbox.host} is read; {waits}")


def _return_path(installation: Installation, path: str, *, reads: bool) -> Iterator[Finding]:
    """Send a probe to a return path; one of an earlier run counts too."""
    if not reads:
        yield Finding(
            "Bounces",
            Grade.WARNING,
            f"what comes back to {path} is read by hand alone",
            "[feedback] imap = …, or lmtp = …; or a pipe to `distro feedback read -`",
        )
        return
    before = returns.last_probe(installation.store, path)
    if before and returns.probe_is_back(installation.store, before):
        yield Finding("Bounces", Grade.OK, f"a probe to {path} of today came back")
        return
    try:
        name = probe.send(installation, path)
    except (DistroError, OSError) as error:
        yield Finding("Bounces", Grade.ERROR, f"a probe to {path} cannot leave: {error}")
        return
    if probe.came_back(installation, name, _WAIT):
        yield Finding("Bounces", Grade.OK, f"a probe to {path} came back")
    else:
        yield Finding(
            "Bounces",
            Grade.WARNING,
            f"a probe to {path} has not come back within {_WAIT:.0f} s",
            "Run `distro doctor` again in a minute; if it never comes, look where your mail server"
            f" puts what is sent to {path.replace('@', '+x@')}.",
        )


def _our_name(installation: Installation) -> Iterator[Finding]:
    """Look at what receivers report of mail under our name."""
    for standing in our_name.standings(installation):
        if standing.letters < _FEW:
            continue
        good = standing.share >= _ALIGNED
        first = next(iter(standing.others), "")
        yield Finding(
            "DMARC",
            Grade.OK if good else Grade.WARNING,
            f"{100 * standing.share:.1f} % of {standing.letters:,} letters as {standing.domain}"
            " aligned in 30 days",
            "" if good else f"distro feedback reports; most of the others came from {first}",
        )


def _waiting(installation: Installation) -> Iterator[Finding]:
    counts = returns.counts(installation.store)
    late = replies.count_waiting(installation.store, installation.host)
    if late > _MANY_ANSWERS:
        text = f"{late} answers of people wait to be handed on: the relay does not take them"
        yield Finding("Answers", Grade.WARNING, text, "Look at the log of the sweep.")
    since = installation.store.now_ms() - _SHOWN_MS
    if unsent := replies.unsent(installation.store, since):
        last = unsent[0]
        text = f"{len(unsent)} answers of people were not handed on; the last: {last['why']}"
        yield Finding("Answers", Grade.WARNING, text, f"distro feedback show {last['message']}")
    waiting = len(suggestions.open_suggestions(installation))
    if waiting:
        text = f"{waiting} suggestion{'s' if waiting > 1 else ''} of answers wait for somebody"
        yield Finding("Answers", Grade.OK, text, "distro feedback suggestions")
    if counts.get("forged") or counts.get("wrong_recipient"):
        forged, wrong = counts.get("forged", 0), counts.get("wrong_recipient", 0)
        text = f"{forged:,} with a forged token and {wrong:,} for another recipient had no effect"
        yield Finding("Answers", Grade.OK, text)
