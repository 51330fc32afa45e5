"""An edition laid out for e-mail: compiled once per edition, filled per recipient by splicing."""

from distro.letter.compile import TIERS, CompiledLetter, compile_letter
from distro.letter.fill import Filler, message_ids

__all__ = ["TIERS", "CompiledLetter", "Filler", "compile_letter", "message_ids"]
