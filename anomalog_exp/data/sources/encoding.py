"""Which encoding a log is in, as far as its bytes tell, and the same text in UTF-8.

A byte-order mark decides. Without one, text in which every second byte is zero is UTF-16. What is valid
UTF-8 is that. Other text is Latin-1 or Windows-1252 where its other bytes stand in words, as in
`Gr\\xfc\\xdfe`, on at least one line of 200; else it is UTF-8 with stray bytes, which are kept as
escapes. A file with many control characters is no text. A log is judged by 64 KiB from its begin and
from three other places: reading all of it for that would take as long as the rest.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from anomalog_exp.errors import DataError

__all__ = ["UTF8", "encoding_of", "transcoded"]

UTF8: Final = ("utf-8", "utf-8-sig")
"""Encodings that are read as they are."""

_LATIN: Final = "windows-1252"
_PIECE: Final = 1 << 16
_CHUNK: Final = 1 << 20
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_KINDS: Final = {
    b"\x7fELF": "a program",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"%PDF-": "a PDF",
    b"SQLite format 3\0": "an SQLite database",
    b"PAR1": "a Parquet file",
    b"ElfFile\0": "a Windows event log (evtx)",
    b"LPKSHHRH": "a journal of systemd; `journalctl --file NAME -o short-iso` makes text of it",
    b"\x04\x22\x4d\x18": "compressed by lz4",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a rar archive",
}
_ZEROS: Final = re.compile(rb"\0{8,}")
"""What a crash or a truncated log leaves: blocks that were never written."""

_CONTROL: Final = bytes({*range(9), *range(14, 27), *range(28, 32), 127})
_MOST_CONTROL: Final = 0.05
_FEWEST_ZEROS: Final = 0.1
_FEWEST_LINES: Final = 1 / 200
_MOST_ALONE: Final = 0.1
_FEWEST_WORDS_PER_CHARACTER: Final = 20

_CHARACTER: Final = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
"""One character of UTF-8 beyond ASCII."""
_LETTER: Final = rb"[\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xd6\xd8-\xf6\xf8-\xfe]"
_SIGN: Final = rb"[\x80\x82\x84\x85\x91-\x97\x99\xa0\xa3\xa7\xa9\xab\xae\xb0-\xb5\xba-\xbe]"
_NO_SIGN: Final = re.sub(_SIGN, b"", bytes(range(128, 256)))
_IN_WORDS: Final = re.compile(
    rb"(?<=[A-Za-z])(?:%b)+|(?:%b)+(?=[A-Za-z])|(?<=[A-Za-z0-9])%b|%b(?=[A-Za-z0-9])"
    % (_LETTER, _LETTER, _SIGN, _SIGN)
)
_BEYOND_LATIN_1: Final = re.compile(rb"[\x80-\x9f]")
_SIGNS: Final = {
    code: sign
    for code in range(128, 160)
    if (sign := bytes([code]).decode("cp1252", errors="ignore"))
}
"""What Windows-1252 has where Latin-1 has control characters; it leaves five codes open."""


def encoding_of(text: Path, key: str, log: Path) -> str:
    """The encoding of a text, as Python names it.

    Args:
        text: The file.
        key: The config key that names the log, for messages.
        log: What the text was unpacked from, or itself.

    Raises:
        DataError: it holds no text.
    """
    pieces = list(_pieces(text))
    for mark, name in _MARKS.items():
        if pieces[0].startswith(mark):
            return name
    for mark, kind in _KINDS.items():
        if pieces[0].startswith(mark):
            raise _no_text(log, key, f"it is {kind}")
    if wide := _wide(pieces[0]):
        return wide
    sample = b"\n".join(pieces)
    written = _ZEROS.sub(b"", sample)
    if sample and not written.strip(b"\n"):
        if not sample.strip(b"\n"):
            return "utf-8"
        raise _no_text(log, key, "it holds zeros only")
    lines = written.split(b"\n")  # one line of anything is no reason to refuse the others
    damaged = sum(_count(line, _CONTROL) > 0 for line in lines)
    if _count(written, _CONTROL) > _MOST_CONTROL * len(written) and 2 * damaged >= len(lines):
        raise _no_text(log, key, "it is a binary file")
    return _LATIN if _is_latin(sample) else "utf-8"


def transcoded(log: Path, encoding: str, into: Path) -> str:
    """Write the text of a log in UTF-8 into a new file.

    Returns:
        The encoding: `latin-1` where `windows-1252` was named, and nothing tells the two apart.
    """
    signs = False
    latin = encoding == _LATIN
    decode = codecs.getincrementaldecoder("latin-1" if latin else encoding)("backslashreplace")
    with log.open("rb") as file, into.open("xb") as text:
        mark = next((mark for mark, name in _MARKS.items() if name == encoding), b"")
        if file.read(len(mark)) != mark:
            file.seek(0)
        while chunk := file.read(_CHUNK):
            piece = decode.decode(chunk)
            if latin and _BEYOND_LATIN_1.search(chunk):
                signs = True
                piece = piece.translate(_SIGNS)
            text.write(piece.encode())
        text.write(decode.decode(b"", final=True).encode())
    return "latin-1" if latin and not signs else encoding


def _pieces(log: Path) -> Iterator[bytes]:
    """The begin of a file, and whole lines from three other places of a long one."""
    size = log.stat().st_size
    with log.open("rb") as file:
        begin = file.read(_PIECE)
        yield begin if size <= _PIECE else begin[: begin.rfind(b"\n") + 1] or begin
        for place in (size // 4, size // 2, 3 * size // 4) if size > 8 * _PIECE else ():
            file.seek(place)
            piece = file.read(_PIECE)
            yield piece[piece.find(b"\n") + 1 : piece.rfind(b"\n")]


def _wide(begin: bytes) -> str | None:
    """The kind of UTF-16 that a file without a byte-order mark is in; None if it is in none."""
    pairs = len(begin) // 2
    even, odd = begin[0 : 2 * pairs : 2].count(0), begin[1 : 2 * pairs : 2].count(0)
    for name, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > _FEWEST_ZEROS * pairs and others * 20 <= zeros:
            return name
    return None


def _is_latin(sample: bytes) -> bool:
    """Whether bytes that are no UTF-8 read as words of Latin-1 or Windows-1252."""
    try:
        sample.decode()
        return False
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.end == len(sample):
            return False  # the piece ends within a character
    rest, characters = _CHARACTER.subn(b"", sample)
    alone = _IN_WORDS.sub(b"", rest)
    in_words = len(rest) - len(alone)
    lines = sum(1 for line in rest.split(b"\n") if not line.isascii() and _IN_WORDS.search(line))
    return (
        _count(alone, _NO_SIGN) <= _MOST_ALONE * in_words
        and in_words >= _FEWEST_WORDS_PER_CHARACTER * characters
        and lines >= _FEWEST_LINES * (rest.count(b"\n") + 1)
    )


def _count(data: bytes, of: bytes) -> int:
    """How many bytes of `data` are among `of`."""
    return len(data) - len(data.translate(None, of))


def _no_text(log: Path, key: str, problem: str) -> DataError:
    return DataError.of(
        key,
        log,
        problem=f"this is no log: {problem}",
        allowed="text in UTF-8, UTF-16, UTF-32, Latin-1 or Windows-1252, plain or compressed by gzip, "
        "bzip2, xz or zstd",
        fix="name another file, or make text of it first",
    )
