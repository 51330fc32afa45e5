"""An office of one's own in an empty folder."""

from pathlib import Path

from distro.data import packaged
from distro.errors import InputFileError

_SETTINGS = """\
# Settings of this press office. `distro config show` explains every one; a variable such as DISTRO_SITE__URL overrides.

redis = "embedded"              # or redis://  rediss://  sentinel://  of your own server
data = "./var"                  # ledger, journals, consent file: back this folder up

[site]
url = "http://127.0.0.1:8025"   # where unsubscribe links lead: your https:// address, before you write to anybody
listen = "127.0.0.1:8025"
timezone = "UTC"                # of times that name none, like "Europe/Zurich"
environment = "trial"           # "production" writes to everyone; any other name only to `allow`
allow = []                      # addresses and domains that may be written to meanwhile, like ["you@your.domain"]

[sender]
name = "Press Office"
address = "press@press.example"
postal_address = ""             # printed at the foot of every letter

[[relay]]
url = "smtp://127.0.0.1:25?tls=off"     # smtp://user:secret@relay.example:587 (STARTTLS), smtps://… (TLS)
connections = 20
"""
_TEMPLATES = """\
Your own templates. What is not here is taken from the packaged ones.

A folder for a kind (press-release, statement, media-advisory, newsletter, update) with subject.txt, body.mjml, body.txt;
any one of them is enough. To change only a part of a letter, take the packaged one and fill a block:

    email/press-release/body.mjml
        {% extends "packaged/press-release/body.mjml" %}
        {% block masthead %}The name of the house{% endblock %}

See what became of it:  distro preview RELEASE.md
"""


def found_office(folder: Path) -> list[Path]:
    """Write settings, sample segments and a word about templates; gives the files. Raises InputFileError if one is there."""
    files = {
        folder / "distro.toml": _SETTINGS,
        folder / "subscribers" / "segments.toml": packaged("subscribers", "segments.toml").read_text(encoding="utf-8"),
        folder / "templates" / "README.txt": _TEMPLATES,
    }
    there = [str(path) for path in files if path.exists()]
    if there:
        raise InputFileError(f"{there[0]} is there already: nothing was written", hint="Choose an empty folder: distro init press-office")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "templates" / "email").mkdir(exist_ok=True)
    return list(files)
