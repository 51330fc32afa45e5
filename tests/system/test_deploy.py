"""docs/deploy.md, typed line by line into a clean root of this machine's Debian; what needs a running systemd is left out."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.server import free_port

ROOT = Path(__file__).parents[2]
NOT_HERE = re.compile(r"^(apt|systemctl|journalctl|cat) |systemctl")      # no systemd runs, nothing to download, units: tests/docs

# A copy of this machine's files that forgets everything, with processes of its own: nothing outside is touched.
CLEAN = """set -eu
root="$1"
mount -t tmpfs tmpfs "$root"
mkdir "$root/upper" "$root/work" "$root/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/root"
mount --rbind /dev "$root/root/dev"
mount -t proc proc "$root/root/proc"
mkdir -p "$root/root/srv"
cp -a "$2" "$root/root/srv/distro"
cp "$3" "$root/root/typed.sh"
exec chroot "$root/root" /usr/bin/env -u PYTHONPATH -u VIRTUAL_ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root bash -eu /typed.sh
"""

# What the document says in words, or systemd would do.
SETTINGS = """cd /etc/distro
sed -i -e 's|^data = .*|data = "/var/lib/distro"|' -e 's|127.0.0.1:2525|127.0.0.1:{smtp}|' -e 's|127.0.0.1:8025|127.0.0.1:{web}|g' distro.toml
sed -i '/^\\[site\\]/a group = "press"' distro.toml
"""
START = """cd /etc/distro
setpriv --reuid distro --regid press --clear-groups /opt/distro/bin/distro up --mailbox > /up.log 2>&1 &
for n in $(seq 60); do runuser -u distro -- /opt/distro/bin/distro doctor --config /etc/distro/distro.toml | grep -q lives && break; sleep 0.3; done
runuser -u distro -- /opt/distro/bin/distro subscribers import subscribers/*.csv --list journalists --yes
. /etc/profile.d/distro.sh
runuser -u ana -- distro submit releases/first.en.md --to journalists --now --yes
runuser -u ana -- distro watch D1
runuser -u ana -- distro report D1
"""


def typed(document: str, title: str) -> list[str]:
    """Return what a section of a document says to type as root."""
    section = re.search(rf"^## {re.escape(title)}.*?\n(.*?)(?=^## |\Z)", document, re.MULTILINE | re.DOTALL)
    assert section, title
    lines = [line[2:] for block in re.findall(r"```text\n(.*?)```", section[1], re.DOTALL) for line in block.replace("git pull && less", "ls").splitlines() if line.startswith("# ")]
    assert lines, title
    return lines


@pytest.mark.faults      # for its length
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare, to make a clean root: apt install util-linux")
@pytest.mark.skipif(subprocess.run(["/usr/bin/python3", "-c", "import venv, ensurepip"], capture_output=True).returncode != 0, reason="needs Debian's own Python: apt install python3-venv")
def test_the_commands_of_the_document_make_a_server_that_several_people_use(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    lines = ["adduser --disabled-password --gecos '' ana > /dev/null", *typed(document, "1."), SETTINGS.format(smtp=free_port(), web=free_port()), *typed(document, "Several people"), START, *typed(document, "6."), *typed(document, "7.")]
    script = "\n".join(line for part in lines for line in [f"echo '$' {line.splitlines()[0]!r}\n{line}" for line in [part]] if not NOT_HERE.search(part)) + "\n"
    (tmp_path / "typed.sh").write_text(script)
    (tmp_path / "clean.sh").write_text(CLEAN)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    (tmp_path / "root").mkdir()
    done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", str(tmp_path / "clean.sh"), str(tmp_path / "root"), str(clone), str(tmp_path / "typed.sh")],
                          capture_output=True, text=True, timeout=400, stdin=subprocess.DEVNULL)
    said = done.stdout + done.stderr
    assert "ERROR:" not in said, said[-6000:]
    assert "sending process lives" in said[-4000:], said[-6000:]      # the last line is the doctor's, who finds a trial without DNS
    (tmp_path / "said").write_text(said)
    assert re.search(r"(\d+) = \1 accepted", said), said[-6000:]
    assert "by ana" in said, said[-6000:]
    assert "Traceback" not in said, said[-6000:]
