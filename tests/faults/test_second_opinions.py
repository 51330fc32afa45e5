"""The reference MJML compiler validates our templates; the caniemail data says what mail programs
do not support, against a baseline.

A wanted change of the baseline: DISTRO_GOLDEN=update python -m pytest -m faults
tests/faults/test_second_opinions.py, look at the difference.
"""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from distro.letter import compile_letter, service_letters
from distro.letter.compile import context_of
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.model import Edition
from tests.golden.test_templates import ENVELOPE, KINDS, SAMPLE

BASELINE = Path(__file__).parents[1] / "golden" / "expected" / "clients.json"
PACKAGES = ("mjml@5.4.1", "caniemail@2.0.2")
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs node and npm: apt install npm"),
    pytest.mark.timeout(300),
]

SLOTS = Slots()


def samples() -> dict[str, tuple[Edition, str]]:
    """Each template with an edition that fills it, in a language of each direction."""
    found = {}
    for language in ("en", "ar"):
        for kind in KINDS:
            tier = kind if kind in ("embargo", "low-bandwidth") else ""
            edition = (
                getattr(service_letters, kind)(language, "House", SLOTS)
                if kind in ("confirm", "welcome")
                else replace(SAMPLE, language=language, kind="press-release" if tier else kind)
            )
            found[f"{kind}.{language}"] = edition, tier
    return found


@pytest.fixture(scope="module")
def opinions(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder, modules = tmp_path_factory.mktemp("letters"), tmp_path_factory.mktemp("npm")
    templates = Templates(Path("/nowhere"))
    for name, (edition, tier) in samples().items():
        source = templates.render(
            f"{tier or edition.kind}/body.mjml",
            context_of(edition, ENVELOPE, SLOTS, advance=tier == "embargo"),
        )
        (folder / f"{name}.mjml").write_text(source, encoding="utf-8")
        (folder / f"{name}.html").write_text(
            compile_letter(edition, ENVELOPE, templates, tier, SLOTS).html, encoding="utf-8"
        )
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES],
        cwd=modules,
        check=True,
        timeout=240,
    )
    completed = subprocess.run(
        ["node", str(Path(__file__).with_name("opinions.mjs")), str(folder), str(modules)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return json.loads(completed.stdout)


def test_the_reference_compiler_finds_no_mistake(opinions: Any) -> None:
    assert opinions["mjml"] == {}


def test_no_mail_program_lacks_more_than_is_known(opinions: Any) -> None:
    """What is in the baseline was looked at: each of these only refines what stands without it
    (LETTER: no style, no dark, no balance).
    """
    if os.environ.get("DISTRO_GOLDEN") == "update":
        BASELINE.write_text(
            json.dumps(opinions["clients"], indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
    known = json.loads(BASELINE.read_text(encoding="utf-8"))
    more = {
        client: sorted(set(titles) - set(known.get(client, [])))
        for client, titles in opinions["clients"].items()
    }
    assert {client: titles for client, titles in more.items() if titles} == {}
