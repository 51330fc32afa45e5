"""The JSON documents of what is understood of a release, as `--json` and the API give them."""

from dataclasses import asdict
from typing import Any

from distro.model import Edition
from distro.readings import Problem, Reading


def files_json(edition: Edition) -> dict[str, Any]:
    """Return the files that travel with an edition, as `--json` prints them."""
    return {
        name: [
            {"name": f.name, "type": f.type, "size": f.size}
            for f in edition.files
            if bool(f.source) is pictures
        ]
        for name, pictures in (("attachments", False), ("pictures", True))
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return what the linter found, as `--json` prints it."""
    return {
        "file": problem.file,
        "line": problem.line,
        "level": problem.level.value,
        "message": problem.message,
    }


def reading_json(reading: Reading) -> dict[str, Any]:
    """Return what is understood of a file, as `--json` prints it; {} for one that is not."""
    edition = reading.edition
    if edition is None:
        return {}
    return {
        "file": reading.file,
        "language": edition.language,
        "headline": edition.headline,
        "subhead": edition.subhead,
        "dateline": edition.dateline,
        "embargo": edition.embargo,
        "paragraphs": list(reading.paragraphs),
        "contacts": [asdict(c) for c in edition.contacts],
        "notes_to_editors": edition.notes_to_editors,
        "dropped": [text for _, text in reading.dropped],
        "sure": reading.sure,
        "otherwise": (
            {"line": reading.otherwise[0], "headline": reading.otherwise[1]}
            if reading.sure != "yes"
            else None
        ),
        "kind": edition.kind,
        "id": edition.slug,
        "version": edition.version,
        "source": reading.source,
        "published": reading.published,
        **files_json(edition),
        **_account_json(reading),
    }


def _account_json(reading: Reading) -> dict[str, Any]:
    """Return what became of every piece of a document; nothing for a text."""
    if not reading.account:
        return {}
    return {
        "account": {
            "unit": reading.unit,
            "in_file": reading.pieces,
            "used": sum(a.pieces for a in reading.account if a.used),
            "dropped": sum(a.pieces for a in reading.account if not a.used),
        },
        "blocks": [
            {
                "place": a.place,
                "kind": a.kind,
                "text": a.text,
                "count": a.pieces,
                "used": a.used,
                "dropped": a.dropped,
            }
            for a in reading.account
        ],
    }
