from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import stat
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest

from anomalog_exp.data.sources import member
from anomalog_exp.data.sources.archive import unpack
from anomalog_exp.data.sources.local_zip import LocalZipSource
from anomalog_exp.errors import DataError
from anomalog_exp.progress import SILENT
from tests.archives import FILES, PACKERS, damaged, make_tar, make_zip

CHECKED = [kind for kind in PACKERS if not kind.endswith(".tar")]
"""Kinds of archives that keep a checksum of their content."""

LINES = b"".join(hashlib.md5(bytes([n])).hexdigest().encode() + b"\n" for n in range(40))
CONTENT = {"app.log": LINES, "labels/app.csv": b"x,y\n", "empty.txt": b""}


def unpacked(archive: Path, data_root: Path, max_gb: float = 0.001) -> dict[str, bytes]:
    """The files that a source makes of an archive; nothing but them and locks is left."""
    source = LocalZipSource(
        zip_path=archive,
        raw_logs_relpath=None,
        md5_checksum=None,
        max_unpacked_gb=max_gb,
        data_root=data_root,
    )
    try:
        root = source.materialise(SILENT).root
    except DataError:
        assert [path for path in data_root.iterdir() if path.suffix != ".lock"] == []
        raise
    assert {path for path in data_root.iterdir() if path.suffix != ".lock"} == {root}
    return files_in(root)


