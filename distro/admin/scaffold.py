"""Write the files of a new installation into an empty folder (`distro init`)."""

from pathlib import Path

from distro.errors import InputFileError
from distro.lib.resources import packaged

SETTINGS = """\
# Settings of this press office. `distro config show` explains every one; a variable such as
# DISTRO_SITE__URL overrides.

redis = "embedded"              # or redis://  rediss://  sentinel://  of your own server
data = "./var"                  # ledger, journals, consent file: back this folder up

[site]
url = "http://127.0.0.1:8025"   # of unsubscribe links: your https:// address before you go live
listen = "127.0.0.1:8025"
timezone = "UTC"                # of times that name none, like "Europe/Zurich"
environment = "trial"           # "production" writes to everyone; any other name only to `allow`
allow = ["sample.example"]      # addresses and domains that may be written to meanwhile

[sender]
name = "Press Office"
address = "press@press.example"
postal_address = ""             # printed at the foot of every letter

[[relay]]
url = "smtp://127.0.0.1:2525?tls=off"   # the mailbox of `distro up --mailbox`; yours is like
connections = 20    # smtp://user:secret@relay.example:587 (STARTTLS), smtps://… (TLS)
"""
_TEMPLATES = """\
Your own templates. What is not here is taken from the packaged ones.

A folder for a kind (press-release, statement, media-advisory, newsletter, update) with
subject.txt, body.mjml, body.txt; any one of them is enough. To change only a part of a letter,
take the packaged one and fill a block:

    email/press-release/body.mjml
        {% extends "packaged/press-release/body.mjml" %}
        {% block masthead %}The name of the organisation{% endblock %}

See what became of it:  distro preview RELEASE.md
"""


FIRST_SEND = (
    ("distro up --mailbox", "leave it running, and open another terminal"),
    ("distro subscribers import subscribers/sample.csv --list sample", ""),
    ("distro check releases/first.*.md", ""),
    ("distro plan releases/first.*.md --to sample", ""),
    (
        "distro submit releases/first.*.md --to sample --now",
        "the letters: http://127.0.0.1:8026/mailbox",
    ),
)


def write_scaffold(folder: Path) -> list[Path]:
    """Write settings, a sample release in four languages, sample readers, segments and a word about
    templates; gives the files.

    Raises InputFileError if one of them is there already: nothing is overwritten.
    """
    sample = Path(__file__).parents[1] / "demo" / "office"
    files = {
        folder / "distro.toml": SETTINGS,
        folder / "subscribers" / "segments.toml": (
            packaged("subscribers", "segments.toml").read_text(encoding="utf-8")
        ),
        folder / "templates" / "README.txt": _TEMPLATES,
        **{
            folder / path.relative_to(sample): path.read_text(encoding="utf-8")
            for path in sorted(sample.rglob("*.*"))
        },
    }
    there = [str(path) for path in files if path.exists()]
    if there:
        raise InputFileError(
            f"{there[0]} is there already: nothing was written",
            code="installation_exists",
        )
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "templates" / "email").mkdir(exist_ok=True)
    return list(files)
