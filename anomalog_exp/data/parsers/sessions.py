"""Session files: one session of event ids per line, as `id,e1 e2 ...` or `e1 e2 ...`.

Each file is one part of a split with one label, as the data sets published for sequence-based detection
are laid out. Event ids are the templates; sessions that hold the same events stay sessions of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.errors import DataError
from anomalog_exp.options.base import Options, PathText

__all__ = ["Config", "SessionFile"]


class SessionFile(Options):
    """One file of sessions."""

    path: PathText = Field(description="relative to the data set's root")
    split: Literal["train", "test"]
    label: Literal[0, 1] | None = Field(description="of all its sessions; null: nobody knows")


class Config(ParserConfig):
    """Options of session files."""

    reads: ClassVar[Literal["lines", "sessions"]] = "sessions"

    name: Literal["sessions"]
    files: Annotated[tuple[SessionFile, ...], Field(strict=False, min_length=1)]
    id_separator: str | None = Field(description="what ends a session's id; null: there are no ids")

    def raw_files(self, raw: RawFiles) -> list[Path]:
        paths = [raw.root / file.path for file in self.files]
        for file, path in zip(self.files, paths, strict=True):
            if not path.is_file():
                raise DataError.of(
                    "dataset.structured_parser.files",
                    file.path,
                    problem=f"there is no such file in {raw.root}",
                    allowed="files of sessions, relative to the data set's root",
                    fix="put it there, or leave it out of the list",
                )
        return paths
