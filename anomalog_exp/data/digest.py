"""Digests of what a data set is made of: files, and the code that reads them.

Hashing a 30 GB log takes longer than a run on its cached columns. A digest is therefore remembered
under the file's identity (path, size, modification and change time, inode): a file that was replaced
or edited has another identity, even where its modification time was put back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock

from anomalog_exp.files import write_json
from anomalog_exp.progress import SILENT, Progress

__all__ = ["code_digest", "remembered_sha256", "sha256_for_file"]

_CHUNK = 1 << 18


def sha256_for_file(path: Path, progress: Progress = SILENT) -> str:
    """SHA-256 of a file's content, 64 hex digits; `progress` is told of bytes."""
    digest, buffer = hashlib.sha256(), bytearray(_CHUNK)
    with (
        path.open("rb", buffering=0) as file,
        progress.stage(f"checking {path.name}", path.stat().st_size, "B") as advance,
    ):
        while size := file.readinto(buffer):
            digest.update(memoryview(buffer)[:size])
            advance(size)
    return digest.hexdigest()


def remembered_sha256(path: Path, memory: Path, progress: Progress) -> str:
    """SHA-256 of a file, taken from the JSON file `memory` where it knows this very file."""
    stat = path.stat()
    identity = f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ctime_ns}-{stat.st_ino}"
    key = str(path.absolute())
    known = _recall(memory).get(key, {})
    if known.get("identity") == identity:
        return str(known["sha256"])
    digest = sha256_for_file(path, progress)
    memory.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{memory}.lock"):
        write_json(memory, _recall(memory) | {key: {"identity": identity, "sha256": digest}})
    return digest


def _recall(memory: Path) -> dict[str, dict[str, str]]:
    try:
        return dict(json.loads(memory.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def code_digest(files: Iterable[Path], root: Path) -> str:
    """SHA-256 over the names and contents of source files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
