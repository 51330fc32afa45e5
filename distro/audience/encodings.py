"""Find the encoding of a spreadsheet saved as text, from the whole file; say which where it is not
UTF-8, and never guess blindly.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from distro.errors import InputFileError

_NAMES = {
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1253": "Windows-1253",
    "cp1254": "Windows-1254",
    "cp1255": "Windows-1255",
    "cp1256": "Windows-1256",
    "shift_jis": "Shift-JIS",
    "cp932": "Shift-JIS",
    "mac_roman": "Mac Roman",
    "koi8_r": "KOI8-R",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "euc_jp": "EUC-JP",
    "euc_kr": "EUC-KR",
}
_ENOUGH = 300_000  # bytes of lines that are not ASCII, from which an encoding is found out
_FEW = 0.2  # share of such lines that may be no UTF-8 in a file that otherwise is
_CHAOS = 0.2  # of a reading that the library finds too messy to be a text
_ALIKE = 0.12  # difference of two readings that says nothing
# Signs inside a word, or before it, that only a wrong reading puts there: £ukasz, Wi³a, Dupr´.
_ODD = re.compile(
    r"[£¤¥¦§¨©«¬®¯°±²³´µ¶¸¹»¼½¾¿†‡•…‰‹›€™˜ˆ„‚ƒ¡¢×÷][^\W\d_]"
    r"|[^\W\d_][£¤¥¦§¨©¬®¯±²³µ¶¸¹¼½¾†‡‰€™˜ˆƒ¢×÷]|[þðÞÐ]"
)
_FALLBACK = "distro-windows-1252"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Decode what is no UTF-8 as Windows-1252."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252"), error.end


codecs.register_error(_FALLBACK, _as_windows)


@dataclass(frozen=True, slots=True)
class _Detected:
    encoding: str
    errors: str = "strict"
    note: str = ""


def open_text(path: Path, encoding: str, notes: list[str]) -> TextIO:
    """Open a text file for reading; add to `notes` what a person should know. Raises
    InputFileError.

    `encoding`: as the person says; "": found out from the whole file.
    """
    found = _said(path, encoding) if encoding else _find(path)
    if found.note:
        notes.append(found.note)
    return path.open(encoding=found.encoding, errors=found.errors, newline="")


def _said(path: Path, encoding: str) -> _Detected:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise InputFileError(
            f'there is no encoding "{encoding[:40]}"', hint=f"Like {', '.join(_NAMES.values())}."
        ) from None
    _check(path, encoding)
    return _Detected(encoding)


def _find(path: Path) -> _Detected:
    with path.open("rb") as file:
        head = file.read(4096)
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return _Detected("utf-16")
    if len(head) > 3 and head.count(0) > len(head) // 4:
        return _Detected("utf-16-le" if head[1:2] == b"\0" else "utf-16-be")
    lines, wrong, sample = _survey(path)
    if not wrong:
        return _Detected("utf-8-sig")
    if len(wrong) <= max(1, int(lines * _FEW)) and len(wrong) < lines:
        return _mixed(path, wrong)
    encoding = _best(b"".join(sample))
    if not encoding:
        raise InputFileError(
            f"{path.name} is no UTF-8 (line {wrong[0]}), and which other encoding it has cannot be"
            " told",
            code="encoding_unknown",
        )
    _check(path, encoding)
    return _Detected(
        encoding,
        note=(
            f"read as {_NAMES.get(encoding, encoding)}: look at the names; if they are wrong, name"
            " another encoding"
        ),
    )


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give the lines that hold more than ASCII, with their numbers."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.isascii():
                yield number, line


def _survey(path: Path) -> tuple[int, list[int], list[bytes]]:
    """Return how many lines are more than ASCII, which of them are no UTF-8, and what those
    hold.
    """
    count, wrong, sample, size = 0, [], [], 0
    for number, line in _lines(path):
        count += 1
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            wrong.append(number)
            if size < _ENOUGH:
                sample.append(line)
                size += len(line)
    return count, wrong, sample


def _mixed(path: Path, wrong: list[int]) -> _Detected:
    """Read a UTF-8 file into which somebody pasted a few lines of another encoding."""
    for number, line in _lines(path):
        try:
            line.decode("utf-8", _FALLBACK)
        except UnicodeDecodeError:
            raise InputFileError(
                f"{path.name} line {number}: a byte that is neither UTF-8 nor Windows-1252",
                code="encoding_unknown",
            ) from None
    numbers = ", ".join(map(str, wrong[:10])) + (" …" if len(wrong) > 10 else "")
    return _Detected(
        "utf-8-sig",
        _FALLBACK,
        f"line {numbers}: no UTF-8, read as Windows-1252; look at the accents there",
    )


def _best(sample: bytes) -> str:
    """Return the most plausible encoding of a text that is no UTF-8; "" where several are and
    differ.
    """
    from charset_normalizer import from_bytes

    found = list(from_bytes(sample, cp_isolation=[*_NAMES]))
    readings = {m.encoding: m for m in found if m.chaos <= _CHAOS}
    if not readings:
        return ""
    odd = {name: len(_ODD.findall(sample.decode(name, "replace"))) for name in readings}
    least = min(m.chaos for m in readings.values())
    good = [
        name
        for name, m in readings.items()
        if m.chaos <= least + 0.05 and odd[name] == min(odd.values())
    ] or [next(iter(readings))]
    best = max(good, key=lambda name: readings[name].coherence)
    # Western European is what most such files are; where nothing speaks against it, it is.
    if "cp1252" in good and readings["cp1252"].coherence >= readings[best].coherence - _ALIKE:
        return "cp1252"
    return best


def _check(path: Path, encoding: str) -> None:
    """Raise InputFileError for the first byte that this encoding does not have."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                decoder.decode(line)
            except UnicodeDecodeError:
                raise InputFileError(
                    f"{path.name} line {number}: a byte that {_NAMES.get(encoding, encoding)} does"
                    " not have",
                    code="encoding_unknown",
                ) from None
