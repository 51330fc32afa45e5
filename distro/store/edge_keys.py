"""The names of what pages, the API and webhooks keep; in the table of keys as all others."""

PASSKEY_OWNERS = "passkey-owners"


def webhook(name: str) -> str:
    """Return the key of how far a receiver of webhooks is."""
    return f"webhook:{name}"


def webhook_lease(name: str) -> str:
    """Return the key of who tells a receiver of webhooks now."""
    return f"webhook-lease:{name}"


def sign_in(name: str) -> str:
    """Return the key of a sign-in that goes on at a provider."""
    return f"sign-in:{name}"


def session(name: str) -> str:
    """Return the key of a session on the pages."""
    return f"session:{name}"


def api_answer(key: str) -> str:
    """Return the key of the answer that a request had."""
    return f"api:answer:{key}"


def api_lease(key: str) -> str:
    """Return the key that is there while a request is under way."""
    return f"api:lease:{key}"


def passkeys(user: str) -> str:
    """Return the key of a person's passkeys."""
    return f"passkeys:{user}"


def device(name: str) -> str:
    """Return the key of a device that waits to be let in."""
    return f"device:{name}"


def device_code(typed: str) -> str:
    """Return the key of the device that shows a code."""
    return f"device-code:{typed}"


def device_token(name: str) -> str:
    """Return the key of whose a device's token is."""
    return f"device-token:{name}"
