"""Documents that cannot drift: commands, settings, keys, template folders, dependencies."""

import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path

import typer.main

from distro.cli.main import app
from distro.cli.releases import Tier
from distro.letter import TIERS
from distro.letter.compile import context_of
from distro.letter.context import LetterContext
from distro.letter.slots import Slots
from distro.letter.templates import PARTS
from distro.model import LETTERS, DistributionState, Edition, State
from distro.store.key_table import describe

ROOT = Path(__file__).parents[2]
GENERATE = (
    "import sys; sys.path.insert(0, sys.argv[1]); import generate; print(generate.commands(),"
    " generate.settings(), sep=chr(0), end='')"
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    found = []
    tree = typer.main.get_command(app)
    for name, command in tree.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found += [f"{name} {sub}" for sub in inner] if inner else [name]
    return found


def test_every_command_is_in_the_readme() -> None:
    missing = [c for c in commands() if f"distro {c}" not in README]
    assert not missing


def test_the_readme_is_short_and_names_no_command_that_is_not_there() -> None:
    assert len(README.splitlines()) <= 150
    known = {c.split()[0] for c in commands()}
    for block in re.findall(r"```(?:sh|text)?\n(.*?)```", README, re.DOTALL):
        for word in re.findall(r"^\$ distro (\w+)", block, re.MULTILINE):
            assert word in known, word


def test_every_state_is_explained() -> None:
    for state in (*State, *DistributionState):
        assert f"`{state}`" in ARCHITECTURE, state


def test_every_module_and_test_that_a_document_names_is_there() -> None:
    named = re.compile(r"`((?:[a-z_]+/)*[a-z_]+\.(?:py|lua|toml|html)|(?:[a-z_]+/)+)`")
    documents = [ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").glob("*.md")]
    lost = [
        f"{path.name}: {name}"
        for path in documents
        for name in named.findall(path.read_text(encoding="utf-8"))
        if "/" in name.rstrip("/")
        and not any((root / name).exists() for root in (ROOT, ROOT / "distro"))
    ]

    assert lost == []


def test_every_package_is_in_the_tree_of_the_architecture() -> None:
    tree = ARCHITECTURE.partition("```\ndistro/")[2].partition("```")[0]
    packages = {path.parent.name for path in (ROOT / "distro").glob("*/__init__.py")}

    assert {name for name in packages if f"  {name}/ " not in tree} == set()


def test_every_key_in_the_scripts_is_in_the_table() -> None:
    """Key names are built in Lua by `'prefix:' .. something`; each prefix must belong to a row of
    the table.
    """
    scripts = ROOT / "distro" / "store" / "scripts"
    for path in scripts.glob("*.lua"):
        for name in re.findall(r"'([a-z]+:)'(?=\s*\.\.)", path.read_text(encoding="utf-8")):
            some = (name + ":".join("xyz"[:parts]) for parts in (1, 2, 3))
            assert any(map(describe, some)), f"{path.name}: {name}"
        for name in re.findall(
            r"call\('[A-Z]+', '([a-z:]+)'[,)]", path.read_text(encoding="utf-8")
        ):
            assert describe(name), f"{path.name}: {name}"


def test_the_scripts_know_the_states_of_the_model() -> None:
    shared = (ROOT / "distro" / "store" / "scripts" / "_shared.lua").read_text(encoding="utf-8")
    assert f"local ORDER = '{''.join(LETTERS.values())}'" in shared


def test_every_template_folder_is_complete() -> None:
    folders = [
        f for f in (ROOT / "templates" / "email").iterdir() if f.is_dir() and f.name != "_base"
    ]
    assert folders
    for folder in folders:
        assert {p.name for p in folder.iterdir()} == set(PARTS), folder


def test_sample_data_writes_to_nobody() -> None:
    for path in (ROOT / "subscribers").glob("*.csv"):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            assert line.split(",")[0].endswith(".example"), line


def test_nothing_we_depend_on_brings_the_other_distro() -> None:
    """An unrelated library on the index has our import name; if it came in, one of us would be
    broken.
    """
    assert not [
        d.metadata["Name"]
        for d in distributions()
        if (d.metadata["Name"] or "").lower() == "distro"
    ]
    locks = (ROOT / "requirements.lock").read_text() + (ROOT / "requirements-dev.lock").read_text()
    assert not re.search(r"^distro==", locks, re.MULTILINE)
    assert not re.search(r"https?://", locks)


def test_the_wheel_carries_templates_and_sample_data() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(document["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]) == {
        "templates/email",
        "subscribers",
    }


def test_the_generated_pages_are_what_the_code_says(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-c", GENERATE, str(ROOT / "docs")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    commands_page, settings_page = made.split("\0")
    for name, text in (("commands.md", commands_page), ("settings.md", settings_page)):
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, (
            f"docs/{name} is old: make docs"
        )


def test_every_event_is_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for path in (ROOT / "distro" / "store" / "scripts").glob("*.lua"):
        for act in re.findall(
            r"event\(D, '([a-z ]+)'|act = '([a-z ]+)'", path.read_text(encoding="utf-8")
        ):
            assert f"`{act[0] or act[1]}`" in page, act


def test_every_template_variable_is_used() -> None:
    """A template may use exactly what `context_of` gives; strict undefined refuses everything
    else.
    """
    given = context_of(
        Edition(language="en", headline="H", body="B"),
        LetterContext("0", "n", "a@b.example", "", "", datetime.now(UTC)),
        Slots(),
    )
    used = "".join(
        p.read_text(encoding="utf-8") for p in (ROOT / "templates" / "email").rglob("*.*")
    )
    former = {"house"}  # names in templates of the offices that they keep on working in
    assert [n for n in given if n not in former and not re.search(rf"\b{n}\b", used)] == []


def test_every_variable_and_block_of_a_template_is_in_its_document() -> None:
    text = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
    context = context_of(
        Edition(language="en", headline="x", body="x"),
        LetterContext("1", "x", "x@x.example", "", "x", datetime.now(UTC)),
        Slots(),
    )
    assert [name for name in context if f"`{name}`" not in text] == []
    for frame in ("letter.mjml", "letter.txt"):
        blocks = re.findall(
            r"{% block (\w+) %}",
            (ROOT / "templates" / "email" / "_base" / frame).read_text(encoding="utf-8"),
        )
        assert [name for name in blocks if f"`{name}`" not in text] == []


def test_the_command_line_knows_every_tier() -> None:
    assert {tier.value for tier in Tier} == {"everyone", *TIERS}
