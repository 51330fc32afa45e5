"""Keep what a walk through a document finds beside its words: changes, pictures, remarks."""

from dataclasses import dataclass, field

from distro.documents.blocks import Change, Remark

PICTURES = (".png", ".jpg", ".jpeg", ".gif")  # endings of what every mail program shows


@dataclass
class Leftovers:
    """The finds of a walk through a document, beside its words."""

    changes: list[Change] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    pictures: dict[str, str] = field(default_factory=dict)  # name for readers -> part

    def error(self, text: str, place: str = "") -> None:
        """Note why a document cannot be sent like this."""
        self.remarks.append(Remark(text, place, error=True))

    def note(self, text: str, place: str = "") -> None:
        """Note what somebody should know."""
        self.remarks.append(Remark(text, place))

    def picture(self, part: str, place: str) -> str:
        """Keep a picture of the file; return its name, "" where readers could not see it."""
        name = part.rpartition("/")[2]
        if not name.lower().endswith(PICTURES):
            text = f"the picture {name} is no PNG, JPEG or GIF, which every mail program shows"
            self.note(text, place)
            return ""
        self.pictures[name] = part
        return name


def figure(text: str, otherwise: int = 0) -> int:
    """Return the number that an attribute says; `otherwise` where it says none, or one too large
    for a document.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise
