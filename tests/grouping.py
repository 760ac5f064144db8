"""Sequences of a dataset from a few options, without composing a whole config each time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml
from pydantic import TypeAdapter

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.options.listing import conf_dir
from anomalog_exp.sequences.groupings.any import SequenceConfig
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.splits.any import SplitConfig
from tests.logs import Row

_TYPES = {"sequence": TypeAdapter(SequenceConfig), "split": TypeAdapter(SplitConfig)}


@cache
def _defaults(group: str, name: str) -> dict:
    text = (conf_dir() / group / f"{name}.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text.replace("${seed}", "0"))
    shares = values.pop("defaults", None)  # what the group shares
    return (_defaults("", f"_{group}") if shares else {}) | values


def grouped(
    dataset: LogDataset,
    sequence: str = "entity",
    split: str = "chronological",
    *,
    train: float | None = None,
    test: float | None = None,
    split_options: Mapping[str, Any] | None = None,
    **options,
) -> SequenceSet:
    """The sequences of `dataset`; `options` are those of the split or of the grouping."""
    fractions = {"train_fraction": train, "test_fraction": test}
    options |= {key: value for key, value in fractions.items() if value is not None}
    given = {}
    for group, name in (("sequence", sequence), ("split", split)):
        values = dict(_defaults(group, name))
        given[group] = values | {key: options.pop(key) for key in list(options) if key in values}
    given["split"] |= split_options or {}
    assert not options
    chosen = {group: _TYPES[group].validate_python(values) for group, values in given.items()}
    return chosen["sequence"].apply(dataset, chosen["split"])


def rows_of(sequences: SequenceSet) -> list[list[int]]:
    return [
        sequences.order[start:stop].tolist()
        for start, stop in zip(sequences.start, sequences.stop, strict=True)
    ]


def splits_of(sequences: SequenceSet) -> list[str]:
    return [Split(part).name.lower() for part in sequences.split]


def slow_sessions(rows: list[Row]) -> list[list[int]]:
    """Rows of each entity, ordered by (time missing?, first time, first line)."""
    by_entity: dict[str, list[int]] = {}
    for number, (entity, _, _, _) in enumerate(rows):
        if entity is not None:
            by_entity.setdefault(entity, []).append(number)

    def rank(members: list[int]):
        time = rows[members[0]][2]
        return (time is None, time or 0, members[0])

    return sorted(by_entity.values(), key=rank)