def files_in(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def refused(archive: Path, folder: Path, message: str, **options: float) -> None:
    """Unpacking fails with the message, and nothing but the archive is on disk afterwards."""
    with pytest.raises(DataError, match=message) as raised:
        unpacked(archive, folder / "data", **options)
    assert str(raised.value).count("\n") == 3
    assert {path for path in folder.iterdir() if path.is_file()} == {archive}


def make(path: Path, kind: str, files: dict[str, bytes]) -> Path:
    path.write_bytes(PACKERS[kind](files))
    return path


@pytest.mark.parametrize("kind", PACKERS)
def test_files_come_out_as_they_went_in(tmp_path, kind):
    assert unpacked(make(tmp_path / kind, kind, CONTENT), tmp_path / "data") == CONTENT


def test_folders_and_dots_in_names_are_no_files(tmp_path):
    zipped = make_zip(tmp_path / "a.zip", {"empty/": b"", **FILES})
    assert unpacked(zipped, tmp_path / "zip") == FILES
    members = [(tarfile.TarInfo(f"./{name}"), content) for name, content in FILES.items()]
    folder = tarfile.TarInfo("./")
    folder.type = tarfile.DIRTYPE
    tarred = make_tar(tmp_path / "a.tar.gz", [(folder, b""), *members])
    assert unpacked(tarred, tmp_path / "tar") == FILES


@pytest.mark.parametrize("kind", CHECKED)
def test_damage_is_refused_or_harms_nothing(tmp_path, kind):
    # Without a limit of time: what a flipped bit asks for must not be done either.
    whole = PACKERS[kind](CONTENT)
    outcomes = {"right": 0, "refused": 0}
    for number, data in enumerate(damaged(whole, kind, 300)):
        (tmp_path / kind).write_bytes(data)
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            unpack(tmp_path / kind, folder, key="k", max_bytes=1e6, progress=SILENT)
        except DataError:
            outcomes["refused"] += 1
        else:
            assert files_in(folder) == CONTENT
            outcomes["right"] += 1
    assert outcomes["refused"] > 200


@pytest.mark.parametrize("kind", sorted(set(PACKERS) - set(CHECKED)))
def test_damage_to_a_plain_tar_never_ends_in_a_traceback(tmp_path, kind):
    # It has no checksum of its content, so that other bytes may come out.
    for number, data in enumerate(damaged(PACKERS[kind](CONTENT), kind, 300)):
        (tmp_path / kind).write_bytes(data)
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            unpack(tmp_path / kind, folder, key="k", max_bytes=1e6, progress=SILENT)
        except DataError:
            continue
        assert files_in(folder).keys() <= CONTENT.keys()


@pytest.mark.parametrize("kind", ["a.tar.gz", "a.tar.bz2", "a.tar.xz"])
def test_the_checksum_behind_the_end_of_a_packed_tar_is_read(tmp_path, kind):
    # The content of the last member alone changes; all headers and the mark of the end are whole.
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[kind.split(".")[-1]]
    plain = PACKERS["pax.tar"](CONTENT)
    packed = bytearray(pack(plain))
    if kind == "a.tar.gz":
        packed[-8] ^= 1
    else:
        packed[-12] ^= 1
    (tmp_path / kind).write_bytes(packed)
    refused(tmp_path / kind, tmp_path, "the archive cannot be unpacked")


def test_a_tar_that_lost_members_is_refused(tmp_path):
    whole = PACKERS["gnu.tar"](CONTENT)
    path = tmp_path / "a.tar"
    second = 512 + 1536  # a header, and the log in three blocks
    assert whole[second:].startswith(b"labels/app.csv")
    losses = {
        "ends before it": (whole[:second], "breaks off or is damaged"),
        "ends within its header": (whole[: second + 100], "breaks off or is damaged"),
        "ends within its content": (whole[: second + 514], "cannot be unpacked"),
        "its header is damaged": (
            whole[:second] + b"x" + whole[second + 1 :],
            "breaks off or is damaged",
        ),
        "its header is gone": (
            whole[:second] + bytes(512) + whole[second + 512 :],
            "something follows the mark of its end",
        ),
    }
    for data, message in losses.values():
        path.write_bytes(data)
        refused(path, tmp_path, message)


@pytest.mark.parametrize("kind", ["deflated.zip", "bzip2.zip", "piped.zip"])
def test_a_damaged_directory_of_a_zip_hides_nothing(tmp_path, kind):
    whole = PACKERS[kind](CONTENT)
    entry = whole.index(b"PK\x01\x02")
    swallows = bytearray(whole)
    swallows[entry + 30 : entry + 34] = struct.pack("<HH", 0, len(whole))  # a comment without end
    empties = bytearray(whole)
    empties[entry + 10 : entry + 28] = bytes(18)  # stored, of no bytes, of checksum 0
    for data, message in [(swallows, "directory is not whole"), (empties, "different CRC-32")]:
        (tmp_path / kind).write_bytes(data)
        refused(tmp_path / kind, tmp_path, message)


def test_a_zip_inside_a_tar_is_not_taken_for_the_archive(tmp_path):
    inner = PACKERS["stored.zip"]({"other.log": b"other\n"})
    files = {"app.log": b"line\n", "notes.zip": inner}
    path = make(tmp_path / "a.tar", "gnu.tar", files)
    path.write_bytes(path.read_bytes()[: 512 * 3 + len(inner) + (-len(inner)) % 512 + 1024])
    assert zipfile.is_zipfile(path)
    assert unpacked(path, tmp_path / "data") == files


@pytest.mark.parametrize(
    "name",
    ["/etc/evil", "../evil", "a/../../evil", "C:evil", "a\\..\\..\\evil", "..", "a\nb", "a\x1b[2J"],
)
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_name_that_leads_elsewhere_refuses_the_whole_archive(tmp_path, name, kind):
    path = tmp_path / f"a.{kind}"
    if kind == "zip":
        make_zip(path, {"good.log": b"x", name: b"evil"})
    else:
        make_tar(path, [(tarfile.TarInfo("good.log"), b"x"), (tarfile.TarInfo(name), b"evil")])
    refused(path, tmp_path, "is not a plain file below the archive's root")


def test_a_name_that_is_no_text_is_refused(tmp_path):
    info = tarfile.TarInfo("gr\udcf6\udcdfe.log")
    refused(make_tar(tmp_path / "a.tar.gz", [(info, b"x")]), tmp_path, "is not a plain file")


@pytest.mark.parametrize(
    "name", ["x" * 256, "ä" * 128, "/".join(["d"] * 51), "/".join(["d" * 99] * 11)]
)
def test_a_name_that_no_disk_takes_is_refused(tmp_path, name):
    refused(make(tmp_path / "a.zip", "stored.zip", {name: b"x"}), tmp_path, "is too long")
    (tmp_path / "a.zip").unlink()
    refused(make(tmp_path / "a.tar", "pax.tar", {name: b"x"}), tmp_path, "is too long")


@pytest.mark.parametrize(
    "names", [["a.log", "a.log"], ["a.log", "./a.log"], ["a", "a/b.log"], ["a/b.log", "a"]]
)
def test_two_members_in_one_place_are_refused(tmp_path, names):
    path = make_tar(tmp_path / "a.tar.gz", [(tarfile.TarInfo(name), b"x") for name in names])
    refused(path, tmp_path, "stands where another does")
    path.unlink()
    # zipfile warns where both names are the same, and writes the second all the same.
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for name in names:
            file.writestr(name, b"x")
    refused(tmp_path / "a.zip", tmp_path, "stands where another does")


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    info = tarfile.TarInfo("link")
    info.type, info.linkname = kind, "/etc/passwd"
    refused(make_tar(tmp_path / "a.tar.gz", [(info, b"")]), tmp_path, "is not a plain file")


def test_a_symbolic_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    refused(tmp_path / "a.zip", tmp_path, "is not a plain file")


def test_an_archive_of_too_many_members_is_refused(tmp_path):
    names = {str(number): b"" for number in range(10_001)}
    refused(make(tmp_path / "a.zip", "stored.zip", names), tmp_path, "more than 10,000 members")
    names = {f"{number}{'x' * 240}": b"" for number in range(20_000)}
    path = make(tmp_path / "a.zip", "stored.zip", names)
    refused(path, tmp_path, "its directory has more than 4,000,000 bytes")


@pytest.mark.parametrize("kind", PACKERS)
def test_members_are_counted_while_an_archive_is_unpacked(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(member, "MAX_MEMBERS", 20)
    names = ["app.log", *(str(number) for number in range(20))]
    path = make(tmp_path / kind, kind, dict.fromkeys(names[:20], b""))
    assert unpacked(path, tmp_path / "data").keys() == set(names[:20])
    path = make(tmp_path / f"more {kind}", kind, dict.fromkeys(names, b""))
    with pytest.raises(DataError, match="more than 20 members"):
        unpack(path, tmp_path / "data", key="k", max_bytes=1, progress=SILENT)


@pytest.mark.parametrize("kind", PACKERS)
def test_an_archive_without_a_file_is_refused(tmp_path, kind):
    refused(make(tmp_path / kind, kind, {}), tmp_path, "it holds no file|this is no archive")


@pytest.mark.parametrize("kind", ["deflated.zip", "bzip2.zip", "lzma.zip", "a.tar.gz", "a.tar.xz"])
def test_an_archive_that_unpacks_to_more_than_allowed_is_refused(tmp_path, kind):
    path = make(tmp_path / kind, kind, {"a.log": b"0" * 3_000_000})
    assert path.stat().st_size < 20_000
    refused(path, tmp_path, r"max_unpacked_gb: .* unpacks to more than this")


@pytest.mark.parametrize("kind", ["deflated.zip", "bzip2.zip", "lzma.zip"])
def test_a_header_that_lies_about_the_size_is_found_out_before_memory_is_full(tmp_path, kind):
    size = 20_000_000
    path = make(tmp_path / kind, kind, {"a.log": b"0" * size})
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", size), struct.pack("<I", 10)))
    tracemalloc.start()
    try:
        refused(path, tmp_path, "cannot be unpacked|unpacks to more")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < size / 2


def pax(records: bytes, claimed: int | None = None) -> bytes:
    """A tar whose only member is described by these pax records."""
    header = tarfile.TarInfo("header")
    header.type = tarfile.XHDTYPE
    header.size = len(records) if claimed is None else claimed
    member = tarfile.TarInfo("app.log")
    padding = bytes(-len(records) % 512)
    return header.tobuf() + records + padding + member.tobuf() + bytes(1024)


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (pax(b"30 path=a" + b"1" * 60_000), "a number in a member's header has more than 1,000"),
        (pax(b"", claimed=10**9), "a member's header has more than 65,536 bytes"),
        (pax(b"") * 200, "cannot be unpacked"),
        (pax(b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"), "cannot be unpacked"),
    ],
    ids=["number", "long", "many", "sparse"],
)
def test_a_description_of_a_member_is_bounded(tmp_path, archive, message):
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(archive))
    refused(tmp_path / "a.tar.gz", tmp_path, message)


def test_zeros_without_end_behind_a_tar_are_not_waited_for(tmp_path):
    tar = PACKERS["pax.tar"](FILES)
    (tmp_path / "a.tar.xz").write_bytes(lzma.compress(tar + bytes(70_000_000), preset=0))
    refused(tmp_path / "a.tar.xz", tmp_path, "zeros follow its end")


def test_broken_encrypted_and_foreign_files_are_told(tmp_path):
    path = tmp_path / "a.zip"
    whole = make_zip(path, {"a.log": b"line\n" * 50_000}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, tmp_path, "this is no archive|cannot be unpacked")
    broken = bytearray(whole)
    broken[60:90] = b"\xff" * 30
    path.write_bytes(broken)
    refused(path, tmp_path, "cannot be unpacked")
    encrypted = bytearray(whole)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(signature) + place] |= 1
    path.write_bytes(encrypted)
    refused(path, tmp_path, "cannot be unpacked: .*encrypted")
    path.write_bytes(b"plain text")
    refused(path, tmp_path, "this is no archive that can be read")
    path.write_bytes(gzip.compress(b"a packed log is no tar\n" * 100))
    refused(path, tmp_path, "it does not begin as a tar does")
