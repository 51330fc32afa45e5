"""Word an explanation for people: for the terminal, for the telephone, for a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from distro.audience import consent
from distro.installation.context import Installation
from distro.model import State
from distro.reports.explain import Explanation
from distro.reports.locate import Standing
from distro.reports.person_page import PersonPage, RuleRow, person_page
from distro.times import from_ms

_GOT = {
    State.ACCEPTED: "was sent",
    State.BOUNCED: "did not get",
    State.COMPLAINED: "was sent",
    State.FAILED: "did not get",
    State.QUEUED: "has not got … yet:",
    State.SENDING: "is just being sent",
    State.DEFERRED: "has not got … yet:",
    State.IN_DOUBT: "may have got",
    State.SUPPRESSED: "did not get",
    State.CANCELLED: "did not get",
}
_LEFT = {
    "unsubscribed": "unsubscribed",
    "suppressed": "suppressed: may not be written to",
    "paused": "paused at their own wish",
    "unconfirmed": "asked for on the page and not confirmed",
    "erased": "erased at their own wish",
    "complained": "reported an earlier letter as spam",
    "wants_digests_only": "wants newsletters and digests only",
    "already_has_it": "already has it from another distribution",
    "not_on_the_allow_list": "not on the allow-list ([site] allow) of this environment",
    "no_edition_in_their_language": "no edition in their language",
}


@dataclass(frozen=True, slots=True)
class ExplanationText:
    """The sentences of one explanation."""

    facts: Explanation

    def sentences(self) -> Iterator[str]:
        """Yield the lines that the terminal shows."""
        facts = self.facts
        who = ", ".join(filter(None, (facts.person.name, facts.person.outlet)))
        name = f"{who} <{facts.person.email}>" if who else facts.person.email
        if facts.found is None:
            yield f"{name} is in the book. Nothing was submitted yet."
        else:
            yield from self._about(name, facts.found)
        if facts.earlier:
            yield ""
            yield "Other releases, newest first:"
            for found in facts.earlier:
                tried = found.record.at if found.record else 0
                at = f" on {self._day(tried * 1000)}" if tried else ""
                state = found.state.value.replace("_", " ") if found.state else ""
                yield f"  D{found.distribution:<4} {state}{at}   {found.headline}"
        if consent.UNSUBSCRIBED in facts.refused:
            yield ""
            yield "Nobody but the person may undo this wish."

    def _about(self, name: str, found: Standing) -> Iterator[str]:
        """Yield what happened in one distribution, rule by rule."""
        facts = self.facts
        yield self._headline(name, found)
        if facts.elsewhere:
            other = facts.elsewhere.distribution
            yield f"They have it all the same: they were sent D{other} of this release."
        yield ""
        width = max([len(r.text) for r in facts.rules] + [len("may be written to")])
        for rule in facts.rules:
            yield f"  matches now        {rule.text:<{width}}   {'yes' if rule.holds else 'no'}"
        yield f"  may be written to  {'':<{width}}   {self._consent()}"
        yield from self._outcome(found)
        yield from self._came_back()
        for elsewhere in facts.others:
            for line in self._outcome(elsewhere):
                yield line.replace("  →", f"  D{elsewhere.distribution}", 1)

    def _headline(self, name: str, found: Standing) -> str:
        what = f'D{found.distribution} "{found.headline}"'
        if found.state is not None:
            said = _GOT[found.state]
            return (
                f"{name} {said.replace('…', what)} {'' if '…' in said else what}".rstrip()
                + (f" {found.state.value}" if "…" in said else "")
                + "."
            )
        if not found.frozen_ms:
            return f"{name}: the audience of {what} is not fixed yet."
        return f"{name} did not get {what}."

    def _consent(self) -> str:
        if not self.facts.refused:
            return "yes"
        acts = (
            ("signed_up",) if self.facts.refused[0] == "unconfirmed" else (self.facts.refused[0],)
        )
        last = next((f for f in reversed(self.facts.facts) if f.act in acts), None)
        return (
            f"no    {self.facts.refused[0]} on {self._day(last.at)}, by {last.source}"
            if last
            else f"no    {self.facts.refused[0]}"
        )

    def _outcome(self, found: Standing) -> Iterator[str]:
        if found.left_out:
            yield (
                f"  → left out when the audience was frozen on {self._day(found.frozen_ms)}:"
                f" {_LEFT[found.left_out]}"
            )
        elif found.state is not None and found.record is not None:
            at = f" on {self._day(found.record.at * 1000)}" if found.record.at else ""
            code = f" with {found.record.code}" if found.record.code else ""
            qid = f", queue id {found.record.queue_id}" if found.record.queue_id else ""
            state = found.state.value.replace("_", " ")
            attempts = f"{found.record.attempts} attempt" + "s" * (found.record.attempts != 1)
            said = f": {found.said}" if found.said else ""
            if found.state in (State.BOUNCED, State.COMPLAINED):  # told by what came back
                state, said = f"{state}; a relay had accepted it", ""
            yield f"  → {state}{at}{code}{qid}, after {attempts}{said}"
        elif found.frozen_ms:
            now = "matches now, but did not then" if self.facts.matches_now else "does not match"
            yield f"  → not in the audience frozen on {self._day(found.frozen_ms)}: {now}"

    def _came_back(self) -> Iterator[str]:
        back = self.facts.came_back
        if back:
            message = back.message.partition(":")[2] or back.message
            shown = f"; as it came: distro feedback show {back.message[:12]}"
            cause = back.cause.replace("_", " ")
            server = f", said {back.server}" if back.server else ""
            yield f"  → came back on {self._day(back.at)}{server}: {cause}" + (
                shown if message == back.message else f" (event {message})"
            )

    def _day(self, ms: int) -> str:
        when = from_ms(ms, self.facts.zone)
        return f"{when.day} {when:%B %Y at %H:%M:%S}"

    def spoken(self) -> list[str]:
        """Return what to read out to whoever rings."""
        found = self.facts.elsewhere or self.facts.found
        if found is None:
            return ["We have not sent anything yet."]
        title = f"The title begins “{found.headline[:50]}”."
        if found.state is None:
            if not found.frozen_ms:
                return ["It has not gone out yet.", title]
            why = {
                "unsubscribed": "you had asked us not to write to you any more",
                "suppressed": "letters to your address had come back to us before",
                "already_has_it": "you have it from an earlier sending",
                "paused": "you had asked us to pause",
                "unconfirmed": "the letter that asks whether you want our mail was not answered",
                "wants_digests_only": "you chose to get newsletters only",
            }.get(found.left_out)
            return [
                (
                    "We did not send it to you:"
                    f" {why or 'you are not among those whom this release was meant for'}."
                ),
                title,
            ]
        at = self._day(found.record.at * 1000) if found.record and found.record.at else ""
        return {
            State.ACCEPTED: [
                (
                    f"We sent it to you on {at}, and our mail server took it. It has not come back"
                    " to us."
                ),
                title,
                (
                    "Could you look in your spam folder? If it is not there, your IT desk can"
                    " search for that title at that minute."
                ),
            ],
            State.FAILED: [
                (
                    f"We tried on {at}, and your server refused it:"
                    f" {found.said or 'it did not say why'}."
                ),
                "May I check your address with you, letter by letter?",
            ],
            State.DEFERRED: [
                f"We tried on {at}; your server asked us to come back later, and we shall.",
                title,
            ],
            State.IN_DOUBT: [
                f"We sent it on {at}, and the answer of the server was lost: you may have it.",
                title,
            ],
            State.SUPPRESSED: ["You asked us to stop before its turn came, so we did not send it."],
            State.CANCELLED: ["The sending was cancelled before your turn came."],
            State.BOUNCED: [f"We sent it on {at}, and it came back: {found.said}."],
            State.COMPLAINED: [
                f"We sent it on {at}; it was reported to us as spam from your address."
            ],
        }.get(found.state, ["It is on its way: your turn comes within minutes.", title])

    def rows(self) -> list[RuleRow]:
        """Return why, rule by rule."""
        rows = [
            RuleRow(
                "Yes",
                "In the book",
                ", ".join(
                    filter(
                        None,
                        (
                            self.facts.person.email,
                            self.facts.person.kind,
                            self.facts.person.country,
                        ),
                    )
                ),
            )
        ]
        rows += [
            RuleRow("Yes" if r.holds else "No", f"Matches {r.text}", "as the book is now")
            for r in self.facts.rules
        ]
        rows.append(
            RuleRow(
                "No" if self.facts.refused else "Yes",
                "May be written to",
                self._consent().removeprefix("no    ") if self.facts.refused else "",
            )
        )
        return rows + [
            RuleRow("→", line.strip().removeprefix("→ "))
            for line in (self._outcome(self.facts.found) if self.facts.found else ())
        ]

    def admin_facts(self) -> list[tuple[str, str]]:
        """Return what a mail admin searches a log for."""
        found = self.facts.found
        if found is None or found.record is None or not found.record.attempts:
            return []
        facts = [
            ("State", found.state.value if found.state else ""),
            ("Attempts", str(found.record.attempts)),
            ("At", self._day(found.record.at * 1000)),
            ("Answer", f"{found.record.code} {found.said}".strip()),
            ("Queue id", found.record.queue_id),
            ("Message-ID", self.facts.message_id),
        ]
        return [(label, text) for label, text in facts if text]


def write_page(installation: Installation, result: Explanation, path: Path) -> int:
    """Write the explanation as a page; gives its bytes."""
    who = ", ".join(filter(None, (result.person.name, result.person.outlet))) or result.person.email
    text = ExplanationText(result)
    lead = next(iter(text.sentences()))
    now = from_ms(installation.store.now_ms(), result.zone)
    page = PersonPage(
        who,
        f"D{result.found.distribution}" if result.found else "",
        installation.settings.sender.name,
        result.zone,
        f"{now.day} {now:%b %Y, %H:%M:%S}",
        lead,
        text.spoken(),
        text.rows(),
        text.admin_facts(),
    )
    raw = person_page(page).encode()
    path.write_bytes(raw)
    return len(raw)
