"""One owner of key names: the table, the builders and the scripts speak of the same keys."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from distro import store
from distro.model import LETTERS, NOTICES
from distro.store import consents, edge_keys, key_table, keys, records
from distro.store.ledger_scripts import OUTCOME_SIZE, RECORD_SIZE

SCRIPTS = sorted((Path(store.__file__).parent / "scripts").glob("*.lua"))
BUILDERS = [
    function
    for module in (keys, edge_keys)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and not name.startswith("_") and name != "describe"
]
NAMES = [
    value
    for module in (keys, edge_keys)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str) and name not in ("PERMANENT", "TIMED")
]


@pytest.mark.parametrize("builder", BUILDERS, ids=lambda b: str(b.__name__))
def test_every_builder_makes_a_key_of_the_table(builder: Callable[..., str]) -> None:
    words = ["a1"] * len(inspect.signature(builder).parameters)

    found = key_table.describe(builder(*words))

    assert found is not None
    assert found.pattern.count("{") == len(words)


@pytest.mark.parametrize("name", NAMES)
def test_every_fixed_name_is_in_the_table(name: str) -> None:
    assert key_table.describe(name) is not None


def test_every_row_of_the_table_can_be_built() -> None:
    built = {b(*["a1"] * len(inspect.signature(b).parameters)) for b in BUILDERS} | set(NAMES)
    rows = {found.pattern for name in built if (found := key_table.describe(name))}

    assert sorted(key.pattern for key in key_table.TABLE if key.pattern not in rows) == ["tmp:{x}"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.stem))
def test_a_script_names_no_other_keys(script: Path) -> None:
    """Lua joins names by hand: 'dist:' .. D."""
    heads = {key.pattern.partition("{")[0] for key in key_table.TABLE if "{" in key.pattern}
    used = set(re.findall(r"'([a-z]+:)'\s*\.\.", script.read_text(encoding="utf-8")))

    assert used <= heads


def test_scripts_and_python_share_the_layout_of_bytes() -> None:
    shared = (SCRIPTS[0].parent / "_shared.lua").read_text(encoding="utf-8")
    step = (SCRIPTS[0].parent / "step.lua").read_text(encoding="utf-8")
    order = re.search(r"ORDER = '(\w+)'", shared)
    size = re.search(r"REC = (\d+)", shared)

    reasons = re.search(r"REASONS = \{ (.+) \}", shared)
    about = re.search(
        r"ABOUT = \{ (.+) \}", (SCRIPTS[0].parent / "act.lua").read_text(encoding="utf-8")
    )

    assert about is not None
    assert tuple(re.findall(r"(\w+) = true", about[1])) == NOTICES
    assert reasons is not None
    assert tuple(re.findall(r"'(\w+)'", reasons[1])) == consents.REASONS
    assert order is not None
    assert order[1] == "".join(LETTERS.values())
    assert size is not None
    assert int(size[1]) == RECORD_SIZE == records.RECORD.size
    assert records.OUTCOME.size == OUTCOME_SIZE
    assert re.search(rf"#fins / {OUTCOME_SIZE}\b", step)
