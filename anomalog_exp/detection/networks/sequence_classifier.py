"""Detectors that read a whole sequence in its order and learn from labels of both classes.

Score: natural-log odds of "anomalous". Equal sequences of one class are learned once, with their number
as a weight, and equal sequences are scored once.

A sequence is read up to its last `longest` events: what went wrong shows at the end, and of a sequence
that still grows the end is what is new. Shorter ones are filled up, to 8, 16, 32, ... events, with
nothing: networks of this family must not be changed by it. So each sequence is filled up alike whatever
others there are, and a batch of many lengths is as many smaller ones.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.networks.network_detector import NetworkDetector
from anomalog_exp.detection.networks.network_options import NetworkConfig
from anomalog_exp.detection.training import labelled_for_both_classes
from anomalog_exp.features.distinct import distinct
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    import torch
    from torch import nn

    from anomalog_exp.detection.networks.training_loop import Task

__all__ = ["SequenceClassifier", "SequenceClassifierConfig"]

_NARROWEST = 8
_EVENTS_AT_ONCE = 2048
"""Events of sequences that are scored at once."""


class SequenceClassifierConfig(NetworkConfig):
    """Options of such detectors."""

    longest: Count = Field(description="events of a sequence that are read: its last ones")


@dataclass(frozen=True, eq=False)
class _Rows:
    """Sequences of symbols, from which batches are cut.

    Attributes:
        symbols: (events + 1,) int64, sequence by sequence, and a 0.
        start: (sequences,) int64, where each begins.
        length: (sequences,) int64.
        width: (sequences,) int64, up to how many events each is filled up.
    """

    symbols: torch.Tensor
    start: torch.Tensor
    length: torch.Tensor
    width: torch.Tensor

    def filled(self, index: torch.Tensor, width: int) -> torch.Tensor:
        """(batch, width) int64 symbols of some sequences that are no longer, and 0 behind them."""
        import torch

        place = torch.arange(width, device=index.device)
        inside = place < self.length[index, None]
        last = len(self.symbols) - 1
        return self.symbols[torch.where(inside, self.start[index, None] + place, last)]


class SequenceClassifier(NetworkDetector):
    """Base of detectors that classify sequences.

    Symbols stand for templates: 0 for nothing, and from 1 on for those that the network knows.
    """

    supervised: ClassVar[bool] = True
    log_odds: ClassVar[bool] = True

    config: SequenceClassifierConfig
    _shown: Annotated[NDArray[np.bool_], "templates"]

    @abstractmethod
    def logits(
        self, network: nn.ModuleDict, symbols: torch.Tensor, length: torch.Tensor
    ) -> torch.Tensor:
        """Natural-log odds of "anomalous".

        Args:
            network: Of the layers.
            symbols: (batch, width) int64; behind the end of a sequence they are 0.
            length: (batch,) int64 events of each sequence, from 0 up.

        Returns:
            (batch,) float32, the same whatever the width.
        """

    @abstractmethod
    def parts(
        self, network: nn.ModuleDict, symbols: torch.Tensor, length: torch.Tensor
    ) -> Mapping[int, torch.Tensor]:
        """What runs of events add to the log odds, which are their sum and a constant.

        Args:
            network: Of the layers.
            symbols: As of `logits`.
            length: As of `logits`.

        Returns:
            Events of a run -> (batch, width + that - 1), what the run that ends at each place adds.
            Runs may begin before the sequence and end behind it.
        """

    @staticmethod
    def dotted(layer: nn.Module, features: torch.Tensor) -> torch.Tensor:
        """(...) what a linear layer of one output gives for (..., inputs) features.

        Not by its matrix product, which rounds by where in a batch a row stands.
        """
        added: torch.Tensor = (features * layer.weight[0]).sum(dim=-1) + layer.bias[0]
        return added

    def symbols(self) -> NDArray[np.int64]:
        """(templates,) int64 the symbol of each; by default what training never showed is nothing."""
        return np.where(self._shown, np.cumsum(self._shown), 0)

    def prepare(self, network: nn.ModuleDict, train: SequenceSet) -> None:
        """Set the weights that are not learned but known before; by default none are."""

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        labelled = self._read(labelled_for_both_classes(self.name, train))
        templates = len(labelled.dataset.templates)
        self._shown = np.bincount(labelled.templates, minlength=templates) > 0
        with self.computing() as device:
            network = self.layers()
            self.prepare(network, labelled)
            network.to(device)
            held_out = None if valid is None else self._read(valid.take(valid.label >= 0))
            self.learn(
                network,
                self._task(network, labelled, device),
                self._task(network, held_out, device) if held_out else None,
            )

    def _read(self, sequences: SequenceSet) -> SequenceSet:
        """The part of each sequence that is read."""
        start = np.maximum(sequences.start, sequences.stop - self.config.longest)
        return replace(sequences, start=start)

    def _task(self, network: nn.ModuleDict, sequences: SequenceSet, device: torch.device) -> Task:
        """To tell the classes of distinct pairs of sequence and class."""
        import torch
        from torch.nn.functional import binary_cross_entropy_with_logits

        from anomalog_exp.detection.networks.training_loop import Task

        found = distinct(sequences)
        kinds = len(found.count)
        anomalous = np.bincount(found.group[sequences.label == 1], minlength=kinds)
        pairs = np.concatenate((found.count - anomalous, anomalous))
        there = np.flatnonzero(pairs)
        rows = self._rows(sequences.take(found.first[there % kinds]), device)
        wanted = torch.from_numpy((there >= kinds).astype(np.float32)).to(device)

        def loss(index: torch.Tensor) -> torch.Tensor:
            order = torch.argsort(rows.width[index], stable=True)
            predicted = torch.cat(
                [
                    self.logits(network, rows.filled(some, width), rows.length[some])
                    for width, some in _by_width(rows, index)
                ]
            )
            return binary_cross_entropy_with_logits(
                predicted[torch.argsort(order)], wanted[index], reduction="none"
            )

        return Task(torch.from_numpy(pairs[there].astype(np.float32)).to(device), loss)

    def _rows(self, sequences: SequenceSet, device: torch.device) -> _Rows:
        import torch

        symbols = np.append(self.symbols()[sequences.templates], 0)
        power = np.ceil(np.log2(np.maximum(sequences.lengths, _NARROWEST)))
        width = np.minimum(2 ** power.astype(np.int64), max(self.config.longest, _NARROWEST))
        return _Rows(
            *(
                torch.from_numpy(array).to(device)
                for array in (symbols, sequences.offsets[:-1].copy(), sequences.lengths, width)
            )
        )

    def _blocks(
        self, rows: _Rows, device: torch.device
    ) -> Iterator[tuple[NDArray[np.int64], torch.Tensor, torch.Tensor]]:
        """Sequences some at a time: which, their symbols, and their lengths.

        All of one width are as many rows: more than there are sequences, the last of which is repeated.
        """
        import torch

        for width, some in _by_width(rows, torch.arange(len(rows.start), device=device)):
            count = max(1, _EVENTS_AT_ONCE // width)
            for part in some.split(count):
                index = torch.cat((part, part[-1:].expand(count - len(part))))
                yield part.cpu().numpy(), rows.filled(index, width), rows.length[index]

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        import torch

        read = self._read(sequences)
        found = distinct(read)
        scores = np.empty(len(found.count))
        with self.computing() as device, torch.no_grad():
            network = self.network(device)
            rows = self._rows(read.take(found.first), device)
            for which, symbols, length in self._blocks(rows, device):
                logits = self.logits(network, symbols, length).cpu().numpy()
                scores[which] = logits[: len(which)]
        return scores[found.group]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The runs of events that add most to the log odds."""
        import torch

        read = self._read(sequences)
        found = distinct(read)
        items = read.take(found.first)
        names = sequences.dataset.templates
        told: list[list[tuple[str, float]]] = [[]] * len(items)
        with self.computing() as device, torch.no_grad():
            network = self.network(device)
            for which, symbols, length in self._blocks(self._rows(items, device), device):
                parts = {
                    size: added.cpu().numpy().astype(np.float64)
                    for size, added in self.parts(network, symbols, length).items()
                }
                for row, item in enumerate(which.tolist()):
                    events = items.templates[items.offsets[item] : items.offsets[item + 1]]
                    own = {size: added[row] for size, added in parts.items()}
                    told[item] = _strongest_runs(events, own, names, top)
        return [list(told[group]) for group in found.group.tolist()]

    def manifest(self) -> dict[str, Any]:
        """Sizes, and the curve of training."""
        return {**super().manifest(), "known_templates": int(self._shown.sum())}


