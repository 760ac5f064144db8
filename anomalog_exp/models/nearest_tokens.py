"""Nearest tokens: whether the known line with the most words in common is normal or anomalous.

Source: Yu et al., "Deep learning or classical machine learning? An empirical study on
log-based anomaly detection", ICSE 2024, by its nearest neighbour for supercomputers. A line is the set
of its words without a digit, its label that of the nearest training line by Jaccard distance, and a
sequence is anomalous if one of its lines is. Score: of a line, its distance to the nearest normal line
minus that to the nearest anomalous one, from -1 to 1; of a sequence, that of its highest line. Where
training shows no anomalous line, it is the distance to the nearest normal one, from 0 to 1.

Lines of one set of words are one known line, anomalous if at least half of them are. A line as near to
one kind as to the other is anomalous, as in the authors' code; that asks for the Levenshtein distance
where as many known lines of both kinds are as near. Where labels are those of sequences or entities, all
their events have them; what has no label counts as normal.

Deviations: words are those of templates, so that what a miner or a mask takes for a value is none; with
`template=identity` only the masks do. For BGL the words before the level belong to the message. All
training lines are known, where the paper takes a tenth of them at random: equal ones cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.columns import UNLABELLED
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.count_vectors import distinct_rows
from anomalog_exp.features.nearest_sets import NearestSets
from anomalog_exp.features.segments import segment_maxima
from anomalog_exp.features.word_sets import word_sets, words_of
from anomalog_exp.sequences.labels import row_labels
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "NearestTokensDetector"]

_BELOW_A_TIE = -1e-9
"""Between 0, a tie, and the next score below it, which is a difference of fractions with few words."""


class Config(ExperimentModelConfig):
    """Options of nearest tokens."""

    name: Literal["nearest_tokens"]
    max_distance: float = Field(ge=0, le=1, description="from normal lines, if none is anomalous")

    def build_detector(self) -> NearestTokensDetector:
        return NearestTokensDetector(self)


@dataclass(frozen=True, eq=False)
class _Neighbours:
    """The nearest known line of a kind for each template.

    Attributes:
        lines: How many different sets of words are known.
        distance: (templates,) float64, 1 where no line is known.
        template: (templates,) int64 the template of the line; -1 where none is known.
    """

    lines: int
    distance: Annotated[NDArray[np.float64], "templates"]
    template: Annotated[NDArray[np.int64], "templates"]

    def __post_init__(self) -> None:
        if ((self.template < -1) | (self.template >= len(self.template))).any():
            raise ValueError("a nearest line is of no template")


class NearestTokensDetector(Detector):
    """Scores lines by the nearest known ones, and sequences by their highest line.

    All that it sees of a line is its template: so what it learns is a neighbour of each.
    """

    learns_from: ClassVar[Literal["normal", "all", "either"]] = "either"

    config: Config
    _normal: _Neighbours
    _anomalous: _Neighbours

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        train = train.trainable()
        anomalous = _anomalous_events(train)
        if anomalous.all():
            raise NotApplicable(
                f"{self.name} needs events in train that are not labelled anomalous "
                f"(there are none in {len(train):,} sequences)"
            )
        words = word_sets(train.dataset.templates)[0]
        same = distinct_rows(words)
        sign = np.where(anomalous, 1.0, -1.0)
        balance = np.bincount(same.group[train.templates], sign, minlength=len(same.first))
        shown = np.unique(train.templates)
        # A known line is named by the first template of training that has its words.
        known, first = np.unique(same.group[shown], return_index=True)
        is_anomalous = balance[known] >= 0

        def neighbours(kind: NDArray[np.bool_]) -> _Neighbours:
            search = NearestSets(words[same.first[known[kind]]])
            found = search.search(words[same.first], self.progress)
            # Of no known line the place is -1, and so is the template.
            named = np.append(shown[first[kind]], -1).astype(np.int64)[found.place]
            return _Neighbours(int(kind.sum()), found.distance[same.group], named[same.group])

        self._normal, self._anomalous = neighbours(~is_anomalous), neighbours(is_anomalous)

    @property
    def _both(self) -> bool:
        """Whether lines of both kinds are known."""
        return self._anomalous.lines > 0

    @property
    def own_threshold(self) -> float:
        return _BELOW_A_TIE if self._both else self.config.max_distance

    @property
    def own_event_threshold(self) -> float:
        return self.own_threshold

    @property
    def _scores(self) -> NDArray[np.float64]:
        """(templates,) the score of a line of each."""
        distance = self._normal.distance
        return distance - self._anomalous.distance if self._both else distance

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        lowest = -1.0 if self._both else 0.0
        return segment_maxima(self.score_events(sequences), sequences.offsets, lowest)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return self._scores[sequences.templates]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The highest line, unless it is a normal one, and all that are nearer to anomalous lines.

        Beside each stand the nearest known lines, and the words by which they differ.
        """
        scores, texts = self._scores, sequences.dataset.templates
        evidence = []
        for begin, end in pairwise(sequences.offsets.tolist()):
            inside = np.unique(sequences.templates[begin:end])
            inside = inside[self._normal.distance[inside] > 0]
            inside = inside[np.argsort(-scores[inside], kind="stable")]
            against = scores[inside] >= 0
            against[:1] = True
            highest = inside[against][:top].tolist()
            evidence.append([(self._told(code, texts), float(scores[code])) for code in highest])
        return evidence

    def _told(self, code: int, texts: Sequence[str]) -> str:
        """A line, and the nearest known line of each kind with the words that one of both has."""
        parts = [texts[code]]
        for kind, known in (("anomalous", self._anomalous), ("normal", self._normal)):
            if known.lines:
                other = texts[known.template[code]]
                parts.append(f"{known.distance[code]:.2f} from {kind} {_apart(texts[code], other)}")
        return "; ".join(parts)

    def manifest(self) -> dict[str, object]:
        """How many different sets of words are known."""
        return {"normal_lines": self._normal.lines, "anomalous_lines": self._anomalous.lines}


def _anomalous_events(train: SequenceSet) -> NDArray[np.bool_]:
    """(events,) which are anomalous: by their own label in an anomalous sequence, or by its label."""
    own = row_labels(train.dataset, train.labels_from)[train.rows]
    inherited = np.repeat(train.label, train.lengths) == 1
    return inherited & ((own == 1) | (own == UNLABELLED))


def _apart(text: str, known: str) -> str:
    """A known line, and the words by which another one differs."""
    here, there = dict.fromkeys(words_of(text)), dict.fromkeys(words_of(known))
    sides = {"here": here.keys() - there.keys(), "there": there.keys() - here.keys()}
    only = [
        f"only {side}: {' '.join(word for word in (*here, *there) if word in words)}"
        for side, words in sides.items()
        if words
    ]
    return f"{known} ({', '.join(only)})" if only else known
