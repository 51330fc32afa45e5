"""Say what to type next, for each kind of trouble that a command can meet.

Errors carry a code and facts (`distro.errors`); the terminal words them here, as the pages word
them in their own terms.
"""

from collections.abc import Callable, Mapping
from typing import Any

from distro.errors import DistroError

Facts = Mapping[str, Any]


def _already_sent(facts: Facts) -> str:
    """Name those whom an earlier sending did not reach, if there are any."""
    rest = facts.get("not_reached")
    if not rest:
        return "Really again? --as-new"
    return (
        f"{rest['people']:,} of {rest['distribution']} {rest['state'].replace('_', ' ')}:"
        f" distro resend {rest['distribution']} --only {rest['state']}."
        " The whole release once more: --as-new"
    )


def _unknown_term(facts: Facts) -> str:
    near = f"Did you mean {facts['near']} ({facts['people']} people)? " if facts["near"] else ""
    return near + (_ALL_LISTS if facts["any_lists"] else _NO_LISTS)


def _languages_missing(facts: Facts) -> str:
    """Ask about each other edition: the same error, or not."""
    missing, given = " ".join(facts["languages"]), " --only ".join(facts["given"])
    return f"If so, give the {missing} file too. If not: --only {given}"


def _column_not_set(facts: Facts) -> str:
    return {
        "lists": "Lists are joined and left: --join NAME, --leave NAME.",
        "email": "A change of address: distro subscribers edit ADDRESS --move-to NEW.",
    }.get(str(facts["column"]), "")


