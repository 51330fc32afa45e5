"""feedback: read what came back, and show it as it came."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import feedback_decisions, output
from distro.cli.options import Config, Json, described, settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from distro.incoming.outcome import Effect
    from distro.installation.context import Installation

app = typer.Typer(
    help="What came back: bounces, complaints, answers; and what to do about it.",
    no_args_is_help=True,
)

_Source = Annotated[
    str,
    typer.Argument(
        help="A message, an mbox, a Maildir, a folder, - for a pipe, or imaps://user@host/INBOX.",
        metavar="SOURCE",
        show_default=False,
    ),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it means, and do nothing.")]
_Recipient = Annotated[
    str,
    typer.Option(
        "--recipient", help="Of a pipe: the address it was delivered to.", metavar="ADDRESS"
    ),
]
TRY_AGAIN = 75  # EX_TEMPFAIL, sysexits.h
_AT_ONCE = 500  # messages between two looks at the disk


def read(
    source: _Source,
    dry_run: _DryRun = False,
    recipient: _Recipient = "",
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Read what came back, and carry it out: ledger, book, suggestions.

    The same message counts once, however often it is read. With --dry-run neither Redis nor a
    settings file is needed.

    Examples:

        distro feedback read bounce.eml --dry-run
        distro feedback read ~/Maildir
        distro feedback read - --recipient "${original_recipient}"      (from Postfix, pipe(8))
    """
    from distro.errors import SettingsError
    from distro.settings.load import load

    if dry_run:
        try:
            found = load(config, needed=False)
        except SettingsError:
            found = load(needed=False) if config is None else load(config)
        return _show_read(_understood(source, found.feedback.imap_ca_file), as_json=as_json)
    if source == "-":
        return _pipe(config, recipient, as_json=as_json)
    from distro.cli.opening import open_installation

    with open_installation(settings(config)) as installation:
        effects = _carried_out(installation, source)
    return _show_read(effects, as_json=as_json)


def _pipe(config: Config, recipient: str, *, as_json: bool) -> int:
    """Put what a mail server brings on the disk, then carry it out if that can be done now.

    Whatever goes wrong before it is kept, the mail server tries again: another exit code than 75
    would send the message back (pipe(8)). Afterwards it is ours, and the sweep goes on.
    """
    try:
        from distro.incoming.mailroom import Mailroom, arrived
        from distro.incoming.sources import files

        found = settings(config)
        ((name, raw),) = files.messages("-")
        arrival = arrived(raw, name, recipient=recipient)
        room = Mailroom(found.data)
        room.put(arrival)
    except Exception as error:  # noqa: BLE001 - for now, whatever it is
        output.note(f"cannot be kept now: {error}")
        return TRY_AGAIN
    try:
        from distro.cli.opening import open_installation
        from distro.incoming import processing

        with open_installation(found) as installation:
            effects = processing.one(installation, room, arrival.id)
    except Exception as error:  # noqa: BLE001 - it is kept: the mail server must not send it back
        output.note(f"kept, and not carried out yet: {error}")
        return 0
    return _show_read(effects or [], as_json=as_json)


def _messages(source: str, ca_file: str) -> "Iterable[tuple[str, bytes]]":
    from distro.incoming.sources import files, imap

    if not source.startswith(("imap://", "imaps://")):
        return files.messages(source)
    found: list[tuple[str, bytes]] = []
    with imap.opened(imap.Mailbox.at(source, ca_file)) as mailbox:
        imap.fetch(mailbox, lambda name, raw: found.append((name, raw)), mark=False)
    return found


def _understood(source: str, ca_file: str) -> "list[Effect]":
    """Return what messages say of whom, without a look at the ledger."""
    from datetime import date

    from distro.feedback import reader
    from distro.incoming.matching import Match
    from distro.incoming.outcome import Effect

    today = date.today()  # noqa: DTZ011 - the day on this desk
    return [
        Effect.of(item, Match())
        for _, raw in _messages(source, ca_file)
        for item in reader.read(raw, today).items
    ]


