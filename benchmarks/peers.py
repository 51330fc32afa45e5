"""django-post_office and GNU Mailman under the same kills, judged by the same receiving server's
log.

usage: python benchmarks/peers.py post_office|mailman|distro [READERS=3000] [KILLS=4] [SEED=1]

Each peer is installed into a temporary environment of its own by pip, and is never a dependency. A
kill is -9 to the sending process when so many letters have arrived (0 kills: only its speed, from
the first letter to the last); then the peer is started again as its manual says, until it is done.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.faults.rig import Rig
from tests.faults.sink import Sink, jitter

CONNECTIONS = 10
DJANGO = """\
SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["post_office"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{folder}/db.sqlite", "OPTIONS": {{"timeout": 30}}}}}}
EMAIL_BACKEND = "post_office.EmailBackend"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", {port}
POST_OFFICE = {{"BATCH_SIZE": 1000, "THREADS_PER_PROCESS": {threads}, "CELERY_ENABLED": False}}
TEMPLATES = [{{"BACKEND": "django.template.backends.django.DjangoTemplates", "NAME": "django"}}, {{"BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates", "APP_DIRS": True, "DIRS": [], "OPTIONS": {{"context_processors": []}}}}]
"""  # noqa: E501
QUEUE = """\
import django; django.setup()
from post_office import mail
mail.send_many([dict(sender="press@press.example", recipients=[f"reader{{i}}@a.example"], subject="Towns agree", message="Text. " * 6600) for i in range({readers})])
"""  # noqa: E501
MAILMAN = """\
[mailman]
site_owner: owner@press.example
layout: here
[paths.here]
var_dir: {folder}/var
[mta]
incoming: mailman.mta.null.NullMTA
outgoing: mailman.mta.deliver.deliver
smtp_host: 127.0.0.1
smtp_port: {port}
lmtp_port: {lmtp}
verp_personalized_deliveries: yes
verp_delivery_interval: 1
[webservice]
port: {rest}
"""
POST = """\
from mailman.interfaces.usermanager import IUserManager
from zope.component import getUtility
from mailman.interfaces.listmanager import IListManager
from mailman.interfaces.mailinglist import Personalization
from mailman.interfaces.member import MemberRole
from mailman.config import config
mlist = getUtility(IListManager).get("press@press.example")
mlist.personalize = Personalization.individual
users = getUtility(IUserManager)
for i in range({readers}):
    address = users.create_address(f"reader{{i}}@a.example")
    mlist.subscribe(address, MemberRole.member, send_welcome_message=False)
config.db.store.commit()
"""


def installed(folder: Path, *packages: str) -> Path:
    """An environment with these packages; gives its folder of programs."""
    venv.create(folder / "env", with_pip=True)
    subprocess.run(
        [
            str(folder / "env" / "bin" / "pip"),
            "install",
            "-q",
            "--disable-pip-version-check",
            *packages,
        ],
        check=True,
    )
    return folder / "env" / "bin"


def under_kills(
    sink: Sink,
    readers: int,
    kills: int,
    start: Callable[[], subprocess.Popen[bytes]],
    victim: Callable[[subprocess.Popen[bytes]], int | None],
    done: Callable[[], bool],
    dice: random.Random,
) -> None:
    """Start, kill at each share of the way, start again, until done or nothing more comes for 60
    s.
    """
    process = start()
    for k in range(kills):
        due, end = readers * (k + dice.random()) / (kills + 1), time.monotonic() + 120
        while len(sink.copies) < due and time.monotonic() < end:
            time.sleep(0.02)
        pid = victim(process)
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if pid == process.pid or process.poll() is not None:
            process.wait()
            process = start()
    last, moved = -1, time.monotonic()
    while time.monotonic() < moved + 60 and not (done() and process.poll() is not None):
        if len(sink.taken) != last:
            last, moved = len(sink.taken), time.monotonic()
        if process.poll() is not None and not done():
            process = start()
        time.sleep(0.2)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()


def post_office(folder: Path, sink: Sink, readers: int, kills: int, dice: random.Random) -> str:
    programs = installed(folder, "django-post_office")
    (folder / "site_settings.py").write_text(
        DJANGO.format(folder=folder, port=sink.port, threads=CONNECTIONS)
    )
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": str(folder)}
    python = str(programs / "python")
    subprocess.run([python, "-m", "django", "migrate", "-v0"], check=True, env=env, cwd=folder)
    subprocess.run([python, "-c", QUEUE.format(readers=readers)], check=True, env=env, cwd=folder)

    def start() -> subprocess.Popen[bytes]:
        # The manual: remove a stale lock.
        for lock in Path(tempfile.gettempdir()).glob("post_office*"):
            lock.unlink(missing_ok=True)
        return subprocess.Popen(
            [python, "-m", "django", "send_queued_mail", "--processes", "1", "-v0"],
            env=env,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def left() -> int:
        completed = subprocess.run(
            [
                python,
                "-c",
                (
                    "import django; django.setup()\nfrom post_office.models import Email,"
                    " STATUS\nprint(Email.objects.exclude(status=STATUS.sent).count())"
                ),
            ],
            env=env,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return int(completed.stdout.strip() or -1)

    under_kills(sink, readers, kills, start, lambda p: p.pid, lambda: left() == 0, dice)
    version = (
        subprocess.run(
            [str(programs / "pip"), "show", "django-post_office"],
            capture_output=True,
            text=True,
            check=True,
        )
        .stdout.split("Version: ")[1]
        .split()[0]
    )
    return f"django-post_office {version}: says {readers - left()} sent"


def mailman(folder: Path, sink: Sink, readers: int, kills: int, dice: random.Random) -> str:
    programs = installed(folder, "mailman==3.3.10", "setuptools<81")
    (folder / "mailman.cfg").write_text(
        MAILMAN.format(folder=folder, port=sink.port, lmtp=8124, rest=8101)
    )
    program, env = (
        [str(programs / "mailman"), "-C", str(folder / "mailman.cfg")],
        os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"},
    )

    def run(*words: str) -> None:
        subprocess.run(
            [*program, "--run-as-root", *words],
            check=True,
            env=env,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    run("create", "press@press.example", "-q")
    (folder / "fillit.py").write_text(
        "def fillit():\n"
        + "".join(f"    {line}\n" for line in POST.format(readers=readers).splitlines())
    )
    subprocess.run(
        [*program, "--run-as-root", "shell", "-r", "fillit"],
        check=True,
        env=env | {"PYTHONPATH": str(folder)},
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    (folder / "post.eml").write_text(
        "From: owner@press.example\nTo: press@press.example\nSubject: Towns agree\nMessage-ID:"
        " <one@press.example>\nApproved: x\n\n" + "Text. " * 6600 + "\n"
    )
    run("inject", "-q", "pipeline", "-f", str(folder / "post.eml"), "press@press.example")

    def start() -> subprocess.Popen[bytes]:
        (folder / "var" / "locks").mkdir(parents=True, exist_ok=True)
        for lock in (folder / "var" / "locks").glob("*"):
            lock.unlink()
        return subprocess.Popen(
            [str(programs / "master"), "-C", str(folder / "mailman.cfg"), "--force"],
            env=env,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def runner(process: subprocess.Popen[bytes]) -> int | None:
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                if "--runner=out:0:1" in " ".join(child.cmdline()):
                    return child.pid
        return None

    under_kills(
        sink,
        readers,
        kills,
        start,
        runner,
        lambda: not list((folder / "var" / "queue" / "out").glob("*")),
        dice,
    )
    return "GNU Mailman 3.3.10"


def distro(folder: Path, sink: Sink, readers: int, kills: int, dice: random.Random) -> str:
    with Rig(folder, sink, connections=CONNECTIONS // 2) as rig:
        rig.under_way(readers)
        for k in range(kills):
            due = readers * (k + dice.random()) / (kills + 1)
            rig.until(lambda d=due: len(sink.copies) >= d)  # type: ignore[misc]
            rig.kill("child", dice)
        result = rig.rest()
        return (
            f"distro: {result['state']}, in doubt {result.get('possibly_twice', 0)} (named, resent"
            " once)"
        )


def main(which: str, readers: int = 3000, kills: int = 4, seed: int = 1) -> int:
    folder = Path(tempfile.mkdtemp(prefix="distro-peer-"))
    try:
        with Sink(gap=jitter(seed, 0.01 if kills else 0.0)) as sink:
            said = {"post_office": post_office, "mailman": mailman, "distro": distro}[which](
                folder, sink, readers, kills, random.Random(seed)
            )
            copies: Counter[str] = sink.copies
            twice = sum(n - 1 for n in copies.values())
            seconds = sink.taken[-1].at - sink.taken[0].at
            print(
                f"{said}; {readers} readers, {kills} kills, {len(sink.taken) / seconds:,.0f}"
                f" letters a second: lost {readers - len(copies)}, second copies {twice}, most for"
                f" one reader {max(copies.values(), default=0)}"
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
