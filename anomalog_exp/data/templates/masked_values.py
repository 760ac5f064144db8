"""The values that masks replace in messages, taken out while a log is read.

Templates are known when all messages have come, but masks read each message alone. Most templates have
a place where the masked message has a wildcard, so its values are numbers already when they are asked
for, and no message needs to be kept. A message whose values cannot be taken out so waits until its
template is known.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.arrow_texts import copied
from anomalog_exp.data.templates.event_fields import parted
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.pinning import masker_of
from anomalog_exp.data.templates.shape_cuts import ShapeCut, ShapeCuts
from anomalog_exp.data.templates.shape_values import cut_numbers
from anomalog_exp.data.templates.wildcards import Wildcards
from anomalog_exp.data.text_numbers import TextNumbers

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MaskedShape", "MaskedValues", "TakenApart"]

_FEWEST: Final = 8
"""To look at a shape takes as long as to let so many messages wait."""

_LONGEST: Final = 1 << 12
"""Bytes of the longest message that is taken apart: the patterns of most templates would read it."""


class TakenApart(NamedTuple):
    """The messages of a block without what their shapes say.

    Attributes:
        waits: (rows,) bool: which messages wait.
        numbers: (values,) int32 of the values of the others, message by message.
        messages: Those that wait.
    """

    waits: NDArray[np.bool_]
    numbers: NDArray[np.int32]
    messages: pl.Series


class MaskedShape(NamedTuple):
    """A shape whose messages are taken apart.

    Attributes:
        text: The shape, with `0` for each number.
        constants: What stands around the wildcards of its masked message.
        cut: Where the values are.
        longest: How many bytes a message may have.
    """

    text: str
    constants: list[str]
    cut: ShapeCut

    @property
    def longest(self) -> int:
        return min(self.cut.longest, _LONGEST) if self.cut.longest >= 0 else _LONGEST


class MaskedValues:
    """Takes messages apart, in any thread.

    Attributes:
        vocabulary: Of all values.
        rows: (shapes,) int64 how many messages came of each, by its number in the category.
        shapes: Those whose messages are taken apart, by their numbers in the category.
    """

    def __init__(self, config: TemplateMinerConfig, categories: pl.Categorical) -> None:
        """Args:
        config: Says how messages are masked.
        categories: Of the shapes.
        """
        self.vocabulary = TextNumbers()
        self.rows = np.zeros(0, dtype=np.int64)
        self.shapes: dict[int, MaskedShape] = {}
        self._masker = masker_of(config)
        self._wildcards = Wildcards(config)
        self._fields = config.with_fields
        self._categories = categories
        self._looked_at = np.zeros(0, dtype=bool)
        self._cuts = ShapeCuts.none()
        self._changing = Lock()

    def take_apart(self, messages: pl.Series, shape: NDArray[np.int64]) -> TakenApart:
        """Args:
        messages: (rows,) String, without nulls.
        shape: (rows,) number of each one's shape in the category.
        """
        with self._changing:
            self._count(np.bincount(shape))
            cuts = self._cuts
        waits = messages.str.len_bytes().to_numpy() > cuts.longest.take(shape)
        if not waits.any():
            numbers = cut_numbers(messages, shape, cuts, self.vocabulary)
            return TakenApart(waits, numbers, messages.clear())
        if waits.all():
            return TakenApart(waits, np.empty(0, dtype=np.int32), messages)
        numbers = cut_numbers(messages.filter(~waits), shape[~waits], cuts, self.vocabulary)
        return TakenApart(waits, numbers, copied(messages.filter(waits)))

    def _count(self, count: NDArray[np.int64]) -> None:
        """Count messages of each shape, and look at shapes that have enough of them now."""
        more = np.zeros(max(len(count) - len(self.rows), 0), dtype=np.int64)
        self.rows = np.append(self.rows, more)
        self._looked_at = np.append(self._looked_at, more > 0)
        self.rows[: len(count)] += count
        new = np.flatnonzero((self.rows >= _FEWEST) & ~self._looked_at)
        if len(more) or len(new):
            found = self._look_at(new)
            self._looked_at[new] = True
            self.shapes |= found
            cuts = {number: one.cut._replace(longest=one.longest) for number, one in found.items()}
            self._cuts = self._cuts.and_of(cuts, len(self.rows))

    def _look_at(self, numbers: NDArray[np.int64]) -> dict[int, MaskedShape]:
        """Those of some shapes whose messages can be taken apart."""
        import polars as pl

        series = pl.Series(numbers.astype(np.uint32)).cat.to(self._categories)
        parts = [parted(shape, self._fields) for shape in series.cast(pl.String)]
        alone = [self._masker.numbers_alone(message) for message, _ in parts]
        masked = self._masker.finish([message for message, _ in parts])
        found: dict[int, MaskedShape] = {}
        for number, shape, text, (_, values) in zip(
            numbers.tolist(), alone, masked, parts, strict=True
        ):
            constants = self._wildcards.constants(text + values)
            cut = None if shape is None else ShapeCut.of(shape, constants)
            if shape is not None and cut is not None:
                found[number] = MaskedShape(shape, constants, cut)
        return found
