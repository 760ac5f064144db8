"""Digests of what a data set is made of: files, and the code that reads them.

Hashing a 30 GB log takes longer than a run on its cached columns. A digest is therefore remembered
with the file's path and identity: size, modification and change time, inode. A file that was replaced or
edited has another identity, even where its modification time was put back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

from filelock import FileLock

from anomalog_exp.data.reading.blocks import Block
from anomalog_exp.errors import DataError
from anomalog_exp.files import write_json
from anomalog_exp.options.base import Options
from anomalog_exp.options.plugins import plugin_sources, plugins_behind
from anomalog_exp.progress import SILENT, Progress

__all__ = [
    "Digests",
    "FollowingSha256",
    "code_digest",
    "file_identity",
    "plugin_digests",
    "sha256_for_file",
]

_CHUNK = 1 << 18


def sha256_for_file(path: Path, progress: Progress = SILENT) -> str:
    """SHA-256 of a file's content, 64 hex digits; `progress` shows the bytes."""
    digest, buffer = hashlib.sha256(), bytearray(_CHUNK)
    with (
        path.open("rb", buffering=0) as file,
        progress.stage(f"checking {path.name}", path.stat().st_size, "B") as advance,
    ):
        while size := file.readinto(buffer):
            digest.update(memoryview(buffer)[:size])
            advance(size)
    return digest.hexdigest()


class FollowingSha256:
    """SHA-256 of a file that is being read block by block, in a thread of its own behind the reader.

    Each block is hashed soon after it was read, so that a file larger than memory comes from disk once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self._thread = ThreadPoolExecutor(1)
        self._hashed: list[Future[None]] = []

    def follow(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The same blocks, in order; bytes between them are hashed too."""
        done = 0
        try:
            for block in blocks:
                self._hashed.append(self._thread.submit(self._update, done, block.end))
                done = block.end
                yield block
        finally:
            self._thread.shutdown(wait=False)  # also where the reader gives up

    def hexdigest(self) -> str:
        """64 hex digits of all up to the end of the last block.

        Raises:
            DataError: the file became shorter meanwhile.
        """
        for part in self._hashed:
            part.result()
        return self._digest.hexdigest()

    def _update(self, begin: int, end: int) -> None:
        buffer = bytearray(_CHUNK)
        with self._path.open("rb", buffering=0) as file:
            file.seek(begin)
            while begin < end:
                size = file.readinto(memoryview(buffer)[: end - begin])
                if not size:
                    raise DataError.of(
                        "dataset.source",
                        self._path,
                        problem="the file became shorter while it was read",
                        allowed="a file that may grow while it is read, and never shrinks",
                        fix="run again, or read a copy of it",
                    )
                self._digest.update(memoryview(buffer)[:size])
                begin += size


def file_identity(path: Path) -> str:
    """A text that changes with every edit or replacement of a file."""
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ctime_ns}-{stat.st_ino}"


class Digests:
    """SHA-256 of files, remembered in the JSON file `memory`."""

    def __init__(self, memory: Path) -> None:
        self._memory = memory

    def known(self, path: Path) -> str | None:
        """The digest of this very file, if it is remembered."""
        kept = self._recall().get(str(path.absolute()))
        return kept["sha256"] if kept and kept["identity"] == file_identity(path) else None

    def may_be_known(self, path: Path) -> bool:
        """Whether a digest of a file of this size is remembered: that file may hold the same bytes."""
        size = str(path.stat().st_size)
        return any(kept["identity"].split("-")[0] == size for kept in self._recall().values())

    def of(self, path: Path, progress: Progress) -> str:
        """The digest, remembered or taken now."""
        known = self.known(path)
        if known is None:
            identity = file_identity(path)
            known = sha256_for_file(path, progress)
            self.remember(path, identity, known)
        return known

    def remember(self, path: Path, identity: str, sha256: str) -> None:
        """Keep the digest of a file that had this identity before it was read."""
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        entry = {str(path.absolute()): {"identity": identity, "sha256": sha256}}
        with FileLock(f"{self._memory}.lock"):
            write_json(self._memory, self._recall() | entry)

    def _recall(self) -> dict[str, dict[str, str]]:
        try:
            return dict(json.loads(self._memory.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}


def code_digest(files: Iterable[Path], root: Path) -> str:
    """SHA-256 over the names and contents of source files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def plugin_digests(*options: Options) -> list[str]:
    """Digests of the plugins whose code makes these options; none for those of the package."""
    return [_plugin_digest(folder) for folder in plugins_behind(*options)]


@cache  # as of the time when its modules were imported: they are not imported again
def _plugin_digest(folder: Path) -> str:
    return code_digest(plugin_sources(folder), folder)
