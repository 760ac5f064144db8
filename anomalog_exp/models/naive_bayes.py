"""Multinomial naive Bayes over phrases of template text.

Source: McCallum and Nigam, "A comparison of event models for naive Bayes text classification", AAAI
workshop on learning for text categorization, 1998. A sequence is the bag of the phrases of its
templates: token n-grams and whole templates. As the log likelihood is linear in phrase counts, phrase
weights collapse to one weight per template, and scoring is one sparse product. Phrases that training
never showed count with their smoothing alone. Score: natural log odds of "anomalous".

Sequences without a label take no part in training.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.detection.training import labelled_for_both_classes
from anomalog_exp.features.counts import template_counts, weighted_counts
from anomalog_exp.features.phrases import phrase_matrix
from anomalog_exp.options.base import Count
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "NaiveBayesDetector"]


class Config(ExperimentModelConfig):
    """Options of naive Bayes."""

    name: Literal["naive_bayes"]
    max_n: Count = Field(description="longest phrase, in tokens")
    smoothing: float = Field(gt=0, description="added to every phrase's count in both classes")
    prior: Literal["empirical", "uniform"]
    key_phrases: int = Field(ge=0, description="phrases of each class in the manifest")

    def build_detector(self) -> NaiveBayesDetector:
        return NaiveBayesDetector(self)


class NaiveBayesDetector(Detector):
    """Scores sequences by the phrases that tell the classes apart."""

    supervised: ClassVar[bool] = True
    log_odds: ClassVar[bool] = True

    config: Config
    _phrases: Annotated[list[str], "phrases"]
    _counts_per_template: Annotated[csr_matrix, "templates", "phrases"]
    _phrase_weight: Annotated[NDArray[np.float64], "phrases"]
    _bias: float

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        train = labelled_for_both_classes(self.name, train)
        anomalous = int((train.label == 1).sum())
        self._counts_per_template, self._phrases = phrase_matrix(
            train.dataset.templates, self.config.max_n
        )
        likelihood = [self._log_likelihood(train, label) for label in (0, 1)]
        self._phrase_weight = likelihood[1] - likelihood[0]
        self._bias = (
            float(np.log(anomalous / (len(train) - anomalous)))
            if self.config.prior == "empirical"
            else 0.0
        )

    def _log_likelihood(self, train: SequenceSet, label: int) -> NDArray[np.float64]:
        """(phrases,) log probability of each phrase in one class."""
        labelled = train.take(train.label == label)
        events = scratch.counted(labelled.templates, len(train.dataset.templates))
        count = events @ self._counts_per_template + self.config.smoothing
        return np.log(count / count.sum())

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        template_weight = self._counts_per_template @ self._phrase_weight
        return weighted_counts(sequences, template_weight) + self._bias

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The phrases that speak most for "anomalous", with their share of the log odds."""
        counts = template_counts(sequences) @ self._counts_per_template
        return strongest(counts.multiply(self._phrase_weight).tocsr(), self._phrases, top)

    def manifest(self) -> dict[str, object]:
        """Phrases and their weights that speak most for each class."""
        ranked = np.argsort(self._phrase_weight, kind="stable")
        sides = {"normal": ranked, "anomalous": ranked[::-1]}
        return {
            "phrases": len(self._phrases),
            "log_prior_odds": self._bias,
            "key_phrases": {
                side: [
                    {"phrase": self._phrases[i], "weight": float(self._phrase_weight[i])}
                    for i in order[: self.config.key_phrases]
                ]
                for side, order in sides.items()
            },
        }
