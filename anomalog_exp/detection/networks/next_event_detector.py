"""Detectors that predict the next event from those before it: what happens unexpectedly is anomalous.

An event is scored by its rank: how many events were held more likely in its place. A sequence scores the
highest rank of its events, and is anomalous where an event is not among the `top_g` most likely ones, as
in DeepLog (Du, Li, Zheng, Srikumar, CCS 2017). What papers leave open and their public codes decide
differently is an option:

`short_sessions`, for sequences with no more events than the history has: `pad` calls them anomalous, as
DeepLog's first public code does (a history filled up with -1 that matches nothing); `skip` calls them
normal; `predict` fills histories up from the left, in training too, and predicts every event. By the
first two, the first `history` events of longer sequences are not predicted either.

`unknown_events`, for events that normal training never showed: `anomalous` ranks them after all others;
`anomalous_after` does so with every event that has one in its history, too; `ignored` predicts none of
them. A history shows an unknown event as nothing at all.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.networks.candidates import (
    CandidatesConfig,
    evidence_of,
    expected,
    fewest_candidates,
    least_expected,
    normal_validation,
    ranks_among,
)
from anomalog_exp.detection.networks.network_detector import NetworkDetector
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.distinct import distinct_runs
from anomalog_exp.features.event_windows import (
    EventWindows,
    event_windows,
    history_lengths,
    runs_of_rows,
)
from anomalog_exp.features.segments import segment_maxima
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    import torch
    from torch import nn

    from anomalog_exp.detection.networks.training_loop import Task

__all__ = ["NextEventConfig", "NextEventDetector"]


class NextEventConfig(CandidatesConfig):
    """Options of such detectors."""

    history: Count = Field(description="events before the one that is predicted")
    short_sessions: Literal["pad", "skip", "predict"] = Field(
        description="what becomes of sequences with no more events than the history"
    )
    unknown_events: Literal["anomalous", "anomalous_after", "ignored"] = Field(
        description="what becomes of events that normal training never showed"
    )


@dataclass(frozen=True, eq=False)
class _Ranks:
    """What became of the events of sequences.

    Attributes:
        rank: (events,) int64 how many events were held more likely; -1 where nothing was predicted.
        judged: (events,) bool predicted, and judged by it.
    """

    rank: NDArray[np.int64]
    judged: NDArray[np.bool_]


class NextEventDetector(NetworkDetector):
    """Base of detectors that predict the next event.

    Symbols stand for templates: 0 to `symbols - 1` for those that normal training showed, then one for
    the place before the first event, and one for everything unknown.
    """

    config: NextEventConfig
    _symbol: Annotated[NDArray[np.int32], "templates"]
    _known: Annotated[NDArray[np.int64], "symbols"]
    _top_g: int

    def __init__(self, config: NextEventConfig) -> None:
        super().__init__(config)
        self._ranks_of: WeakKeyDictionary[SequenceSet, _Ranks] = WeakKeyDictionary()

    @abstractmethod
    def logits(self, network: nn.ModuleDict, histories: torch.Tensor) -> torch.Tensor:
        """Natural-log odds of what comes next, up to a constant of each history.

        Args:
            network: Of the layers.
            histories: (batch, history) int64 symbols.

        Returns:
            (batch, symbols) float32.
        """

    @property
    def symbols(self) -> int:
        """How many templates normal training showed; see the class for the two symbols behind them."""
        return len(self._known)

    def one_hot(self, histories: torch.Tensor) -> torch.Tensor:
        """(batch, history, symbols + 1) float32: an unknown event is no symbol, and has zeros."""
        import torch
        from torch.nn.functional import embedding

        rows = torch.eye(self.symbols + 2, self.symbols + 1, device=histories.device)
        return embedding(histories, rows)

    def prepare(self, train: SequenceSet) -> None:
        """Learn what the layers need besides the symbols, from normal sequences; by default nothing."""

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train)
        shown = np.bincount(
            normal.templates[normal.may_train], minlength=len(normal.dataset.templates)
        )
        self._known = np.flatnonzero(shown)
        self._symbol = np.full(len(shown), len(self._known) + 1, dtype=np.int32)
        self._symbol[self._known] = np.arange(len(self._known))
        windows = self._windows(normal, normal.may_train)
        if not len(windows.count):
            raise NotApplicable(
                f"{self.name} needs events in train with {self.config.history} before them "
                "(model.history takes fewer, and model.short_sessions=predict needs none)"
            )
        self.prepare(normal)
        with self.computing() as device:
            network = self.layers().to(device)
            held_out = None if valid is None else self._validated(valid.normal())
            self.learn(
                network,
                self._task(network, windows, device),
                None if held_out is None else self._task(network, held_out, device),
            )
        self._top_g = self._chosen_g(valid)

    def _windows(self, sequences: SequenceSet, chosen: NDArray[np.bool_]) -> EventWindows:
        """Windows of the chosen events, of those that the rule for short sessions predicts."""
        shortest = 0 if self.config.short_sessions == "predict" else self.config.history
        return event_windows(
            sequences,
            self._symbol,
            self.config.history,
            start=self.symbols,
            chosen=chosen & (history_lengths(sequences) >= shortest),
        )

    def _validated(self, normal: SequenceSet) -> EventWindows | None:
        """What validation asks about: known events only, as there is no loss of others."""
        known = self._symbol[normal.templates] < self.symbols
        windows = self._windows(normal, known & normal.may_train)
        return windows if len(windows.count) else None

    def _task(self, network: nn.ModuleDict, windows: EventWindows, device: torch.device) -> Task:
        import torch
        from torch.nn.functional import cross_entropy

        from anomalog_exp.detection.networks.training_loop import Task

        symbols = torch.from_numpy(windows.symbols).to(device).long()

        def loss(index: torch.Tensor) -> torch.Tensor:
            chosen = symbols[index]
            predicted = self.logits(network, chosen[:, :-1])
            return cross_entropy(predicted, chosen[:, -1], reduction="none")

        return Task(torch.from_numpy(windows.count.astype(np.float32)).to(device), loss)

    def _chosen_g(self, valid: SequenceSet | None) -> int:
        """`top_g`, or the smallest that flags no more of the validation sequences than it may."""
        if self.config.top_g != "auto":
            return self.config.top_g
        highest = self._highest(normal_validation(self.name, valid))
        return fewest_candidates(highest, self.config.auto_flags, self.symbols)

    def _ranked(self, sequences: SequenceSet) -> _Ranks:
        """What becomes of each event; asked again about the same sequences, it remembers."""
        if sequences not in self._ranks_of:
            self._ranks_of[sequences] = self._newly_ranked(sequences)
        return self._ranks_of[sequences]

    def _newly_ranked(self, sequences: SequenceSet) -> _Ranks:
        windows = self._windows(sequences, np.ones(int(sequences.offsets[-1]), dtype=bool))
        predicted = windows.window >= 0
        rank = np.full(len(predicted), -1, dtype=np.int64)
        judged = predicted.copy()
        if predicted.any():
            window = windows.window[predicted]
            unknown = windows.symbols > self.symbols
            if self.config.unknown_events == "ignored":
                judged[predicted] = ~unknown[window, -1]
            strange = unknown[:, -1]
            if self.config.unknown_events == "anomalous_after":
                strange = unknown.any(axis=1)
            ranks = np.where(strange, self.symbols, self._window_ranks(windows))
            rank[predicted] = ranks[window]
        return _Ranks(rank, judged)

    def _window_ranks(self, windows: EventWindows) -> NDArray[np.int64]:
        """(windows,) how many events were held more likely; those of one history are predicted once."""
        events = np.minimum(windows.event, self.symbols - 1)
        rank = np.empty(len(events), dtype=np.int64)
        for which, of_history, logits in self._predictions(windows.history):
            rank[which] = ranks_among(logits[of_history], events[which])
        return rank

    def _predictions(
        self, histories: NDArray[np.int32]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
        """Rows of histories some at a time, the row of logits of each, and the logits."""
        import torch

        from anomalog_exp.detection.networks.reproducible import in_blocks

        found = distinct_runs(runs_of_rows(histories, self.symbols + 2))
        by_history = np.argsort(found.group, kind="stable")
        borders = np.concatenate(([0], np.cumsum(found.count)))
        with self.computing() as device:
            network = self.network(device)
            distinct = torch.from_numpy(histories[found.first]).to(device).long()

            def outputs(index: torch.Tensor) -> torch.Tensor:
                return self.logits(network, distinct[index])

            for part, logits in in_blocks(outputs, len(distinct), device):
                rows = by_history[borders[part.start] : borders[part.stop]]
                yield rows, found.group[rows] - part.start, logits.cpu().numpy()

    def _highest(self, sequences: SequenceSet) -> NDArray[np.int64]:
        """(sequences,) the highest rank of their judged events, 0 where none is judged."""
        ranks = self._ranked(sequences)
        judged = np.where(ranks.judged, ranks.rank, 0).astype(np.float64)
        return segment_maxima(judged, sequences.offsets).astype(np.int64)

    def _short(self, sequences: SequenceSet) -> NDArray[np.bool_]:
        """(sequences,) which are anomalous for being short."""
        if self.config.short_sessions != "pad":
            return np.zeros(len(sequences), dtype=bool)
        carried = 0 if sequences.origin is None else sequences.start - sequences.origin
        return (sequences.lengths > 0) & (sequences.lengths + carried <= self.config.history)

    @property
    def own_threshold(self) -> float:
        """Ranks from g on are anomalous, counted from 0."""
        return float(self._top_g - 1)

    @property
    def own_event_threshold(self) -> float:
        return self.own_threshold

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        highest = self._scores(self._highest(sequences))
        return np.where(self._short(sequences), self._beyond + 1, highest)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        ranks = self._ranked(sequences)
        return self._scores(np.where(ranks.judged, ranks.rank, 0))

    def rank_next_events(self, sequences: SequenceSet) -> NDArray[np.int64]:
        rank = self._ranked(sequences).rank
        return np.where(history_lengths(sequences) > 0, rank, -1)

    @property
    def _beyond(self) -> float:
        """The score of what is no candidate, however many candidates there are."""
        return float(max(self.symbols, self._top_g))

    def _scores(self, ranks: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.where(ranks >= self.symbols, self._beyond, ranks).astype(np.float64)

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The least expected events with their ranks, and what was expected in their places."""
        ranks = self._ranked(sequences)
        scores = np.where(ranks.judged, ranks.rank, 0).astype(np.float64)
        chosen = least_expected(scores, sequences.offsets, top)
        events = np.concatenate([*chosen, np.empty(0, dtype=np.int64)])
        wanted = np.zeros(len(scores), dtype=bool)
        wanted[events] = True
        windows = self._windows(sequences, wanted)
        told = self._expected(windows, sequences.dataset.templates)
        told_at = {event: told[windows.window[event]] for event in events.tolist()}
        explained = evidence_of(sequences, chosen, scores, told_at)
        for one in np.flatnonzero(self._short(sequences)):
            words = f"{sequences.lengths[one]} events, and the history takes {self.config.history}"
            explained[one] = [(words, self._beyond + 1), *explained[one]][:top]
        return explained

    def _expected(self, windows: EventWindows, templates: Sequence[str]) -> list[str]:
        """(windows,) the most likely events with their probabilities, in words."""
        words = [""] * len(windows.count)
        known = [templates[code] for code in self._known]
        for rows, of_history, logits in self._predictions(windows.history):
            told = expected(logits, known)
            for row, history in zip(rows.tolist(), of_history.tolist(), strict=True):
                words[row] = told[history]
        return words

    def manifest(self) -> dict[str, Any]:
        """Sizes, the curve of training, and the rules that decide more than the network does."""
        return {
            **super().manifest(),
            "known_templates": self.symbols,
            "top_g": self._top_g,
            "short_sessions": self.config.short_sessions,
            "unknown_events": self.config.unknown_events,
        }
