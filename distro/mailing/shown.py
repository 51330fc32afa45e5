"""Make the letter of a distribution as a page shows it, whether or not it was compiled already."""

from datetime import datetime

from distro.errors import NotFoundError
from distro.installation.context import Installation
from distro.letter import CompiledLetter
from distro.mailing.compose import compile_edition, load_letter
from distro.store import distributions, letters
from distro.store.distribution import Distribution


def letter_as_shown(
    installation: Installation, found: Distribution, language: str
) -> CompiledLetter:
    """Return the letter that goes out, or the one that would; raises TemplateError."""
    if letters.letter(installation.store, found.id, language, ""):
        return load_letter(installation, found.id, language)
    edition = distributions.editions(installation.store, found).get(language)
    if edition is None:
        raise NotFoundError("this edition is not kept any more")
    return compile_edition(installation, edition, "0", datetime.now().astimezone())
