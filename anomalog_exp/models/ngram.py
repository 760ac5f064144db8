"""N-grams: the share of a sequence's n-grams that normal training never showed.

Source: Forrest, Hofmeyr, Somayaji, Longstaff, "A sense of self for Unix processes", IEEE S&P 1996
(stide); for logs Landauer, Skopik, Wurzenberger, "A critical review of common log data sets used for
evaluation of sequence-based anomaly detection techniques", Proc. ACM Softw. Eng. 1 (FSE), 2024. Score:
a share, from 0 to 1.

A sequence of m events has m + 1 n-grams: one ends at each event and one at the end of the sequence, and
those at the front are filled up with start symbols, so that a sequence shorter than n is judged too.
Deviation: the code of the paper puts one start symbol in front whatever n is, and looks for one unseen
n-gram rather than for their share; `model/decision=fixed model.decision.value=0` flags by one. Where
state carries over, n-grams reach back to where it comes from, and the ends of windows are no ends.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.errors import ConfigError
from anomalog_exp.features.segments import segment_sums
from anomalog_exp.features.transitions import Transitions, transitions
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "NgramDetector"]


class Config(ExperimentModelConfig):
    """Options of n-grams."""

    name: Literal["ngram"]
    n: Count

    def build_detector(self) -> NgramDetector:
        return NgramDetector(self)


class NgramDetector(Detector):
    """Scores sequences by their unseen n-grams."""

    config: Config
    _known: Annotated[NDArray[np.int64], "ngrams"]

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train)
        grams = self._grams(normal)
        learned = np.ones(len(grams.keys), dtype=bool)
        learned[grams.into_event] = normal.may_train
        self._known = np.unique(grams.keys[learned])

    @property
    def monotone(self) -> bool:
        return True

    def left_out_scores(self, train: SequenceSet) -> NDArray[np.float64]:
        """The share of n-grams that no other sequence shows."""
        grams = self._grams(train.normal())
        sizes = np.diff(grams.offsets)
        known, kind = np.unique(grams.keys, return_inverse=True)
        sequence = np.repeat(np.arange(len(sizes)), sizes)
        shown = np.unique(kind * len(sizes) + sequence) // len(sizes)
        alone = np.bincount(shown, minlength=len(known)) == 1
        return segment_sums(alone[kind].astype(np.float64), grams.offsets) / np.maximum(sizes, 1)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        grams = self._grams(sequences)
        unseen = segment_sums(self._unseen(grams).astype(np.float64), grams.offsets)
        return unseen / np.maximum(np.diff(grams.offsets), 1)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        """1 where the n-gram that ends at the event was never seen."""
        grams = self._grams(sequences)
        return self._unseen(grams)[grams.into_event].astype(np.float64)

    def _grams(self, sequences: SequenceSet) -> Transitions:
        try:
            return transitions(sequences, self.config.n - 1)
        except ConfigError as error:
            raise ConfigError.of(
                "model.n",
                self.config.n,
                problem=f"{len(sequences.dataset.templates):,} templates have too many n-grams of "
                "this length",
                allowed="symbols ** n below 2 ** 63, with two symbols more than templates",
                fix="lower model.n",
            ) from error

    def _unseen(self, grams: Transitions) -> NDArray[np.bool_]:
        place = np.minimum(np.searchsorted(self._known, grams.keys), len(self._known) - 1)
        return self._known[place] != grams.keys

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The unseen n-grams with their shares, which add up to the score."""
        grams = self._grams(sequences)
        unseen = self._unseen(grams)
        names = [*sequences.dataset.templates, "(end)", "(start)"]
        explained = []
        for start, stop in zip(grams.offsets[:-1], grams.offsets[1:], strict=True):
            keys, first, count = np.unique(
                grams.keys[start:stop][unseen[start:stop]], return_index=True, return_counts=True
            )
            explained.append(
                [
                    (self._words(int(keys[i]), names), float(count[i] / (stop - start)))
                    for i in np.lexsort((first, -count))[:top]
                ]
            )
        return explained

    def _words(self, key: int, names: list[str]) -> str:
        parts = []
        for _ in range(self.config.n):
            key, symbol = divmod(key, len(names))
            parts.append(names[symbol])
        return " -> ".join(reversed(parts))

    def manifest(self) -> dict[str, object]:
        """How many n-grams training showed."""
        return {"known_ngrams": len(self._known)}
