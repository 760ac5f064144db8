from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import os
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from anomalog_exp.data.sources.generated import GeneratedSource
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.data.sources.local_zip import LocalZipSource
from anomalog_exp.data.sources.remote_zip import RemoteZipSource, RemoteZipSourceConfig
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.progress import SILENT
from tests.archives import FILES, PACKERS, make_zip
from tests.web import Handler, serving


def zipped(data: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.log", data)
    return archive.getvalue()


def tarred(data: bytes, mode: str) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode=mode) as file:
        member = tarfile.TarInfo("app.log")
        member.size = len(data)
        file.addfile(member, io.BytesIO(data))
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


def local(path: Path, relpath: Path | None = None) -> LocalDirSource:
    """What names one path; nothing in it needs a copy."""
    return LocalDirSource((path,), relpath, Path("never written"))


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
        raw = local(path, relpath).materialise(SILENT)
        assert raw.log == tmp_path / log
        assert raw.root == tmp_path


def test_the_log_nearest_to_the_folder_is_meant_and_nothing_hidden(tmp_path):
    for name in ("app.log", "outputs/x/run.log", ".cache/a.log", ".b.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a")
    assert local(tmp_path).materialise(SILENT).log == tmp_path / "app.log"


@pytest.mark.parametrize(
    ("pack", "kind"),
    [
        (zipped, "a zip archive"),
        (lambda data: tarred(data, "w"), "a tar archive"),
        (lambda data: tarred(data, "w:gz"), "a tar archive"),
        (lambda data: gzip.compress(bz2.compress(data)), "compressed twice"),
    ],
)
def test_an_archive_in_place_of_a_log_is_refused_by_its_kind(tmp_path, pack, kind):
    (tmp_path / "app.log").write_bytes(pack(b"a line\n"))
    for path in (tmp_path, tmp_path / "app.log"):
        with pytest.raises(DataError, match=rf"(?s)the log is {kind}.*app\.log.*local_zip"):
            LocalDirSource((path,), None, tmp_path / "data").materialise(SILENT)


def test_a_compressed_log_is_no_archive(tmp_path):
    (tmp_path / "app.log.gz").write_bytes(gzip.compress(b"a line\n" * 1000))
    with pytest.raises(DataError, match=r"(?s)cannot be unpacked.*dataset/source=local_dir"):
        local_zip(tmp_path / "app.log.gz", tmp_path / "data").materialise(SILENT)


@pytest.mark.parametrize(
    ("files", "relpath", "message"),
    [
        (["a.log", "b.log"], None, r"source.path: 2 files in .* could be the log(?s:.*)itself, as /.*/a\.log, or several"),
        (["a.txt"], None, r"source.path: 0 files in .* could be the log(?s:.*)itself, as /.*/a\.txt$"),
        (["a.log"], Path("c.log"), r"(?s)there is no such file in .*allowed: a\.log"),
        ([], None, "the folder is empty"),
    ],
)  # fmt: skip
def test_a_log_that_is_not_clear_is_asked_for_by_name(tmp_path, files, relpath, message):
    for name in files:
        (tmp_path / name).write_text("x")
    with pytest.raises(DataError, match=message):
        local(tmp_path, relpath).materialise(SILENT)


def test_a_path_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"dataset.source.path: there is no such file or folder"):
        local(tmp_path / "gone").materialise(SILENT)
    with pytest.raises(DataError, match=r"dataset.source.zip_path: there is no such file"):
        local_zip(tmp_path / "gone.zip", tmp_path).materialise(SILENT)


def test_the_home_of_nobody_is_told(tmp_path):
    path = Path("~nosuchuser/app.log")
    for key, source in {
        "path": local(path),
        "zip_path": local_zip(path, tmp_path),
    }.items():
        message = rf"dataset.source.{key}: nobody on this machine has the home ~nosuchuser\n"
        with pytest.raises(DataError, match=message):
            source.materialise(SILENT)


def test_a_home_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    make_zip(tmp_path / "a.zip", FILES)
    (tmp_path / "app.log").write_text("a line")
    zipped = local_zip(Path("~/a.zip"), tmp_path / "data").materialise(SILENT)
    assert zipped.log.read_bytes() == FILES["HDFS.log"]
    assert local(Path("~/app.log")).materialise(SILENT).log == tmp_path / "app.log"


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
    assert left(tmp_path / "data") == []
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


def left(data_root: Path) -> list[str]:
    """What is there but locks."""
    return sorted(path.name for path in data_root.iterdir() if path.suffix != ".lock")


PAGE = b"\n<!DOCTYPE html><html>Please log in</html>"


