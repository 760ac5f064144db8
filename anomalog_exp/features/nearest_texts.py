"""The nearest of many sequences, by normalised Levenshtein distance.

d(a, b) = edits / length of the longer one, from 0 to 1. Events become characters, as rapidfuzz compares
strings of up to 64 characters many at a time, and longer ones within a cutoff. What no trained sequence
holds matches nothing, so one character stands for all of it, and the alphabet is as small as training.

Equal sequences are settled first. The others are compared in order of a bound, d >= difference of the
lengths / the longer one, in portions that grow, until nothing that is left can be nearer. Exact; memory:
2**20 pairs at a time, 4 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Alphabet", "NearestTexts"]

_PAIRS = 1 << 20
_FIRST = 32
_AT_ONCE = 64
# Code points that are no characters.
_GAP_BEGINS, _GAP = 0xD800, 0x800


@dataclass(eq=False)
class Alphabet:
    """A character for each template that training showed, and one for all others.

    Attributes:
        known: (templates seen,) int32 codes of the templates that training showed, sorted.
        kinds: How many templates there are.
    """

    known: Annotated[NDArray[np.int32], "templates seen"]
    kinds: int

    def __post_init__(self) -> None:
        characters = np.arange(len(self.known) + 1)
        characters[_GAP_BEGINS:] += _GAP
        self._of = np.full(self.kinds, characters[-1], dtype="<u4")
        self._of[self.known] = characters[:-1]

    @classmethod
    def of(cls, trained: NDArray[np.int32], kinds: int) -> Self:
        """The alphabet of the template codes of training events, of so many kinds of templates."""
        return cls(np.unique(trained), kinds)

    @property
    def fits(self) -> bool:
        """Whether Unicode names as many: templates beyond would have to share characters."""
        return len(self.known) < 0x110000 - _GAP

    def texts(self, sequences: SequenceSet) -> list[str]:
        """A string for each sequence, a character for each event."""
        whole = self._of[sequences.templates].tobytes().decode("utf-32-le")
        return [whole[start:stop] for start, stop in pairwise(sequences.offsets.tolist())]

    def templates(self, text: str) -> NDArray[np.int32]:
        """The template codes of a text that training showed."""
        characters = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.int64)
        return self.known[np.where(characters < _GAP_BEGINS, characters, characters - _GAP)]


@dataclass(eq=False)
class NearestTexts:
    """Searches for the nearest of some texts.

    Attributes:
        texts: Distinct, one at least.
    """

    texts: list[str]

    def __post_init__(self) -> None:
        self._place = {text: place for place, text in enumerate(self.texts)}
        self._lengths = np.array([len(text) for text in self.texts])

    def search(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(texts,) distances of distinct texts to their nearest, and which it is.

        Of several as near, the one nearest in length counts, then the first.
        """
        nearest = np.array([self._place.get(text, -1) for text in texts], dtype=np.int64)
        distance = np.zeros(len(texts))
        other = np.flatnonzero(nearest < 0)
        distance[other], nearest[other] = self._compared(
            [texts[i] for i in other.tolist()], nearest[other]
        )
        return distance, nearest

    def apart(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """(places,) distances of some of the texts to the nearest other one; 1 without another."""
        return self._compared([self.texts[i] for i in places.tolist()], places)[0]

    def _compared(
        self, texts: Sequence[str], itself: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The same as `search`, where `itself`, (texts,) the place of a text, is not compared with."""
        nearest = np.zeros(len(texts), dtype=np.int64)
        distance = np.zeros(len(texts))
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        for length in np.unique(lengths).tolist():
            alike = np.flatnonzero(lengths == length)
            longer = np.maximum(self._lengths, length)
            bound = np.abs(self._lengths - length) / np.maximum(longer, 1)
            order = np.argsort(bound, kind="stable")
            # Long texts one by one, each with a cutoff of its own; short ones go faster together.
            together = 1 if length > _AT_ONCE else 1024
            for start in range(0, len(alike), together):
                some = alike[start : start + together]
                distance[some], nearest[some] = self._nearest(
                    [texts[i] for i in some], itself[some], order, bound[order], longer[order]
                )
        return distance, nearest

    def _nearest(
        self,
        texts: list[str],
        itself: NDArray[np.int64],
        order: NDArray[np.int64],
        bound: NDArray[np.float64],
        longer: NDArray[np.int64],
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Distances and places for texts of one length, trained texts in order of their bound."""
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import cdist

        best = np.ones(len(texts))
        place = np.full(len(texts), order[0])
        start, size = 0, _FIRST
        while start < len(order):
            open_ = np.flatnonzero(bound[start] < best)
            if not len(open_):
                break
            some = slice(start, start + size)
            # What is above the cutoff comes back as one more, and is then above the best for sure.
            cutoff = int(best[open_].max() * longer[some].max())
            edits = cdist(
                [texts[i] for i in open_],
                [self.texts[i] for i in order[some]],
                scorer=Levenshtein.distance,
                score_cutoff=cutoff,
                dtype=np.int32,
                workers=1,
            )
            distance = edits / longer[some]
            distance[order[some] == itself[open_, None]] = np.inf
            first = distance.argmin(axis=1)
            lowest = distance[np.arange(len(first)), first]
            nearer = lowest < best[open_]
            best[open_[nearer]] = lowest[nearer]
            place[open_[nearer]] = order[start + first[nearer]]
            start += size
            size = min(size * 4, max(_PAIRS // len(texts), _FIRST))
        return best, place
