from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from anomalog_exp.data.sources.generated import GeneratedSource
from anomalog_exp.data.sources.leftovers import remove_leftovers
from anomalog_exp.data.sources.local_zip import LocalZipSource
from anomalog_exp.data.sources.made_once import lock_path
from anomalog_exp.data.sources.part import Origin, Part
from anomalog_exp.data.sources.remote_zip import RemoteZipSource
from anomalog_exp.progress import SILENT
from tests.archives import PACKERS, make_zip
from tests.web import Handler, serving

LOG = os.urandom(1_500_000).hex().encode()
ZIP = PACKERS["stored.zip"]({"app.log": LOG})

CHILD = """
import sys, time
from contextlib import contextmanager
from pathlib import Path
from anomalog_exp.data.sources.generated import GeneratedSource
from anomalog_exp.data.sources.local_zip import LocalZipSource
from anomalog_exp.data.sources.remote_zip import RemoteZipSource
from anomalog_exp.progress import Progress

class Halting(Progress):
    @contextmanager
    def stage(self, title, total, unit):
        def advance(amount):
            if amount:
                print(title, flush=True)
                time.sleep(60)
        yield advance if title.startswith(sys.argv[1]) else lambda amount: None

data = Path(sys.argv[2])
options = dict(raw_logs_relpath=None, md5_checksum=None, max_unpacked_gb=1.0, data_root=data)
source = {
    "unpacking": lambda place: LocalZipSource(zip_path=Path(place), **options),
    "writing": lambda _: GeneratedSource(lines=50_000, seed=1, anomaly_fraction=0.1, data_root=data),
    "downloading": lambda place: RemoteZipSource(url=place, size_bytes=None, **options),
}[sys.argv[1]](sys.argv[3])
source.materialise(Halting(bars=False, lines=False))
"""
"""Brings raw files into a folder, and stands still in the middle of the work that is named."""


@contextmanager
def standing_still(work: str, data: Path, place: object) -> Iterator[subprocess.Popen[str]]:
    """Another process, in the middle of its work."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, work, str(data), str(place)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(work)
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def local_zip(path: Path, data: Path) -> LocalZipSource:
    return LocalZipSource(
        zip_path=path, raw_logs_relpath=None, md5_checksum=None, max_unpacked_gb=1.0, data_root=data
    )


def remote_zip(url: str, data: Path) -> RemoteZipSource:
    return RemoteZipSource(
        url=url, size_bytes=None, raw_logs_relpath=None, md5_checksum=None, max_unpacked_gb=1.0,
        data_root=data,
    )  # fmt: skip


def generated(data: Path, lines: int) -> GeneratedSource:
    return GeneratedSource(lines=lines, seed=1, anomaly_fraction=0.1, data_root=data)


def other_than_locks(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def ranges(handler: Handler) -> None:
    begin = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    more = {"Content_Range": f"bytes {begin}-{len(ZIP) - 1}/{len(ZIP)}"} if begin else {}
    handler.send(ZIP[begin:], status=206 if begin else 200, ETag='"v1"', **more)


@pytest.mark.parametrize("work", ["unpacking", "writing"])
def test_whoever_comes_next_removes_what_a_killed_process_left_half_made(tmp_path, work):
    data = tmp_path / "data"
    archive = make_zip(tmp_path / "app.zip", {"app.log": LOG})
    with standing_still(work, data, archive):
        (half_made,) = other_than_locks(data)
        assert half_made.startswith(".making-")
        # It is being worked on: nobody touches it.
        made = generated(data, 1000).materialise(SILENT)
        assert other_than_locks(data) == {half_made, made.root.name}
    assert (data / half_made).is_dir()
    assert generated(data, 1000).materialise(SILENT) == made
    assert other_than_locks(data) == {made.root.name}


def test_the_one_who_comes_next_makes_what_a_killed_process_did_not(tmp_path):
    data = tmp_path / "data"
    archive = make_zip(tmp_path / "app.zip", {"app.log": LOG})
    with standing_still("unpacking", data, archive):
        pass
    raw = local_zip(archive, data).materialise(SILENT)
    assert raw.log.read_bytes() == LOG
    assert other_than_locks(data) == {raw.root.name}


def test_a_killed_download_is_continued(tmp_path):
    data = tmp_path / "data"
    with serving(ranges) as server:
        with standing_still("downloading", data, server.url("app.zip")):
            pass
        arrived = Part(data / "app.zip").size()
        assert 0 < arrived < len(ZIP)
        generated(data, 1000).materialise(SILENT)
        assert Part(data / "app.zip").size() == arrived
        raw = remote_zip(server.url("app.zip"), data).materialise(SILENT)
        assert server.seen[-1]["Range"] == f"bytes={arrived}-"
    assert raw.log.read_bytes() == LOG
    assert not list(data.glob("*.part*"))


def part_of(archive: Path, *, locked_once: bool = True, known: bool = True) -> Part:
    part = Part(archive)
    part.begin(Origin("http://x/y.zip", '"v1"', 10) if known else None)
    part.path.write_bytes(b"12345")
    if locked_once:
        lock_path(archive).touch()
    return part


def test_a_part_goes_when_its_archive_is_there_or_nobody_knows_its_rest(tmp_path):
    continued = part_of(tmp_path / "continued.zip")
    unknown = part_of(tmp_path / "unknown.zip", known=False)
    done = part_of(tmp_path / "done.zip")
    done.archive.write_bytes(b"x")
    renamed = part_of(tmp_path / "renamed.zip")
    renamed.path.rename(renamed.archive)  # killed before the record was removed
    in_use = part_of(tmp_path / "in_use.zip", known=False)
    a_users = part_of(tmp_path / "a_users.zip", known=False, locked_once=False)
    with FileLock(lock_path(in_use.archive)):
        remove_leftovers(tmp_path)
    assert continued.origin() is not None
    assert [part.path.exists() for part in (unknown, done, renamed)] == [False] * 3
    assert [part.path.exists() for part in (in_use, a_users)] == [True] * 2
    assert {path.name for path in tmp_path.glob("*.validator")} == {"continued.zip.part.validator"}


def test_a_half_made_folder_without_a_lock_is_somebody_elses(tmp_path):
    (tmp_path / ".making-something").mkdir()
    remove_leftovers(tmp_path)
    remove_leftovers(tmp_path / "gone")
    assert (tmp_path / ".making-something").is_dir()
