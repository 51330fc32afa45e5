"""Answer what readers ask for on pages without a link: to join (double opt-in), leave, come back.

Each answer is a letter to the address that was typed; its button acts. The page says the same,
after the same work, whoever it is about: wishes wait in Redis, and the sweep answers them. A form
is no weapon: an address gets one question a day and three a week, a place may ask ten times an
hour, all together sixty a minute.
"""

import json
import time
from collections.abc import Sequence

from distro import log
from distro.audience import addresses, book, consent
from distro.audience.book_writer import Writer
from distro.audience.list_roles import ListRole, load_roles
from distro.audience.row_changes import Row, RowChange, WrittenRows
from distro.audience.rows import receiver_of, values_of
from distro.errors import DistroError, StoreGoneError, UsageError
from distro.installation.context import Installation
from distro.letter.service_letters import FORGOTTEN
from distro.model import Subscriber
from distro.store import consents, reader_requests
from distro.store.book_scripts import Command
from distro.store.records import ids_of
from distro.subscribers import opt_outs, people
from distro.subscribers.rate_limits import allowed, may_ask, within
from distro.subscribers.transactional import post

_LETTERS = (3, 86_400)  # of one kind to one person, and within how many seconds
_DAY_MS = 86_400_000
_AT_ONCE = 100  # wishes answered in one round
_TWICE = 7 * 86_400  # seconds within which who left must ask again before they are asked to confirm


def public_lists(installation: Installation) -> list[ListRole]:
    """Return the lists that readers may join by themselves."""
    return [role for role in roles_of(installation).values() if role.public]


def roles_of(installation: Installation) -> dict[str, ListRole]:
    """Return what lists are called for readers; nothing where staff broke the file just now: a page
    about a wish must not fail.
    """
    try:
        return load_roles(installation.settings.subscribers)
    except DistroError as error:
        log.get().error("what lists are called cannot be read", why=str(error))
        return {}


def ask(
    installation: Installation,
    address: str,
    lists: Sequence[str],
    language: str,
    name: str,
    place: str,
) -> None:
    """Note that somebody wants mail at this address. Raises UsageError for what is no address."""
    _note(
        installation, "join", address, lists=list(lists), language=language, name=name, place=place
    )


def ask_to_leave(installation: Installation, address: str) -> None:
    """Note that somebody wants no more mail at this address. Raises UsageError for what is no
    address.
    """
    _note(installation, "leave", address)


def ask_back(installation: Installation, who: Subscriber) -> None:
    """Note that somebody who left says that it was a mistake."""
    _note(installation, "back", who.email)


def _note(installation: Installation, what: str, address: str, **more: object) -> None:
    email, reason = addresses.judge(address)
    if reason:
        raise UsageError(reason)
    request = {"what": what, "email": email, **more}
    reader_requests.ask(installation.store, json.dumps(request))


def answer(installation: Installation) -> int:
    """Answer what was asked since the last time; gives how many. A wish is taken off only once it
    is answered.
    """
    answered = 0
    store = installation.store
    while answered < _AT_ONCE and (raw := reader_requests.first_request(store)):
        request = json.loads(raw)
        try:
            _ANSWERS[request["what"]](installation, request)
        except StoreGoneError:
            raise
        except Exception as error:  # noqa: BLE001
            # One wish that cannot be answered must not hold up the others.
            log.get().error(
                "a reader's wish could not be answered and is dropped",
                what=request["what"],
                why=repr(error),
                exc_info=error,
            )
        reader_requests.drop_request(store, raw)
        answered += 1
    return answered


