"""What a source is: it puts the raw files of a data set on this machine, or finds them there."""

from __future__ import annotations

import codecs
import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from anomalog_exp.errors import DataError
from anomalog_exp.options.base import Options
from anomalog_exp.progress import Progress

__all__ = ["DatasetSourceConfig", "RawFiles", "Source", "find_log", "refuse_other_than_text"]

_LOG = logging.getLogger(__name__)
_COMPRESSED = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "compressed by gzip",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ\x00": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
}


@dataclass(frozen=True)
class RawFiles:
    """Raw files of a data set.

    Attributes:
        root: The folder that relative paths of the data set (labels) start from.
        log: The log.
    """

    root: Path
    log: Path


class Source(ABC):
    """A place that raw files come from."""

    @abstractmethod
    def materialise(self, progress: Progress) -> RawFiles:
        """Make sure that the files are on this machine.

        Doing it again changes nothing and gives the same paths.

        Raises:
            DataError: they are not on this machine and cannot be brought here.
        """


class DatasetSourceConfig(Options):
    """Base of the sources."""

    @abstractmethod
    def build(self, *, data_root: Path) -> Source:
        """The source; what it brings to this machine goes below `data_root`."""

    def manifest_entry(self) -> dict[str, object]:
        """The config as JSON builtins, for manifests."""
        return self.model_dump(mode="json")


def find_log(root: Path, raw_logs_relpath: Path | None) -> Path:
    """The log below `root`: the named one, or the only `*.log` file of those nearest to `root`.

    Hidden files and files in hidden folders, such as our own cache, are passed over.

    Raises:
        DataError: there is no such file, or several could be the log.
    """
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    visible = sorted(path for path in files if not any(part[0] == "." for part in path.parts))
    logs: list[Path] = []
    if raw_logs_relpath is not None:
        if (root / raw_logs_relpath).is_file():
            return root / raw_logs_relpath
        problem = f"there is no such file in {root}"
    else:
        logs = [path for path in visible if path.suffix == ".log"]
        depth = min((len(path.parts) for path in logs), default=0)
        logs = [path for path in logs if len(path.parts) == depth]
        if len(logs) == 1:
            rotated = [str(path) for path in visible if str(path).startswith(f"{logs[0]}.")]
            if rotated:
                _LOG.warning("%s is read, and not %s", logs[0], ", ".join(rotated))
            return root / logs[0]
        problem = f"{len(logs)} files in {root} could be the log"
    names = [str(path) for path in logs or visible]
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    raise DataError.of(
        "dataset.source.raw_logs_relpath",
        raw_logs_relpath,
        problem=problem,
        allowed=(", ".join(names[:20]) + more) or "a file; the folder is empty",
        fix="name the log, relative to that folder",
    )


def refuse_other_than_text(log: Path) -> None:
    """Refuse a log that is an archive, compressed or UTF-16, by its first bytes.

    Raises:
        DataError: it is one of these; the message says how to make it text.
    """
    with log.open("rb") as file:
        begin = file.read(max(map(len, _COMPRESSED)))
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError.of(
            "dataset.source.path",
            log,
            problem="the log is UTF-16",
            allowed="UTF-8; other bytes are kept as escapes",
            fix=f"convert it, as with `iconv -f UTF-16 -t UTF-8 {log.name}`",
        )
    for mark, what in _COMPRESSED.items():
        if begin.startswith(mark):
            raise DataError.of(
                "dataset.source.path",
                log,
                problem=f"the log is {what}",
                allowed="a text file; a zip or tar archive by dataset/source=local_zip",
                fix="unpack it, or add dataset/source=local_zip dataset.source.zip_path=... for an "
                "archive",
            )
