"""Grouping accuracy of a template option against hand-made templates.

    python scripts/grouping_accuracy.py DIR [DIR ...] [-- OVERRIDE ...]

Each DIR is laid out as in LogHub: one `*_structured.csv` with the columns Content and EventId. Grouping
accuracy (Zhu et al., ICSE-SEIP 2019) is the share of lines whose group is exactly a true group.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from anomalog_exp.config.load import load_run_config
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.text_table import text_table


def grouping_accuracy(found: NDArray[np.int64], true: NDArray[np.int64]) -> float:
    """Share of lines whose found group holds exactly the lines of their true group."""
    pairs, pair = np.unique(np.stack([found, true]), axis=1, return_inverse=True)
    lines = np.bincount(pair)
    exact = (lines == np.bincount(found)[pairs[0]]) & (lines == np.bincount(true)[pairs[1]])
    return float(lines[exact].sum() / len(found))


def main(arguments: Sequence[str]) -> None:
    """Print one row per folder."""
    folders, _, overrides = " ".join(arguments).partition(" -- ")
    config = load_run_config(overrides.split()).template
    rows = []
    for folder in map(Path, folders.split()):
        truth = pl.read_csv(next(folder.glob("*_structured.csv")), infer_schema=False)
        templates, found = Templates.mine(truth["Content"], config)
        true = truth["EventId"].rank("dense").to_numpy().astype(np.int64) - 1
        accuracy = grouping_accuracy(found, true)
        rows.append(
            {
                "log": folder.name,
                "lines": len(true),
                "true": int(true.max()) + 1,
                "found": len(templates.mined),
                "accuracy": accuracy,
            }
        )
    print(text_table(rows, ["log", "lines", "true", "found", "accuracy"]))


if __name__ == "__main__":
    main(sys.argv[1:])
