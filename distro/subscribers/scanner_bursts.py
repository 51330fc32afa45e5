"""Notice scanners that press buttons: many readers of one domain who unsubscribe within seconds.

They were probably never asked. Every unsubscribe counts at once, whoever pressed. A burst is
reported to the admins; only the readers themselves undo it, with the button on the page or a link
that they ask for by mail, for 28 days.
"""

from distro import log
from distro.installation.context import Installation
from distro.lib.mailbox_providers import provider_of
from distro.store import events, reader_requests

_READERS, _SECONDS = 5, 10  # so many of one domain within so long


def note_unsubscribed(installation: Installation, domain: str, distribution: str) -> None:
    """Note that a reader of this domain unsubscribed by a link."""
    if provider_of(domain):
        return  # addresses at a mailbox provider are unrelated
    store = installation.store
    count = reader_requests.count_within(store, f"left:{domain}", _SECONDS)
    if count < _READERS:
        return
    reader_requests.note_burst(store, domain, count, distribution)
    if count == _READERS:
        why = f"{_READERS} readers at {domain} left within {_SECONDS} s: probably a scanner"
        event = events.event_json(store.now_ms(), "storm", "", why)
        events.add_event(store, distribution, event)
        log.get().warning(
            "readers of one domain leave within seconds; a scanner presses their links",
            domain=domain,
            distribution=f"D{distribution}",
        )


def recent(installation: Installation) -> list[tuple[str, int, int, str]]:
    """Return the bursts of the last four weeks.

    Each with its domain, when (unix ms), how many readers, and the distribution (D17).
    """
    found = reader_requests.bursts(installation.store)
    return [(domain, at, count, f"D{number}") for domain, at, count, number in found]
