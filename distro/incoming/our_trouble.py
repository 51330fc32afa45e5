"""Notice that a domain refuses letters because of us, slow down to it, and say so: the readers
there have done nothing.
"""

import json

from distro.audience.expression import parse
from distro.errors import DistroError
from distro.feedback.items import Item
from distro.flow import throttle
from distro.incoming.matching import Letter
from distro.installation.context import Installation
from distro.lib.mailbox_providers import PROVIDERS, provider_of
from distro.model import Subscriber, domain_of
from distro.relay.reply import without_address
from distro.store import audience_scripts, halts, pace, records, returns
from distro.store.halts import DomainHalt

SHARE = 0.005  # of a domain's readers within ten minutes
LEAST = 3  # letters
_HALT_MS = 600_000
_LATE_MS = 86_400_000  # after a letter was sent


def noted(
    installation: Installation, who: Subscriber, letter: Letter, item: Item, message: str
) -> bool:
    """Count a refusal because of us; over half a percent of a domain in ten minutes it slows that
    provider. Return whether it did. What is read late says nothing of now.
    """
    record = records.record_at(installation.store, letter.distribution, letter.ordinal)
    if installation.store.now_ms() - record.at * 1000 > _LATE_MS:
        return False
    domain = domain_of(who.email)
    group = provider_of(domain) or domain
    lately = returns.note_our_trouble(installation.store, group, message)
    if lately < LEAST or lately <= SHARE * readers_of(installation, domain):
        return False
    _slow(installation, group, item, without_address(item.said, who.email)[:200])
    returns.count(installation.store, f"slowed {group}")
    return True


def readers_of(installation: Installation, domain: str) -> int:
    """Return how many people of the book are at a domain, or with its provider."""
    provider = provider_of(domain)
    term = f'provider:"{provider}"' if provider in PROVIDERS else f'domain:"{domain}"'
    try:
        program = installation.segments().program(parse(term))
        return int(installation.store.call(audience_scripts.count(program)))
    except DistroError:  # a book of before these columns were indexed
        return 0


def _slow(installation: Installation, group: str, item: Item, said: str) -> None:
    """Slow a provider whose letters have a bucket of their own; a single domain is left alone for
    ten minutes.
    """
    store, settings = installation.store, installation.settings
    reason = f"refuses letters because of us ({str(item.cause).replace('_', ' ')})"
    if group in PROVIDERS or group in settings.pace.groups or group in settings.pace.rates:
        rate, _, ms = throttle.slow_down(settings).partition(" ")
        pace.slow(store, f"group:{group}", rate, store.now_ms() + int(ms))
    else:
        until = (store.now_ms() + _HALT_MS) / 1000
        halts.set_halt(store, group, DomainHalt(until, reason, "feedback"))
    alarm = json.dumps({"at": store.now_ms(), "cause": item.cause, "said": said})
    returns.note_alarm(store, group, alarm)
