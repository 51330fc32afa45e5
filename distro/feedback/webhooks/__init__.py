"""Webhooks of sending providers: each verifies what it is sent, then reads events from it.

`PROVIDERS` names them; `verify` comes before `read`, on the raw body.
"""

from distro.feedback.webhooks import (
    amazon_ses,
    brevo,
    mailgun,
    mailjet,
    postmark,
    sendgrid,
    sparkpost,
)
from distro.feedback.webhooks.request import Event, Keys, Provider, Refusal, Request

PROVIDERS: dict[str, Provider] = {
    "ses": amazon_ses,
    "sendgrid": sendgrid,
    "postmark": postmark,
    "mailgun": mailgun,
    "brevo": brevo,
    "mailjet": mailjet,
    "sparkpost": sparkpost,
}

__all__ = ["PROVIDERS", "Event", "Keys", "Provider", "Refusal", "Request"]
