from __future__ import annotations

import io
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from anomalog_exp.data.sources.archive import unpack
from anomalog_exp.errors import DataError
from anomalog_exp.progress import SILENT

FILES = {"HDFS.log": b"a\nb\n", "preprocessed/labels.csv": b"x,y\n"}


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def make_tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def refused(archive: Path, folder: Path, message: str, max_bytes: float = 1e6) -> None:
    """Unpacking fails with the message, and nothing but the archive is on disk afterwards."""
    before = set(folder.parent.rglob("*"))
    with pytest.raises(DataError, match=message):
        unpack(archive, folder / "target", key="source", max_bytes=max_bytes, progress=SILENT)
    assert set(folder.parent.rglob("*")) - {folder} == before - {folder}
    assert not (folder / "target").exists()


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_files_come_out_as_they_went_in(folder, kind):
    path = folder / f"a.{kind}"
    if kind == "zip":
        make_zip(path, {"empty/": b"", **FILES})
    else:
        make_tar(path, [(tarfile.TarInfo(f"./{name}"), content) for name, content in FILES.items()])
    unpack(path, folder / "target", key="source", max_bytes=100, progress=SILENT)
    there = {
        str(p.relative_to(folder / "target")): p.read_bytes()
        for p in (folder / "target").rglob("*.*")
    }
    assert there == FILES


@pytest.mark.parametrize(
    "name", ["/etc/evil", "../evil", "a/../../evil", "C:evil", "a\\..\\..\\evil", ".."]
)
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_name_that_leaves_the_target_refuses_the_whole_archive(folder, name, kind):
    path = folder / f"a.{kind}"
    if kind == "zip":
        make_zip(path, {"good.log": b"x", name: b"evil"})
    else:
        make_tar(path, [(tarfile.TarInfo("good.log"), b"x"), (tarfile.TarInfo(name), b"evil")])
    refused(path, folder, "is not a plain file below the archive's root")


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_are_refused(folder, kind):
    info = tarfile.TarInfo("link")
    info.type, info.linkname = kind, "/etc/passwd"
    refused(make_tar(folder / "a.tar.gz", [(info, b"")]), folder, "is not a plain file")


def test_a_symbolic_link_in_a_zip_is_refused(folder):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    refused(folder / "a.zip", folder, "is not a plain file")


def test_an_archive_that_unpacks_to_more_than_allowed_is_refused(folder):
    path = make_zip(folder / "bomb.zip", {"a.log": b"0" * 3_000_000})
    assert path.stat().st_size < 10_000
    refused(path, folder, r"max_unpacked_gb: .* unpacks to more than this")


def test_a_header_that_lies_about_the_size_is_found_out(folder):
    path = make_zip(folder / "liar.zip", {"a.log": b"0" * 3_000_000})
    data = path.read_bytes()
    true, lie = struct.pack("<I", 3_000_000), struct.pack("<I", 10)
    path.write_bytes(data.replace(true, lie))
    refused(path, folder, "cannot be unpacked|unpacks to more")


def test_broken_encrypted_and_foreign_files_are_refused(folder):
    whole = make_zip(folder / "a.zip", {"a.log": b"line\n" * 50_000}).read_bytes()
    (folder / "a.zip").write_bytes(whole[: len(whole) // 2])
    refused(folder / "a.zip", folder, "this is no archive|cannot be unpacked")
    broken = bytearray(whole)
    broken[60:90] = b"\xff" * 30
    (folder / "a.zip").write_bytes(broken)
    refused(folder / "a.zip", folder, "cannot be unpacked")
    encrypted = bytearray(whole)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(signature) + place] |= 1
    (folder / "a.zip").write_bytes(encrypted)
    refused(folder / "a.zip", folder, "cannot be unpacked: .*encrypted")
    (folder / "a.zip").write_bytes(b"plain text")
    refused(folder / "a.zip", folder, "this is no archive that can be read")
