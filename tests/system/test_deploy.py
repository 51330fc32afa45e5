"""docs/deploy.md and the Dockerfile, typed line by line into a clean root of this machine's Debian.

What needs a running systemd or a Docker daemon is left out.
"""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.server import free_port

ROOT = Path(__file__).parents[2]
# No systemd runs, nothing to download, units: tests/docs.
NOT_HERE = re.compile(r"^(apt|systemctl|journalctl|cat) |systemctl")

# A copy of this machine's files that forgets everything, with processes of its own: nothing outside
# is touched.
CLEAN = """set -eu
root="$1"
mount -t tmpfs tmpfs "$root"
mkdir "$root/upper" "$root/work" "$root/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/root"
mount --rbind /dev "$root/root/dev"
mount -t proc proc "$root/root/proc"
mkdir -p "$root/root/$(dirname "$4")"
cp -a "$2" "$root/root/$4"
cp "$3" "$root/root/typed.sh"
exec chroot "$root/root" /usr/bin/env -u PYTHONPATH -u VIRTUAL_ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root bash -eu /typed.sh
"""  # noqa: E501

CAN = (
    "mount -t tmpfs tmpfs /mnt; mkdir /mnt/upper /mnt/work /mnt/root; mount -t overlay overlay -o"
    " lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root; mount -t proc proc /mnt/root/proc"
)

# What the document says in words, or systemd would do.
SETTINGS = """cd /etc/distro
sed -i -e 's|^data = .*|data = "/var/lib/distro"|' -e 's|127.0.0.1:2525|127.0.0.1:{smtp}|' -e 's|127.0.0.1:8025|127.0.0.1:{web}|g' distro.toml
sed -i '/^\\[site\\]/a group = "press"' distro.toml
"""  # noqa: E501
START = """cd /etc/distro
setpriv --reuid distro --regid press --clear-groups /opt/distro/bin/distro up --mailbox > /up.log 2>&1 &
for n in $(seq 60); do runuser -u distro -- /opt/distro/bin/distro doctor --config /etc/distro/distro.toml | grep -q lives && break; sleep 0.3; done
runuser -u distro -- /opt/distro/bin/distro subscribers import subscribers/*.csv --list journalists --yes
. /etc/profile.d/distro.sh
runuser -u ana -- distro submit releases/first.en.md --to journalists --now --yes
runuser -u ana -- distro watch D1
runuser -u ana -- distro report D1
"""  # noqa: E501


def typed(document: str, title: str) -> list[str]:
    """Return what a section of a document says to type as root."""
    section = re.search(
        rf"^## {re.escape(title)}.*?\n(.*?)(?=^## |\Z)", document, re.MULTILINE | re.DOTALL
    )
    assert section, title
    lines = [
        line[2:]
        for block in re.findall(r"```text\n(.*?)```", section[1], re.DOTALL)
        for line in block.replace("git pull && less", "ls").splitlines()
        if line.startswith("# ")
    ]
    assert lines, title
    return lines


def clean_root(folder: Path, script: str, clone: str) -> str:
    """Run a script as root in a clean root, with a clone of the project at this path; return
    everything that it said.
    """
    (folder / "typed.sh").write_text(script)
    (folder / "clean.sh").write_text(CLEAN)
    (folder / "root").mkdir()
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "clone")], check=True)
    words = [str(folder / name) for name in ("clean.sh", "root", "clone", "typed.sh")]
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", *words, clone],
        capture_output=True,
        text=True,
        timeout=400,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout + done.stderr


@functools.cache
def why_not() -> str:
    """Return why no clean root can be made here; "" if it can."""
    if os.geteuid() != 0:
        return "needs root, to make a clean root"
    if (
        not shutil.which("unshare")
        or subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "sh", "-ec", CAN], capture_output=True
        ).returncode
    ):
        return "needs unshare, and the right to mount: apt install util-linux"
    if subprocess.run(
        ["/usr/bin/python3", "-c", "import venv, ensurepip"], capture_output=True
    ).returncode:
        return "needs Debian's own Python: apt install python3-venv"
    return ""


# Faults: for their length.
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(why_not() != "", reason=why_not() or "it can"),
]


def test_the_commands_of_the_document_make_a_server_that_several_people_use(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    lines = [
        "adduser --disabled-password --gecos '' ana > /dev/null",
        *typed(document, "1."),
        SETTINGS.format(smtp=free_port(), web=free_port()),
        *typed(document, "Several people"),
        START,
        *typed(document, "6."),
        *typed(document, "7."),
    ]
    said = clean_root(
        tmp_path,
        "".join(
            f"echo '$' {line.splitlines()[0]!r}\n{line}\n"
            for line in lines
            if not NOT_HERE.search(line)
        ),
        "/srv/distro",
    )
    assert "ERROR:" not in said, said[-6000:]
    # The last line is the doctor's, who finds a trial without DNS.
    assert "sending process lives" in said[-4000:], said[-6000:]
    assert re.search(r"(\d+) = \1 accepted", said), said[-6000:]
    assert "by machine:ana" in said, said[-6000:]
    assert "Traceback" not in said, said[-6000:]


def test_the_steps_of_the_image_make_one_that_runs_without_rights(tmp_path: Path) -> None:
    """Its RUN lines, its files, its user; the services that compose starts with it are in
    test_compose.
    """
    build, image = re.split(
        r"^FROM .*$",
        (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", ""),
        flags=re.MULTILINE,
    )[1:]
    copied = [words.split() for words in re.findall(r"^COPY (?!--from)(.*)$", build, re.MULTILINE)]
    lines = [
        "ln -sf /usr/bin/python3 /usr/local/bin/python",
        "mkdir /build",
        "cd /source",
        *(
            f"cp -r {' '.join(words[:-1])} /build/{words[-1].removeprefix('./')}"
            for words in copied
        ),
        "cd /build",
        *re.findall(r"^RUN (.*)$", build, re.MULTILINE),
        "cd /",
        *re.findall(r"^RUN (.*)$", image, re.MULTILINE),
        "cd /srv/distro",
        "export " + _value(image, "ENV"),
        'as() { setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs "$@"; }',
        "as distro --version",
        "as distro init var/trial",
        "as distro check var/trial/releases/first.en.md",
        'as python -m distro.admin.health_check || echo "healthy said $?"',
        "as touch /venv/mine || echo 'the program is not its user'\"'\"'s'",
    ]
    said = clean_root(
        tmp_path, "".join(f"echo '$' {line.split()[0]!r}\n{line}\n" for line in lines), "/source"
    )
    assert re.search(r"^distro \d+\.\d+", said, re.MULTILINE), said[-6000:]
    assert "Harbour library opens its night reading room" in said, said[-6000:]
    assert "healthy said 1" in said, said[-6000:]
    assert "No module named" not in said, said[-6000:]
    assert "the program is not its user's" in said, said[-6000:]
    assert "Traceback" not in said, said[-6000:]


def _value(dockerfile: str, instruction: str) -> str:
    """The words after an instruction that stands once."""
    (found,) = re.findall(rf"^{instruction} (.*)$", dockerfile, re.MULTILINE)
    return str(found)
