"""Sign in by OpenID Connect: the authorization code flow with PKCE (RFC 7636), state and nonce.

What begins a sign-in is kept for five minutes and used once. An ID token counts only with a good
signature by a key of the provider, its issuer, our client id, its time and our nonce (OpenID
Connect Core 1.0 §3.1.3.7); the answer must name the issuer where the provider says that it does
(RFC 9207).
"""

import base64
import hashlib
import json
import secrets
import time
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from distro.errors import RefusedError
from distro.installation.context import Installation
from distro.store import sign_ins, users

_SECONDS = 10.0
_LARGEST = 500_000  # bytes of an answer of the provider
_ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]  # no shared secret, and never none
_REMEMBERED = "43200"  # seconds for which it need not ask: as long as a session of ours rests
_LEEWAY = 60  # seconds between its clock and ours


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that goes on at the provider."""

    address: str  # where the browser goes
    state: str  # that it must bring back, and keep in a cookie


@dataclass(frozen=True, slots=True)
class Finished:
    """A sign-in that the provider vouches for."""

    user: users.User
    then: str  # where they wanted to go
    again: str  # the session whose person was asked again; "": a new one begins
    asked_ms: int  # when the provider asked who they are; 0: it does not say


def begin(installation: Installation, then: str, *, again: str = "") -> Begun:
    """Begin a sign-in that leads to `then`; raises RefusedError where there is no provider.

    `again`: the session whose person is asked again, whatever the provider remembers (§3.1.2.1).
    """
    found = _discovered(installation)
    settings = installation.settings.sign_in
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    facts: dict[str, Any] = {"nonce": nonce, "verifier": verifier, "then": then, "again": again}
    facts["begun"] = int(time.time())
    sign_ins.keep(installation.store, state, json.dumps(facts))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    asked = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": _back(installation),
        "scope": "openid profile email",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
        # With an age it must say when it asked (§2, auth_time).
        **({"prompt": "login", "max_age": "300"} if again else {"max_age": _REMEMBERED}),
    }
    return Begun(f"{found['authorization_endpoint']}?{urlencode(asked)}", state)


def finish(installation: Installation, *, state: str, code: str, issuer: str) -> Finished:
    """Return who signed in, and where they wanted to go; raises RefusedError.

    `state` is the one of the browser's cookie and of the answer; `issuer` the answer's, or "".
    """
    kept = sign_ins.take(installation.store, state)
    if not kept:
        raise RefusedError("this sign-in is over: begin again", code="sign_in_over")
    facts = json.loads(kept)
    found = _discovered(installation)
    wanted = installation.settings.sign_in.issuer
    says = bool(found.get("authorization_response_iss_parameter_supported"))
    if issuer != wanted and (issuer or says):
        raise RefusedError("the answer is another provider's", code="sign_in_refused")
    answer = _exchanged(installation, found, code, facts["verifier"])
    claims = _verified(installation, found, str(answer.get("id_token", "")), facts["nonce"])
    told = claims.get("auth_time")
    asked_at = told if isinstance(told, int) else 0
    if facts["again"] and asked_at < facts["begun"] - _LEEWAY:
        raise RefusedError("the provider did not ask you again", code="sign_in_refused")
    claim = installation.settings.sign_in.claim
    if claim not in claims:
        claims = _more(found, answer, claims)
    name = str(claims.get(claim, ""))
    user = users.get(installation.store, name.lower()) if name else None
    if user is None or user.disabled:
        raise RefusedError("you have no account here", code="no_such_user")
    return Finished(user, str(facts["then"]), str(facts["again"]), asked_at * 1000)


def _back(installation: Installation) -> str:
    return f"{installation.settings.site.url.rstrip('/')}/office/sign-in/back"


def _discovered(installation: Installation) -> dict[str, Any]:
    """Return the provider's discovery document; raise RefusedError where it is not its own."""
    issuer = installation.settings.sign_in.issuer
    if not issuer:
        raise RefusedError("there is no provider to sign in with", code="sign_in_refused")
    found = _asked(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise RefusedError("the provider calls itself otherwise", code="sign_in_refused")
    return found


def _exchanged(
    installation: Installation, found: dict[str, Any], code: str, verifier: str
) -> dict[str, Any]:
    settings = installation.settings.sign_in
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _back(installation),
        "code_verifier": verifier,
    }
    secret = settings.client_secret.get_secret_value()
    pair = f"{quote(settings.client_id, safe='')}:{quote(secret, safe='')}"  # RFC 6749 §2.3.1
    basic = base64.b64encode(pair.encode()).decode()
    return _asked(
        str(found["token_endpoint"]),
        urlencode(fields).encode(),
        {"Authorization": f"Basic {basic}"},
    )


def _more(found: dict[str, Any], answer: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """Return what the provider says besides (UserInfo, §5.3), of the same person."""
    token = str(answer.get("access_token", ""))
    if not token or "userinfo_endpoint" not in found:
        return claims
    more = _asked(str(found["userinfo_endpoint"]), None, {"Authorization": f"Bearer {token}"})
    return more if more.get("sub") == claims["sub"] else claims


def _verified(
    installation: Installation, found: dict[str, Any], token: str, nonce: str
) -> dict[str, Any]:
    """Return what an ID token says; raise RefusedError for one that is not good, or not for us."""
    settings = installation.settings.sign_in
    registry = jwt.JWTClaimsRegistry(
        leeway=_LEEWAY,
        iss={"essential": True, "value": settings.issuer},
        aud={"essential": True, "value": settings.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        keys = KeySet.import_key_set(_asked(str(found["jwks_uri"])))  # type: ignore[arg-type]
        read = jwt.decode(token, keys, algorithms=_ALGORITHMS)
        registry.validate(read.claims)
    except (JoseError, ValueError, KeyError, TypeError):
        raise RefusedError("the provider's word is not good", code="sign_in_refused") from None
    audience = read.claims.get("aud")
    several = isinstance(audience, list) and len(audience) > 1
    if several and read.claims.get("azp") != settings.client_id:
        raise RefusedError("the provider's word is for others", code="sign_in_refused")
    return dict(read.claims)


def _asked(
    url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return the JSON of the provider; raise RefusedError where it does not answer so."""
    given = {"Accept": "application/json", **(headers or {})}
    request = urllib.request.Request(url, body, given)  # noqa: S310 - an address of the settings
    try:
        with _opener.open(request, timeout=_SECONDS) as answer:
            found = json.loads(answer.read(_LARGEST))
    except (OSError, ValueError):
        raise RefusedError(_SILENT, code="sign_in_refused") from None
    if not isinstance(found, dict):
        raise RefusedError(_SILENT, code="sign_in_refused")
    return found


_SILENT = "the provider does not answer as it should"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The addresses of a provider are its own: none leads elsewhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""


_opener = urllib.request.build_opener(_NoRedirect)
