"""Which sequences train and which are scored, by prefix and suffix in order.

Units (whole sessions; or windows, where these are no parts of a session) are counted, so that all
windows of one session fall in one split. Fractions are exact decimals: 0.07 of 100 is 7.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.config.split import FractionSplitConfig, NormalOnlySplitConfig, SplitConfig
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.sequence_set import Split

__all__ = ["check_parts", "fraction_of", "predefined_parts", "split_units"]


def fraction_of(fraction: float, count: int) -> int:
    """The fraction of a count, rounded up, without the error of binary floats."""
    return int((Decimal(str(fraction)) * count).to_integral_value(ROUND_CEILING))


def split_units(label: NDArray[np.int8], config: FractionSplitConfig) -> NDArray[np.uint8]:
    """(units,) uint8 values of `Split` for units in order.

    The test suffix is min(N, ceil(test_fraction * N)) units, wherever training ends. Training takes
    the first min(N - test, ceil(train_fraction * N)) units, or as many normal ones (`normal_only`;
    a unit without a label is not known to be normal, and is left out).

    """
    n = len(label)
    test = min(n, fraction_of(config.test_fraction, n))
    train = min(n - test, fraction_of(config.train_fraction, n))
    eligible = np.arange(n - test)
    if isinstance(config, NormalOnlySplitConfig):
        eligible = eligible[label[: n - test] == 0]
    split = np.full(n, Split.IGNORED, dtype=np.uint8)
    split[n - test :] = Split.TEST
    split[eligible[:train]] = Split.TRAIN
    return split


def predefined_parts(dataset: LogDataset, entity: NDArray[np.int32]) -> NDArray[np.uint8]:
    """(sequences,) the split in which the source puts each sequence's entity.

    Raises:
        ConfigError: this source says nothing about splits.
    """
    if dataset.entity_split is None or (entity < 0).any():
        raise ConfigError.of(
            "split",
            "predefined",
            problem="this data set, grouped like this, has no splits of its own",
            allowed="sessions of a source with splits, as dataset=hdfs_sessions sequence=entity",
            fix="use split=chronological",
        )
    return np.asarray(dataset.entity_split)[entity]


def check_parts(parts: NDArray[np.uint8], split: SplitConfig, *, evaluated: bool = False) -> None:
    """See that there is something to train on and something to test.

    Args:
        parts: (sequences,) values of `Split`.
        split: What was asked for.
        evaluated: Single events are evaluated, whichever sequences they are in.

    Raises:
        ConfigError: a part is empty.
    """
    train, test = int((parts == Split.TRAIN).sum()), int((parts == Split.TEST).sum())
    if train and (test or evaluated):
        return
    missing = "test" if train else "train on"
    hint = "" if train else ", or split=chronological where nothing is labelled"
    raise ConfigError.of(
        "split",
        " ".join(f"{key}={value}" for key, value in split.model_dump(mode="json").items()),
        problem=f"no sequence is left to {missing}: of {len(parts):,}, {train:,} train, {test:,} are "
        "tested and the others are ignored",
        allowed="figures that give at least one sequence to each part",
        fix=f"change the figures of the split, use a larger log or smaller windows{hint}",
    )