@pytest.mark.parametrize(
    ("body", "headers", "problem"),
    [
        (PAGE, {"Content_Type": "text/html"}, "sent a web page and no archive"),
        (b"not found", {}, "sent what is no archive"),
        (b"", {}, "sent nothing"),
        (gzip.compress(PAGE, mtime=0), {"Content_Encoding": "gzip"}, "packed once more, as 'gzip'"),
    ],
)
def test_what_is_no_archive_does_not_become_one(tmp_path, body, headers, problem):
    whole = make_zip(tmp_path / "a.zip", FILES).read_bytes()
    answers = iter([lambda handler: handler.send(body, **headers)])
    with serving(lambda handler: next(answers, lambda one: one.send(whole))(handler)) as server:
        source = remote_zip(server.url("b.zip"), tmp_path / "data")
        with pytest.raises(DataError, match=f"b.zip is missing and .*: the server .*{problem}"):
            source.materialise(SILENT)
        assert left(tmp_path / "data") == []
        assert source.materialise(SILENT).log.read_bytes() == FILES["HDFS.log"]


@pytest.mark.parametrize("kind", ["deflated.zip", "a.tar.gz"])
def test_a_damaged_download_is_fetched_anew(tmp_path, kind):
    whole = PACKERS[kind](FILES)
    bodies = iter([whole[:-30] + bytes(4) + whole[-26:]])
    with serving(lambda handler: handler.send(next(bodies, whole))) as server:
        source = remote_zip(server.url(kind), tmp_path / "data")
        with pytest.raises(DataError, match=r"dataset.source.url: the archive cannot be unpacked"):
            source.materialise(SILENT)
        assert left(tmp_path / "data") == []
        assert source.materialise(SILENT).log.read_bytes() == FILES["HDFS.log"]


def test_a_damaged_archive_put_there_by_hand_stays(tmp_path):
    (tmp_path / "HDFS.zip").write_bytes(PAGE)
    source = remote_zip("http://127.0.0.1:9/HDFS.zip", tmp_path)
    with pytest.raises(DataError, match="this is no archive that can be read"):
        source.materialise(SILENT)
    assert left(tmp_path) == ["HDFS.zip"]


def config(url: str) -> RemoteZipSourceConfig:
    return RemoteZipSourceConfig.of(
        {
            "name": "remote_zip",
            "url": url,
            "size_bytes": None,
            "raw_logs_relpath": None,
            "md5_checksum": None,
            "max_unpacked_gb": 1.0,
        },
        "dataset.source",
    )


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://h/", "does not end in the name of a file"),
        ("ftp://user:SECRET@h/a.zip", "only http and https"),
        ("http://user:SECRET@h:port/a.zip?sig=SECRET", "cannot be read"),
        ("http://user:SECRET@/a.zip", "no host"),
        ("http://h/%00.zip?token=SECRET", "no text"),
    ],
)
def test_an_address_of_no_archive_is_refused_at_the_door(url, problem):
    with pytest.raises(ConfigError, match=f"dataset.source.url: .*{problem}") as raised:
        config(url)
    assert str(raised.value).count("\n") == 3
    assert "SECRET" not in str(raised.value)


def test_a_secret_in_an_address_is_used_and_shown_nowhere(tmp_path, caplog):
    asked = []

    def behaviour(handler: Handler) -> None:
        asked.append((handler.path, handler.headers["Authorization"]))
        handler.send(b"", status=403)

    with serving(behaviour) as server:
        address = server.url("a.zip?sig=SECRET&n=1").replace("//", "//user:SECRET@")
        described = config(address)
        source = described.build(data_root=tmp_path)
        with pytest.raises(DataError, match="server answered 403") as raised:
            source.materialise(SILENT)
    assert asked == [("/a.zip?sig=SECRET&n=1", "Basic dXNlcjpTRUNSRVQ=")]
    port = server.server_port
    assert described.manifest_entry()["url"] == f"http://***@127.0.0.1:{port}/a.zip?sig=***&n=1"
    for shown in (raised.value, described, source, described.model_dump_json(), caplog.text):
        assert "SECRET" not in str(shown)
        assert "SECRET" not in repr(shown)


def test_an_address_whose_secret_was_masked_serves_an_archive_that_is_there(tmp_path):
    source = config(str(config("http://u:SECRET@h/a.zip").manifest_entry()["url"]))
    with pytest.raises(DataError, match=r"\*\*\* hides a secret"):
        source.build(data_root=tmp_path).materialise(SILENT)
    make_zip(tmp_path / "a.zip", FILES)
    raw = source.build(data_root=tmp_path).materialise(SILENT)
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
    assert left(tmp_path / "data") == []


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
    assert all(name.startswith("generated-") for name in left(tmp_path))
