"""DeepCASE: events are grouped by the events before them that matter, and a person rates each group.

Source: van Ede, Aghakhani, Spahn, Bortolameotti, Cova, Continella, van Steen, Peter, Kruegel, Vigna,
"DeepCASE: Semi-Supervised Contextual Analysis of Security Events", IEEE S&P 2022. A context builder
(a GRU over the 10 events before) gives each of them an attention such that their attended sum predicts
the event; where the event was not expected, attention is sought under which it is. An interpreter
groups the attended sums of each kind of event by DBSCAN, and the labels of its events say how risky a
group is. A new event is in the nearest group, if one is near. Score: the largest share of anomalous
events in the group of one of its events. It abstains where no event of a sequence has a group; the
events without one, and why, are figures of the triage scopes.

Deviations: the attention decoder makes one step from a constant, so it is a linear layer on the GRU's
last state, divided by the number of units. Contexts are those of the sequence, without a limit of time.
Who rates is the labels of training: those of events where there are any, else of their sequences. A
group is risky if more than half of its events are anomalous (`risky_share`); in the paper one is enough.
Sums are rounded to 4 digits, and equal ones are grouped once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix, vstack

from anomalog_exp.data.dataset import UNLABELLED
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.detection.networks.window_detector import WindowConfig, WindowDetector
from anomalog_exp.detection.training import labelled_for_both_classes
from anomalog_exp.detection.triage import UNRATED, NoCluster, Triage
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.event_windows import EventWindows, history_lengths
from anomalog_exp.features.segments import segment_maxima
from anomalog_exp.options.base import Count, Fraction
from anomalog_exp.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["Config", "DeepCaseDetector"]

_DIGITS = 4
_TOLD = 3
"""How many events an explanation names."""
_SEEK_RATE = 0.1
"""Learning rate of the search for attention."""


class Config(WindowConfig):
    """Options of DeepCASE."""

    name: Literal["deepcase"]
    units: Count = Field(description="of the GRU, and of the layer that predicts")
    confidence: Fraction = Field(description="chance of the event that attention must reach")
    seek_steps: int = Field(ge=0, description="steps of the search for attention")
    eps: float = Field(gt=0, description="distance of neighbours in DBSCAN, and of the nearest")
    min_samples: Count = Field(description="events that make the core of a group")
    risky_share: float = Field(
        ge=0, lt=1, description="a group is risky if more of its labelled events are anomalous"
    )

    def build_detector(self) -> DeepCaseDetector:
        return DeepCaseDetector(self)


@dataclass(frozen=True, eq=False)
class _Attended:
    """What attention makes of windows.

    Attributes:
        sums: (windows, symbols + 1) float64 attention by symbol.
        weight: (windows, history) float32 attention by place.
        confident: (windows,) bool, the event is expected under this attention.
    """

    sums: csr_matrix
    weight: NDArray[np.float32]
    confident: NDArray[np.bool_]


class DeepCaseDetector(WindowDetector):
    """Scores sequences by the risk of the groups that their events fall into."""

    supervised: ClassVar[bool] = True

    config: Config
    _points: Annotated[csr_matrix, "points", "symbols and start"]
    _point_event: Annotated[NDArray[np.int64], "points"]
    _point_cluster: Annotated[NDArray[np.int64], "points"]
    _size: Annotated[NDArray[np.int64], "clusters"]
    _share: Annotated[NDArray[np.float64], "clusters"]
    _trained: int

    def layers(self) -> nn.ModuleDict:
        from torch import nn

        units = self.config.units
        width, layers = self.input_layers(units)
        return nn.ModuleDict(
            {
                **layers,
                "context": nn.GRU(width, units, batch_first=True),
                "attention": nn.Linear(units, self.config.history),
                # Rows of a matrix by number: a product with one-hot vectors, without their zeros.
                "hidden": nn.Embedding(self.symbols + 2, units, self.symbols + 1),
                "out": nn.Linear(units, self.symbols),
            }
        )

    def logits(self, network: nn.ModuleDict, histories: torch.Tensor) -> torch.Tensor:
        attention = self._attention(network, histories).softmax(dim=1)
        return _expected(network, attention, histories)

    def _attention(self, network: nn.ModuleDict, histories: torch.Tensor) -> torch.Tensor:
        """(batch, history) attention before it is made to add up to 1."""
        _, last = network["context"](self.inputs(network, histories))
        # Divided, it learns more slowly than what predicts. Else it settles for good on the last event,
        # which tells most at first.
        attention: torch.Tensor = network["attention"](last[-1]) / self.config.units
        return attention

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        train = labelled_for_both_classes(self.name, train)
        events = int(train.offsets[-1])
        if not events:
            raise NotApplicable(f"{self.name} needs events in train (there are none)")
        self.learn_symbols(train)
        windows = self.windows(train, np.ones(events, dtype=bool))
        with self.computing() as device:
            network = self.layers().to(device)
            held_out = None if valid is None else self._validated(valid)
            self.learn(
                network,
                self.task(network, windows, windows.count, device),
                None if held_out is None else self.task(network, held_out, held_out.count, device),
            )
        self._trained = events
        self._group(windows, self._attended(windows), _labels(train))

    def _validated(self, valid: SequenceSet) -> EventWindows | None:
        windows = self.windows(valid, self._symbol[valid.templates] < self.symbols)
        return windows if len(windows.count) else None

    def _attended(self, windows: EventWindows) -> _Attended:
        """Attention of each window; where it does not expect the event, one is sought that does."""
        import torch

        known = windows.event < self.symbols
        with self.computing() as device:
            network = self.network(device)
            symbols = torch.from_numpy(windows.symbols).to(device).long()
            symbols[:, -1].clamp_(max=self.symbols - 1)

            def given(index: torch.Tensor) -> torch.Tensor:
                histories = symbols[index, :-1]
                attention = self._attention(network, histories)
                return _with_chance(network, attention, histories, symbols[index, -1])

            def sought(index: torch.Tensor) -> torch.Tensor:
                return self._sought(network, symbols[unexpected[index]])

            found = self._in_blocks(given, len(symbols), device)
            doubted = known & (found[:, -1] < self.config.confidence)
            unexpected = torch.from_numpy(np.flatnonzero(doubted)).to(device)
            found[doubted] = self._in_blocks(sought, len(unexpected), device)
        attention, chance = found[:, :-1], found[:, -1]
        sums = self._sums(windows.history, attention)
        return _Attended(sums, attention, known & (chance >= self.config.confidence))

    def _in_blocks(
        self, outputs: Callable[[torch.Tensor], torch.Tensor], items: int, device: torch.device
    ) -> NDArray[np.float32]:
        """(items, history + 1) attention by place, and the chance of the event under it."""
        from anomalog_exp.detection.networks.reproducible import in_blocks

        found = np.empty((items, self.config.history + 1), dtype=np.float32)
        for part, block in in_blocks(outputs, items, device):
            found[part] = block.cpu().numpy()
        return found

    def _sought(self, network: nn.ModuleDict, symbols: torch.Tensor) -> torch.Tensor:
        """Attention that makes events as likely as the search can; see `_in_blocks`."""
        import torch

        from anomalog_exp.detection.networks.adam import Adam

        histories, event = symbols[:, :-1], symbols[:, -1]
        attention = self._attention(network, histories).clone()
        with torch.enable_grad():
            adam = Adam([attention.requires_grad_()], _SEEK_RATE)
            for _ in range(self.config.seek_steps):
                chance = _with_chance(network, attention, histories, event)[:, -1]
                adam.step((-chance.log()).sum())
        return _with_chance(network, attention.detach(), histories, event)

    def _sums(self, histories: NDArray[np.int32], weight: NDArray[np.float32]) -> csr_matrix:
        """(windows, symbols + 1) attention by symbol; that to unknown events is left out."""
        rows, columns = np.divmod(np.arange(histories.size), histories.shape[1])
        symbol = histories[rows, columns]
        known = symbol <= self.symbols
        sums = csr_matrix(
            (weight.ravel()[known].astype(np.float64), (rows[known], symbol[known])),
            shape=(len(histories), self.symbols + 1),
        )
        sums.data = np.round(sums.data, _DIGITS)
        sums.eliminate_zeros()
        return sums

    def _group(self, windows: EventWindows, attended: _Attended, label: NDArray[np.int8]) -> None:
        """Groups of training events, and the risk of each."""
        from sklearn.cluster import DBSCAN

        cluster = np.full(len(windows.count), -1, dtype=np.int64)
        groups = 0
        for event in np.unique(windows.event[attended.confident]):
            own = np.flatnonzero((windows.event == event) & attended.confident)
            points, which, weight = _distinct_points(attended.sums[own], windows.count[own])
            dbscan = DBSCAN(
                eps=self.config.eps, min_samples=self.config.min_samples, metric="manhattan"
            )
            found = dbscan.fit(points, sample_weight=weight).labels_[which]
            cluster[own[found >= 0]] = found[found >= 0] + groups
            groups += int(found.max(initial=-1)) + 1
        grouped = np.flatnonzero(cluster >= 0)
        self._points = attended.sums[grouped]
        self._point_event = windows.event[grouped].astype(np.int64)
        self._point_cluster = cluster[grouped]
        of_event = cluster[windows.window]
        self._size = np.bincount(of_event[of_event >= 0], minlength=groups).astype(np.int64)
        self._share = _anomalous_share(of_event, label, groups)

    def triage(self, sequences: SequenceSet) -> Triage:
        return self.once(self._triaged, sequences)

    def _triaged(self, sequences: SequenceSet) -> Triage:
        windows = self.windows(sequences, np.ones(int(sequences.offsets[-1]), dtype=bool))
        cluster = np.full(len(windows.count), NoCluster.UNKNOWN_EVENT, dtype=np.int64)
        if len(cluster):
            attended = self._attended(windows)
            known = windows.event < self.symbols
            cluster[known] = NoCluster.NOT_CONFIDENT
            cluster[attended.confident] = NoCluster.NOTHING_NEAR
            self._find_groups(windows, attended, cluster)
        risky = (self._share > self.config.risky_share).astype(np.float64)
        risk = np.where(self._share == UNRATED, UNRATED, risky)
        return Triage(cluster[windows.window], self._size, risk, self._trained)

    def _find_groups(
        self, windows: EventWindows, attended: _Attended, cluster: NDArray[np.int64]
    ) -> None:
        """Put into `cluster` the group of the nearest training events of the same kind, if near."""
        from sklearn.neighbors import NearestNeighbors

        for event in np.unique(self._point_event):
            own = np.flatnonzero((windows.event == event) & attended.confident)
            if not len(own):
                continue
            there = np.flatnonzero(self._point_event == event)
            both = _dense(vstack([self._points[there], attended.sums[own]], format="csr"))
            search = NearestNeighbors(n_neighbors=1, algorithm="kd_tree", metric="manhattan")
            search.fit(both[: len(there)])
            distance, nearest = search.kneighbors(both[len(there) :])
            near = distance[:, 0] <= self.config.eps
            cluster[own[near]] = self._point_cluster[there[nearest[near, 0]]]

    def abstained_events(self, sequences: SequenceSet) -> NDArray[np.bool_]:
        return self._shares(sequences) == UNRATED

    def abstained(self, sequences: SequenceSet) -> NDArray[np.bool_]:
        decided = (~self.abstained_events(sequences)).astype(np.float64)
        return segment_maxima(decided, sequences.offsets) == 0

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return np.maximum(self._shares(sequences), 0.0)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return segment_maxima(self.score_events(sequences), sequences.offsets)

    def _shares(self, sequences: SequenceSet) -> NDArray[np.float64]:
        """(events,) the share of anomalous events in each event's group, `UNRATED` without one."""
        cluster = self.triage(sequences).cluster
        return np.append(self._share, UNRATED)[np.maximum(cluster, -1)]

    @property
    def own_threshold(self) -> float:
        return self.config.risky_share

    @property
    def own_event_threshold(self) -> float:
        return self.config.risky_share

    def rank_next_events(self, sequences: SequenceSet) -> NDArray[np.int64]:
        windows = self.windows(sequences, history_lengths(sequences) > 0)
        rank = np.where(windows.event < self.symbols, self.window_ranks(windows), self.symbols)
        return np.append(rank, -1)[windows.window]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The riskiest events with their risks, and the events before them that attention is on."""
        risk = self._shares(sequences)
        chosen = [
            begin + np.argsort(-risk[begin:end], kind="stable")[:top]
            for begin, end in pairwise(sequences.offsets.tolist())
        ]
        wanted = np.zeros(len(risk), dtype=bool)
        wanted[np.concatenate([*chosen, np.empty(0, dtype=np.int64)])] = True
        wanted &= risk > 0
        windows = self.windows(sequences, wanted)
        context = self._contexts(windows, sequences.dataset.templates)
        names = sequences.dataset.templates
        return [
            [
                (
                    f"{names[sequences.templates[event]]} after {context[windows.window[event]]}",
                    float(risk[event]),
                )
                for event in events
                if wanted[event]
            ]
            for events in chosen
        ]

    def _contexts(self, windows: EventWindows, templates: Sequence[str]) -> list[str]:
        """(windows,) the events that most attention is on, in words."""
        if not len(windows.count):
            return []
        sums = self._attended(windows).sums
        names = [*(templates[code] for code in self._known), "(start)"]
        most = strongest(sums, names, _TOLD)
        return [", ".join(f"{name} ({share:.0%})" for name, share in one) for one in most]

    def manifest(self) -> dict[str, Any]:
        """Sizes, the curve of training, and how many events are in groups."""
        return {
            **super().manifest(),
            "known_templates": self.symbols,
            "clusters": len(self._size),
            "risky_clusters": int((self._share > self.config.risky_share).sum()),
            "training_events": self._trained,
            "training_events_in_clusters": int(self._size.sum()),
        }


def _expected(
    network: nn.ModuleDict, attention: torch.Tensor, histories: torch.Tensor
) -> torch.Tensor:
    """(batch, symbols) odds of the event, from the events before it as attention weighs them."""
    attended = (attention[:, :, None] * network["hidden"](histories)).sum(dim=1)
    odds: torch.Tensor = network["out"](attended.relu())
    return odds


def _with_chance(
    network: nn.ModuleDict, attention: torch.Tensor, histories: torch.Tensor, event: torch.Tensor
) -> torch.Tensor:
    """(batch, history + 1) attention that adds up to 1, and the chance of the event under it."""
    import torch

    shares = attention.softmax(dim=1)
    chances = _expected(network, shares, histories).softmax(dim=1)
    return torch.cat([shares, chances.gather(1, event[:, None])], dim=1)


def _labels(train: SequenceSet) -> NDArray[np.int8]:
    """(events,) int8 labels of events, of their sequences where events have none."""
    own = np.asarray(train.dataset.label)[train.rows]
    return np.where(own == UNLABELLED, np.repeat(train.label, train.lengths), own)


def _anomalous_share(
    group: NDArray[np.int64], label: NDArray[np.int8], groups: int
) -> NDArray[np.float64]:
    """(groups,) the share of anomalous events among those labelled, `UNRATED` where none is.

    Args:
        group: (events,) int64, -1 without one.
        label: (events,) int8.
        groups: How many there are.
    """
    rated = (group >= 0) & (label != UNLABELLED)
    events = np.bincount(group[rated], minlength=groups)
    anomalous = np.bincount(group[rated & (label == 1)], minlength=groups)
    return np.where(events > 0, anomalous / np.maximum(events, 1), UNRATED)


def _distinct_points(
    sums: csr_matrix, count: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Different rows, which of them each row is, and how many events each stands for."""
    points, which = np.unique(_dense(sums), axis=0, return_inverse=True)
    return points, which, np.bincount(which, weights=count).astype(np.int64)


def _dense(sums: csr_matrix) -> NDArray[np.float64]:
    """The rows over the columns that any of them uses: few, of one kind of event."""
    used = np.unique(sums.indices)
    return np.zeros((sums.shape[0], 1)) if not len(used) else sums[:, used].toarray()
