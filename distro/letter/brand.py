"""An organisation's look: colour, logo, where else it is found. The rest is `templates/email/`."""

from dataclasses import dataclass

from distro.letter.mime import FilePart

SEA, SEA_DARK = "#0b5570", "#83c5de"
PAGE, PAGE_DARK = "#ffffff", "#15181b"  # the grounds that links stand on
READABLE = 4.5  # WCAG 2.2, 1.4.3


@dataclass(frozen=True, slots=True)
class Brand:
    """The accent in the light and in the dark (#rrggbb), a logo instead of the name, links as
    words.
    """

    accent: str = SEA
    accent_dark: str = SEA_DARK
    logo: FilePart | None = None
    logo_width: int = 160  # pixels
    links: tuple[tuple[str, str], ...] = ()  # name, address


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours like #0b5570: 1 to 21 (WCAG 2.2, "contrast
    ratio").
    """
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
