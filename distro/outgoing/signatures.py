"""Sign what is posted, by the Standard Webhooks specification 1.0: v1 and v1a side by side."""

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from distro.settings.webhooks import Webhook, key_of


def headers_of(receiver: Webhook, name: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of an event: its id, the time of this try (unix s), signatures."""
    signed = f"{name}.{timestamp}.".encode() + body
    signatures = []
    if receiver.secret.get_secret_value():
        mac = hmac.new(key_of(receiver.secret), signed, hashlib.sha256).digest()
        signatures.append("v1," + base64.b64encode(mac).decode())
    if receiver.signing_key.get_secret_value():
        key = Ed25519PrivateKey.from_private_bytes(key_of(receiver.signing_key))
        signatures.append("v1a," + base64.b64encode(key.sign(signed)).decode())
    return {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def public_key(receiver: Webhook) -> str:
    """Return the key by which a receiver checks v1a: whpk_…; "" without a signing key."""
    if not receiver.signing_key.get_secret_value():
        return ""
    key = Ed25519PrivateKey.from_private_bytes(key_of(receiver.signing_key)).public_key()
    return "whpk_" + base64.b64encode(key.public_bytes_raw()).decode()
