"""The JSON documents of people and imports, as `--json` and the API give them."""

from typing import Any

from distro.audience.importing import Judged
from distro.audience.intake import Taken
from distro.audience.listing import Listed
from distro.audience.rows import BadRow


def listed_json(listed: Listed) -> dict[str, Any]:
    """Return one person of a list, and whether they may be written to."""
    person = listed.person
    return {
        "email": person.email,
        "name": person.name,
        "outlet": person.outlet,
        "language": person.language,
        "lists": list(person.columns.get("lists", ())),
        "may_be_written_to": not listed.refused,
        "refused": list(listed.refused),
    }


def import_json(
    file: str, name: str, judged: Judged, taken: Taken | None, foreseen: Taken | None
) -> dict[str, Any]:
    """Return what a spreadsheet holds, and what was, or would be, made of it."""
    counts = taken or foreseen or Taken()

    def rows(found: list[BadRow]) -> list[dict[str, object]]:
        return [{"line": b.line, "value": b.value, "reason": b.reason} for b in found]

    return {
        "file": file,
        "list": name,
        "system": judged.system,
        "read": judged.read,
        "good": judged.good,
        "twice": judged.twice,
        "bad": rows(judged.bad),
        "erased": rows(judged.erased),
        "noes": judged.noes,
        "notes": judged.notes,
        "mapping": [
            {"column": column, "becomes": ours, "sample": sample}
            for column, ours, sample in judged.mapping
        ],
        "doubtful": [
            {"line": line, "value": value, "meant": meant}
            for value, (line, meant) in judged.typos.items()
        ],
        "written": taken is not None,
        "new": counts.new,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "unsubscribed_kept": counts.unsubscribed_kept,
        "off_the_list": counts.gone,
    }
