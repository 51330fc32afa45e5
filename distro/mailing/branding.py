"""Apply [brand]: the look of one sender's letters."""

import mimetypes
from pathlib import Path

from distro.errors import SettingsError
from distro.letter.brand import PAGE, PAGE_DARK, READABLE, Brand, contrast
from distro.letter.mime import FilePart
from distro.lib.files import read_regular
from distro.model import PICTURES, Enclosed
from distro.settings.load import Settings

_LARGEST_LOGO = 1_000_000  # bytes; it travels in every letter


def brand_of(settings: Settings, domain: str) -> Brand:
    """Return how the letters of a sender look.

    Raises SettingsError for a logo that cannot be read, or a colour that cannot be.
    """
    brand = settings.brand
    for setting, colour, ground in (
        ("accent", brand.accent, PAGE),
        ("accent_dark", brand.accent_dark, PAGE_DARK),
    ):
        if contrast(colour, ground) < READABLE:
            raise SettingsError(
                f"brand.{setting}: {colour} has a contrast of {contrast(colour, ground):.1f} on"
                f" {ground}; links need {READABLE} to be read",
                hint="A darker shade of it." if setting == "accent" else "A lighter shade of it.",
            )
    return Brand(
        brand.accent,
        brand.accent_dark,
        _logo(brand.logo, domain) if brand.logo else None,
        brand.logo_width,
        tuple(brand.links.items()),
    )


def _logo(path: str, domain: str) -> FilePart:
    kind = mimetypes.guess_type(path)[0]
    if kind not in PICTURES:
        raise SettingsError(
            f"brand.logo: {path} is no PNG, JPEG or GIF, which every mail program shows"
        )
    try:
        raw = read_regular(Path(path), _LARGEST_LOGO)
    except OSError as error:
        raise SettingsError(f"brand.logo: {path} cannot be read ({error.strerror})") from None
    return FilePart(Path(path).name, kind, raw, f"{Enclosed.hash_of(raw)}@{domain}")
