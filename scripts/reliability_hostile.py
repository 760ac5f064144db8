"""Rubbish, made by chance: bytes, texts, values, lines, tables, archives, answers of a server."""

from __future__ import annotations

import csv
import io
import random
import tarfile
import zipfile
from collections.abc import Sequence
from typing import Any

__all__ = [
    "LONG",
    "answer_of_a_server",
    "archive",
    "bytes_of_lines",
    "label_table",
    "line",
    "session_file",
    "spoilt",
    "text",
    "value",
]

LONG = 20_000
"""Letters of the longest words."""

_NUMBERS = (
    *("0", "-1", "18446744073709551615", "9223372036854775808", "-9223372036854775809", "1e20"),
    *(
        "1e400",
        "nan",
        "inf",
        "-inf",
        "0x7fffffff",
        "00000000000000000000001",
        "1_000",
        "\u0661\u0662",
    ),
    *("2024-02-30", "0000-00-00", "9999-12-31 23:59:60", "12:61:99,999", "99999999999999999999"),
)
_PIECES = (
    *("", " ", "\t", "\r", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\ufeff", "\u200f"),
    *("é", "e\u0301", "\U0001f4a5", "\udc80", "'", '"', '""', ",", ";", "|", "\\", "\\n", "/"),
    *("../", "..", "~", "~nosuchuser", "%00", "%s", "{}", "{0}", "${oc.env:HOME}", "${workers:}"),
    *("$(id)", "`id`", "<*>", "<unknown>", "<Content>", "[", "]", "{", "}", "null", "None", "true"),
    *("blk_1", "blk_-1", "INFO", "FATAL", "-", "=", "~x", "+x=1", "a: b", "#", "!!python/object"),
    *("http://", "file:///etc/passwd", "con", "aux.", ".hidden", "a" * 300),
)


def text(chance: random.Random, most: int = 12) -> str:
    """A text of pieces that have broken programs before; it can be encoded as UTF-8."""
    parts = []
    for _ in range(chance.randrange(most + 1)):
        kind = chance.randrange(10)
        if kind == 0:
            parts.append(chance.choice(_NUMBERS))
        elif kind == 1:
            parts.append("".join(chr(chance.randrange(32, 0x2FFF)) for _ in range(5)))
        elif kind == 2 and chance.random() < 0.1:
            parts.append(chance.choice("a/0.-_:x= ") * chance.choice([100, 1000, LONG]))
        else:
            parts.append(chance.choice(_PIECES))
    joined = chance.choice(["", " ", ""]).join(parts)
    return joined.encode("utf-8", "ignore").decode()


def _some_bytes(chance: random.Random) -> bytes:
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randbytes(chance.randrange(40))
    if kind == 1:
        odd = [
            b"\xff\xfe",
            b"\xed\xa0\x80",
            b"\xc0\x80",
            b"\xf7\xbf\xbf\xbf",
            b"\x1f\x8b",
            b"x\x9c",
        ]
        return chance.choice(odd)
    return text(chance).encode()


def bytes_of_lines(chance: random.Random) -> bytes:
    """A file of lines, or what should be one."""
    begin = chance.choice([b"", b"", b"", b"\xef\xbb\xbf", b"\x1f\x8b", b"x\x9c", b"\n"])
    ends = [b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\n\n", b""]
    lines = (_some_bytes(chance) + chance.choice(ends) for _ in range(chance.randrange(30)))
    return begin + b"".join(lines)


def spoilt(chance: random.Random, whole: str) -> str:
    """A text that was sound: with pieces in place of others, cut off, doubled, without its spaces."""
    words = whole.split(" ")
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(words))
        match chance.randrange(6):
            case 0:
                words[place] = chance.choice(_NUMBERS)
            case 1:
                words[place] = text(chance, 3)
            case 2:
                del words[place:]
                words.append("")
            case 3:
                words.insert(place, words[place])
            case 4:
                words[place] = ""
            case _:
                letters = list(words[place]) or [""]
                letters[chance.randrange(len(letters))] = chance.choice(_PIECES)
                words[place] = "".join(letters)
    return " ".join(words).encode("utf-8", "ignore").decode()


def line(chance: random.Random, sound: Sequence[str]) -> str:
    """A line that a parser may meet, without a line end."""
    kind = chance.randrange(4)
    odd = text(chance) if kind == 0 else spoilt(chance, chance.choice(sound))
    return odd.replace("\n", " ")


def label_table(chance: random.Random) -> tuple[bytes, dict[str, str] | None]:
    """A CSV of labels, and what it says of each entity where that is beyond doubt."""
    names = [f"blk_{n}" for n in range(chance.randrange(1, 20))]
    if chance.random() < 0.3:
        names = [name + chance.choice([" ", ",", '"', "\n", "é", "'", ";"]) for name in names]
    labels = {name: chance.choice(["Normal", "Anomaly", "0", "1", " normal "]) for name in names}
    out = io.StringIO()
    end = chance.choice(["\n", "\r\n"])
    quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    table = csv.writer(out, lineterminator=end, quoting=quoting)
    table.writerow(["entity", "label"])
    table.writerows(labels.items())
    data = out.getvalue().encode()
    if chance.random() < 0.3:
        return data, {name: label.strip().lower() for name, label in labels.items()}
    return _spoilt_bytes(chance, data), None


def _spoilt_bytes(chance: random.Random, data: bytes) -> bytes:
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data = data[:place]
            case 1:
                data = data[:place] + _some_bytes(chance) + data[place:]
            case 2:
                data = data[:place] + chance.choice([b'"', b",", b"\n", b"\x00"]) + data[place:]
            case 3:
                data = data[:place] + data[place + chance.randrange(1, 20) :]
            case _:
                data = bytes_of_lines(chance) if chance.random() < 0.1 else data * 2
    return data


def session_file(chance: random.Random) -> tuple[bytes, int | None]:
    """A file of sessions, and how many it holds where that is beyond doubt."""
    number = chance.randrange(1, 20)
    rows = [
        f"s{row}," + " ".join(str(chance.randrange(9)) for _ in range(chance.randrange(1, 9)))
        for row in range(number)
    ]
    data = ("\n".join(rows) + chance.choice(["", "\n"])).encode()
    if chance.random() < 0.3:
        return data, number
    return _spoilt_bytes(chance, data), None


def value(chance: random.Random, depth: int = 2) -> Any:
    """Any value that YAML can hold."""
    kind = chance.randrange(12 if depth else 10)
    if kind < 4:
        return text(chance, 3)
    if kind < 6:
        return chance.choice([0, -1, 1, 2**31, 2**63, -(2**63) - 1, 2**64, 10**30, 10**400])
    if kind < 8:
        return chance.choice([0.0, -0.5, 0.5, 1.0, 1e300, -1e-300, float("inf"), float("nan")])
    if kind < 10:
        return chance.choice([None, True, False, "", "???", "null"])
    if kind == 10:
        return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {text(chance, 2): value(chance, depth - 1) for _ in range(chance.randrange(4))}


def archive(chance: random.Random) -> bytes:
    """An archive that was made by hand: names, sizes, links and devices that nobody should trust."""
    out = io.BytesIO()
    if chance.random() < 0.5:
        with zipfile.ZipFile(out, "w") as zipped:
            for _ in range(chance.randrange(5)):
                info = zipfile.ZipInfo((_name(chance) or "x").replace("\x00", ""))
                info.external_attr = chance.choice([0, 0o120777, 0o010644, 0o100644]) << 16
                info.compress_type = chance.choice([0, 8, 12, 14])
                zipped.writestr(info, text(chance))
        return out.getvalue()
    form = chance.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
    mode = chance.choice(["w:", "w:gz", "w:bz2", "w:xz"])
    with tarfile.open(fileobj=out, mode=mode, format=form) as tarred:
        for _ in range(chance.randrange(5)):
            info = tarfile.TarInfo(_name(chance))
            kinds = [b"0", b"0", b"0", b"1", b"2", b"3", b"5", b"6", b"g", b"L", b"S", b"x"]
            info.type = chance.choice(kinds)
            info.linkname = _name(chance)
            content = text(chance).encode()
            info.size = len(content)
            info.mtime = chance.choice([0, -1, 2**40])
            if chance.random() < 0.2:
                info.pax_headers = {"size": chance.choice(_NUMBERS), "path": _name(chance)}
            tarred.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _name(chance: random.Random) -> str:
    odd = ["../x", "/x", "a/../../x", "C:\\x", "a/b", "a.log", ".", "..", "a/", "x" * 300, "a\\b"]
    return chance.choice(odd) if chance.random() < 0.7 else text(chance, 3)


def answer_of_a_server(chance: random.Random, whole: bytes) -> dict[str, Any]:
    """An answer to who asks for a file: status, body, headers; some are right."""
    part = chance.randrange(len(whole) + 1)
    bodies = [whole, whole, whole, whole[:part], whole[part:], b"", b"<html>no</html>", whole * 2]
    body = chance.choice(bodies)
    ranges = [
        f"bytes {part}-{len(whole) - 1}/{len(whole)}",
        f"bytes 0-{len(whole)}/*",
        f"bytes {10**30}-1/1",
        "bytes */1",
        "x",
    ]
    headers = {
        "ETag": chance.choice(['"1"', 'W/"1"', "", "x" * 1000]),
        "Last-Modified": chance.choice(["Sat, 28 Nov 2026 00:00:00 GMT", "yesterday"]),
        "Content-Range": chance.choice(ranges),
        "Content-Encoding": chance.choice(["gzip", "identity", "br", "é"]),
        "Location": chance.choice(["/again", "ftp://x/a.zip", "file:///etc/passwd", "//", "é", ""]),
        "Transfer-Encoding": chance.choice(["identity", "x"]),
        "Content-Type": "text/html",
    }
    kept = {name: headers[name] for name in headers if chance.random() < 0.25}
    return {
        "status": chance.choice(
            [200, 200, 200, 206, 206, 204, 301, 302, 403, 404, 416, 500, 503, 299]
        ),
        "length": chance.choice([None, None, None, len(body) + 5, 10**15]),
        "body": body,
        "headers": kept,
    }
