"""up, worker, sweep, web, demo: what runs."""

from typing import Annotated

import typer

from distro.cli.options import Config, described, settings


def up(config: Config = None) -> int:
    """Run everything on this machine: Redis, worker, sweep and pages.

    Data is kept in `data` of the settings. Ctrl-C or TERM stops it in order: letters in flight end first.

    Examples:

        distro up
    """
    from distro import log
    from distro.queue.up import Supervisor

    log.configure(name="up")
    return Supervisor(settings(config), config).run()


def worker(config: Config = None) -> int:
    """Run only the sending processes."""
    from distro import log
    from distro.queue.worker import run

    log.configure(name="worker")
    return run(settings(config))


def sweep(config: Config = None) -> int:
    """Run only the sweep, which starts what is due and repairs what died. One beside every worker."""
    from distro import log
    from distro.queue.sweeping import run

    log.configure(name="sweep")
    return run(settings(config))


def web(config: Config = None) -> int:
    """Run only the pages: unsubscribe, view online, health."""
    from distro import log
    from distro.web.serve import run

    log.configure(name="web")
    return run(settings(config))


def demo(leave: Annotated[bool, typer.Option("--exit", help="End when the report is shown.")] = False) -> int:
    """Show the whole thing on sample data in a temporary folder.

    A real worker sends the sample release into a mailbox on this machine; nothing leaves it.

    Examples:

        distro demo
        distro demo --exit
    """
    from distro.demo.play import play

    return play(leave=leave)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    for command in (demo, up, worker, sweep, web):
        described(app, command)
