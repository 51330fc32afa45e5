"""Change one person's place in the book: every act a fact with its source, durable first."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from distro.audience import addresses, book, consent
from distro.audience.book import person
from distro.audience.book_writer import Writer
from distro.audience.row_changes import Row, RowChange, WrittenRows
from distro.audience.rows import receiver_of, values_of
from distro.errors import NotFoundError, RefusedError, UsageError
from distro.installation.context import Installation
from distro.installation.rights import admit, check_lists, may_do
from distro.model import Subscriber
from distro.store import consents
from distro.store.book_scripts import Command
from distro.store.scope import EVERYTHING
from distro.subscribers import erasure
from distro.subscribers.opt_outs import record_fact, said_before, unsay

_OURS = ("email", "domain", "provider", "lists")


def add(
    installation: Installation,
    address: str,
    lists: Sequence[str],
    columns: Mapping[str, str],
    *,
    source: str,
    basis: str = "",
) -> Subscriber:
    """Put one person into the book; raises for a bad address, one that is known, or one that may
    not come back.
    """
    check_lists(installation, lists)
    source = admit(installation, source, "add", wanted=" ".join(columns))
    email, reason = addresses.judge(address)
    if reason:
        raise UsageError(f"{address}: {reason}")
    said = said_before(installation, email)
    if said == consent.ERASED:
        raise RefusedError(
            f"{email} was erased at this person's wish and may not be taken back",
            hint="They can subscribe themselves, on the page.",
        )
    if book.by_address(installation.seen_by(EVERYTHING).store, email):
        raise RefusedError(f"{email} is in the book already", code="in_the_book", address=email)
    values = _values(columns)
    row: Row = {
        "email": email,
        **values,
        **receiver_of(addresses.key(email)),
        "lists": list(dict.fromkeys(lists)),
    }
    kept = installation.consent.fact(email, said, source="kept from before a restore")

    def still_no(made: WrittenRows) -> list[Command]:
        """Write a "no" with the row, not after it."""
        return installation.consent.commands([kept.of(n) for n in made.new]) if said else []

    written = Writer(installation.store).write(
        [RowChange(addresses.key(email), lambda before: before or row)], beside=still_no
    )
    if written is None or not written.new:
        raise RefusedError(f"{email} is in the book already", code="in_the_book", address=email)
    number = written.new[0]
    if said:
        unsay(installation, email)
    record_fact(installation, number, email, consent.ADDED, source=source, detail=basis)
    return person(installation.store, email)


def edit(
    installation: Installation,
    address: str,
    columns: Mapping[str, str],
    *,
    join: Sequence[str] = (),
    leave: Sequence[str] = (),
    source: str,
) -> Subscriber:
    """Change columns (an empty value takes one away) and lists of one person."""
    may_do(installation, source, "change")
    check_lists(installation, [*join, *leave])
    who = person(installation.store, address)
    wanted = " ".join([*columns, *(f"+{name}" for name in join), *(f"-{name}" for name in leave)])
    source = admit(installation, source, "change", about=f"#{who.id}", wanted=wanted)
    left = set(who.columns.get("_left", ()))
    barred = [name for name in join if name in left]
    if barred:
        raise RefusedError(
            f"{who.email} left {barred[0]} themselves",
            hint="Only they can come back, with the link in any letter.",
        )
    _rewrite(
        installation,
        who,
        partial(
            _edited,
            columns=_values(columns),
            gone={c for c, v in columns.items() if not v.strip()},
            join=join,
            leave=leave,
        ),
    )
    # What, not which words: they may name somebody.
    what = [
        *columns,
        *(f"+{n}" for n in join),
        *(f"-{n}" for n in leave),
    ]
    record_fact(
        installation, who.id, who.email, consent.CHANGED, source=source, detail=", ".join(what)
    )
    return person(installation.store, who.email)


def move(installation: Installation, address: str, new: str, *, source: str) -> Subscriber:
    """Give a person another address; what they agreed to, and links in old letters, stay theirs."""
    may_do(installation, source, "move")
    who = person(installation.store, address)
    source = admit(installation, source, "move", about=f"#{who.id}")
    email, reason = addresses.judge(new)
    if reason:
        raise UsageError(f"{new}: {reason}")
    there = book.by_address(installation.seen_by(EVERYTHING).store, email)
    if there and there.id != who.id:
        raise RefusedError(
            f"{email} is in the book already, as another person",
            code="another_person",
            address=who.email,
        )
    if said_before(installation, email):
        raise RefusedError(
            f"{email} said no before", hint="They can subscribe themselves, on the page."
        )

    def moved(row: Row | None) -> Row | None:
        """Return the row with its new address."""
        if row is None:
            return None
        former: list[str] = row.get("_former", [])  # type: ignore[assignment]
        return {k: v for k, v in row.items() if k != "provider"} | {
            "email": email,
            **receiver_of(addresses.key(email)),
            "_former": list(dict.fromkeys([*former, addresses.key(who.email)])),
        }

    Writer(installation.store).write(
        [RowChange(addresses.key(email), moved, former=addresses.key(who.email))]
    )
    record_fact(
        installation,
        who.id,
        email,
        consent.MOVED,
        source=source,
        detail=installation.hash_of(who.email),
    )
    return person(installation.store, email)


def leave_list(installation: Installation, who: Subscriber, name: str, *, source: str) -> None:
    """Take a person off one list, by their own wish: no import puts them on it again."""
    _rewrite(installation, who, partial(_left, name=name))
    record_fact(installation, who.id, who.email, consent.LEFT, source=source, detail=name)


def join_list(installation: Installation, who: Subscriber, name: str, *, source: str) -> None:
    """Put a person on a list, by their own wish, also one that they left before."""
    _rewrite(installation, who, partial(_joined, name=name))
    record_fact(installation, who.id, who.email, consent.JOINED, source=source, detail=name)


def prefer(
    installation: Installation, who: Subscriber, columns: Mapping[str, str], *, source: str
) -> None:
    """Record what the person chose on their own page: language, how often, how."""
    changed = {c: v for c, v in columns.items() if v != "".join(who.columns.get(c, ()))}
    if changed:
        _rewrite(
            installation,
            who,
            partial(
                _edited,
                columns=_values(changed),
                gone={c for c, v in changed.items() if not v},
                join=(),
                leave=(),
            ),
        )
        record_fact(
            installation,
            who.id,
            who.email,
            consent.CHANGED,
            source=source,
            detail=", ".join(changed),
        )


def erase(installation: Installation, address: str, *, source: str) -> None:
    """Forget a person: only keyed hashes of their addresses stay, so that no import brings them
    back.
    """
    may_do(installation, source, "erase")
    who = person(installation.store, address)
    source = admit(installation, source, "erase", about=f"#{who.id}")
    # Names nobody.
    record_fact(
        installation,
        who.id,
        who.email,
        consent.ERASED,
        source="the reader" if source == "the reader" else "staff",
    )
    finish_erasing(installation, who)


def finish_erasing(installation: Installation, who: Subscriber) -> None:
    """Do the part of `erase` after the fact; done again, it changes nothing."""
    mine = [addresses.key(who.email), *who.columns.get("_former", ())]
    hashes = [h for a in mine for h in installation.hashes_of(a)]
    consents.keep_refusal(installation.store, hashes, consent.ERASED)
    installation.consent.blank(hashes)
    forget(installation, who)
    erasure.scrub(installation, who)


def forget(installation: Installation, who: Subscriber) -> None:
    """Take a person's row, addresses and facts away; what the ledger knows of the id stays, and
    names nobody.
    """
    refused = consents.refusals(installation.store, who.id)
    # The refusal of somebody who is forgotten for another reason is kept.
    for reason in (consent.SUPPRESSED, consent.UNSUBSCRIBED):
        if reason in refused and consent.ERASED not in refused:
            hashes = [installation.hash_of(who.email)]
            consents.keep_refusal(installation.store, hashes, reason)
    Writer(installation.store).write([RowChange(addresses.key(who.email), lambda _: None)])
    consents.clear_unconfirmed(installation.store, who.id)
    facts = [f for f in consent.history(installation.store, who.id) if f.act != consent.ERASED]
    consents.forget_facts(installation.store, who.id, [f.fact for f in facts])
    erasure.drop_values(installation, who)
    erasure.want_rewrite(installation)


def again(installation: Installation, fact: consent.Fact) -> None:
    """Apply a wish about one list again after a restore: the row of the copy may not know it."""
    who = book.by_id(installation.store, fact.subscriber)
    if who and fact.act in (consent.LEFT, consent.JOINED):
        _rewrite(
            installation,
            who,
            partial(_left if fact.act == consent.LEFT else _joined, name=fact.detail),
        )


def _values(columns: Mapping[str, str]) -> dict[str, list[str]]:
    bad = [
        c for c in columns if c in _OURS or c.startswith("_") or not c.replace("_", "").isalnum()
    ]
    if bad:
        raise UsageError(f'"{bad[0]}" cannot be set', code="column_not_set", column=bad[0])
    return {c: found for c, v in columns.items() if (found := values_of(c, v))}


def _cell(row: Row, column: str) -> list[str]:
    """Return the values of one column; a row keeps them as a list (`Row`)."""
    return cast("list[str]", row.get(column, []))


def _edited(
    row: Row | None,
    *,
    columns: dict[str, list[str]],
    gone: set[str],
    join: Sequence[str],
    leave: Sequence[str],
) -> Row | None:
    if row is None:
        return None
    lists = [v for v in dict.fromkeys([*_cell(row, "lists"), *join]) if v not in leave]
    rest = {k: v for k, v in row.items() if k not in gone and k != "lists"}
    return {**rest, **columns, **({"lists": lists} if lists else {})}


def _left(row: Row | None, *, name: str) -> Row | None:
    after = _edited(row, columns={}, gone=set(), join=(), leave=(name,))
    return after and after | {"_left": list(dict.fromkeys([*_cell(after, "_left"), name]))}


def _joined(row: Row | None, *, name: str) -> Row | None:
    after = _edited(row, columns={}, gone={"_left"}, join=(name,), leave=())
    left = [v for v in _cell(row or {}, "_left") if v != name]
    return after and (after | {"_left": left} if left else after)


def _rewrite(installation: Installation, who: Subscriber, change: "partial[Row | None]") -> None:
    if Writer(installation.store).write([RowChange(addresses.key(who.email), change)]) is None:
        raise NotFoundError(f"{who.email} is not in the book any more")
