"""Digests of what a data set is made of: files, and the code that reads them.

Hashing a 30 GB log takes longer than a run on its cached columns. A digest is therefore remembered
with the file's path and identity: size, modification and change time, inode. A file that was replaced or
edited has another identity, even where its modification time was put back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from filelock import FileLock

from anomalog_exp.data.reading.blocks import Block
from anomalog_exp.errors import DataError
from anomalog_exp.files import write_json
from anomalog_exp.options.base import Options
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.plugins import plugin_sources, plugins_behind
from anomalog_exp.progress import SILENT, Progress

__all__ = [
    "Digests",
    "FileState",
    "FollowingSha256",
    "code_digest",
    "plugin_digests",
    "sha256_for_file",
]

_CHUNK = 1 << 18


def sha256_for_file(path: Path, progress: Progress = SILENT, *, size: int | None = None) -> str:
    """SHA-256 of a file's content, 64 hex digits.

    Args:
        path: The file.
        progress: Shows the bytes.
        size: Only so many bytes, of a file that may grow meanwhile; None takes those it has now.

    Raises:
        DataError: the file becomes shorter meanwhile.
    """
    digest = hashlib.sha256()
    size = path.stat().st_size if size is None else size
    with progress.stage(f"checking {path.name}", size, "B") as advance:
        for piece in _pieces(path, 0, size):
            digest.update(piece)
            advance(len(piece))
    return digest.hexdigest()


def _pieces(path: Path, begin: int, end: int) -> Iterator[memoryview]:
    """The bytes of a file between two places, each piece valid until the next is asked for."""
    buffer = bytearray(_CHUNK)
    with path.open("rb", buffering=0) as file:
        file.seek(begin)
        while begin < end:
            size = file.readinto(memoryview(buffer)[: end - begin])
            if not size:
                raise DataError.of(
                    "dataset.source",
                    path,
                    problem="the file became shorter while it was read",
                    allowed="a file that may grow while it is read, and never shrinks",
                    fix="run again, or read a copy of it",
                )
            yield memoryview(buffer)[:size]
            begin += size


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
        for piece in _pieces(self._path, begin, end):
            self._digest.update(piece)


@dataclass(frozen=True)
class FileState:
    """A file at one moment; with every edit or replacement the state is another one.

    Attributes:
        path: Where it is, absolute.
        size: Its bytes. A log may grow while it is read; no more than these are.
        identity: Size, modification and change time, inode, as a text.
    """

    path: Path
    size: int
    identity: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """The file now."""
        stat = path.stat()
        times = f"{stat.st_mtime_ns}-{stat.st_ctime_ns}"
        return cls(path.absolute(), stat.st_size, f"{stat.st_size}-{times}-{stat.st_ino}")

    def refuse_changes(self, *, may_grow: bool) -> None:
        """Make sure that the file holds what it held; what has been added behind it may be allowed.

        Raises:
            DataError: it has changed otherwise.
        """
        now = FileState.of(self.path)
        if now.identity != self.identity and not (may_grow and now.size > self.size):
            raise DataError.of(
                "dataset.source",
                self.path,
                problem="the file changed while it was read",
                allowed="a log may grow while it is read; nothing else may change",
                fix="run again, or read a copy of it",
            )


class Digests:
    """SHA-256 of files, remembered in the JSON file `memory`; what is damaged there is forgotten."""

    def __init__(self, memory: Path) -> None:
        self._memory = memory

    def known(self, file: FileState) -> str | None:
        """The digest of this very file, if it is remembered."""
        kept = self._recall().get(str(file.path))
        return kept["sha256"] if kept and kept["identity"] == file.identity else None

    def may_be_known(self, file: FileState) -> bool:
        """Whether a digest of a file of this size is remembered: that file may hold the same bytes."""
        size = str(file.size)
        return any(kept["identity"].split("-")[0] == size for kept in self._recall().values())

    def of(self, file: FileState, progress: Progress) -> str:
        """The digest, remembered or taken now."""
        known = self.known(file)
        if known is None:
            known = sha256_for_file(file.path, progress, size=file.size)
            self.remember(file, known)
        return known

    def remember(self, file: FileState, sha256: str) -> None:
        """Keep the digest of a file."""
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        entry = {"identity": file.identity, "sha256": sha256}
        entry["check"] = _check(str(file.path), entry)
        with FileLock(f"{self._memory}.lock"):
            for cut_off in self._memory.parent.glob(f".{self._memory.name}.*"):
                cut_off.unlink()  # who writes one holds the lock
            write_json(self._memory, self._recall() | {str(file.path): entry})

    def _recall(self) -> dict[str, dict[str, str]]:
        try:
            kept = json.loads(self._memory.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        if not isinstance(kept, dict):
            return {}
        return {path: entry for path, entry in kept.items() if _is_whole(path, entry)}


def _is_whole(path: str, entry: Any) -> bool:
    """Whether an entry of the memory is as it was written."""
    return isinstance(entry, dict) and entry.get("check") == _check(path, entry)


def _check(path: str, entry: Mapping[str, Any]) -> str:
    """What a change of an entry changes, too."""
    return stable_fingerprint([path, entry.get("identity"), entry.get("sha256")])[:16]


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
