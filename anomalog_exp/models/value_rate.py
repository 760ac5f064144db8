"""Value rate: how far the number of events with a value in their message is from what is usual.

`request <*> finished with status <*>` is one kind of event. Where its second place has few values, each
of them is counted by itself: sixty answers 500 in a row are then seen, though the template says nothing
of it. Score: the largest distance from what is usual, in spreads of the training windows
(`features/usual_counts.py`). A value that training never had is for `new_value`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from anomalog_exp.detection.contract import ExperimentModelConfig
from anomalog_exp.detection.counting_detector import CountingDetector
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.message_values import code_in, parameters_of, place_name, shown
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "ValueRateDetector"]

_EVENTS_AT_ONCE = 1 << 20


class Config(ExperimentModelConfig):
    """Options of the value rate."""

    name: Literal["value_rate"]
    most_values: int = Field(ge=2, description="distinct values of a place that takes part")

    @property
    def reads_parameters(self) -> bool:
        return True

    def build_detector(self) -> ValueRateDetector:
        return ValueRateDetector(self)


class ValueRateDetector(CountingDetector):
    """Scores windows by counts of values that are not usual."""

    config: Config
    _texts: Annotated[list[str], "texts"]
    _place: Annotated[NDArray[np.int64], "values"]
    _text: Annotated[NDArray[np.int64], "values"]

    def learn_kinds(self, sequences: SequenceSet) -> None:
        parameters = parameters_of(self.name, sequences.dataset)
        size = max(len(parameters.texts), 1)
        keys = np.unique(
            np.concatenate(
                [
                    np.unique(found.place * size + found.code)
                    for part in sequences.portions(_EVENTS_AT_ONCE)
                    for found in [parameters.of(part.rows)]
                ]
            )
        )
        place, code = np.divmod(keys, size)
        values = np.bincount(place, minlength=1)[place]
        kept = (values > 1) & (values <= self.config.most_values)
        if not kept.any():
            raise NotApplicable(
                f"{self.name} needs places in messages with 2 to {self.config.most_values:,} values in "
                f"training (of {len(np.unique(place)):,} places with values, none has)"
            )
        codes, self._text = np.unique(code[kept], return_inverse=True)
        self._place = place[kept]
        self._texts = parameters.texts.gather(codes).to_list()

    def counts(self, sequences: SequenceSet) -> csr_matrix:
        parameters = parameters_of(self.name, sequences.dataset)
        known = code_in(self._texts, parameters.texts)
        size = max(len(self._texts), 1)
        keys = self._place * size + self._text  # ascending: by place, then by text
        rows, kinds, first = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], 0
        for part in sequences.portions(_EVENTS_AT_ONCE):
            found = parameters.of(part.rows)
            text = known[found.code]
            key = found.place * size + text
            kind = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
            is_known = (text >= 0) & (keys[kind] == key)
            owner = np.repeat(np.arange(first, first + len(part)), part.lengths)
            rows.append(owner[found.row[is_known]])
            kinds.append(kind[is_known])
            first += len(part)
        row = np.concatenate(rows)
        ones = np.ones(len(row))
        return csr_matrix((ones, (row, np.concatenate(kinds))), (len(sequences), len(keys)))

    def kind_name(self, sequences: SequenceSet, kind: int) -> str:
        value = shown(self._texts[self._text[kind]])
        return f" with {value} as {place_name(sequences.dataset, [int(self._place[kind])])}"

    def manifest(self) -> dict[str, object]:
        """How many places take part, and how many values they have."""
        return {"places": len(np.unique(self._place)), "values": len(self._place)}
