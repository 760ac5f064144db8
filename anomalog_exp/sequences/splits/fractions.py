"""Which sequences train and which are scored, by prefix and suffix in order.

Whole sessions are counted, so that all windows of one session fall in one split; windows that are no
parts of a session count one by one. Fractions are exact decimals: 0.07 of 100 is 7.

With an offset the sequences are a circle, and the order begins inside of it: what comes before that
place follows after the last one. Ten offsets are ten cuts of one log that leave neighbours together,
where a single cut may be a lucky one. Detectors learn, and validation parts are held back, in the order
of the circle. State still carries over from what stands before a sequence in the log.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Fraction
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.labels import sequence_labels
from anomalog_exp.sequences.sequence_set import Split
from anomalog_exp.sequences.splits.base import Assignment, HoldingSplitConfig

__all__ = [
    "ChronologicalSplitConfig",
    "CircleSplitConfig",
    "FractionSplitConfig",
    "NormalOnlySplitConfig",
    "fraction_of",
    "session_labels",
    "split_sessions",
]


def fraction_of(fraction: float, count: int) -> int:
    """The fraction of a count, rounded up, without the error of binary floats.

    Examples:
        >>> fraction_of(0.07, 100), 0.07 * 100
        (7, 7.000000000000001)
    """
    return int((Decimal(str(fraction)) * count).to_integral_value(ROUND_CEILING))


class FractionSplitConfig(HoldingSplitConfig):
    """A training prefix and a test suffix of the sequences in order."""

    train_fraction: Fraction = Field(description="share of the sequences, from the first on")
    test_fraction: Fraction = Field(description="share of the sequences, up to the last")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        # Exact decimals: 0.7 + 0.3 is 1, whatever binary floats make of it.
        total = Decimal(str(self.train_fraction)) + Decimal(str(self.test_fraction))
        if total > 1:
            raise ConfigError.of(
                "split.train_fraction, split.test_fraction",
                f"{self.train_fraction} and {self.test_fraction}",
                problem=f"together they take {total} of the sequences",
                allowed="a sum of at most 1",
                fix="lower one of them; what neither takes is ignored",
            )
        return self


class CircleSplitConfig(FractionSplitConfig):
    """The same of the circle of sequences, which begins at any place."""

    added_since: ClassVar[dict[str, Any]] = {"validation_fraction": 0.0, "offset": 0.0}

    offset: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        description="where the circle of sequences begins, a share of its length"
    )

    @property
    def caveat(self) -> str | None:
        return "offset: training may come after test" if self.offset else None

    def assign(
        self, dataset: LogDataset, grouping: Grouping, row_label: NDArray[np.int8]
    ) -> Assignment:
        facts = {}
        if self.offset and len(grouping.session):
            sessions = int(grouping.session[-1]) + 1
            facts["offset_sessions"] = first = _place_on_circle(self.offset, sessions)
            grouping = _turned(grouping, first, sessions)
        label = sequence_labels(dataset, grouping, row_label)
        part = split_sessions(session_labels(label, grouping.session), self)[grouping.session]
        return Assignment(grouping, label, part, facts=facts)


class ChronologicalSplitConfig(CircleSplitConfig):
    """Train on the first sequences, whatever their label."""

    name: Literal["chronological"]


class NormalOnlySplitConfig(CircleSplitConfig):
    """Train on the first normal sequences, as DeepLog does."""

    name: Literal["normal_only"]


def split_sessions(label: NDArray[np.int8], config: FractionSplitConfig) -> NDArray[np.uint8]:
    """(sessions,) uint8 values of `Split` for sessions in order.

    The test suffix is min(N, ceil(test_fraction * N)) sessions, wherever training ends. Training
    takes the first min(N - test, ceil(train_fraction * N)) of them, or as many normal ones
    (`normal_only`; a session without a label is not known to be normal, and is left out).
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


def session_labels(label: NDArray[np.int8], session: NDArray[np.int64]) -> NDArray[np.int8]:
    """A session is anomalous if any of its windows is: the largest of their labels."""
    return np.maximum.reduceat(label, np.flatnonzero(np.diff(session, prepend=-1)))


def _place_on_circle(offset: float, sessions: int) -> int:
    """The session that comes first: rounded down, so that every offset is a place of the circle."""
    return int((Decimal(str(offset)) * sessions).to_integral_value(ROUND_FLOOR))


def _turned(grouping: Grouping, first: int, sessions: int) -> Grouping:
    """The same sequences in the order that begins with the session `first`."""
    begin = np.searchsorted(grouping.session, first)
    turned = grouping.take(np.roll(np.arange(len(grouping.session)), -begin))
    return replace(turned, session=(turned.session - first) % sessions)
