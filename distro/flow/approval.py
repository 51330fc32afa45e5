"""Approve a draft: what is approved, by whom, and whether it is what goes out.

What is approved is a digest over everything that readers get and when: the texts, the letters as
they were compiled at the submit, the audience's expression, the time, the sender, the relays. Those
letters are the ones that go out. The digest is taken again at the freeze; where it differs, or the
audience moved by over a tenth and ten people, the distribution is a draft again.
"""

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from html import escape
from urllib.parse import urlsplit

from distro.errors import RefusedError
from distro.flow.holders import holders_for
from distro.flow.notices import may_be_told
from distro.flow.selection import query_of
from distro.installation.context import Installation
from distro.installation.rights import admit, may_do
from distro.letter import CompiledLetter
from distro.letter.compile import tiers as letter_tiers
from distro.letter.slots import Slots
from distro.mailing.compose import compile_all, load_letter
from distro.model import DistributionId, DistributionState, Plan
from distro.store import audience_scripts, distributions, ledger_scripts, letters, looks
from distro.store.distribution import Distribution
from distro.store.records import ids_of
from distro.store.subscriber_rows import rows

_MOVED_BY, _MOVED_SHARE = 10, 0.1  # people and share of the audience from which it asks again
_SHOWN = 3  # people who are named to an approver


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as an approver sees it."""

    found: Distribution
    digest: str
    plan: Plan
    letters: Mapping[str, CompiledLetter]  # by language
    some: tuple[str, ...]  # a few of its readers, at random
    changes: tuple[str, ...]  # lines that changed since this approver last looked
    zone: str  # of the installation


def person_of(installation: Installation, actor: str) -> str:
    """Return who would approve; raises RefusedError for who may not."""
    return may_do(installation, actor, "approve")


def show(installation: Installation, distribution: DistributionId, person: str) -> Draft:
    """Return a draft as an approver sees it; raises RefusedError where it is none."""
    found = distributions.read(installation.store, distribution)
    if not _awaits(found):
        raise RefusedError(
            f"{found.label} is {found.state}: there is nothing to approve", code="no_draft"
        )
    compile_all(installation, found)
    made = {lang: load_letter(installation, found.id, lang) for lang in found.languages}
    plan = audience_of(installation, found)
    return Draft(
        found,
        digest_of(installation, found),
        plan,
        made,
        _some(installation, found, plan),
        _changes(installation, found, person, made),
        installation.settings.site.timezone,
    )


def _awaits(found: Distribution) -> bool:
    return found.state is DistributionState.DRAFT or found.guard == "approval"


def drafts(installation: Installation, distribution: DistributionId, person: str) -> list[Draft]:
    """Return a draft, and the one to the rest that was stored with it: approved together."""
    both = [distribution, *with_it(installation, distribution)]
    return [show(installation, number, person) for number in both]


def approve(installation: Installation, shown: Sequence[Draft], *, actor: str) -> DistributionState:
    """Say yes to what was shown (`drafts`); return the state of the first.

    Raises RefusedError for who may not, or submitted it, and where it is not what was shown.
    """
    about = " ".join(draft.found.label for draft in shown)
    wanted = " ".join(draft.digest for draft in shown)
    person = admit(installation, actor, "approve", about=about, wanted=wanted)
    states = [
        _approve_one(installation, draft, person, with_another=n > 0)
        for n, draft in enumerate(shown)
    ]
    return states[0]


def _approve_one(
    installation: Installation, draft: Draft, person: str, *, with_another: bool
) -> DistributionState:
    found = draft.found
    now = show(installation, found.id, person)
    if now.digest != draft.digest or _moved(draft.plan.audience, now.plan.audience):
        raise RefusedError(
            f"{found.label} changed while you looked: look again", code="changed_meanwhile"
        )
    yes = ledger_scripts.approve(found.id, person, draft.digest, draft.plan.audience)
    answer = installation.store.call(yes)
    if answer.what == "own":
        raise RefusedError(
            f"{person} submitted {found.label}: somebody else must approve it", code="own_draft"
        )
    if answer.what == "again" and not with_another:
        raise RefusedError(f"{person} approved {found.label} already", code="approved_already")
    if answer.what == "held":
        raise RefusedError(f"{found.label} is on hold", code="on_hold", distribution=found.label)
    if answer.what == "not_held":
        raise RefusedError(
            f"{found.label} clears a hold that is over", code="not_held", release=found.release
        )
    if answer.state is None or answer.what not in ("ok", "again"):
        raise RefusedError(
            f"{found.label} is {answer.name}: there is nothing to approve", code="no_draft"
        )
    _keep_looked(installation, draft, person)
    return answer.state


def with_it(installation: Installation, distribution: DistributionId) -> list[DistributionId]:
    """Return the draft to the rest that was stored with a correction; approved together."""
    store = installation.store
    found = distributions.read(store, distribution)
    mine = distributions.all_of(store, found.release)
    return [
        other.id
        for other in mine
        if found.note
        and other.rest
        and other.sources == found.sources
        and other.state is DistributionState.DRAFT
    ]


def reject(
    installation: Installation, distribution: DistributionId, *, actor: str, reason: str
) -> None:
    """Say no to a draft, with a reason; raises RefusedError where it is none."""
    person = admit(installation, actor, "reject", about=distribution.label, why=reason)
    if not reason.strip():
        raise RefusedError("a rejection needs a reason", code="reason_missing")
    found = distributions.read(installation.store, distribution)
    why = f"rejected by {person}: {' '.join(reason.split())}"
    answer = installation.store.call(ledger_scripts.void(found.id, person, why, "rejected"))
    if not answer.done:
        raise RefusedError(
            f"{found.label} is {answer.name}: there is nothing to reject", code="no_draft"
        )


def still_approved(installation: Installation, found: Distribution) -> bool:
    """Return whether what was approved is what would go out; where not, it is a draft again."""
    if not found.required or found.break_glass:
        return True
    compile_all(installation, found)
    why = ""
    digest = digest_of(installation, found)
    yes = [approval for approval in found.approvals if approval.digest == digest]
    if len(yes) < found.required:
        why = "what would go out is not what was approved"
    elif not found.note:
        why = _moved(found.approved_audience, audience_of(installation, found).audience)
    if not why:
        return True
    installation.store.call(ledger_scripts.void(found.id, "", f"{why}: approve it again", "void"))
    return False


def _moved(before: int, now: int) -> str:
    by = abs(now - before)
    if by > _MOVED_BY and by > before * _MOVED_SHARE:
        return f"its audience was {before:,} when it was approved, and is {now:,}"
    return ""


def audience_of(installation: Installation, found: Distribution) -> Plan:
    """Return who would get a distribution now."""
    if not found.note:
        held = holders_for(installation.store, found) if found.sources else {}
        return installation.store.call(audience_scripts.plan(query_of(installation, found, held)))
    held = holders_for(installation.store, found)
    editions: dict[str, int] = {}
    for letter in held.values():
        editions[letter.language] = editions.get(letter.language, 0) + 1
    told = may_be_told(installation, held)
    return Plan(len(held), told, editions, {}, {})


def digest_of(installation: Installation, found: Distribution) -> str:
    """Return the digest of all that is approved: 64 hexadecimal digits."""
    settings = installation.settings
    sender = settings.sender_or_usual(found.sender)
    relays = [urlsplit(relay.url.get_secret_value()) for relay in settings.relay]
    parts = {
        "texts": dict(found.versions),
        "letters": _letters(installation, found),
        "audience": [found.expanded, found.no_fallback, found.rest, list(found.sources)],
        "time": ["at once" if found.at_once else found.start_ms, found.lift_ms, found.trusted],
        "sender": [sender.name, sender.address, sender.reply_to, sender.postal_address],
        "relays": [f"{relay.scheme}://{relay.hostname}:{relay.port}" for relay in relays],
    }
    raw = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(raw.encode()).hexdigest()


def _letters(installation: Installation, found: Distribution) -> dict[str, str]:
    """Return a hash of each kept letter, whatever the secret of its marks."""
    tiers = letter_tiers(in_advance=found.tiered)
    names = [(lang, tier) for lang in found.languages for tier in tiers]
    hashes = {}
    for language, tier in names:
        if not letters.letter(installation.store, found.id, language, tier):
            continue
        made = load_letter(installation, found.id, language, tier)
        parts = (made.subject, made.sender_address, made.html, made.text)
        text = _named(made, json.dumps(parts, ensure_ascii=False))
        hashes[f"{language}+{tier}"] = hashlib.sha256(text.encode()).hexdigest()
    return hashes


def _some(installation: Installation, found: Distribution, plan: Plan) -> tuple[str, ...]:
    """Return a few of whom it is for, at random: a wrong list is noticed by its people."""
    if not plan.audience or found.sources:
        return ()
    ids = installation.store.call(
        audience_scripts.bitmap(query_of(installation, found, {}).program)
    )
    everybody = ids_of(ids)
    people = random.sample(everybody, min(_SHOWN, len(everybody)))
    found_rows = [json.loads(row or b"{}") for row in rows(installation.store, people)]
    return tuple(str((row.get("name") or [row.get("email", "")])[0]) for row in found_rows)


def _changes(
    installation: Installation, found: Distribution, person: str, made: Mapping[str, CompiledLetter]
) -> tuple[str, ...]:
    """Return the lines of the text that changed since this approver last looked."""
    before = looks.last(installation.store, found.release, person)
    lines: list[str] = []
    for language, letter in made.items():
        if language in before:
            old, new = before[language].splitlines(), text_of(letter).splitlines()
            lines += unified_diff(old, new, language, language, "", "", 0, "")
    return tuple(lines)


def _keep_looked(installation: Installation, draft: Draft, person: str) -> None:
    texts = {language: text_of(letter) for language, letter in draft.letters.items()}
    looks.keep(installation.store, draft.found.release, person, texts)


def text_of(letter: CompiledLetter) -> str:
    """Return the text part of a letter, each reader's own links by their names: [unsubscribe]."""
    return _named(letter, letter.text)


def html_of(letter: CompiledLetter) -> str:
    """Return the HTML part of a letter in the same way."""
    return Slots(letter.slots).pattern.sub(
        lambda mark: escape(f"[{_name(letter, mark[1])}]"), letter.html
    )


def _named(letter: CompiledLetter, text: str) -> str:
    return Slots(letter.slots).pattern.sub(lambda mark: f"[{_name(letter, mark[1])}]", text)


def _name(letter: CompiledLetter, slot: str) -> str:
    """Return what a mark is called; of a reader's own words also what others read there."""
    if slot[1:].isdigit():
        field = letter.personal[int(slot[1:])]
        return f'{field.column}, or "{field.default}"'
    return slot
