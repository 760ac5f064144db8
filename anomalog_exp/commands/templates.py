"""How well a template miner finds the hand-made templates of a log, as grouping accuracy.

  python -m anomalog_exp templates loghub_2k/HDFS loghub_2k/BGL
  python -m anomalog_exp templates loghub_2k/* -- template=spell template.tau=0.5

Each folder is laid out as in LogHub: one `*_structured.csv` with the columns Content and EventId.
Grouping accuracy (Zhu et al., ICSE-SEIP 2019) is the share of lines whose group is exactly a true group.
What stands behind -- are overrides of the group `template`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.commands._usage import CommandParser, before_and_after_dashes
from anomalog_exp.config.load import load_run_config
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.errors import DataError
from anomalog_exp.text_table import text_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["grouping_accuracy", "main"]

_MESSAGE, _TRUE = "Content", "EventId"


def main(arguments: Sequence[str]) -> int:
    """Print one row per folder; the exit code."""
    parser = CommandParser(__name__, "FOLDER [FOLDER ...] [-- KEY=VALUE ...]")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="of one log")
    own, overrides = before_and_after_dashes(arguments)
    folders = parser.parse_args(own).folders
    config = load_run_config(overrides).template
    rows = [_row(folder, config) for folder in folders]
    print(text_table(rows, ["log", "lines", "true", "found", "accuracy"]))
    return 0


def grouping_accuracy(mined: NDArray[np.integer], true: NDArray[np.integer]) -> float:
    """Share of lines whose mined group holds exactly the lines of their true group.

    Args:
        mined: (lines,) codes of the mined templates.
        true: (lines,) codes of the hand-made ones.
    """
    pairs, pair = np.unique(np.stack([mined, true]), axis=1, return_inverse=True)
    lines = np.bincount(pair)
    exact = (lines == np.bincount(mined)[pairs[0]]) & (lines == np.bincount(true)[pairs[1]])
    return float(lines[exact].sum() / len(mined))


def _row(folder: Path, config: TemplateMinerConfig) -> dict[str, object]:
    messages, true = _truth(folder)
    templates, mined = Templates.mine(messages, config)
    return {
        "log": folder.name,
        "lines": len(true),
        "true": int(true.max()) + 1,
        "found": len(templates.mined),
        "accuracy": grouping_accuracy(mined, true),
    }


def _truth(folder: Path) -> tuple[pl.Series, NDArray[np.int64]]:
    """Messages of a log, and the code of each one's hand-made template."""
    import polars as pl

    file = next(iter(sorted(folder.glob("*_structured.csv"))), None)
    columns = [] if file is None else pl.read_csv(file, n_rows=0).columns
    if file is None or not {_MESSAGE, _TRUE} <= set(columns):
        raise DataError.of(
            "FOLDER",
            file or folder,
            problem="there are no hand-made templates here",
            allowed=f"a folder with one *_structured.csv that has the columns {_MESSAGE} and {_TRUE}",
            fix="name a folder of LogHub's samples, or lay yours out like one",
        )
    table = pl.read_csv(file, infer_schema=False)
    return table[_MESSAGE], table[_TRUE].rank("dense").to_numpy().astype(np.int64) - 1
