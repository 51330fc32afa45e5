"""Play the demo: step by step, as a press officer would, in front of the reader."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.policy import default as email_policy
from pathlib import Path

from distro.audience import book, consent, importing
from distro.demo.mailbox import Mailbox
from distro.demo.mailbox_pages import MailboxPages
from distro.errors import DistroError
from distro.flow.submission import Accepted, Order, submit
from distro.flow.submission import plan as make_plan
from distro.installation.context import Installation, open_installation
from distro.lib.process_life import SUPERVISED
from distro.lib.resources import packaged
from distro.model import State
from distro.reports import live, summary
from distro.reports.progress import watch as look
from distro.settings.load import load
from distro.store import processes

_SAMPLE = Path(__file__).parent / "sample"
_LOWEST = 0.45  # of the audience tried when a worker is killed
_RATE = 84  # letters a second at most, so that one can watch
_PROCESSES = 2
_NOBODY_THERE = ("rosa.demir@", "omar.banda@")  # whom the mailbox does not know
_SETTINGS = """\
redis = "embedded"
data = "./var"
[site]
url = "http://127.0.0.1:{web}"
listen = "127.0.0.1:{web}"
[sender]
name = "Harbour Towns Office"
address = "press@harbourtowns.example"
postal_address = "4 Customs Quay, Alberwick AB1 2HT"
[[relay]]
url = "smtp://127.0.0.1:{smtp}?tls=off"
connections = 8
[in_doubt]
after = "2s"
[worker]
processes = {processes}
batch = 25
"""


def play(*, leave: bool) -> int:
    """Run the demo; stays until Ctrl-C unless told to leave."""
    with (
        tempfile.TemporaryDirectory(prefix="distro-demo-") as name,
        Mailbox(Path(name) / "mailbox", pace=1 / _RATE, refuse=_refusal) as mailbox,
    ):
        folder = Path(name)
        print("distro demo: a press office in a temporary folder, gone afterwards\n")
        settings_file = folder / "distro.toml"
        settings_file.write_text(
            _SETTINGS.format(web=_free_port(), smtp=mailbox.port, processes=_PROCESSES),
            encoding="utf-8",
        )
        (folder / "subscribers").mkdir()
        (folder / "subscribers" / "segments.toml").write_bytes(
            packaged("subscribers", "segments.toml").read_bytes()
        )
        settings = load(settings_file)
        with _up(settings_file, settings.site.url), open_installation(settings) as installation:
            _line(
                "Redis",
                f"Valkey {installation.store.server_version()}, started here (AOF always)",
            )
            _line("Worker", f"Celery, {_PROCESSES} processes")
            _line(
                "Mailbox",
                f"SMTP on 127.0.0.1:{mailbox.port}, {_RATE} letters a second at most so that you"
                " can watch",
            )
            _fill_book(installation)
            accepted = _submit(installation)
            _watch(installation, accepted)
            _report(installation, accepted, mailbox)
            pages = MailboxPages(mailbox)
            if leave:
                _line(
                    "Next",
                    "distro init press-office   makes your own office; distro demo without --exit"
                    " shows the letters in a browser\n",
                )
            else:
                _letters(installation, accepted, mailbox, pages.url)
                _stay()
            pages.close()
    return 0


def _line(label: str, text: str) -> None:
    print(f"  {label:<10} {text}")


def _refusal(address: str) -> str | None:
    return "550 5.1.1 no such user here" if address.startswith(_NOBODY_THERE) else None


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _up(settings_file: Path, url: str) -> Iterator[None]:
    """Run `distro up` beside us; it is ready when the block begins, and logs into the folder."""
    with (settings_file.parent / "up.log").open("wb") as log_file:
        process = subprocess.Popen(
            [sys.executable, "-m", "distro", "up", "--config", str(settings_file)],
            stdout=log_file,
            stderr=log_file,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, SUPERVISED: "1"},
        )
        try:
            end = time.monotonic() + 30
            while not _answers(f"{url}/readyz"):
                if process.poll() is not None or time.monotonic() > end:
                    raise DistroError(
                        "the demo's parts did not start",
                        details=(settings_file.parent / "up.log")
                        .read_text(errors="replace")
                        .splitlines()[-5:],
                    )
                time.sleep(0.05)
            yield
        finally:
            with contextlib.suppress(KeyboardInterrupt):
                if process.poll() is None:
                    os.kill(process.pid, signal.SIGTERM)
                process.wait(60)


def _answers(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            url, timeout=2
        ) as answer:
            return int(answer.status) == 200
    except OSError:
        return False


def _fill_book(installation: Installation) -> None:
    """Import the sample lists; two people refused before."""
    sizes = []
    for name in ("journalists", "partners"):
        judged = importing.stage(
            installation.store, packaged("subscribers", f"{name}.csv"), name, actor="demo"
        )
        importing.commit(installation.store, judged.number, installation.consent)
        sizes.append(f"{judged.good} {name}")
    for number in (7, 150):
        person = book.by_id(installation.store, number)
        assert person is not None
        installation.consent.record(
            installation.store,
            subscriber=number,
            address=person.email,
            act=consent.UNSUBSCRIBED,
            source="an earlier letter",
        )
    _line("Book", f"{', '.join(sizes)} (sample data), 2 of them unsubscribed\n")


def _submit(installation: Installation) -> Accepted:
    order = Order(files=sorted(_SAMPLE.glob("harbour-plan.*.md")), to="everyone", actor="demo")
    planned = make_plan(installation, order)
    _line("check", planned.release.headline)
    _line(
        "",
        f"{' '.join(planned.release.languages)} · {len(planned.readings[0].paragraphs)} paragraphs"
        f" · contact {planned.release.editions[0].contacts[0].name}",
    )
    out = " · ".join(
        f"{n} {reason.replace('_', ' ')}" for reason, n in planned.plan.left_out.items()
    )
    _line(
        "plan",
        f"{planned.plan.audience} of {planned.plan.matched} will get it ·"
        f" {sum(planned.plan.left_out.values())} left out ({out})",
    )
    accepted = submit(installation, order)
    _line("submit", f"{accepted.release} → {accepted.distribution}\n")
    return accepted


def _watch(installation: Installation, accepted: Accepted) -> None:
    """Show progress while it goes out, and kill a sending process in the middle, on purpose."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    number = accepted.id
    console = Console()
    began, killed, doubts = time.monotonic(), False, tuple[str, ...]()
    columns = (
        TextColumn("  sending   "),
        BarColumn(30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.0f}/s"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=accepted.audience, rate=0.0)
        while True:
            glance = next(look(installation, number))
            bar.update(
                task, completed=glance.tried, rate=glance.tried / max(0.1, time.monotonic() - began)
            )
            if not killed and glance.tried > accepted.audience * _LOWEST:
                killed = _kill_a_worker(installation)
            if glance.counts[State.IN_DOUBT] and not doubts:
                doubts = tuple(
                    p.address
                    for p in summary.report(installation.store, number, "UTC").named.get(
                        "in_doubt", ()
                    )
                )
            if glance.state in ("sent", "halted", "cancelled"):
                break
            if time.monotonic() - began > 60:
                raise DistroError("the demo did not end within a minute")
            time.sleep(0.05)
    if killed:
        _line(
            "", "a sending process was killed with -9 in the middle, on purpose; another took over"
        )
    if doubts:
        _line(
            "",
            f"in doubt for {'2 seconds' if len(doubts) == 1 else '2 seconds each'}:"
            f" {', '.join(doubts[:3])}{' …' if len(doubts) > 3 else ''}",
        )
        _line(
            "",
            "(their server had the whole letter, and no answer was read; 60 s in production, then"
            " once more)",
        )
    print()


def _kill_a_worker(installation: Installation) -> bool:
    """Kill -9 of one sending process: they say by name that they live."""
    alive = processes.alive(installation.store)
    if not alive:
        return False
    with contextlib.suppress(ProcessLookupError, IndexError, ValueError):
        os.kill(int(alive[0].split(".")[1]), signal.SIGKILL)
        return True
    return False


def _report(installation: Installation, accepted: Accepted, mailbox: Mailbox) -> None:
    fields = summary.report(installation.store, accepted.id, "UTC").fields
    equation = " + ".join(
        f"{n} {state.replace('_', ' ')}" for state, n in fields["counts"].items() if n
    )
    verdict = (
        "✓ balanced, counted again from the ledger's bytes"
        if fields["balanced"]
        else "✗ out of balance"
    )
    print(f"  {fields['audience']} recipients = {equation}     {verdict}")
    people, twice = len({address for address, _ in mailbox.accepted}), fields["possibly_twice"]
    copies = ", exactly one each"
    if twice:
        again = len(mailbox.accepted) - people
        copies = f"; {again} of them have it twice, {twice} possibly twice were announced"
    print(f"  The mailbox holds a letter for each of {people} people{copies}.")
    passed = datetime.fromisoformat(fields["first_accepted_at"]) - datetime.fromisoformat(
        fields["submitted_at"]
    )
    print(f"  First letter after {passed.total_seconds():.1f} s.\n")


def _letters(installation: Installation, accepted: Accepted, mailbox: Mailbox, pages: str) -> None:
    """Say where to look."""
    letter = message_from_bytes(mailbox.accepted[0][1].read_bytes(), policy=email_policy)
    _line("Letters", f"{pages}   every letter, at phone and desktop width")
    _line("Report", live.link(installation, accepted.id))
    _line("Leave", f"{str(letter['List-Unsubscribe']).strip('<>')}   a reader's unsubscribe page")
    _line("Files", str(mailbox.folder))
    _line("Next", "distro init press-office   makes your own office\n")


def _stay() -> None:
    print("  Open the pages in a browser; Ctrl-C ends the demo and removes the folder.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
