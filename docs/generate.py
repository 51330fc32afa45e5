"""Write docs/commands.md and docs/settings.md from the code; `make docs` runs it, a test fails when
they are old.
"""

import os
from pathlib import Path

import typer.main

os.environ["COLUMNS"] = "100"
os.environ["NO_COLOR"] = "1"
HERE = Path(__file__).parent


def commands() -> str:
    """Every command with its help, as the terminal shows it."""
    from distro.cli.main import app

    tree = typer.main.get_command(app)
    parts = [
        "# Commands",
        "",
        (
            "Made by `make docs` from `distro … --help`. Exit status: 0 done, 1 a reported problem,"
            " 2 usage."
        ),
        "",
    ]
    for name, command in tree.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        for sub, one in (inner or {"": command}).items():
            words = f"distro {name} {sub}".strip()
            context = one.make_context(
                words, ["--help"], resilient_parsing=True, max_content_width=100, terminal_width=100
            )
            parts += [f"## {words}", "", "```text", one.get_help(context).strip(), "```", ""]
    return "\n".join(parts)


def settings() -> str:
    """Every setting with its default and meaning."""
    from distro.settings.describe import load_explained

    rows = load_explained(None)
    parts = [
        "# Settings",
        "",
        (
            "Made by `make docs`. They are read from `distro.toml` in the working directory, or"
            " `--config FILE`; a variable"
        ),
        (
            "`DISTRO_…` overrides, two underscores step into a section: `DISTRO_SITE__URL`. Unknown"
            " keys are errors."
        ),
        "",
        "| setting | default | meaning |",
        "|---|---|---|",
    ]
    parts += [
        f"| `{row.name}` | {f'`{row.default}`' if row.default else '–'} |"
        f" {row.meaning.replace('|', chr(92) + '|')} |"
        for row in rows
    ]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Write both pages."""
    (HERE / "commands.md").write_text(commands(), encoding="utf-8")
    (HERE / "settings.md").write_text(settings(), encoding="utf-8")


if __name__ == "__main__":
    main()
