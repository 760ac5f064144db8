"""What one key may name: files, folders, patterns, lists, compressed logs, other encodings, pipes."""

from __future__ import annotations

import bz2
import gzip
import logging
import lzma
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.errors import DataError
from anomalog_exp.progress import SILENT

TEXT = b"a line of the log\n" * 1000


def zstd(data: bytes) -> bytes:
    return pa.Codec("zstd").compress(data, asbytes=True)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}


def read(folder: Path, *named: str | Path, relpath: Path | None = None) -> RawFiles:
    return LocalDirSource(tuple(map(Path, named)), relpath, folder / "data").materialise(SILENT)


def names(raw: RawFiles) -> list[str]:
    return [one.name for one in raw.inputs]


def write(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n")


def test_a_pattern_names_files_in_the_order_of_their_names(tmp_path):
    write(tmp_path, "b.log", "a.log", "c.txt", ".hidden.log", "sub/d.log")
    assert names(read(tmp_path, tmp_path / "*.log")) == ["a.log", "b.log"]
    assert names(read(tmp_path, tmp_path / "**/*.log")) == ["a.log", "b.log", "sub/d.log"]
    assert read(tmp_path, tmp_path / "*.log").root == tmp_path


def test_a_list_keeps_its_order_and_names_each_file_once(tmp_path):
    write(tmp_path, "b.log", "a.log", "web/x.log")
    raw = read(tmp_path, tmp_path / "b.log", tmp_path / "web", tmp_path / "*.log")
    assert names(raw) == ["b.log", "web/x.log", "a.log"]
    assert raw.log == tmp_path / "b.log"


@pytest.mark.parametrize("named", [".", "app.log*"])
def test_a_rotated_log_is_one_oldest_first(tmp_path, named):
    write(tmp_path, "app.log", "app.log.1")
    (tmp_path / "app.log.10.gz").write_bytes(gzip.compress(b"oldest\n"))
    raw = read(tmp_path, tmp_path / named)
    assert names(raw) == ["app.log.10.gz", "app.log.1", "app.log"]
    assert [one.path.read_text() for one in raw.inputs] == ["oldest\n", "app.log.1\n", "app.log\n"]


def test_a_file_that_is_named_is_read_alone(tmp_path):
    write(tmp_path, "app.log", "app.log.1")
    assert names(read(tmp_path, tmp_path / "app.log")) == ["app.log"]
    assert names(read(tmp_path, tmp_path, relpath=Path("app.log.1"))) == ["app.log.1"]


def test_a_name_that_looks_like_a_pattern_is_a_name_where_it_is_one(tmp_path):
    write(tmp_path, "a[1].log", "a1.log")
    assert names(read(tmp_path, tmp_path / "a[1].log")) == ["a[1].log"]


def test_a_pattern_of_nothing_is_an_error(tmp_path):
    with pytest.raises(
        DataError, match=r"dataset.source.path: no file is named so\n  value: .*x\*"
    ):
        read(tmp_path, tmp_path / "x*")


@pytest.mark.parametrize("kind", PACKERS)
def test_a_compressed_log_is_unpacked_once_and_a_replaced_one_anew(tmp_path, kind):
    log = tmp_path / "app.log.packed"
    log.write_bytes(PACKERS[kind](TEXT))
    (one,) = read(tmp_path, log).inputs
    assert (one.name, one.compression, one.encoding) == (log.name, kind, "utf-8")
    assert one.path.read_bytes() == TEXT
    stamp = one.path.stat()
    assert read(tmp_path, log).inputs == (one,)
    assert one.path.stat() == stamp
    log.write_bytes(PACKERS[kind](b"other\n"))
    assert read(tmp_path, log).log.read_bytes() == b"other\n"


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("damage", ["cut off", "a flipped bit"])
def test_a_damaged_compressed_log_is_an_error_that_leaves_nothing(tmp_path, kind, damage):
    data = bytearray(PACKERS[kind](os.urandom(5000)))
    if damage == "cut off":
        del data[-9:]
    elif kind == "zstd":
        data[8] ^= 0xFF  # it keeps no checksum here: only its structure can be damaged
        del data[-1:]
    else:
        data[len(data) // 2] ^= 1
    (tmp_path / "app.log.x").write_bytes(data)
    with pytest.raises(DataError, match=r"(?s)cannot be unpacked.*app\.log\.x.*allowed.*to do"):
        read(tmp_path, tmp_path / "app.log.x")
    assert [path for path in (tmp_path / "data").iterdir() if path.suffix != ".lock"] == []


def test_another_encoding_is_read_as_utf_8_and_named(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    text = "Größe überschritten\n" * 20
    (tmp_path / "app.log").write_bytes(text.encode("latin-1"))
    (tmp_path / "app.log.1").write_bytes(gzip.compress(text.encode("utf-16")))
    raw = read(tmp_path, tmp_path)
    found = [(one.encoding, one.compression) for one in raw.inputs]
    assert found == [("utf-16-le", "gzip"), ("latin-1", None)]
    assert [one.path.read_text(encoding="utf-8") for one in raw.inputs] == [text, text]
    assert f"{tmp_path / 'app.log'} is read as latin-1" in caplog.text


def test_a_pipe_is_kept_under_the_digest_of_its_bytes(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    kept = []
    for name in ("a", "b"):
        os.mkfifo(tmp_path / name)
        writer = threading.Thread(target=(tmp_path / name).write_bytes, args=(TEXT,))
        writer.start()
        raw = read(tmp_path, tmp_path / name)
        writer.join()
        assert read(tmp_path, raw.log).log == raw.log
        kept.append(raw.log)
    assert kept[0] == kept[1]
    assert kept[0].read_bytes() == TEXT
    assert f"a is kept as {kept[0]}" in caplog.text


CODE = """
import sys
from pathlib import Path
from tests.data.sources.test_local_dir import read
for _ in range(2):
    for one in read(Path(sys.argv[1]), "-").inputs:
        print(one.name, len(one.path.read_bytes()), one.compression)
"""


@pytest.mark.parametrize("data", [TEXT, gzip.compress(TEXT, mtime=0)], ids=["text", "gzip"])
def test_standard_input_is_read_once_and_stays_there(tmp_path, data):
    done = standard_input(tmp_path, data)
    word = "gzip" if data != TEXT else None
    assert done.stdout.decode() == f"stdin {len(TEXT)} {word}\n" * 2, done.stderr


def test_processes_that_share_standard_input_read_the_same(tmp_path):
    reader, writer = os.pipe()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CODE, str(tmp_path)],
            cwd=Path(__file__).parents[3],
            stdin=reader,
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(TEXT * 1000)
    for process in processes:
        shown, _ = process.communicate(timeout=60)
        assert shown.decode() == f"stdin {1000 * len(TEXT)} None\n" * 2


@pytest.mark.parametrize(("data", "problem"), [(b"", "nothing came"), (None, "nothing is piped")])
def test_standard_input_without_a_log_is_an_error(tmp_path, data, problem):
    done = standard_input(tmp_path, data)
    assert re.search(
        rf"dataset.source.path: {problem}(?s:.*)to do: +pipe a log", done.stderr.decode()
    )


def standard_input(folder: Path, data: bytes | None) -> subprocess.CompletedProcess[bytes]:
    given = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    return subprocess.run(
        [sys.executable, "-c", CODE, str(folder)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=False,
        timeout=60,
        **given,
    )
