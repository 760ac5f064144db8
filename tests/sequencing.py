"""Options of grouping and splitting, sequences made by hand, and random small logs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import yaml
from hypothesis import strategies as st

from anomalog_exp.data.dataset import UNLABELLED
from anomalog_exp.options.listing import conf_dir
from anomalog_exp.sequences.groupings.entity import EntitySequenceConfig
from anomalog_exp.sequences.groupings.fixed import FixedSequenceConfig
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.splits.fractions import ChronologicalSplitConfig, NormalOnlySplitConfig
from tests.logs import Row, log_dataset


def entity(
    window_size: int | None = None, step: int | None = None, **options: object
) -> EntitySequenceConfig:
    return EntitySequenceConfig.of(
        _defaults("entity") | {"window_size": window_size, "step": step} | options
    )


def fixed(window_size: int, step: int | None = None, **options: object) -> FixedSequenceConfig:
    return FixedSequenceConfig.of(
        _defaults("fixed") | {"window_size": window_size, "step": step} | options
    )


@cache
def _defaults(name: str) -> dict[str, object]:
    return yaml.safe_load((conf_dir() / "sequence" / f"{name}.yaml").read_text(encoding="utf-8"))


def chronological(train: float = 0.5, test: float = 0.5) -> ChronologicalSplitConfig:
    return ChronologicalSplitConfig(name="chronological", train_fraction=train, test_fraction=test)


def normal_only(train: float = 0.5, test: float = 0.5) -> NormalOnlySplitConfig:
    return NormalOnlySplitConfig(name="normal_only", train_fraction=train, test_fraction=test)


def sequence_set(
    texts: Sequence[Sequence[str]],
    labels: Sequence[int] = (),
    *,
    tested: int = 0,
    templates: Sequence[str] = (),
) -> SequenceSet:
    """Sequences written one after the other, empty ones too: a template per character or item.

    The last `tested` are the test split, the others train; `templates` come first in the vocabulary.
    """
    rows: list[Row] = [
        (f"s{i}", template, 1000 * i, UNLABELLED)
        for i, text in enumerate(texts)
        for template in text
    ]
    borders = np.cumsum([0, *(len(text) for text in texts)], dtype=np.int64)
    split = np.full(len(texts), Split.TRAIN, dtype=np.uint8)
    split[len(texts) - tested :] = Split.TEST
    return SequenceSet(
        dataset=log_dataset(rows, templates=templates),
        order=np.arange(len(rows), dtype=np.int64),
        start=borders[:-1],
        stop=borders[1:],
        label=np.array(labels or [UNLABELLED] * len(texts), dtype=np.int8),
        split=split,
        entity=np.arange(len(texts), dtype=np.int32),
    )


def rows_of(sequences: SequenceSet) -> list[list[int]]:
    """The rows of each sequence, one by one, from the three arrays that define them."""
    return [
        [int(row) for row in sequences.order[start:stop]]
        for start, stop in zip(sequences.start, sequences.stop, strict=True)
    ]


def texts_of(sequences: SequenceSet) -> list[list[str]]:
    """The template texts of each sequence."""
    dataset = sequences.dataset
    return [[dataset.templates[dataset.template[row]] for row in one] for one in rows_of(sequences)]


LOG_ROWS: st.SearchStrategy[list[Row]] = st.lists(
    st.tuples(
        st.sampled_from(["blk_1", "blk_2", "blk_3", "blk_4", None]),
        st.sampled_from("xyz"),
        st.sampled_from([None, -7, 0, 1, 2, 3]),
        st.sampled_from([-1, 0, 1]),
    ),
    min_size=1,
    max_size=40,
)
"""Small logs: entities interleaved, times out of order and missing, labels on some events."""
