"""The naive Bayes family of river: learned one sequence after the other, scored in one product.

A sequence is the bag of its templates, or of the phrases in their texts. `multinomial` counts them
(McCallum and Nigam, AAAI workshop on learning for text categorization, 1998), `bernoulli` asks which
are there and which are not (the same paper), `complement` describes a class by what the other one
shows (Rennie, Shih, Teevan, Karger, "Tackling the poor assumptions of naive Bayes text classifiers",
ICML 2003). With two classes the complement of one is the other: it is `multinomial` without the prior.

Learning is a loop in Python over sequences in the order of the training split, as river learns: equal
ones are not merged, for `learn_one` knows no weights, but made into a mapping once. What it learns are
sums, in which order leaves no trace. From the sums comes one weight per phrase and a bias, so that
scoring learns nothing and is one product. Score: natural log odds of "anomalous", those of river's
probabilities, which tell sequences apart also where the probabilities have rounded to 0 or 1.

Phrases that training never showed count with their smoothing alone; to `bernoulli` they are nothing.
Sequences without a label take no part in training.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.detection.training import labelled_for_both_classes
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.count_vectors import count_vectors
from anomalog_exp.features.observations import observations
from anomalog_exp.features.phrases import phrase_matrix
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "RiverNaiveBayesDetector"]

_NEVER_ZERO = 10e-10
"""What river adds to the probabilities of `bernoulli` before it takes their logarithm."""


class Config(ExperimentModelConfig):
    """Options of the family."""

    packages: ClassVar[tuple[str, ...]] = ("river",)

    name: Literal["river_naive_bayes"]
    variant: Literal["multinomial", "bernoulli", "complement"]
    max_n: int = Field(ge=0, description="longest phrase, in tokens; 0 = whole templates only")
    smoothing: float = Field(gt=0, description="added to every phrase's count in both classes")

    def build_detector(self) -> RiverNaiveBayesDetector:
        return RiverNaiveBayesDetector(self)


class RiverNaiveBayesDetector(Detector):
    """Scores sequences by the phrases that tell the classes apart."""

    supervised: ClassVar[bool] = True
    log_odds: ClassVar[bool] = True

    config: Config
    _phrases: Annotated[list[str], "phrases"]
    _counts_per_template: Annotated[csr_matrix, "templates", "phrases"]
    _weight: Annotated[NDArray[np.float64], "phrases"]
    _bias: float
    _learned: int

    def __init__(self, config: Config) -> None:
        from river import naive_bayes

        super().__init__(config)
        self._learner = {
            "multinomial": naive_bayes.MultinomialNB,
            "bernoulli": naive_bayes.BernoulliNB,
            "complement": naive_bayes.ComplementNB,
        }[config.variant]

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        train = labelled_for_both_classes(self.name, train)
        counts = count_vectors(train)
        if not counts.vectors.nnz:
            raise NotApplicable(f"{self.name} needs events in train (there are none)")
        self._counts_per_template, self._phrases = phrase_matrix(
            train.dataset.templates, self.config.max_n
        )
        kinds = observations(self._features(counts.vectors))
        model = self._learner(alpha=self.config.smoothing)
        for kind, label in zip(counts.group.tolist(), train.label.tolist(), strict=True):
            model.learn_one(kinds[kind], label)
        self._learned = len(model.feature_counts)
        self._weight, self._bias = self._log_odds_of(model)

    def _features(self, vectors: csr_matrix) -> csr_matrix:
        """(rows, phrases) how often each phrase stands in sequences of these count vectors."""
        return vectors @ self._counts_per_template

    def _log_odds_of(self, model: Any) -> tuple[NDArray[np.float64], float]:
        """(phrases,) what each one adds to the log odds, and what they are without any."""
        alpha = self.config.smoothing
        seen = sorted(model.feature_counts)
        count = np.zeros((2, len(self._phrases)))
        count[:, seen] = np.array([[model.feature_counts[f][c] for f in seen] for c in (0, 1)])
        sequences = np.array([model.class_counts[c] for c in (0, 1)], dtype=np.float64)
        prior = float(np.log(sequences[1] / sequences[0]))
        if self.config.variant == "bernoulli":
            share = (count + alpha) / (sequences + 2 * alpha)[:, None]
            there, absent = np.log(_NEVER_ZERO + share), np.log(_NEVER_ZERO + (1 - share))
            weight = np.zeros(len(self._phrases))
            weight[seen] = ((there - absent)[1] - (there - absent)[0])[seen]
            return weight, prior + float((absent[1] - absent[0])[seen].sum())
        total = count.sum(axis=1) + alpha * len(seen)
        likelihood = np.log((count + alpha) / total[:, None])
        return likelihood[1] - likelihood[0], 0.0 if self.config.variant == "complement" else prior

    def _parts(self, vectors: csr_matrix) -> csr_matrix:
        """(rows, phrases) what each phrase of a sequence adds to its log odds."""
        features = self._features(vectors)
        if self.config.variant == "bernoulli":
            features.data[:] = 1
        return features.multiply(self._weight).tocsr()

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        counts = count_vectors(sequences)
        parts = self._parts(counts.vectors)
        return (np.asarray(parts.sum(axis=1)).ravel() + self._bias)[counts.group]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The phrases that speak most for "anomalous", with what they add to the log odds.

        For `bernoulli` that is against their absence.
        """
        counts = count_vectors(sequences)
        evidence = strongest(self._parts(counts.vectors), self._phrases, top)
        return [list(evidence[kind]) for kind in counts.group.tolist()]

    def manifest(self) -> dict[str, object]:
        """Sizes of what was learned, and the log odds of a sequence that holds nothing."""
        return {"phrases": self._learned, "log_odds_of_none": self._bias}
