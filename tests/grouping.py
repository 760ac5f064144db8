"""Sequences of a dataset from a few options, without composing a whole config each time."""

from __future__ import annotations

from functools import cache

import yaml
from pydantic import TypeAdapter

from anomalog_exp.config.options import conf_dir
from anomalog_exp.config.sequence import SequenceConfig
from anomalog_exp.config.split import SplitConfig
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.sequences.sequence_set import SequenceSet

_TYPES = {"sequence": TypeAdapter(SequenceConfig), "split": TypeAdapter(SplitConfig)}


@cache
def _defaults(group: str, name: str) -> dict:
    return yaml.safe_load((conf_dir() / group / f"{name}.yaml").read_text(encoding="utf-8"))


def grouped(
    dataset: LogDataset,
    sequence: str = "entity",
    split: str = "chronological",
    *,
    train: float | None = None,
    test: float | None = None,
    **options,
) -> SequenceSet:
    """The sequences of `dataset`; `options` are those of the grouping."""
    parts = {"train_fraction": train, "test_fraction": test}
    given = {
        "sequence": _defaults("sequence", sequence) | options,
        "split": _defaults("split", split) | {k: v for k, v in parts.items() if v is not None},
    }
    chosen = {group: _TYPES[group].validate_python(values) for group, values in given.items()}
    return chosen["sequence"].apply(dataset, chosen["split"])
