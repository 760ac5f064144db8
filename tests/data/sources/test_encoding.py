from __future__ import annotations

import random
import sqlite3
import sys
from pathlib import Path

import pytest

from anomalog_exp.data.sources.encoding import encoding_of, transcoded
from anomalog_exp.errors import DataError

TEXT = "".join(f"2024-05-01 10:00:{i % 60:02d} Größe {i} überschritten\r\n" for i in range(3000))
SIGNS = TEXT.replace("Größe", "\N{LEFT DOUBLE QUOTATION MARK}Größe €5 \N{EN DASH}")
RUSSIAN = "2024-05-01 10:00:00 ошибка при чтении файла\n" * 50


def found(tmp_path: Path, data: bytes) -> str:
    (tmp_path / "a.log").write_bytes(data)
    return encoding_of(tmp_path / "a.log", "dataset.source.path", tmp_path / "a.log")


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (TEXT, "utf-8", "utf-8"),
        (TEXT, "utf-8-sig", "utf-8-sig"),
        (TEXT, "utf-16", "utf-16-le"),
        (TEXT, "utf-16-le", "utf-16-le"),
        (TEXT, "utf-16-be", "utf-16-be"),
        (RUSSIAN, "utf-16-be", "utf-16-be"),
        ("日本語 1\n" * 9, "utf-16", "utf-16-le"),
        (TEXT, "utf-32", "utf-32-le"),
        (TEXT, "latin-1", "latin-1"),
        (TEXT.upper(), "latin-1", "latin-1"),
        (SIGNS, "cp1252", "windows-1252"),
        ("23 °C\nit\N{RIGHT SINGLE QUOTATION MARK}s\n", "cp1252", "windows-1252"),
        ("plain\n" * 100 + "café\n", "latin-1", "latin-1"),
        (RUSSIAN, "utf-8", "utf-8"),
        ("", "utf-8", "utf-8"),
        ("\n\n", "utf-8", "utf-8"),
    ],
)
def test_text_in_any_encoding_is_told_and_comes_out_the_same(tmp_path, text, codec, name):
    encoding = found(tmp_path, text.encode(codec))
    if name.startswith("utf-8"):
        assert encoding == name
        return
    assert transcoded(tmp_path / "a.log", encoding, tmp_path / "b.log") == name
    assert (tmp_path / "b.log").read_bytes().decode() == text


@pytest.mark.parametrize(
    "data",
    [
        b"plain line\n" * 100 + b"not a line of this log \xf7\n",
        b"plain line\n" * 1000 + b"caf\xe9\n",
        b"x\xfe\xff\n",
        b"plain line\n" * 60 + random.Random(1).randbytes(5000).replace(b"\n", b" "),
        b"broken \xc3\n" * 20,
        "日本語\n".encode("shift-jis") * 20,
        TEXT.encode() + "Größe\n".encode("latin-1"),
        b"\0" * 4096 + b"a line behind what a crash left\n",
        b"nul \0 and bell \x07 in a line that is long enough for them\n",
        b"\x1b[31mred\x1b[0m\n",
    ],
)
def test_utf_8_with_stray_bytes_stays_what_it_is(tmp_path, data):
    assert found(tmp_path, data) == "utf-8"


def database(path: Path) -> bytes:
    with sqlite3.connect(path) as connection:
        connection.execute("create table log (line text)")
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (lambda path: Path(sys.executable).read_bytes()[:100_000], "it is a program"),
        (lambda path: database(path / "a.db"), "it is an SQLite database"),
        (lambda path: b"\x89PNG\r\n\x1a\n", "it is a picture"),
        (lambda path: random.Random(1).randbytes(10_000), "it is a binary file"),
        (lambda path: bytes(100_000), "it holds zeros only"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, data, problem):
    parts = rf"(?s)this is no log: {problem}\n  value: .*a\.log\n  allowed: text.*\n  to do: "
    with pytest.raises(DataError, match=parts):
        found(tmp_path, data(tmp_path))


def test_bytes_that_utf_16_leaves_open_become_escapes(tmp_path):
    (tmp_path / "a.log").write_bytes("\ufeffa\n".encode("utf-16-le") + b"\x00\xd8b\x00")
    transcoded(tmp_path / "a.log", "utf-16-le", tmp_path / "b.log")
    assert (tmp_path / "b.log").read_text() == "a\n\\x00\\xd8b"
