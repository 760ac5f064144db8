"""The part of a download that has arrived, with a record of where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

__all__ = ["Origin", "Part"]

_PART: Final = ".part"
_RECORD: Final = ".validator"


@dataclass(frozen=True)
class Origin:
    """Where a part comes from.

    Attributes:
        address: Without secrets.
        validator: The server's word for this state of the file.
        size: Bytes of the whole file, if the server said so.
    """

    address: str
    validator: str
    size: int | None


@dataclass(frozen=True)
class Part:
    """The part of `archive` that has arrived, in a file beside where the archive will be."""

    archive: Path

    @classmethod
    def all_in(cls, folder: Path) -> Iterator[Self]:
        """Those in a folder; also one of which the record alone is left."""
        files = [*folder.glob(f"*{_PART}"), *folder.glob(f"*{_PART}{_RECORD}")]
        for name in sorted({path.name.removesuffix(_RECORD) for path in files}):
            yield cls(folder / name.removesuffix(_PART))

    @property
    def path(self) -> Path:
        """The file that holds what has arrived."""
        return self.archive.with_name(f"{self.archive.name}{_PART}")

    @property
    def _record_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}{_RECORD}")

    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def origin(self) -> Origin | None:
        """Where it comes from; None if that is not known, so that nobody knows its rest either."""
        if self.size() == 0:
            return None
        try:
            record = json.loads(self._record_path.read_text(encoding="ascii"))
            origin = Origin(record["address"], record["validator"], record["size"])
        except (
            FileNotFoundError,
            ValueError,
            TypeError,
            KeyError,
        ):  # cut off, or of another version
            return None
        return origin if origin.validator.isprintable() else None

    def begin(self, origin: Origin | None) -> None:
        """Begin anew. The old bytes go before the new record comes: they must never meet."""
        self.path.write_bytes(b"")
        if origin is None:
            self._record_path.unlink(missing_ok=True)
        else:
            self._record_path.write_text(json.dumps(asdict(origin)), encoding="ascii")

    def become_archive(self) -> None:
        """Give the archive its name."""
        self.path.rename(self.archive)
        self._record_path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove it with its record."""
        self.path.unlink(missing_ok=True)
        self._record_path.unlink(missing_ok=True)
