"""Know sending providers by the host of their relays."""

_RELAYS = {
    "amazonaws.com": "ses",
    "sendgrid.net": "sendgrid",
    "postmarkapp.com": "postmark",
    "mailgun.org": "mailgun",
    "brevo.com": "brevo",
    "sendinblue.com": "brevo",
    "mailjet.com": "mailjet",
    "sparkpostmail.com": "sparkpost",
    "eu.sparkpostmail.com": "sparkpost",
}


def provider_of_relay(host: str) -> str:
    """Return whose relay a host is ("ses", "sendgrid" …); "" where nobody's that is known."""
    name = host.lower().rstrip(".")
    for domain, provider in _RELAYS.items():
        if name == domain or name.endswith(f".{domain}"):
            return provider
    return ""
