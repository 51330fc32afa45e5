"""Sign in, and show again who one is, by a passkey (Web Authentication Level 3).

A passkey must have verified its user: by finger, face or code. A challenge is used once, within
five minutes. A counter that went back is not an error: passkeys that a provider keeps for several
devices have none.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from distro.errors import RefusedError
from distro.installation.context import Installation
from distro.installation.rights import admit
from distro.store import passkeys, sign_ins, users

_MOST = 20  # passkeys of one person
_LARGEST = 20_000  # characters of a browser's answer


@dataclass(frozen=True, slots=True)
class Asked:
    """The question to a browser, and the word by which its answer is known."""

    options: str  # JSON, for `PublicKeyCredential.parse…OptionsFromJSON`
    state: str


def ask_for_new(installation: Installation, user: users.User) -> Asked:
    """Ask a browser for a new passkey of somebody."""
    known = passkeys.of_user(installation.store, user.name)
    found = webauthn.generate_registration_options(
        rp_id=_host(installation),
        rp_name=installation.settings.sender.name,
        user_name=user.name,
        user_id=user.name.encode(),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=_raw(one.id)) for one in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return _kept(installation, found, f"new:{user.name}")


def add(installation: Installation, user: users.User, answer: str, state: str, actor: str) -> None:
    """Keep the passkey that a browser made; raises RefusedError for one that is not good."""
    challenge = _challenge(installation, state, f"new:{user.name}")
    if len(passkeys.of_user(installation.store, user.name)) >= _MOST:
        raise RefusedError(f"at most {_MOST} passkeys", code="passkey_refused")
    admit(installation, actor, "passkey", about=user.name, wanted="add")
    try:
        found = webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=_host(installation),
            expected_origin=_origin(installation),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise _refused() from None
    key = passkeys.Passkey(
        _text(found.credential_id), _text(found.credential_public_key), installation.store.now_ms()
    )
    if not passkeys.add(installation.store, user.name, key):
        raise _refused()


def remove(installation: Installation, user: users.User, name: str, actor: str) -> None:
    """Forget one of somebody's own passkeys."""
    admit(installation, actor, "passkey", about=user.name, wanted="remove")
    passkeys.remove(installation.store, user.name, name)


def ask(installation: Installation) -> Asked:
    """Ask a browser for any passkey of this site."""
    found = webauthn.generate_authentication_options(
        rp_id=_host(installation), user_verification=UserVerificationRequirement.REQUIRED
    )
    return _kept(installation, found, "any")


def whose(installation: Installation, answer: str, state: str) -> users.User:
    """Return whose passkey a browser showed; raises RefusedError for one that is not good."""
    challenge = _challenge(installation, state, "any")
    credential = _read(answer)
    found = passkeys.find(installation.store, str(credential.get("id", ""))[:2000])
    if found is None:
        raise _refused()
    name, key = found
    try:
        webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_host(installation),
            expected_origin=_origin(installation),
            credential_public_key=_raw(key.public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise _refused() from None
    user = users.get(installation.store, name)
    if user is None or user.disabled:
        raise _refused()
    return user


def _kept(installation: Installation, found: Any, purpose: str) -> Asked:
    state = secrets.token_urlsafe(32)
    facts = {"challenge": _text(found.challenge), "purpose": purpose}
    sign_ins.keep(installation.store, state, json.dumps(facts))
    return Asked(webauthn.options_to_json(found), state)


def _challenge(installation: Installation, state: str, purpose: str) -> bytes:
    kept = sign_ins.take(installation.store, state) if state else ""
    facts = json.loads(kept) if kept else {}
    if facts.get("purpose") != purpose:
        raise RefusedError("that took too long: try again", code="passkey_refused")
    return _raw(str(facts["challenge"]))


def _read(answer: str) -> dict[str, Any]:
    try:
        found = json.loads(answer[:_LARGEST])
    except (ValueError, RecursionError):
        raise _refused() from None
    if not isinstance(found, dict):
        raise _refused()
    return found


def _refused() -> RefusedError:
    return RefusedError("this passkey is not known here", code="passkey_refused")


def _host(installation: Installation) -> str:
    return urlsplit(installation.settings.site.url).hostname or ""


def _origin(installation: Installation) -> str:
    parts = urlsplit(installation.settings.site.url)
    return f"{parts.scheme}://{parts.netloc}"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
