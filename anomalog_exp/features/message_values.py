"""Values in messages, as detectors read them: where they are, and what people call the places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.parameters import Parameters
from anomalog_exp.data.value_kinds import KINDS, MIXED, kinds_of_texts
from anomalog_exp.errors import NotApplicable

if TYPE_CHECKING:
    import polars as pl

__all__ = ["code_in", "parameters_of", "place_name", "shown", "shown_with_kinds"]

_LONGEST = 60
_UNSAID = [KINDS.index("word"), KINDS.index(MIXED)]
"""Kinds that say nothing of a value that its text does not."""


def parameters_of(name: str, dataset: LogDataset) -> Parameters:
    """The parameters of a data set.

    Args:
        name: Of the detector that reads them.
        dataset: May have none.

    Raises:
        NotApplicable: it has none.
    """
    if dataset.parameters is None:
        raise NotApplicable(
            f"{name} needs the values in messages, and this data set has none: session files hold event "
            "ids alone, and load_dataset() keeps values with parameters=True only"
        )
    return dataset.parameters


def code_in(known: Sequence[str], texts: pl.Series) -> NDArray[np.int64]:
    """(texts,) where each text stands in a list of distinct ones, -1 where it does not."""
    import polars as pl

    distinct = pl.Series(known, dtype=pl.String)
    number = np.arange(len(distinct))
    codes = texts.replace_strict(distinct, number, default=-1, return_dtype=pl.Int64)
    return codes.to_numpy()


def place_name(dataset: LogDataset, places: Sequence[int]) -> str:
    """What people call one or two places of a template: `2nd value of "Received <*> of size <*>"`."""
    parameters = dataset.parameters
    assert parameters is not None
    template = int(np.searchsorted(parameters.first_place, places[0], side="right")) - 1
    first = int(parameters.first_place[template])
    nth = " and ".join(_ordinal(place - first + 1) for place in places)
    return f'{nth} value of "{dataset.templates[template]}"'


def shown(value: str) -> str:
    """A value in a sentence: one line that is not long."""
    line = " ".join(value.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def shown_with_kinds(
    parameters: Parameters, place: NDArray[np.int64], code: NDArray[np.int64]
) -> list[str]:
    """Values in sentences, as `ip 10.0.0.9`: with their kind where it is that of their place.

    Args:
        parameters: Of the data set.
        place: (values,) where each stands.
        code: (values,) of each.
    """
    distinct, value = np.unique(code, return_inverse=True)
    texts = parameters.texts.gather(distinct)
    kind = kinds_of_texts(texts)[value]
    usual = parameters.kind[place]
    said = (kind == usual) & ~np.isin(kind, _UNSAID)
    plain = [shown(text) for text in texts]
    return [
        f"{KINDS[kind[i]]} {plain[value[i]]}" if said[i] else plain[value[i]]
        for i in range(len(code))
    ]


def _ordinal(number: int) -> str:
    """A number that counts.

    Examples:
        >>> [_ordinal(number) for number in (1, 2, 3, 4, 11, 12, 21, 101, 113)]
        ['1st', '2nd', '3rd', '4th', '11th', '12th', '21st', '101st', '113th']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"