def _answer_join(installation: Installation, wish: dict[str, object]) -> None:
    email, lists = str(wish["email"]), [str(v) for v in wish["lists"]]  # type: ignore[attr-defined]
    who, said = (
        book.by_address(installation.store, email),
        opt_outs.said_before(installation, email),
    )
    refused = consents.refusals(installation.store, who.id) if who else []
    if (
        consent.SUPPRESSED in refused
        or said == consent.SUPPRESSED
        or (who and "_never" in who.columns)
    ):
        return
    left = said or (who and "unsubscribed" in refused)
    if left and within(
        installation, f"twice:{installation.hash_of(addresses.key(email))}", 1, _TWICE
    ):
        return  # who left is asked only if they ask again: anybody can type their address once
    if not may_ask(installation, email):
        return
    if who and not refused and set(lists) <= set(who.columns.get("lists", ())):
        post(installation, who, "held")  # they have it all: a link to what they have
        return
    asked: Row = {"_wants": lists, "_asked": [str(time.time_ns() // 1_000_000)]}
    if who:
        Writer(installation.store).write(
            [RowChange(addresses.key(who.email), lambda before: before and before | asked)]
        )
    else:
        _sign_up(installation, email, asked, wish)
    found = book.by_address(installation.store, email)
    if found:
        post(installation, found, "confirm")


def _sign_up(installation: Installation, email: str, asked: Row, wish: dict[str, object]) -> None:
    """Put somebody into the book who may not be written to before they confirm.

    The script that writes the row also writes that it is unconfirmed: no failure in between leaves
    a person in the book whom nobody asked.
    """
    key = addresses.key(email)
    row: Row = {"email": email, **receiver_of(key), **asked}
    row |= {c: v for c in ("name", "language") if (v := values_of(c, str(wish[c])))}
    fact = installation.consent.fact(
        email,
        consent.SIGNED_UP,
        source=f"subscribe page from {wish['place']}",
        detail=", ".join(asked["_wants"]),  # type: ignore[arg-type]
    )

    def unconfirmed(written: WrittenRows) -> list[Command]:
        return installation.consent.commands([fact.of(number) for number in written.new])

    Writer(installation.store).write(
        [RowChange(key, lambda before: before or row)], beside=unconfirmed
    )


def _answer_leave(installation: Installation, wish: dict[str, object]) -> None:
    email = str(wish["email"])
    who = book.by_address(installation.store, email)
    if (
        who
        and "unsubscribed" not in consents.refusals(installation.store, who.id)
        and within(installation, f"leave:{installation.hash_of(addresses.key(email))}", *_LETTERS)
    ):
        post(installation, who, "leave")


def _answer_back(installation: Installation, wish: dict[str, object]) -> None:
    email = str(wish["email"])
    who = book.by_address(installation.store, email)
    if (
        who
        and "unsubscribed" in consents.refusals(installation.store, who.id)
        and within(installation, f"back:{installation.hash_of(addresses.key(email))}", *_LETTERS)
    ):
        post(installation, who, "back")


_ANSWERS = {"join": _answer_join, "leave": _answer_leave, "back": _answer_back}


def ask_held(installation: Installation, who: Subscriber, place: str) -> None:
    """Send the link to what is held on somebody: a letter's link is in many hands, and must not
    fill a mailbox.
    """
    if allowed(installation, place) and within(
        installation, f"held:{installation.hash_of(addresses.key(who.email))}", *_LETTERS
    ):
        post(installation, who, "held")


def never_again(installation: Installation, who: Subscriber, place: str) -> None:
    """Obey who wants no question about a list any more: with a row that nobody confirmed, the
    address is forgotten too.
    """
    if "unconfirmed" in consents.refusals(installation.store, who.id):
        installation.consent.record(
            installation.store,
            subscriber=who.id,
            address=who.email,
            act=consent.SUPPRESSED,
            source=f"link of the letter, from {place}",
            detail="asked never to be asked again",
        )
        people.forget(installation, who)
    else:
        Writer(installation.store).write(
            [
                RowChange(
                    addresses.key(who.email),
                    lambda before: (
                        before
                        and {k: v for k, v in before.items() if k not in ("_wants", "_asked")}
                        | {"_never": ["1"]}
                    ),
                )
            ]
        )


def confirm(installation: Installation, who: Subscriber, place: str) -> bool:
    """Put somebody on the lists whose letter's button was pressed, with time and place on record.

    Returns False where they left after they had asked: an old letter does not undo that. Pressed
    twice it changes nothing.
    """
    asked_ms = int("".join(who.columns.get("_asked", ())) or 0)
    if "_wants" not in who.columns:
        return not consents.refusals(installation.store, who.id)
    if any(
        f.act == consent.UNSUBSCRIBED and f.at > asked_ms
        for f in consent.history(installation.store, who.id)
    ):
        return False
    source = f"link of the letter, from {place}"
    fresh = "unconfirmed" in consents.refusals(installation.store, who.id)
    for name in who.columns.get("_wants", ()):
        people.join_list(installation, who, name, source=source)
    Writer(installation.store).write(
        [
            RowChange(
                addresses.key(who.email),
                lambda before: before and {k: v for k, v in before.items() if k != "_wants"},
            )
        ]
    )
    installation.consent.record(
        installation.store,
        subscriber=who.id,
        address=who.email,
        act=consent.CONFIRMED,
        source=source,
    )
    if "unsubscribed" in consents.refusals(installation.store, who.id):
        installation.consent.record(
            installation.store,
            subscriber=who.id,
            address=who.email,
            act=consent.RESUBSCRIBED,
            source=source,
        )
    opt_outs.unsay(installation, who.email)
    found = book.by_id(installation.store, who.id) or who
    if fresh:
        post(installation, found, "welcome")
    return True


def forget_unconfirmed(installation: Installation, at_most: int = 200) -> int:
    """Forget who asked a week ago and never confirmed; gives how many."""
    gone = 0
    for number in ids_of(consents.refused(installation.store, "unconfirmed"))[:5000]:
        who = book.by_id(installation.store, number)
        facts = consent.history(installation.store, number) if who else []
        if (
            who is None
            or not facts
            or facts[-1].at > installation.store.now_ms() - FORGOTTEN * _DAY_MS
            or gone == at_most
        ):
            continue
        own = {f.detail for f in facts if f.act == consent.JOINED}
        # Staff put them there meanwhile, on a basis of their own.
        if "_in" in who.columns or set(who.columns.get("lists", ())) - own:
            installation.consent.record(
                installation.store,
                subscriber=number,
                address=who.email,
                act=consent.ADDED,
                source="an import",
                detail="in the book without the page",
            )
            continue
        people.forget(installation, who)
        gone += 1
    return gone