_ALL_LISTS = "`distro segments list` shows all."
_NO_LISTS = "Import one: distro subscribers import FILE --list NAME"
_HINTS: dict[str, str | Callable[[Facts], str]] = {
    # plan and submit
    "when_missing": (
        'distro submit release.md --to journalists --at "2026-12-01 10:00 Europe/Zurich"'
    ),
    "time_unreadable": '--at "2026-12-01 10:00 Europe/Zurich", or --now',
    "time_over": "Another --at, or --now.",
    "embargo_not_over": (
        'Send it at the lift: --at "{lift}". To some before it: `trusted: LIST` in the front matter'
    ),
    "not_suppressed_by_message": "distro subscribers suppress {email} --lift --reason TEXT",
    "lift_over": "To end the embargo now: distro lift {distribution}",
    "no_embargo": "`distro report` shows what waits, and until when.",
    "nobody_matches": 'See who is there: distro segments list   distro segments count "…"',
    "already_sent": _already_sent,
    "same_text": (
        "A further language or the rest of its readers: put `id: {release}` into the front matter."
        " A story of its own: --as-new"
    ),
    "changed_text": "Send the same text to the rest, or a story of its own: --as-new",
    "id_taken": "Give it an `id:` of its own in the front matter.",
    "edition_missing": "Give its file too, or take it out of `required`.",
    "problems_in_release": "Mend these lines; `distro check FILE` shows them again.",
    "empty_expression": 'Name a list, like --to journalists, or "journalists and language:es".',
    # orders about a distribution
    "no_such_distribution": "`distro report` lists them.",
    "sent_already": (
        'A mistake in the text: distro correct {distribution} FILE… --note "…". To take it back:'
        ' distro kill {distribution} --note "…"'
    ),
    "under_way": "Stop it: `distro halt`, or `distro cancel`.",
    "nobody_in_state": "See who is what: distro report {distribution}",
    "may_not_be_written_to": "More: distro explain {address}",
    "changed_text_of_distribution": "See `distro report {release}`.",
    "token_needed": "DISTRO_TOKEN=… before the command, or `distro login`.",
    "token_invalid": "An admin makes another: distro users token NAME",
    "token_expired": "An admin makes another: distro users token NAME",
    "role_too_low": "An admin gives roles: distro users list",
    "scope_too_small": "Somebody with all desks and lists can: distro users list",
    "own_draft": "`distro users list` shows who may.",
    "approved_already": "`distro report` shows who has approved it.",
    "no_draft": "`distro report` shows what waits for approval.",
    "reason_missing": "--reason TEXT, one line",
    "no_break_glass": "Without it, the letters wait for approval; the halt holds at once.",
    "user_exists": "Another token for them: distro users token {name}",
    "no_such_user": "`distro users list` lists them.",
    "on_hold": (
        "It goes on by `distro clear {distribution} --note TEXT`; or correct it, or kill it."
    ),
    "submit_held": "End the hold first: distro clear {distribution} --note TEXT",
    "submit_killed": "A new story needs an `id:` of its own.",
    "killed": "`distro report {distribution}` lists whom to ring.",
    "held_already": "End it: distro clear {release} --note TEXT; or correct it, or kill it.",
    "not_held": "Ask its readers to wait: distro hold {release} --note TEXT",
    "kill_of_draft": "Nobody needs to be told: distro cancel {distribution}",
    "note_empty": '--note "We are checking the figure in the second paragraph."',
    "note_lines": "One sentence or two; the corrected text itself stands in the file.",
    "note_long": "One sentence or two; the corrected text itself stands in the file.",
    "until_unreadable": '--until "2026-12-01 16:00"',
    "changed_meanwhile": "The same command shows it as it is now.",
    "correction_pending": "Give their files too, or wait until {distribution} is sent.",
    "embargo_in_correction": (
        "A correction keeps the embargo. To move it: distro reschedule {distribution} --at TIME"
    ),
    "unapproved": "distro approve {distribution}",
    "no_change": "Is it the right file? Only what readers see counts.",
    "language_not_held": "A further language is no correction: distro submit it.",
    "only_other_languages": "Name the languages of the files, or leave --only out.",
    "languages_missing": _languages_missing,
    # people and lists
    "unknown_address": (
        "Not on any list, so nothing is sent there. Add them: distro subscribers add ADDRESS"
        " --list NAME. Spelt otherwise? distro subscribers list --search WORD"
    ),
    "column_not_set": _column_not_set,
    "encoding_unknown": (
        "Save it as UTF-8 (Excel: CSV UTF-8), or say which it is: --encoding windows-1250"
    ),
    "in_the_book": "distro subscribers edit {address} …",
    "another_person": "Erase one of them first: distro subscribers erase {address}",
    "not_suppressed": "distro subscribers history {address}",
    "no_such_list": _ALL_LISTS,
    "unknown_term": _unknown_term,
    "list_not_told": (
        "Write to them first: distro submit closing.md --to {list} --now; when it is sent, close"
        " the list."
    ),
    "near_name": "Did you mean {near}? If it is to be a new {what}: --create.",
    # the installation
    "no_settings_file": "Make one: distro init. Or name it with --config FILE or in DISTRO_CONFIG.",
    "redis_away": "Is `distro up` running? Look at `redis = …` in distro.toml.",
    "no_pepper": "Has `distro up` run on it yet?",
    "no_dkim_key": "Make one: `distro doctor --make-dkim-key`.",
    "relay_refused_test": "distro doctor   says what it offers and what is wrong",
    "no_reader_address": 'Write --as ana@daily.example, or --as "Ana Ruiz <ana@daily.example>".',
    "bad_backup_key": (
        "It holds one line, AGE-SECRET-KEY-1…; `distro backup FILE --key-file NEW` makes one."
    ),
    "installation_exists": (
        "This folder holds an installation already: distro up --mailbox. Another one needs an empty"
        " folder: distro init another-office"
    ),
}


CODES = frozenset(_HINTS)


def hint_for(error: DistroError) -> str:
    """Return what to type next; the error's own hint where it has one."""
    if error.hint:
        return error.hint
    hint = _HINTS.get(error.code, "")
    return hint(error.facts) if callable(hint) else hint.format(**error.facts)
