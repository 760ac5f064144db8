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

`end_of_session`, with `predict`: behind the last event of a whole session the network predicts the end,
as if it were an event. A session that ends where `top_g` events were held more likely than the end is
anomalous. The end is no candidate for the place of an event. Windows have no end: they are cut anywhere.
`auto` predicts it where no event has a time, as in files of sessions, which are whole; a log ends before
its last sessions do.

`window_weights`, for windows that happened often: by `counts` the loss is the mean over all events, as
in the paper; by `roots` and `ones` those that happened rarely weigh more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_TIME
from anomalog_exp.detection.networks.candidates import (
    evidence_of,
    expected,
    fewest_candidates,
    least_expected,
    normal_validation,
)
from anomalog_exp.detection.networks.next_event_options import NextEventConfig
from anomalog_exp.detection.networks.window_detector import WindowDetector
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.event_windows import EventWindows, end_windows, history_lengths
from anomalog_exp.features.segments import segment_maxima
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    import torch
    from torch import nn

    from anomalog_exp.detection.networks.training_loop import Task

__all__ = ["NextEventDetector"]

_END = "the end of the session"


@dataclass(frozen=True, eq=False)
class _Ranks:
    """What became of the events of sequences.

    Attributes:
        rank: (events,) int64 how many events were held more likely; -1 where nothing was predicted.
        judged: (events,) bool predicted, and judged by it.
        end: (sequences,) int64 how many events were held more likely than the end; 0 where it was not
            predicted.
    """

    rank: NDArray[np.int64]
    judged: NDArray[np.bool_]
    end: NDArray[np.int64]


class NextEventDetector(WindowDetector):
    """Base of detectors that predict the next event."""

    config: NextEventConfig
    _top_g: int
    _ends: bool

    @property
    def outputs(self) -> int:
        """How many odds the layers give: of each symbol, and of the end where it is predicted."""
        return self.symbols + self._ends

    def prepare(self, train: SequenceSet) -> None:
        """Learn what the layers need besides the symbols, from normal sequences; by default nothing."""

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train)
        self.learn_symbols(normal)
        self._ends = self._predicts_ends(normal)
        windows = self._lessons(normal, normal.may_train)
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
                self._weighted(network, windows, device),
                None if held_out is None else self._weighted(network, held_out, device),
            )
        self._top_g = self._chosen_g(valid)

    def _windows(self, sequences: SequenceSet, chosen: NDArray[np.bool_]) -> EventWindows:
        """Windows of the chosen events, of those that the rule for short sessions predicts."""
        shortest = 0 if self.config.short_sessions == "predict" else self.config.history
        return self.windows(sequences, chosen & (history_lengths(sequences) >= shortest))

    def _predicts_ends(self, train: SequenceSet) -> bool:
        whole = train.unit == EvaluationUnit.SEQUENCE and self.config.short_sessions == "predict"
        if self.config.end_of_session != "auto":
            return whole and self.config.end_of_session
        return whole and bool((train.dataset.time_ms[train.rows] == NO_TIME).all())

    def _lessons(self, sequences: SequenceSet, chosen: NDArray[np.bool_]) -> EventWindows:
        """Windows of the chosen events, and of the ends that follow one of them."""
        windows = self._windows(sequences, chosen)
        if not self._ends:
            return windows
        last = np.append(chosen, False)[sequences.offsets[1:] - 1]
        return windows.and_others(self._end_windows(sequences, last))

    def _end_windows(self, sequences: SequenceSet, chosen: NDArray[np.bool_]) -> EventWindows:
        """Windows of the ends of the chosen sequences that have events."""
        return end_windows(
            sequences,
            self._symbol,
            self.config.history,
            start=self.symbols,
            chosen=chosen & (sequences.lengths > 0),
        )

    def _weighted(
        self, network: nn.ModuleDict, windows: EventWindows, device: torch.device
    ) -> Task:
        weight = windows.count.astype(np.float64) ** self.config.weight_power
        return self.task(network, windows, weight, device)

    def _validated(self, normal: SequenceSet) -> EventWindows | None:
        """What validation asks about: known events only, as there is no loss of others."""
        known = self._symbol[normal.templates] < self.symbols
        windows = self._lessons(normal, known & normal.may_train)
        return windows if len(windows.count) else None

    def _chosen_g(self, valid: SequenceSet | None) -> int:
        """`top_g`, or the smallest that flags no more of the validation sequences than it may."""
        if self.config.top_g != "auto":
            return self.config.top_g
        highest = self._highest(normal_validation(self.name, valid))
        return fewest_candidates(highest, self.config.auto_flags, self.symbols)

    def _ranked(self, sequences: SequenceSet) -> _Ranks:
        """What becomes of each event."""
        return self.once(self._newly_ranked, sequences)

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
            strange: NDArray[np.bool_] = unknown[:, -1]
            if self.config.unknown_events == "anomalous_after":
                strange = np.logical_or.reduce(unknown, axis=1)
            ranks = np.where(strange, self.symbols, self.window_ranks(windows))
            rank[predicted] = ranks[window]
        return _Ranks(rank, judged, self._end_ranks(sequences))

    def _end_ranks(self, sequences: SequenceSet) -> NDArray[np.int64]:
        """(sequences,) see `_Ranks.end`."""
        if not self._ends:
            return np.zeros(len(sequences), dtype=np.int64)
        windows = self._end_windows(sequences, np.ones(len(sequences), dtype=bool))
        return np.append(self.window_ranks(windows), 0)[windows.window]

    def _highest(self, sequences: SequenceSet) -> NDArray[np.int64]:
        """(sequences,) the highest rank of their judged events and of their end, or 0."""
        ranks = self._ranked(sequences)
        judged = np.where(ranks.judged, ranks.rank, 0).astype(np.float64)
        highest = segment_maxima(judged, sequences.offsets).astype(np.int64)
        return np.maximum(highest, ranks.end)

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
        """The least expected events with their ranks, and what was expected in their places.

        So is the end, where that was not expected most.
        """
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
        for ended, pair in self._ends_in_words(sequences, ranks.end).items():
            explained[ended] = sorted([*explained[ended], pair], key=lambda each: -each[1])[:top]
        return explained

    def _ends_in_words(
        self, sequences: SequenceSet, rank: NDArray[np.int64]
    ) -> dict[int, tuple[str, float]]:
        """Sequence -> its end and what was expected instead, with the rank; of ranks above 0."""
        windows = self._end_windows(sequences, rank > 0)
        told = self._expected(windows, sequences.dataset.templates)
        scores = self._scores(rank)
        return {
            one: (f"{_END} where {told[windows.window[one]]}", float(scores[one]))
            for one in np.flatnonzero(rank > 0).tolist()
        }

    def _expected(self, windows: EventWindows, templates: Sequence[str]) -> list[str]:
        """(windows,) the most likely events with their probabilities, in words."""
        words = [""] * len(windows.count)
        known = [*(templates[code] for code in self._known), _END]
        for rows, of_history, logits in self.predictions(windows.history):
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
            "end_of_session": self._ends,
            "unknown_events": self.config.unknown_events,
            "window_weights": self.config.window_weights,
        }
