"""Distributions as the store keeps them, and how people name them."""

from distro.errors import NotFoundError
from distro.store.client import Store


def distribution_id(store: Store, text: str) -> str:
    """The number of a distribution named as D17, 17 or by its release's slug; raises
    NotFoundError.
    """
    plain = text.strip()
    number = plain[1:] if plain[:1] in "dD" else plain
    if number.isdigit():
        if store.command("EXISTS", f"dist:{int(number)}"):
            return str(int(number))
        raise NotFoundError(
            f"there is no distribution D{int(number)}", hint="`distro report` lists them."
        )
    mine = store.elements(f"rel:{plain}:dists")
    if len(mine) == 1:
        return mine[0]
    if mine:
        raise NotFoundError(
            f"{plain} has several distributions: {', '.join('D' + d for d in mine)}",
            hint="Name one of them.",
        )
    return _shortened(store, plain)


def _shortened(store: Store, prefix: str) -> str:
    """The only distribution whose release begins so; raises NotFoundError."""
    numbers: list[str] = [d.decode() for d in store.command("ZREVRANGE", "dists", 0, 999)]
    slugs = store.pipeline([("HGET", f"dist:{d}", "release") for d in numbers])
    fitting = {
        d: s.decode()
        for d, s in zip(numbers, slugs, strict=True)
        if s and prefix and s.decode().startswith(prefix)
    }
    if len(fitting) == 1:
        return next(iter(fitting))
    if fitting:
        raise NotFoundError(
            f'"{prefix}" could be {", ".join(f"D{d} ({s})" for d, s in list(fitting.items())[:5])}',
            hint="Name one of them.",
        )
    raise NotFoundError(
        f'there is no distribution or release "{prefix}"', hint="`distro report` lists them."
    )
