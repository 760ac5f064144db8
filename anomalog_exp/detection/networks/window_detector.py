"""Networks that read the events before an event: symbols, histories, and what is held likely next."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.networks.candidates import ranks_among
from anomalog_exp.detection.networks.network_detector import NetworkDetector
from anomalog_exp.detection.networks.network_options import NetworkConfig
from anomalog_exp.features.distinct import distinct_runs
from anomalog_exp.features.event_windows import EventWindows, event_windows, runs_of_rows
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    import torch
    from torch import nn

    from anomalog_exp.detection.networks.training_loop import Task

__all__ = ["WindowConfig", "WindowDetector"]

_MOST_ONE_HOT = 256
"""Templates beyond which the zeros of one-hot vectors would take most of the time."""


class WindowConfig(NetworkConfig):
    """Options of such networks."""

    history: Count = Field(description="events that are read before each")
    label_smoothing: float = Field(
        ge=0, lt=1, description="share of what is expected that goes to all events alike"
    )


class WindowDetector(NetworkDetector):
    """Base of networks that read the events before an event, and say what is likely next.

    Symbols stand for templates: 0 to `symbols - 1` for those that training showed, then one for the
    place before the first event, and one for everything unknown. In an event's own place, the symbol
    of the place before the first event stands for the end behind the last one.
    """

    config: WindowConfig
    _symbol: Annotated[NDArray[np.int32], "templates"]
    _known: Annotated[NDArray[np.int64], "symbols"]

    @abstractmethod
    def logits(self, network: nn.ModuleDict, histories: torch.Tensor) -> torch.Tensor:
        """Natural-log odds of what comes next, up to a constant of each history.

        Args:
            network: Of the layers.
            histories: (batch, history) int64 symbols.

        Returns:
            (batch, symbols) float32, with one column more for the end where that is predicted.
        """

    def learn_symbols(self, train: SequenceSet) -> None:
        """Give a symbol to every template of which an event may train."""
        shown = np.bincount(
            train.templates[train.may_train], minlength=len(train.dataset.templates)
        )
        self._known = np.flatnonzero(shown)
        self._symbol = np.full(len(shown), len(self._known) + 1, dtype=np.int32)
        self._symbol[self._known] = np.arange(len(self._known))

    @property
    def symbols(self) -> int:
        """How many templates normal training showed; see the class for the two symbols behind them."""
        return len(self._known)

    def input_layers(self, width: int) -> tuple[int, dict[str, nn.Module]]:
        """How many numbers stand for an event of a history, and the layers that make them.

        Args:
            width: How many there are where events are too many for one-hot vectors.
        """
        from torch import nn

        if self.symbols <= _MOST_ONE_HOT:
            return self.symbols + 1, {}
        return width, {"events": nn.Embedding(self.symbols + 2, width, self.symbols + 1)}

    def inputs(self, network: nn.ModuleDict, histories: torch.Tensor) -> torch.Tensor:
        """(batch, history, numbers) float32: an unknown event is no symbol, and has zeros."""
        import torch
        from torch.nn.functional import embedding

        if "events" in network:
            learned: torch.Tensor = network["events"](histories)
            return learned
        rows = torch.eye(self.symbols + 2, self.symbols + 1, device=histories.device)
        return embedding(histories, rows)

    def windows(self, sequences: SequenceSet, chosen: NDArray[np.bool_]) -> EventWindows:
        """The windows of the chosen events, of which `chosen` has one entry each."""
        return event_windows(
            sequences, self._symbol, self.config.history, start=self.symbols, chosen=chosen
        )

    def task(
        self,
        network: nn.ModuleDict,
        windows: EventWindows,
        weight: NDArray[np.float64] | NDArray[np.int64],
        device: torch.device,
    ) -> Task:
        """What is learned of windows of known events: which events follow each history, how often.

        An item is a history. Its loss is the mean cross entropy over the events that follow it.

        Args:
            network: Of the layers.
            windows: Different ones.
            weight: (windows,) what each counts for.
            device: To compute on.
        """
        import torch

        from anomalog_exp.detection.networks.training_loop import Task

        found = distinct_runs(runs_of_rows(windows.history, self.symbols + 2))
        total = np.bincount(found.group, weights=weight)
        by_history = np.argsort(found.group, kind="stable")
        share = (weight / total[found.group])[by_history].astype(np.float32)

        def there(array: NDArray[Any]) -> torch.Tensor:
            return torch.from_numpy(array).to(device)

        histories = there(windows.history[found.first]).long()
        events = there(windows.event[by_history]).long()
        shares, sizes = there(share), there(found.count)
        begins = there(np.cumsum(found.count) - found.count)
        smoothing = self.config.label_smoothing

        def loss(index: torch.Tensor) -> torch.Tensor:
            surprise = -self.logits(network, histories[index]).log_softmax(dim=1)
            size = sizes[index]
            row = torch.arange(len(index), device=device).repeat_interleave(size)
            nth = torch.arange(len(row), device=device) - (size.cumsum(0) - size)[row]
            which = begins[index][row] + nth
            mean = torch.zeros(len(index), device=device)
            mean = mean.index_add(0, row, surprise[row, events[which]] * shares[which])
            return (1 - smoothing) * mean + smoothing * surprise.mean(dim=1)

        return Task(there(total.astype(np.float32)), loss)

    def window_ranks(self, windows: EventWindows) -> NDArray[np.int64]:
        """(windows,) how many events were held more likely; those of one history are predicted once.

        The end is no candidate for the place of an event. The rank of an unknown event means nothing.
        """
        events = np.where(windows.event > self.symbols, 0, windows.event)
        rank = np.empty(len(events), dtype=np.int64)
        for which, of_history, logits in self.predictions(windows.history):
            rank[which] = ranks_among(logits[of_history], events[which], self.symbols)
        return rank

    def predictions(
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
