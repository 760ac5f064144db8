"""Edit distance: how many edits lead to the nearest sequence of normal training.

Source: Landauer, Skopik, Wurzenberger, "A critical review of common log data sets used for evaluation
of sequence-based anomaly detection techniques", Proc. ACM Softw. Eng. 1 (FSE), 2024. Score: insertions,
deletions and replacements of events over the length of the longer sequence (normalised Levenshtein
distance), from 0 (a sequence that training showed) to 1 (no event in common in its place).

Only distinct sequences are compared, on both sides; see `features/nearest_texts.py`. Deviation: the
paper's code picks the threshold of best F1 on the test split; ours comes of distances in training.
`max_references` bounds how many are compared with, see `detection/references.py`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.references import drawn_references
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.distinct import distinct
from anomalog_exp.features.nearest_texts import Alphabet, NearestTexts
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "EditDistanceDetector"]

_SHOWN = 10
"""Events of the nearest sequence that an explanation shows."""


class Config(ExperimentModelConfig):
    """Options of the edit distance."""

    name: Literal["edit_distance"]
    max_references: Count | None = Field(
        description="distinct sequences to compare with; null = all"
    )
    seed: int = Field(ge=0, le=2**32 - 1, description="of the draw")

    def build_detector(self) -> EditDistanceDetector:
        return EditDistanceDetector(self)


class EditDistanceDetector(Detector):
    """Scores sequences by the nearest training sequence."""

    bounded_by: ClassVar[str] = "max_references"

    config: Config
    _alphabet: Alphabet
    _trained: NearestTexts
    _distinct: int = 0
    """Distinct normal training sequences, kept or not."""

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train).trainable()
        self._alphabet = Alphabet.of(normal.templates, len(train.dataset.templates))
        if not self._alphabet.fits:
            raise NotApplicable(f"{self.name} needs fewer than 1,112,064 templates in train")
        once = distinct(normal)
        self._distinct = len(once.first)
        drawn = drawn_references(once.group, self.config.max_references, self.config.seed)
        first = once.first if drawn is None else once.first[np.unique(once.group[drawn])]
        self._trained = NearestTexts(self._alphabet.texts(normal.take(first)))

    @property
    def draws(self) -> bool:
        return bool(self._distinct) and self._distinct > len(self._trained.texts)

    @property
    def monotone(self) -> bool:
        return not self.draws

    def left_out_scores(self, train: SequenceSet) -> NDArray[np.float64]:
        """The distance to the nearest other; one of several equal sequences has another at 0."""
        normal = train.normal()
        once = distinct(normal)
        drawn = drawn_references(once.group, self.config.max_references, self.config.seed)
        if drawn is not None:
            return self.score(normal.take(~drawn))
        alone = np.flatnonzero(once.count == 1)
        distance = np.zeros(len(once.count))
        distance[alone] = self._trained.apart(alone)
        return distance[once.group]

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return self._search(sequences)[0]

    def _search(self, sequences: SequenceSet) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(sequences,) distances, and the nearest training texts."""
        once = distinct(sequences)
        texts = self._alphabet.texts(sequences.take(once.first))
        # Sequences that differ in what training never showed may be the same text.
        number = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        group = np.array([number[text] for text in texts], dtype=np.int64)[once.group]
        distance, nearest = self._trained.search(list(number))
        return distance[group], nearest[group]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The nearest training sequence with its distance, then the edits in their order."""
        distances, nearest = self._search(sequences)
        texts = self._alphabet.texts(sequences)
        names = sequences.dataset.templates
        evidence: list[list[tuple[str, float]]] = []
        for i, distance in enumerate(distances.tolist()):
            inside = slice(sequences.offsets[i], sequences.offsets[i + 1])
            here = [names[code] for code in sequences.templates[inside]]
            other = self._trained.texts[nearest[i]]
            there = [names[code] for code in self._alphabet.templates(other)]
            edits = _edits(other, texts[i], there, here)
            each = [(edit, distance / len(edits)) for edit in edits]
            evidence.append([(_shown(there), distance), *each][:top] if edits else [])
        return evidence

    def manifest(self) -> dict[str, object]:
        """How many sequences are compared with, and of how many they were drawn."""
        kept: dict[str, object] = {"training_sequences": len(self._trained.texts)}
        return kept | {"drawn_from": self._distinct} if self.draws else kept


def _shown(events: list[str]) -> str:
    more = f" -> ... ({len(events):,} events)" if len(events) > _SHOWN else ""
    return f"nearest: {' -> '.join(events[:_SHOWN]) or '(no event)'}{more}"


def _edits(trained: str, text: str, there: list[str], here: list[str]) -> list[str]:
    """What to do to the trained sequence `there` to make it this one, in words."""
    from rapidfuzz.distance import Levenshtein

    words = []
    for edit in Levenshtein.editops(trained, text):
        source, place = edit.src_pos, edit.dest_pos
        if edit.tag == "insert":
            words.append(f"event {place + 1} is extra: {here[place]}")
        elif edit.tag == "delete":
            words.append(f"missing before event {place + 1}: {there[source]}")
        else:
            words.append(f"event {place + 1} is {here[place]} instead of {there[source]}")
    return words
