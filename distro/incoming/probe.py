"""Send a probe to the return path, and see whether it comes back to us: only then bounces do."""

import hmac
import secrets
import time
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from distro.errors import DistroError
from distro.feedback.message import Message
from distro.installation.context import Installation
from distro.mailing.transport import send_one
from distro.model import State
from distro.relay.message import Message as Letter
from distro.store import returns
from distro.times import from_ms
from distro.tokens import mac_of, return_token

HEADER = "X-Distro-Probe"
_SECONDS = 20.0


def send(installation: Installation, return_path: str) -> str:
    """Send a probe; return its name. Raises DistroError, OSError where no relay takes it."""
    name = secrets.token_hex(8)
    local, _, domain = return_path.partition("@")
    token = return_token(installation.keys.signing[0], 0, int(name[:7], 16))
    to = f"{local}+{token}@{domain}"
    sender = installation.settings.sender
    letter = EmailMessage()
    letter["From"] = f"<{sender.address}>"
    letter["To"] = to
    letter["Subject"] = "distro looks whether bounces come back"
    letter["Date"] = format_datetime(
        from_ms(installation.store.now_ms(), installation.settings.site.timezone)
    )
    letter["Message-ID"] = make_msgid(name, domain)
    letter["Auto-Submitted"] = "auto-generated"
    letter[HEADER] = f"{name}.{_mac(installation, name)}"
    letter.set_content("`distro doctor` sent this. Nothing is to be done.\n", cte="base64")
    raw = letter.as_bytes(policy=letter.policy.clone(linesep="\r\n"))
    _hand_over(installation, Letter(sender.address, to, [raw]))
    returns.note_probe(installation.store, return_path, name)
    return name


def _hand_over(installation: Installation, letter: Letter) -> None:
    outcome = send_one(installation.settings.relay[:1], letter, seconds=_SECONDS)
    if outcome.state is not State.ACCEPTED:
        raise DistroError(outcome.text)


def is_probe(installation: Installation, message: Message) -> bool:
    """Return whether a message is a probe of ours, and note that it came back."""
    name, _, mac = message.headers.get(HEADER.lower()).partition(".")
    if not name or not hmac.compare_digest(mac.encode(), _mac(installation, name).encode()):
        return False
    returns.note_probe_back(installation.store, name)
    return True


def came_back(installation: Installation, name: str, seconds: float) -> bool:
    """Return whether a probe has come back, waiting for it so many seconds at most."""
    end = time.monotonic() + seconds
    while not returns.probe_is_back(installation.store, name):
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def _mac(installation: Installation, name: str) -> str:
    return mac_of(installation.keys.signing[0])(b"probe|" + name.encode()).hex()[:32]