def _carried_out(installation: "Installation", source: str) -> "list[Effect]":
    from distro.incoming import processing
    from distro.incoming.mailroom import arrived

    room = processing.mailroom(installation)
    effects: list[Effect] = []
    for some in _pieces(_messages(source, installation.settings.feedback.imap_ca_file)):
        # The sweep leaves them to us: it would only be slower.
        with room.working(wait=True):
            names = []
            for name, raw in some:
                arrival = arrived(raw, name)
                room.put(arrival, durable=False)
                names.append(arrival.id)
            room.settle()
            for one in dict.fromkeys(names):
                effects += processing.one(installation, room, one) or ()
    return effects


def _pieces(
    found: "Iterable[tuple[str, bytes]]",
) -> "Iterator[list[tuple[str, bytes]]]":
    """Yield so many messages at a time."""
    several = iter(found)
    while some := list(islice(several, _AT_ONCE)):
        yield some


def _show_read(effects: "list[Effect]", *, as_json: bool) -> int:
    if as_json:
        output.document({"items": [effect.shown() for effect in effects]})
        return 0
    if not effects:
        output.say("Nothing in it says anything of a recipient, or all of it was read before.")
        return 0
    for effect in effects:
        output.say(f"{effect.recipient or '(no address)'}   {_told(effect)}")
        if effect.said:
            output.say(f"    {effect.said[:160]}")
    if len(effects) > 1:
        output.say(f"\n{len(effects):,} items: {_by_cause(effects)}")
    return 0


def _by_cause(effects: "list[Effect]") -> str:
    counts: dict[str, int] = {}
    for effect in effects:
        counts[effect.cause] = counts.get(effect.cause, 0) + 1
    return " · ".join(f"{n:,} {cause.replace('_', ' ')}" for cause, n in sorted(counts.items()))


def _told(effect: "Effect") -> str:
    words = [effect.cause.replace("_", " ")]
    if effect.status:
        words.append(effect.status)
    if effect.hard:
        words.append("the address is no good")
    if effect.distribution:
        words.append(f"{effect.distribution} (by {effect.matched_by.replace('_', ' ')})")
    done = effect.problem or effect.book or effect.ledger
    if done:
        words.append(_DONE.get(done, done))
    return ", ".join(words)


_DONE = {
    "moved": "recorded",
    "waits": "recorded with the attempt that is under way",
    "kept": "its state says so already",
    "counted": "said before",
    "not_attempted": "never written to: no effect",
    "forged": "a token that is not ours: no effect",
    "wrong_recipient": "another recipient than that letter's: no effect",
    "unmatched": "no letter of ours: no effect",
    "suppressed": "will not be written to again",
    "struck": "counted against the address",
    "held": "held: one text struck many (distro feedback storms)",
    "unsubscribed": "unsubscribed",
    "suggested": "a suggestion (distro feedback suggestions)",
    "forwarded": "handed on to the office",
}


def show(
    message: Annotated[str, typer.Argument(help="As facts name it.", metavar="ID")],
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Show something that came back as it came, and what it did.

    Examples:

        distro feedback show 3f2a91c0
    """
    from distro.cli.opening import open_installation
    from distro.errors import NotFoundError
    from distro.incoming.as_json import message_json
    from distro.incoming.outcome import Effect

    with open_installation(settings(config)) as installation:
        found = message_json(installation, message)
    if found is None:
        raise NotFoundError(
            f'nothing that came back has the id "{message}"',
            hint="It is kept for [feedback] keep, on the host that it came to.",
        )
    if as_json:
        output.document(found)
        return 0
    output.say(f"{found['id']}, {found['source']}, {output.clock(found['at'])}")
    for verdict in found["verdicts"]:
        effect = Effect(recipient="", said="", **verdict)
        output.say(f"  {_told(effect)}" + (f"   (rule {effect.rule})" if effect.rule else ""))
    output.say(f"\n{found['raw']}")
    return 0


for _name, _command in (("read", read), ("show", show)):
    described(app, _command, _name)
feedback_decisions.add_to(app)
