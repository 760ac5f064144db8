"""LogBERT: a Transformer fills in hidden events from those around them; what it did not expect counts.

Source: Guo, Yuan, Wu, "LogBERT: Log Anomaly Detection via BERT", IJCNN 2021. Normal sequences train
an encoder in two ways: to name the events that a mask hides, and to keep its output for the whole
sequence, that of the token DIST in front, close to one centre. An event is missed where it is not among
the `top_g` most likely ones in its place, and a sequence is anomalous with more than `misses` of them.
Score: the highest rank of an event, counted from 0 and without the `misses` highest ones, and behind the
point how many events are missed, as a share of `longest` + 1. Equal sequences are learned and scored
once.

Deviations: what is scored is masked not at random but by `passes` interleaved masks, so that each event
is asked for exactly once, and always alike. Sequences longer than `longest` are cut into pieces of about
one length, and score as their worst piece. The centre is learned with the weights, where the paper sets
it to the mean of the outputs after each epoch: there the same loss is lowest. The distance to it shapes
training alone, as in the paper; the public code can be asked to judge by it, too. The encoder is smaller
than that of the public code, and an event that normal training never showed has no vector of its own:
beside others it stands for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

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
from anomalog_exp.detection.networks.piece_rows import PieceRows, waves
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.errors import ConfigError
from anomalog_exp.features.pieces import Pieces, pieces_of
from anomalog_exp.features.segments import segment_maxima, segment_sums
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    import torch
    from torch import nn

    from anomalog_exp.detection.networks.training_loop import Task

__all__ = ["Config", "LogBertDetector"]


class Config(CandidatesConfig):
    """Options of LogBERT."""

    name: Literal["logbert"]
    misses: int = Field(ge=0, description="missed events that are no anomaly yet")
    unknown_events: Literal["anomalous", "ignored"] = Field(
        description="what becomes of events that normal training never showed"
    )
    longest: Count = Field(description="events of a piece, at most")
    masked: float = Field(gt=0, lt=1, description="share of events that training hides")
    passes: Annotated[int, Field(ge=2)] = Field(description="masks that hide each event once")
    hypersphere: float = Field(ge=0, description="weight of the distance to the centre")
    layers: Count = Field(description="of the encoder")
    width: Count = Field(description="numbers that stand for an event between layers")
    heads: Count = Field(description="of attention, in each layer")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(description="share of units left out")

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.width % self.heads:
            raise ConfigError.of(
                "model.heads",
                self.heads,
                problem=f"a width of {self.width} cannot be shared among {self.heads} heads",
                allowed="a number that divides model.width",
                fix="change model.heads or model.width",
            )
        return self

    def build_detector(self) -> LogBertDetector:
        return LogBertDetector(self)


@dataclass(frozen=True, eq=False)
class _Ranks:
    """What became of the events of sequences.

    Attributes:
        pieces: The pieces that they were asked for in.
        rank: (events,) int64 how many events were held more likely; that of an unknown one is the number
            of all symbols, or 0 where those are ignored.
    """

    pieces: Pieces
    rank: NDArray[np.int64]


class LogBertDetector(NetworkDetector):
    """Scores sequences by how many of their events were not expected in their places.

    Symbols stand for templates: 0 to `symbols - 1` for those that normal training showed, then one for
    the whole sequence (DIST), one for a hidden event (MASK), and one for everything unknown and for the
    places behind the end, whose vector is 0.
    """

    config: Config
    _symbol: Annotated[NDArray[np.int32], "templates"]
    _known: Annotated[NDArray[np.int64], "symbols"]
    _top_g: int

    @property
    def symbols(self) -> int:
        """How many templates normal training showed."""
        return len(self._known)

    def layers(self) -> nn.ModuleDict:
        from torch import nn

        config = self.config
        layer = nn.TransformerEncoderLayer(
            config.width, config.heads, 2 * config.width, config.dropout, batch_first=True
        )
        return nn.ModuleDict(
            {
                "events": nn.Embedding(self.symbols + 3, config.width, self.symbols + 2),
                "encoder": nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False),
                "out": nn.Linear(config.width, self.symbols),
                "centre": nn.Embedding(1, config.width),
            }
        )

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train).trainable()
        shown = np.bincount(normal.templates, minlength=len(normal.dataset.templates))
        self._known = np.flatnonzero(shown)
        self._symbol = np.full(len(shown), len(self._known) + 2, dtype=np.int32)
        self._symbol[self._known] = np.arange(len(self._known))
        held_out = None if valid is None else self._pieces(valid.normal().trainable())
        with self.computing() as device:
            network = self.layers().to(device)
            self.learn(
                network,
                self._task(network, self._pieces(normal), device),
                self._task(network, held_out, device) if held_out and len(held_out.count) else None,
            )
        self._top_g = self._chosen_g(valid)

    def _pieces(self, sequences: SequenceSet) -> Pieces:
        return pieces_of(sequences, self._symbol, self.config.longest)

    def _task(self, network: nn.ModuleDict, pieces: Pieces, device: torch.device) -> Task:
        import torch
        from torch.nn.functional import cross_entropy

        from anomalog_exp.detection.networks.training_loop import Task

        rows = PieceRows.of(pieces, self.symbols + 2, device)

        def loss(index: torch.Tensor) -> torch.Tensor:
            symbols, there = rows.rows(index, int(rows.length[index].max()))
            masks = [self._random_mask(there)] if network.training else self._all_masks(there)
            named, asked, distance = torch.zeros(3, len(index), device=device)
            for mask in masks:
                outputs = self._outputs(network, symbols, there, mask)
                hidden = mask & (symbols < self.symbols)
                losses = cross_entropy(
                    network["out"](outputs[:, 1:][hidden]), symbols[hidden], reduction="none"
                )
                named = named.index_add(0, hidden.nonzero()[:, 0], losses)
                asked = asked + hidden.sum(dim=1)
                away = outputs[:, 0] - network["centre"].weight
                distance = distance + away.square().mean(dim=1) / len(masks)
            return named / asked.clamp(min=1) + self.config.hypersphere * distance

        return Task(torch.from_numpy(pieces.count.astype(np.float32)).to(device), loss)

    def _random_mask(self, there: torch.Tensor) -> torch.Tensor:
        """(batch, width) bool, a share of the events of each row, and at least one."""
        import torch

        drawn = torch.rand(there.shape).to(there.device).masked_fill(~there, 2.0)
        lowest = drawn.amin(dim=1, keepdim=True)
        return ((drawn < self.config.masked) | (drawn == lowest)) & there

    def _all_masks(self, there: torch.Tensor) -> list[torch.Tensor]:
        """Masks (batch, width) bool that hide each event once."""
        import torch

        nth = torch.arange(there.shape[1], device=there.device) % self.config.passes
        return [there & (nth == one) for one in range(self.config.passes)]

    def _outputs(
        self,
        network: nn.ModuleDict,
        symbols: torch.Tensor,
        there: torch.Tensor,
        mask: torch.Tensor,
    ) -> torch.Tensor:
        """(batch, 1 + width, numbers) float32 of DIST and of each place.

        Args:
            network: Of the layers.
            symbols: (batch, width) int64.
            there: (batch, width) bool, False behind the end.
            mask: (batch, width) bool what is hidden.
        """
        import torch
        from torch.nn.functional import pad

        shown = symbols.masked_fill(mask, self.symbols + 1)
        vectors = network["events"](pad(shown, (1, 0), value=self.symbols))
        places = torch.from_numpy(waves(vectors.shape[1], self.config.width))
        outputs: torch.Tensor = network["encoder"](
            vectors + places.to(vectors.device),
            src_key_padding_mask=~pad(there, (1, 0), value=True),
        )
        return outputs

    def _widths(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """How wide the rows are that pieces are laid out in: their lengths alone decide it."""
        doubled = 1 << np.ceil(np.log2(np.maximum(lengths, 8))).astype(np.int64)
        return np.minimum(doubled, self.config.longest)

    def _predictions(
        self, pieces: Pieces
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Places in `pieces.symbols`, some at a time, and (places, symbols) logits of what is there."""
        widths = self._widths(pieces.lengths)
        with self.computing() as device:
            network = self.network(device)
            rows = PieceRows.of(pieces, self.symbols + 2, device)
            for width in np.unique(widths).tolist():
                yield from self._of_width(
                    network, rows, pieces, np.flatnonzero(widths == width), width
                )

    def _of_width(
        self,
        network: nn.ModuleDict,
        rows: PieceRows,
        pieces: Pieces,
        chosen: NDArray[np.int64],
        width: int,
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """The same for pieces that are laid out alike, each under each mask that hides any of it."""
        import torch

        from anomalog_exp.detection.networks.reproducible import in_blocks

        passes, device = self.config.passes, rows.symbols.device
        masks = np.minimum(pieces.lengths[chosen], passes)
        piece = np.repeat(chosen, masks)
        nth = np.arange(len(piece)) - np.repeat(np.cumsum(masks) - masks, masks)
        hidden = nth[:, None] + np.arange(0, width, passes)
        there = hidden < pieces.lengths[piece][:, None]
        place = pieces.offsets[piece][:, None] + hidden
        of_item, nth_, hidden_ = (torch.from_numpy(one).to(device) for one in (piece, nth, hidden))

        def outputs(index: torch.Tensor) -> torch.Tensor:
            symbols, inside = rows.rows(of_item[index], width)
            every = torch.arange(width, device=device) % passes
            outputs = self._outputs(network, symbols, inside, every == nth_[index][:, None])
            asked = hidden_[index].clamp(max=width - 1) + 1
            return outputs.take_along_dim(asked[:, :, None], dim=1)

        for part, found in in_blocks(outputs, len(piece), device):
            asked = found[torch.from_numpy(there[part]).to(device)]
            places = place[part][there[part]]
            for some, logits in in_blocks(partial(_logits, network, asked), len(asked), device):
                yield places[some], logits.cpu().numpy()

    def _ranked(self, sequences: SequenceSet) -> _Ranks:
        """What becomes of each event."""
        return self.once(self._newly_ranked, sequences)

    def _newly_ranked(self, sequences: SequenceSet) -> _Ranks:
        pieces = self._pieces(sequences)
        known = pieces.symbols < self.symbols
        ignored = self.config.unknown_events == "ignored"
        rank = np.where(known | ignored, 0, self.symbols)
        for places, logits in self._predictions(pieces):
            kept = known[places]
            there = places[kept]
            rank[there] = ranks_among(logits[kept], pieces.symbols[there])
        return _Ranks(pieces, rank[pieces.place])

    def _chosen_g(self, valid: SequenceSet | None) -> int:
        """`top_g`, or the smallest that flags no more of the validation sequences than it may."""
        if self.config.top_g != "auto":
            return self.config.top_g
        ranks = self._ranked(normal_validation(self.name, valid))
        highest = segment_maxima(self._deciding(ranks), ranks.pieces.sequence_borders)
        return fewest_candidates(highest.astype(np.int64), self.config.auto_flags, self.symbols)

    def _deciding(self, ranks: _Ranks) -> NDArray[np.float64]:
        """(pieces,) the highest rank without those that may be missed; 0 where none is left."""
        borders, misses = ranks.pieces.borders, self.config.misses
        length = np.diff(borders)
        owner = np.repeat(np.arange(len(length)), length)
        falling = ranks.rank[np.lexsort((-ranks.rank, owner))]
        deciding = np.zeros(len(length))
        left = length > misses
        deciding[left] = falling[borders[:-1][left] + misses]
        return deciding

    @property
    def own_threshold(self) -> float:
        """Ranks from g on are anomalous, counted from 0, whatever is behind the point."""
        return self._top_g - 1 + self.config.longest / (self.config.longest + 1)

    @property
    def own_event_threshold(self) -> float:
        """Ranks from g on are missed, counted from 0."""
        return float(self._top_g - 1)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        ranks = self._ranked(sequences)
        missed = (ranks.rank >= self._top_g) | (ranks.rank == self.symbols)
        misses = segment_sums(missed.astype(np.float64), ranks.pieces.borders)
        whole = self._beyond_candidates(self._deciding(ranks))
        return segment_maxima(
            whole + misses / (self.config.longest + 1), ranks.pieces.sequence_borders
        )

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return self._beyond_candidates(self._ranked(sequences).rank)

    def _beyond_candidates(self, rank: NDArray[np.floating | np.int64]) -> NDArray[np.float64]:
        """Ranks as scores: an unknown event is no candidate, however many candidates there are."""
        beyond = max(self.symbols, self._top_g)
        return np.where(rank == self.symbols, beyond, rank).astype(np.float64)

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The least expected events with their ranks, and what was expected in their places."""
        ranks = self._ranked(sequences)
        scores = self.score_events(sequences)
        chosen = least_expected(scores, sequences.offsets, top)
        events = np.concatenate([*chosen, np.empty(0, dtype=np.int64)])
        place = ranks.pieces.place[events]
        texts = [sequences.dataset.templates[code] for code in self._known]
        told: dict[int, str] = {}
        for places, logits in self._predictions(ranks.pieces):
            wanted = np.isin(places, place)
            told.update(zip(places[wanted].tolist(), expected(logits[wanted], texts), strict=True))
        words = {
            event: told[there] for event, there in zip(events.tolist(), place.tolist(), strict=True)
        }
        return evidence_of(sequences, chosen, scores, words)

    def manifest(self) -> dict[str, Any]:
        """Sizes, the curve of training, and the rules that decide with the network."""
        return {
            **super().manifest(),
            "known_templates": self.symbols,
            "top_g": self._top_g,
            "misses": self.config.misses,
            "unknown_events": self.config.unknown_events,
        }


def _logits(network: nn.ModuleDict, outputs: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """(batch, symbols) natural-log odds of what is in some places."""
    logits: torch.Tensor = network["out"](outputs[index])
    return logits
