"""Documents in, blocks out: Word, OpenDocument, saved pages, RTF, messages, PDF.

Each reader accounts for every paragraph of its file, and runs in a child process under limits.
"""

from distro.documents.blocks import Block, Change, Document, Remark
from distro.documents.reader import SUFFIXES, read_document

__all__ = ["SUFFIXES", "Block", "Change", "Document", "Remark", "read_document"]
