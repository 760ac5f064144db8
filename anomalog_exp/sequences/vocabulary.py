"""The templates of training, by which a judge reads sequences of any data set.

A template is known across data sets by its text. What is none of training becomes `<unknown>`, which
ends every vocabulary that a judge's detector is fitted and asked on: a template that training never
showed. So what a detector has learned keeps its codes; the codes of what it is asked about change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.parameters import Parameters
from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE
from anomalog_exp.errors import DataError
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Vocabulary"]


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The templates of the data set that a judge was trained on.

    Attributes:
        templates: Their texts.
        events: (templates,) int64, how many events of each training showed.
        places: (templates,) int64 how many places with values each has, see `data/parameters.py`; 0
            where training read no values.
    """

    templates: Annotated[list[str], "templates"]
    events: Annotated[NDArray[np.int64], "templates"]
    places: Annotated[NDArray[np.int64], "templates"]

    def __post_init__(self) -> None:
        longest = np.array([len(text) for text in self.templates], dtype=np.int64)
        if (self.events < 0).any() or (self.places < 0).any() or (self.places > longest).any():
            raise ValueError(
                "a template has no fewer than 0 events, and no more places than letters"
            )

    @classmethod
    def of(cls, train: SequenceSet) -> Self:
        """The vocabulary of training sequences; an `<unknown>` that `read` added is none of it."""
        dataset = train.dataset
        own = slice(len(dataset.templates) - dataset.unknown_added)
        events = train.trainable_counts()
        values = dataset.parameters
        places = np.zeros(len(events), dtype=np.int64) if values is None else values.places
        return cls(list(dataset.templates[own]), events[own], places[own])

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The texts of what `read` gives, the last of which is `<unknown>`."""
        return (*self.templates, *([UNKNOWN_TEMPLATE] if self._adds_unknown else []))

    @property
    def _adds_unknown(self) -> bool:
        # A message may be the word itself: what training showed is not unknown.
        return self.templates[-1:] != [UNKNOWN_TEMPLATE] or bool(self.events[-1])

    def _widened(self, figures: NDArray[np.int64]) -> NDArray[np.int64]:
        """(texts,) what stands for each template of training, and 0 for an `<unknown>` that is added."""
        return np.pad(figures, (0, int(self._adds_unknown)))

    def codes(self, templates: Sequence[str]) -> NDArray[np.int32]:
        """(templates,) int32 codes into `texts` of the templates of some data set."""
        if tuple(templates) == self.texts[: len(templates)]:
            return np.arange(len(templates), dtype=np.int32)
        code = {text: number for number, text in enumerate(self.texts)}
        unknown = len(self.texts) - 1
        return np.array([code.get(text, unknown) for text in templates], dtype=np.int32)

    def shown(self, templates: Sequence[str]) -> NDArray[np.int64]:
        """(templates,) int64 how many events training showed of each template of some data set."""
        return self._widened(self.events)[self.codes(templates)]

    def read(self, sequences: SequenceSet) -> SequenceSet:
        """The same sequences over `texts`.

        Raises:
            DataError: values stand in other places of a template than in training.
        """
        dataset, added = sequences.dataset, self._adds_unknown
        if dataset.unknown_added == added and dataset.templates == self.texts:
            return sequences
        codes = self.codes(dataset.templates)
        same = np.array_equal(codes, np.arange(len(codes)))
        template = dataset.template if same else scratch.gathered(codes, dataset.template)
        readable = replace(
            dataset,
            template=template,
            templates=self.texts,
            unknown_added=added,
            as_matched=dataset.as_matched or dataset,
            parameters=self._values(dataset.parameters, template, codes),
        )
        return replace(sequences, dataset=readable)

    def _values(
        self, values: Parameters | None, template: NDArray[np.int32], codes: NDArray[np.int32]
    ) -> Parameters | None:
        """Values in the places of training; those of templates that it lacks are left out.

        Args:
            values: Over the templates as they were.
            template: (events,) code into `texts` of each event.
            codes: (templates as they were,) code into `texts` of each.
        """
        if values is None or (values.places.any() and not self.places.any()):
            return None
        places = self._widened(self.places)
        unknown = len(self.texts) - 1
        there = np.bincount(values.template, minlength=len(codes)) > 0
        left_out = there & (places[codes] != values.places)
        differing = left_out & ((codes != unknown) | (places[codes] > 0))
        if differing.any():
            text = self.texts[codes[differing].min()]
            raise DataError.of(
                "templates",
                text,
                problem="its values stand in other places than in training",
                allowed="templates with the masks of training",
                fix="match the messages with the templates of training",
            )
        code = values.code
        if left_out.any():
            code = code[np.repeat(~left_out[values.template], values.places[values.template])]
        return replace(values, code=code, template=template, places=places)
