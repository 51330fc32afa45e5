"""The `distro` command: its tree of commands, and the one place that turns errors into sentences
and exit codes.
"""

import os
import signal
import sys
from types import FrameType
from typing import Annotated, Any

import typer

from distro.cli import (
    approvals,
    backups,
    check,
    control,
    corrections,
    distributions,
    feedback,
    notices,
    output,
    releases,
    report,
    segments,
    services,
    setup,
    submit,
    subscribers,
    users,
)
from distro.cli.hints import hint_for
from distro.cli.options import saved_site
from distro.errors import DistroError, UsageError

# What the command-line library raises for words that it does not understand; it has no public name
# of its own.
USAGE: Any = typer.BadParameter.__mro__[1].__mro__[1]

app = typer.Typer(
    name="distro",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=(
        "A press office's releases to everyone who should have them, once, and an exact account"
        " afterwards."
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


_Version = Annotated[
    bool,
    typer.Option(
        "--version",
        help="Show the version.",
        is_eager=True,
        callback=lambda asked: _version() if asked else None,
    ),
]


@app.callback()
def whole(
    version: _Version = False,
) -> None:
    """Send a press office's releases to everyone who should have them, once, and account for it."""
    del version


def _version() -> None:
    from importlib.metadata import version

    output.say(f"distro {version('distro-press')}")
    raise typer.Exit


check.add_to(app)
releases.add_to(app)
submit.add_to(app)
report.add_to(app)
distributions.add_to(app)
control.add_to(app)
approvals.add_to(app)
users.add_to(app)
corrections.add_to(app)
notices.add_to(app)
services.add_to(app)
setup.add_to(app)
backups.add_to(app)
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(segments.app, name="segments")
app.add_typer(feedback.app, name="feedback")


def main() -> None:
    """Run a command; 0 done, 1 a reported problem, 2 usage."""
    # Data, exports and letters hold people's addresses: they are their owner's alone.
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # under nohup HUP is ignored, and stays so
            signal.signal(number, _end)
    sys.exit(run(sys.argv[1:]))


def _end(number: int, frame: FrameType | None) -> None:
    """End as an exception does: what was begun is put away, folders and processes with it. A second
    signal waits for that.
    """
    del frame
    for other in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


def run(args: list[str]) -> int:
    """Run a command line and give its exit code."""
    as_json = "--json" in args
    try:
        if saved_site():
            from distro.cli import remote

            elsewhere, tree = remote.site(args), typer.main.get_command(app)
            if elsewhere and remote.is_for_afar(tree, args):
                return remote.run(elsewhere, tree, args)
        code = app(args=args, standalone_mode=False)
    except typer.Exit as error:
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        print("stopped", file=sys.stderr)
        return 130
    except USAGE as error:
        # `distro`, `distro segments`: a question, no mistake.
        if type(error).__name__ == "NoArgsIsHelpError":
            return run([*args, "--help"])
        return report_error(told_usage(error), 2, as_json=as_json)
    except DistroError as error:
        return report_error(error, error.exit_code, as_json=as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return report_error(
            DistroError(
                f"{error.strerror or error}{where}", hint="Is there space, and the right to write?"
            ),
            1,
            as_json=as_json,
        )
    return int(code or 0) if isinstance(code, int) else 0


def told_usage(error: Any) -> UsageError:
    """Return in our words what the command-line library does not understand."""
    ctx = getattr(error, "ctx", None)
    hint = f"See {ctx.command_path} --help" if ctx else "See distro --help"
    return UsageError(error.format_message(), hint=hint)


def report_error(error: DistroError, code: int, *, as_json: bool) -> int:
    """Say what happened, where, and what to type next; with --json as the document on stdout
    too.
    """
    hint = hint_for(error)
    if as_json:
        output.document(
            {
                "error": error.message,
                "code": error.code,
                "hint": hint,
                "details": error.details,
                **error.facts,
            }
        )
    sentence = (
        error.message if error.message.startswith("Nothing to send") else f"error: {error.message}"
    )
    output.note(sentence)
    for line in error.details:
        output.note(f"       {line}")
    if hint:
        output.note(f"       {hint}" if sentence.startswith("error") else hint)
    return code
