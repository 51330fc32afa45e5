"""Keep people's passkeys: the public key of each, and whose it is."""

import json
from dataclasses import dataclass

from distro.store import edge_keys
from distro.store.client import Store


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey. Bytes are base64url without padding."""

    id: str
    public_key: str  # COSE
    added_ms: int


def add(store: Store, user: str, key: Passkey) -> bool:
    """Keep a passkey; False: it is somebody's already."""
    if not store.command("HSETNX", edge_keys.PASSKEY_OWNERS, key.id, user):
        return False
    facts = json.dumps({"public_key": key.public_key, "added": key.added_ms})
    store.command("HSET", edge_keys.passkeys(user), key.id, facts)
    return True


def find(store: Store, name: str) -> tuple[str, Passkey] | None:
    """Return whose passkey this is, and it; None for one that is not known."""
    owner = store.command("HGET", edge_keys.PASSKEY_OWNERS, name)
    if not owner:
        return None
    mine = {key.id: key for key in of_user(store, owner.decode())}
    return (owner.decode(), mine[name]) if name in mine else None


def of_user(store: Store, user: str) -> list[Passkey]:
    """Return somebody's passkeys, the first added first."""
    found = []
    for name, text in store.hash(edge_keys.passkeys(user)).items():
        facts = json.loads(text)
        found.append(Passkey(name, facts["public_key"], facts["added"]))
    return sorted(found, key=lambda key: key.added_ms)


def remove(store: Store, user: str, name: str) -> None:
    """Forget one of somebody's passkeys; another's stays."""
    if store.command("HDEL", edge_keys.passkeys(user), name):
        store.command("HDEL", edge_keys.PASSKEY_OWNERS, name)