def _by_width(rows: _Rows, index: torch.Tensor) -> Iterator[tuple[int, torch.Tensor]]:
    """The sequences of each width, the narrowest first, otherwise in their order."""
    width = rows.width[index]
    for one in width.unique().tolist():
        yield one, index[width == one]


def _strongest_runs(
    events: NDArray[np.int32],
    parts: Mapping[int, NDArray[np.float64]],
    names: tuple[str, ...],
    top: int,
) -> list[tuple[str, float]]:
    """Up to `top` runs that add to the log odds, in words, with the sum over equal ones.

    Args:
        events: Template codes of a sequence.
        parts: Events of a run -> what the run that ends at each place adds.
        names: Texts of templates.
        top: How many.
    """
    sums: dict[tuple[int, ...], float] = {}
    for size, added in parts.items():
        beyond = np.full(size - 1, -1)
        padded = np.concatenate((beyond, events, beyond))
        places = np.flatnonzero(added[: max(len(padded) - size + 1, 0)])
        windows = sliding_window_view(padded, size)[places] if len(places) else padded[:0, None]
        runs, group = np.unique(windows, axis=0, return_inverse=True)
        weights = np.bincount(group.ravel(), weights=added[places], minlength=len(runs))
        for run, weight in zip(runs.tolist(), weights.tolist(), strict=True):
            inside = tuple(code for code in run if code >= 0)
            sums[inside] = sums.get(inside, 0.0) + weight
    ranked = sorted(sums.items(), key=lambda item: -item[1])[:top]
    return [
        (" -> ".join(names[code] for code in run) or "(no events)", weight)
        for run, weight in ranked
        if weight > 0
    ]
