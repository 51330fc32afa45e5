"""init, doctor, config show: set an installation up, and see whether it is well."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import output
from distro.cli.options import Config, Json, described, settings

if TYPE_CHECKING:
    from distro.admin.finding import Finding

config_app = typer.Typer(help="The settings.", no_args_is_help=True, rich_markup_mode=None)


_Folder = Annotated[Path, typer.Argument(help="An empty or a new folder.", metavar="[FOLDER]")]


def init(
    folder: _Folder = Path(),
) -> int:
    """Create an installation: a commented distro.toml, a sample release and sample readers,
    templates/. Overwrites nothing.

    Examples:

        distro init
        distro init press-office
    """
    from distro.admin.scaffold import FIRST_SEND, write_scaffold

    for path in write_scaffold(folder):
        output.say(f"  {path}")
    output.say("\nA first send, into a mailbox on this machine that delivers nothing:\n")
    if folder != Path():
        output.say(f"  cd {folder}")
    for command, remark in FIRST_SEND:
        output.say(f"  {command}{f'      # {remark}' if remark else ''}")
    output.say(
        "\nThen, for your own: [site], [sender] and [[relay]] in distro.toml, and `distro doctor`."
    )
    return 0


_MakeDkimKey = Annotated[
    bool,
    typer.Option(
        "--make-dkim-key",
        help="Make the keys that sign letters, and show the DNS records to publish.",
    ),
]


def doctor(
    config: Config = None,
    as_json: Json = False,
    make_dkim_key: _MakeDkimKey = False,
) -> int:
    """Check Redis, worker, relay, pages, clocks, templates, settings and DNS records; each problem
    comes with what to type or publish next.

    Exit 1 if there are errors.

    Examples:

        distro doctor
        distro doctor --make-dkim-key
    """
    if make_dkim_key:
        return _make_keys(config, as_json=as_json)
    from distro.admin.finding import Grade

    findings = sorted(_findings(config), key=lambda f: list(Grade).index(f.grade))
    errors = sum(f.grade is Grade.ERROR for f in findings)
    if as_json:
        output.document(
            [
                {"about": f.about, "grade": f.grade.value, "text": f.text, "next": f.next}
                for f in findings
            ]
        )
    else:
        for f in findings:
            output.say(f"  {f.grade.value:<8} {f.about:<10} {f.text}")
            if f.next:
                output.say(f"  {'':<19} → {f.next}")
        output.say(f"\n{output.count(errors, 'error')}." if errors else "\nNo errors.")
    return 1 if errors else 0


def _findings(config: Path | None) -> "list[Finding]":
    """Return everything that can be looked at; without Redis the rest of it."""
    from distro.admin.doctor import examine, without_redis
    from distro.admin.finding import Finding, Grade
    from distro.errors import StoreGoneError
    from distro.installation.context import open_installation
    from distro.queue.publish import broker_state

    found = settings(config)
    try:
        with open_installation(found) as installation:
            waiting, trouble = broker_state(installation.broker)
            broker = Finding(
                "Broker",
                Grade.ERROR if trouble else Grade.OK,
                trouble or f"takes connections, {waiting} wake-ups wait",
                "Look at `broker` and `redis` in distro.toml." if trouble else "",
            )
            return [*examine(installation), broker]
    except StoreGoneError as error:
        return [Finding("Redis", Grade.ERROR, error.message, error.hint), *without_redis(found)]


def _make_keys(config: Path | None, *, as_json: bool) -> int:
    from distro.admin.dkim_keys import make_dkim_keys, zone_line

    found = make_dkim_keys(settings(config))
    if as_json:
        output.document(
            [
                {
                    "setting": f"dkim.{setting}",
                    "file": str(path),
                    "name": f"{s.selector}._domainkey.{s.domain}",
                    "record": s.record,
                }
                for s, path, setting in found
            ]
        )
        return 0
    output.say(
        "Two keys, an RSA one that every receiver knows and an Ed25519 one.\n\n1. Publish, as a"
        " zone file has it:\n"
    )
    for signer, _, _ in found:
        output.say(f"  {zone_line(signer)}\n")
    output.say(
        "2. When `distro doctor` would find them (an hour later, say), in distro.toml:\n\n  [dkim]"
    )
    for _, path, setting in found:
        output.say(f'  {setting} = "{path}"')
    output.say("\n3. distro doctor")
    return 0


def config_show(config: Config = None, as_json: Json = False) -> int:
    """Show every setting with its value, source, default and meaning; secrets are masked.

    Examples:

        distro config show
    """
    from distro.settings.describe import load_explained

    rows = load_explained(config)
    if as_json:
        output.document(
            [
                {
                    "setting": r.name,
                    "value": r.value,
                    "source": r.source,
                    "default": r.default,
                    "meaning": r.meaning,
                }
                for r in rows
            ]
        )
        return 0
    width = max(len(r.name) for r in rows)
    for r in rows:
        changed = f"   (default {r.default})" if r.value != r.default else ""
        output.say(f"  {r.name:<{width}}  {r.value}   [{r.source}]{changed}")
        output.say(f"  {'':<{width}}  {r.meaning}")
    return 0


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    described(app, init)
    described(app, doctor)
    described(config_app, config_show, "show")
    app.add_typer(config_app, name="config")
