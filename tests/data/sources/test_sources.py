from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import threading
import zipfile
from pathlib import Path

import pytest

from anomalog_exp.data.sources.generated import GeneratedSource
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.data.sources.local_zip import LocalZipSource
from anomalog_exp.data.sources.remote_zip import RemoteZipSource
from anomalog_exp.errors import DataError
from anomalog_exp.progress import SILENT
from tests.data.sources.test_archive import FILES, make_zip
from tests.web import serving


def zipped(data: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.log", data)
    return archive.getvalue()


def local_zip(path: Path, data_root: Path, **changes) -> LocalZipSource:
    options = {
        "zip_path": path,
        "raw_logs_relpath": None,
        "md5_checksum": None,
        "max_unpacked_gb": 1.0,
        "data_root": data_root,
    }
    return LocalZipSource(**options | changes)


def remote_zip(url: str, data_root: Path, **changes) -> RemoteZipSource:
    options = {
        "url": url,
        "size_bytes": None,
        "raw_logs_relpath": None,
        "md5_checksum": None,
        "max_unpacked_gb": 1.0,
        "data_root": data_root,
    }
    return RemoteZipSource(**options | changes)


def test_a_folder_or_a_file_is_used_where_it_is(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/x.log").write_text("a")
    (tmp_path / "other.txt").write_text("b")
    for path, relpath, log in [
        (tmp_path, None, "sub/x.log"),
        (tmp_path, Path("other.txt"), "other.txt"),
        (tmp_path / "other.txt", None, "other.txt"),
    ]:
        raw = LocalDirSource(path, relpath).materialise(SILENT)
        assert raw.log == tmp_path / log
        assert raw.root == tmp_path


def test_the_log_nearest_to_the_folder_is_meant_and_nothing_hidden(tmp_path):
    for name in ("app.log", "outputs/x/run.log", ".cache/a.log", ".b.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a")
    assert LocalDirSource(tmp_path, None).materialise(SILENT).log == tmp_path / "app.log"


@pytest.mark.parametrize(
    ("pack", "kind"),
    [
        (gzip.compress, "gzip"),
        (bz2.compress, "bzip2"),
        (lzma.compress, "xz"),
        (zipped, "a zip archive"),
    ],
)
def test_a_compressed_log_is_refused_by_its_kind(tmp_path, pack, kind):
    (tmp_path / "app.log").write_bytes(pack(b"a line\n"))
    for path in (tmp_path, tmp_path / "app.log"):
        with pytest.raises(DataError, match=rf"(?s)the log is .*{kind}.*local_zip"):
            LocalDirSource(path, None).materialise(SILENT)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_log_in_utf_16_is_refused_with_the_way_out(tmp_path, encoding):
    text = "a line\n" if encoding == "utf-16" else "\ufeffa line\n"
    (tmp_path / "app.log").write_bytes(text.encode(encoding))
    with pytest.raises(DataError, match=r"(?s)the log is UTF-16.*iconv -f UTF-16"):
        LocalDirSource(tmp_path, None).materialise(SILENT)


def test_parts_of_a_rotated_log_that_are_not_read_are_named(tmp_path, caplog):
    for name in ("app.log", "app.log.1", "app.log.2", "app.txt"):
        (tmp_path / name).write_text("x")
    assert LocalDirSource(tmp_path, None).materialise(SILENT).log == tmp_path / "app.log"
    assert "app.log is read, and not app.log.1, app.log.2" in caplog.text


@pytest.mark.parametrize(
    ("files", "relpath", "message"),
    [
        (["a.log", "b.log"], None, "2 files in .* could be the log"),
        (["a.txt"], None, "0 files in .* could be the log"),
        (["a.log"], Path("c.log"), r"(?s)there is no such file in .*allowed: a\.log"),
        ([], None, "the folder is empty"),
    ],
)
def test_a_log_that_is_not_clear_is_asked_for_by_name(tmp_path, files, relpath, message):
    for name in files:
        (tmp_path / name).write_text("x")
    with pytest.raises(DataError, match=message):
        LocalDirSource(tmp_path, relpath).materialise(SILENT)


def test_a_path_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"dataset.source.path: there is no such file or folder"):
        LocalDirSource(tmp_path / "gone", None).materialise(SILENT)
    with pytest.raises(DataError, match=r"dataset.source.zip_path: there is no such file"):
        local_zip(tmp_path / "gone.zip", tmp_path).materialise(SILENT)


def test_an_archive_is_unpacked_once_and_a_replaced_one_anew(tmp_path):
    path = make_zip(tmp_path / "a.zip", FILES)
    first = local_zip(path, tmp_path / "data").materialise(SILENT)
    stamp = first.log.stat().st_mtime_ns
    assert local_zip(path, tmp_path / "data").materialise(SILENT) == first
    assert first.log.stat().st_mtime_ns == stamp
    make_zip(path, {"HDFS.log": b"other\n"})
    assert local_zip(path, tmp_path / "data").materialise(SILENT).log.read_bytes() == b"other\n"


@pytest.mark.parametrize("put_back", [False, True])
def test_a_replaced_archive_of_equal_size_is_unpacked_anew(tmp_path, put_back):
    path = make_zip(tmp_path / "a.zip", {"HDFS.log": b"first\n"})
    stat = path.stat()
    assert local_zip(path, tmp_path / "data").materialise(SILENT).log.read_bytes() == b"first\n"
    make_zip(path, {"HDFS.log": b"other\n"})
    if put_back:  # the time stamp too is what it was
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    assert local_zip(path, tmp_path / "data").materialise(SILENT).log.read_bytes() == b"other\n"


def test_a_wrong_checksum_unpacks_nothing(tmp_path):
    path = make_zip(tmp_path / "a.zip", FILES)
    right = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    with pytest.raises(DataError, match=f"md5_checksum: .* has the MD5 {right}"):
        local_zip(path, tmp_path / "data", md5_checksum="0" * 32).materialise(SILENT)
    assert not [p for p in (tmp_path / "data").iterdir() if not p.name.endswith(".lock")]
    assert local_zip(path, tmp_path / "data", md5_checksum=right).materialise(SILENT).log.is_file()


def test_a_download_is_checked_kept_and_not_repeated(tmp_path):
    body = make_zip(tmp_path / "a.zip", FILES).read_bytes()
    md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    with serving(lambda handler: handler.send(body)) as server:
        url = server.url("dir/My%20log.zip?download=1")
        facts = {"md5_checksum": md5, "size_bytes": len(body)}
        source = remote_zip(url, tmp_path / "data", **facts)
        assert source.materialise(SILENT).log.read_bytes() == FILES["HDFS.log"]
        assert (tmp_path / "data/My log.zip").read_bytes() == body
        source.materialise(SILENT)
    assert len(server.seen) == 1


def test_an_archive_put_there_by_hand_needs_no_network(tmp_path):
    make_zip(tmp_path / "HDFS.zip", FILES)
    raw = remote_zip("http://127.0.0.1:9/HDFS.zip", tmp_path).materialise(SILENT)
    assert raw.log.read_bytes() == FILES["HDFS.log"]


@pytest.mark.parametrize(
    ("facts", "problem"),
    [({"md5_checksum": "0" * 32}, "the download has the MD5"), ({"size_bytes": 5}, "instead of 5")],
)
def test_a_download_that_is_not_what_was_promised_is_thrown_away(tmp_path, facts, problem):
    body = make_zip(tmp_path / "a.zip", FILES).read_bytes()
    with serving(lambda handler: handler.send(body)) as server:
        with pytest.raises(DataError, match=problem):
            remote_zip(server.url("b.zip"), tmp_path / "data", **facts).materialise(SILENT)
    assert not list((tmp_path / "data").glob("b.zip*"))


def test_two_at_once_download_once(tmp_path):
    body = make_zip(tmp_path / "a.zip", FILES).read_bytes()
    with serving(lambda handler: handler.send(body)) as server:
        source = remote_zip(server.url("b.zip"), tmp_path / "data")
        threads = [threading.Thread(target=source.materialise, args=(SILENT,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.seen) == 1


def test_the_demo_log_is_written_once_and_is_named_by_its_parameters(tmp_path):
    def written(**changes):
        options = {"lines": 2000, "seed": 1, "anomaly_fraction": 0.1, "data_root": tmp_path}
        return GeneratedSource(**options | changes).materialise(SILENT)

    first = written()
    stamp = first.log.stat().st_mtime_ns
    assert written() == first
    assert first.log.stat().st_mtime_ns == stamp
    assert len({first.root, written(seed=2).root, written(lines=3000).root}) == 3
    assert not list(tmp_path.glob(".writing*"))
