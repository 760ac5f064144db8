"""How sequences are made of two sides that are compared: in windows only where both fill some."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from anomalog_exp.commands._compared_files import ComparedFiles
from anomalog_exp.commands._log import DATA_FOLDER
from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.suggested import grouping_of, grouping_overrides
from anomalog_exp.data.recognition.recognition import Recognition
from anomalog_exp.data.recognition.sample import sampled
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.progress import Progress

__all__ = ["grouping_of_sides"]

_GLANCE: Final = 1 << 16
_FEWEST_WINDOWS: Final = 5
"""Of a side: what does not fill the last window is not judged, and is most of a side that is shorter."""


def grouping_of_sides(found: Recognition, compared: ComparedFiles) -> list[str]:
    """The overrides that choose the suggested grouping, or `sequence=line` where a side is too short.

    Windows of time do not suit, since files of one hour would be mixed in them.

    Args:
        found: What both sides are, read as one log.
        compared: Their files.
    """
    size = grouping_of(found, by_time=False).get("sequence.window_size")
    if size is not None and _records_of_shorter(found, compared) < _FEWEST_WINDOWS * size:
        return ["sequence=line"]
    return grouping_overrides(found, by_time=False)


def _records_of_shorter(found: Recognition, compared: ComparedFiles) -> float:
    """About how many records the shorter side has."""
    config = load_run_config()
    source = LocalDirSource(compared.files, None, config.paths.data_dir / DATA_FOLDER)
    lines: Counter[str] = Counter()
    for one in source.materialise(Progress()).inputs:
        lines[os.path.realpath(one.origin)] += sampled((one,), _GLANCE).total_lines

    def lines_of(files: Iterable[Path]) -> int:
        return sum(lines[os.path.realpath(path)] for path in files)

    shorter = min(
        lines_of(path for run in side for path in run.files)
        for side in (compared.before, compared.after)
    )
    return shorter * found.records.count / found.lines
