"""The values in messages that are held in memory, as a detector reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.parameters import Parameters
from anomalog_exp.data.place_kinds import PlaceKinds
from anomalog_exp.data.reading.codes import FirstAppearance
from anomalog_exp.data.templates.cut_values import TextForms
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.place_values import values_of_places
from anomalog_exp.data.templates.wildcards import Wildcards
from anomalog_exp.data.text_numbers import CategoryNumbers

if TYPE_CHECKING:
    import polars as pl

__all__ = ["HeldValues"]


class HeldValues:
    """Finds the values of messages at the places of their templates."""

    def __init__(self, texts: Sequence[str], config: TemplateMinerConfig) -> None:
        """Args:
        texts: Of the templates, in the order of their codes.
        config: What gave them.
        """
        wildcards = Wildcards(config)
        self._constants = [wildcards.constants(text) for text in texts]
        self._places = wildcards.counts(texts)

    def of(self, messages: pl.Series, template: NDArray[np.int32]) -> Parameters:
        """The parameters of some messages; the kinds of places are those of these alone."""

        # What fits no template has no place.
        places = np.pad(
            self._places, (0, max(0, int(template.max(initial=0)) + 1 - len(self._places)))
        )
        constants = [*self._constants, *([[""]] * (len(places) - len(self._places)))]
        codes, forms = FirstAppearance(), TextForms(CategoryNumbers())
        number = values_of_places(messages, template, constants, forms)
        code = codes.add(number).astype(np.int32)
        kinds = PlaceKinds(np.bincount(template, minlength=len(places)), places)
        kinds.add(0, template, code.astype(np.int64))
        values = forms.texts(codes.numbers())
        return Parameters(code, template, places, kinds.kinds(values), values)
