"""Read the roles of lists from segments.toml: their owner, whether readers may join, whether they
are trusted with embargoes.
"""

# [lists.journalists]
# title = {en = "Press releases", fr = "Communiqués de presse"}     or one text for all
# owner = "press@agency.example"
# public = true                 readers find it on the subscribe page
# embargo_trusted = true        where any list is, only such lists may be `trusted:` in a release

from dataclasses import dataclass
from pathlib import Path

from distro.audience.segments import table_of
from distro.errors import SettingsError

_KNOWN = {"title": (str, dict), "owner": (str,), "public": (bool,), "embargo_trusted": (bool,)}


@dataclass(frozen=True, slots=True)
class ListRole:
    """The description of one list."""

    name: str
    titles: dict[str, str]
    owner: str = ""
    public: bool = False
    embargo_trusted: bool = False

    def shown(self) -> str:
        """Return it as `segments list` shows it: list, anybody may join, of
        m.zammit@agency.example.
        """
        parts = (
            "list",
            self.public and "anybody may join",
            self.embargo_trusted and "may have it before an embargo is over",
            self.owner and f"of {self.owner}",
        )
        return ", ".join(part for part in parts if part)

    def title(self, language: str) -> str:
        """Return the list's name for readers of this language."""
        base = language.split("-", maxsplit=1)[0]
        return (
            self.titles.get(language)
            or self.titles.get(base)
            or self.titles.get("")
            or next(iter(self.titles.values()), "")
            or self.name.replace("-", " ").capitalize()
        )


def load_roles(folder: Path) -> dict[str, ListRole]:
    """Return the lists of segments.toml by name; none without the file. Raises SettingsError."""
    where, table = table_of(folder, "lists")
    return {name.lower(): _role(where, name, facts) for name, facts in table.items()}


def _role(where: Path, name: str, facts: object) -> ListRole:
    if not isinstance(facts, dict):
        raise SettingsError(
            f"{where}: lists.{name} must be a table",
            hint=f"Write [lists.{name}] and below it public = true",
        )
    for key, value in facts.items():
        if key not in _KNOWN or not isinstance(value, _KNOWN[key]):
            raise SettingsError(
                f"{where}: lists.{name}.{key} is not understood",
                hint=f"Known are {', '.join(_KNOWN)}.",
            )
    title = facts.get("title", {})
    titles = {"": title} if isinstance(title, str) else {str(k): str(v) for k, v in title.items()}
    return ListRole(
        name.lower(),
        titles,
        facts.get("owner", ""),
        facts.get("public", False),
        facts.get("embargo_trusted", False),
    )
