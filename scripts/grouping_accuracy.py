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
from anomalog_exp.data.templates.masking import Masker
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.mining import mine_shapes
from anomalog_exp.text_table import text_table


def grouping_accuracy(found: NDArray[np.int64], true: NDArray[np.int64]) -> float:
    """Share of lines whose found group holds exactly the lines of their true group."""
    pairs, pair = np.unique(np.stack([found, true]), axis=1, return_inverse=True)
    lines = np.bincount(pair)
    exact = (lines == np.bincount(found)[pairs[0]]) & (lines == np.bincount(true)[pairs[1]])
    return float(lines[exact].sum() / len(found))


def templates_of(messages: pl.Series, config: TemplateMinerConfig) -> tuple[list[str], np.ndarray]:
    """Templates and the code of each message."""
    shapes = Masker(config.masking, config.extra_masks).fast(messages)
    distinct = shapes.unique(maintain_order=True)
    templates, codes = mine_shapes(distinct.to_list(), config)
    place = dict(zip(distinct.to_list(), codes.tolist(), strict=True))
    return templates, np.array([place[shape] for shape in shapes.to_list()])


def main(arguments: Sequence[str]) -> None:
    """Print one row per folder."""
    folders, _, overrides = " ".join(arguments).partition(" -- ")
    config = load_run_config(overrides.split()).template
    rows = []
    for folder in map(Path, folders.split()):
        truth = pl.read_csv(next(folder.glob("*_structured.csv")), infer_schema=False)
        templates, found = templates_of(truth["Content"], config)
        true = truth["EventId"].rank("dense").to_numpy().astype(np.int64) - 1
        accuracy = grouping_accuracy(found, true)
        rows.append(
            {
                "log": folder.name,
                "lines": len(true),
                "true": int(true.max()) + 1,
                "found": len(templates),
                "accuracy": accuracy,
            }
        )
    print(text_table(rows, ["log", "lines", "true", "found", "accuracy"]))


if __name__ == "__main__":
    main(sys.argv[1:])
