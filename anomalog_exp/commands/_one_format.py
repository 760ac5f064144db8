"""Whether one format reads all files that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from anomalog_exp.commands._log import DATA_FOLDER
from anomalog_exp.config.load import load_run_config
from anomalog_exp.data.recognition.reading import read
from anomalog_exp.data.recognition.recognition import Recognition
from anomalog_exp.data.recognition.sample import sampled
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.errors import DataError
from anomalog_exp.progress import Progress

__all__ = ["files_not_read"]

_GLANCE: Final = 1 << 16
_FEWEST_RECORDS: Final = 0.05
"""Of a log whose records span lines: some write long stack traces."""

_FEWEST_LINES: Final = 0.5
_MOST_LOST: Final = 0.02
"""Share of all bytes: a file of a few lines that fit nothing is no reason to compare nothing."""

_SHOWN: Final = 10


def files_not_read(found: Recognition, paths: Sequence[Path]) -> list[str]:
    """Names of files that the format of the others does not read; empty ones fit any.

    Raises:
        DataError: they hold more than some lines of the log.
    """
    config = load_run_config()
    source = LocalDirSource(tuple(paths), None, config.paths.data_dir / DATA_FOLDER)
    lost = seen = 0
    others = []
    for one in source.materialise(Progress()).inputs:
        lines = sampled((one,), _GLANCE).lines
        reading = read(found.parser.config, lines)
        size = one.path.stat().st_size
        seen += size
        fewest = _FEWEST_LINES if reading.records is None else _FEWEST_RECORDS
        if len(reading.lines) and reading.matched.sum() < fewest * len(reading.lines):
            others.append(one.name)
            lost += size
    if lost > _MOST_LOST * seen:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        raise DataError.of(
            "BEFORE and AFTER",
            ", ".join(others[:_SHOWN]) + more,
            problem=f"these files are not written as the others, which are read as {found.format_name}",
            allowed="files of one format, or of several with times",
            fix="compare the files of each format by themselves, or take every line as its message: "
            "dataset/structured_parser=custom",
        )
    return others
