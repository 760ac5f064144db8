"""LogAnomaly: two LSTMs predict each event, of what the events before it say and of how many there were.

Source: Meng et al., "LogAnomaly: Unsupervised Detection of Sequential and Quantitative Anomalies in
Unstructured Logs", IJCAI 2019. One LSTM reads the last events as vectors of their templates' words, the
other how often each event has happened so far; a linear layer on both last states gives the odds of what
comes next. Score: the highest rank of an event among what was expected in its place, counted from 0.
Equal histories are learned and predicted once.

Deviations: vectors of templates are sums of pseudo-random vectors of their words
(`features/word_vectors.py`) instead of template2vec, which learns synonyms and antonyms. Counts are
those within the history, up to each of its events and divided by its length; the paper counts in windows
that reach further back. A matrix makes `width` numbers of the counts before the LSTM reads them, so that
many templates take no more time. A template that training never showed is not taken for the known one
most like it: what is scored names it no more than `<unknown>`, and `unknown_events` says what becomes of
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.networks.next_event_detector import NextEventDetector
from anomalog_exp.detection.networks.next_event_options import NextEventConfig
from anomalog_exp.features.word_vectors import template_vectors
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["Config", "LogAnomalyDetector"]


class Config(NextEventConfig):
    """Options of LogAnomaly."""

    name: Literal["loganomaly"]
    width: Count = Field(description="numbers of a template's vector")
    layers: Count = Field(description="of each LSTM")
    units: Count = Field(description="of each layer")

    def build_detector(self) -> LogAnomalyDetector:
        return LogAnomalyDetector(self)


class LogAnomalyDetector(NextEventDetector):
    """Scores sequences by their least expected event."""

    config: Config
    _vectors: Annotated[NDArray[np.float64], "symbols", "dimensions"]

    def prepare(self, train: SequenceSet) -> None:
        texts = [train.dataset.templates[code] for code in self._known]
        self._vectors = template_vectors(texts, self.config.width).astype(np.float64)

    def layers(self) -> nn.ModuleDict:
        from torch import nn

        config = self.config
        size = config.units, config.layers
        return nn.ModuleDict(
            {
                "meanings": nn.LSTM(self._vectors.shape[1] + 1, *size, batch_first=True),
                "counted": nn.Embedding(self.symbols + 2, config.width, self.symbols + 1),
                "counts": nn.LSTM(config.width, *size, batch_first=True),
                "out": nn.Linear(2 * config.units, self.outputs),
            }
        )

    def logits(self, network: nn.ModuleDict, histories: torch.Tensor) -> torch.Tensor:
        import torch

        length = histories.shape[1]
        # Counts times a matrix, without the many zeros; a product, as sums that run on are not
        # deterministic on a GPU.
        up_to = torch.ones(length, length, device=histories.device).tril()
        counts = up_to @ network["counted"](histories) / length
        meanings, _ = network["meanings"](self._meanings(histories))
        quantities, _ = network["counts"](counts)
        logits: torch.Tensor = network["out"](
            torch.cat([meanings[:, -1], quantities[:, -1]], dim=1)
        )
        return logits

    def _meanings(self, histories: torch.Tensor) -> torch.Tensor:
        """(batch, history, dimensions + 1) float32: the last number says that no event is there."""
        import torch
        from torch.nn.functional import embedding

        vectors = torch.zeros(self.symbols + 2, self._vectors.shape[1] + 1)
        vectors[: self.symbols, :-1] = torch.from_numpy(self._vectors)
        vectors[self.symbols, -1] = 1
        return embedding(histories, vectors.to(histories.device))
