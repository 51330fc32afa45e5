"""up, worker, sweep, web, demo: what runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli.options import Config, described, settings

if TYPE_CHECKING:
    from distro.settings.load import Settings


_Mailbox = Annotated[
    bool,
    typer.Option("--mailbox", help="Also run a test mailbox: see `distro mailbox`."),
]


def up(
    config: Config = None,
    mailbox: _Mailbox = False,
) -> int:
    """Run everything on this machine: Redis, worker, sweep and pages.

    Data is kept in `data` of the settings. Ctrl-C or TERM stops it in order: letters in flight end
    first.

    Examples:

        distro up
        distro up --mailbox
    """
    from distro.supervisor import Supervisor

    found = _begin("up", config)
    return Supervisor(found, config, mailbox=mailbox).run()


_Port = Annotated[
    int,
    typer.Option(
        "--port",
        help=("The SMTP port; by default the one that [[relay]] names on this machine."),
        min=0,
        max=65_535,
        show_default=False,
    ),
]
_Pages = Annotated[
    int,
    typer.Option("--pages", help="The port where a browser shows the letters.", min=1, max=65_535),
]
_Host = Annotated[
    str,
    typer.Option(
        "--host",
        help=(
            "The address to listen on; with any other than the default, other "
            "machines can see the letters."
        ),
        metavar="ADDRESS",
    ),
]


def mailbox(
    port: _Port = 0,
    pages: _Pages = 8026,
    host: _Host = "127.0.0.1",
    config: Config = None,
) -> int:
    """Run a mailbox for trying things out: it takes every letter, delivers none, and shows them in
    a browser.

    Letters are kept as files in `data`/mailbox. Name it as the relay: url =
    "smtp://127.0.0.1:2525?tls=off"

    Examples:

        distro mailbox
        distro up --mailbox
    """
    from distro.demo import mailbox_pages as served

    found = _begin("mailbox", config)
    return served.run(found.data / "mailbox", host, port or found.relay[0].port, pages)


def worker(config: Config = None) -> int:
    """Run only the sending processes."""
    from distro.queue.worker import run

    found = _begin("worker", config)
    return run(found)


def sweep(config: Config = None) -> int:
    """Run only the sweep, which starts what is due and repairs what died. One beside every
    worker.
    """
    from distro.queue.sweeper import run

    found = _begin("sweep", config)
    return run(found)


def web(config: Config = None) -> int:
    """Run only the pages: unsubscribe, view online, health."""
    from distro.web.serve import run

    found = _begin("web", config)
    return run(found)


_Leave = Annotated[bool, typer.Option("--exit", help="End when the report is shown.")]


def demo(
    leave: _Leave = False,
) -> int:
    """Show the whole thing on sample data in a temporary folder.

    A real worker sends the sample release into a mailbox on this machine; nothing leaves it.

    Examples:

        distro demo
        distro demo --exit
    """
    from distro.demo.play import play

    return play(leave=leave)


def _begin(part: str, config: Path | None) -> "Settings":
    """Read the settings of a part, and let its log speak under its name, in the time zone of the
    site.
    """
    from distro import log

    found = settings(config)
    log.configure(name=part, zone=found.site.timezone)
    return found


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    for command in (demo, up, worker, sweep, web, mailbox):
        described(app, command)
