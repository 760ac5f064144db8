"""Events among the most likely ones, or not: what detectors share that predict events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.networks.network_options import NetworkConfig
from anomalog_exp.errors import NotApplicable
from anomalog_exp.options.base import Count, Fraction
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = [
    "CandidatesConfig",
    "evidence_of",
    "expected",
    "fewest_candidates",
    "least_expected",
    "normal_validation",
    "ranks_among",
]

_TOLD = 3
"""How many expected events an explanation names."""


class CandidatesConfig(NetworkConfig):
    """Options of such detectors."""

    top_g: Count | Literal["auto"] = Field(description="candidates for the event in a place")
    auto_flags: Fraction = Field(
        description="share of validation sequences that auto flags at most"
    )


def normal_validation(name: str, valid: SequenceSet | None) -> SequenceSet:
    """What `top_g=auto` looks at: validation sequences not labelled anomalous, with labels hidden.

    Args:
        name: Of the detector.
        valid: Sequences held back from training.

    Raises:
        NotApplicable: there are none.
    """
    if valid is None or not len(normal := valid.normal()):
        raise NotApplicable(
            f"{name} with top_g=auto needs normal validation sequences "
            "(split.validation_fraction=0.1 takes some from the end of training)"
        )
    return normal.unlabelled()


def fewest_candidates(rank: NDArray[np.int64], flags: float, symbols: int) -> int:
    """How many candidates flag no more than a share of sequences.

    Args:
        rank: (sequences,) each is flagged by so many candidates or fewer.
        flags: The share.
        symbols: Events that there are, and the most candidates.
    """
    above = int(Decimal(str(flags)) * len(rank))
    allowed = int(np.sort(rank)[len(rank) - 1 - above])
    return min(max(allowed, 0) + 1, symbols)


def ranks_among(
    logits: NDArray[np.float32], events: NDArray[np.int32], candidates: int | None = None
) -> NDArray[np.int64]:
    """(rows,) how many events are held more likely than this one; of equal ones the first is.

    Args:
        logits: (rows, symbols) natural-log odds.
        events: (rows,) a symbol for each.
        candidates: So many of the first symbols are compared with it; None: all of them.
    """
    own = np.take_along_axis(logits, events[:, None].astype(np.int64), axis=1)
    compared = logits[:, :candidates]
    before = np.arange(compared.shape[1]) < events[:, None]
    return ((compared > own) | ((compared == own) & before)).sum(axis=1)


def expected(logits: NDArray[np.float32], texts: Sequence[str]) -> list[str]:
    """For each row, in words, the most likely events with their probabilities.

    Args:
        logits: (rows, symbols) natural-log odds.
        texts: (symbols,) the texts of the events.
    """
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    best = np.argsort(-chances, axis=1, kind="stable")[:, :_TOLD]
    told = [
        ", ".join(f"{texts[symbol]} ({chances[row, symbol]:.0%})" for symbol in best[row])
        for row in range(len(logits))
    ]
    return [f"one of these was expected: {one}" for one in told]


def least_expected(
    scores: NDArray[np.float64], offsets: NDArray[np.int64], top: int
) -> list[NDArray[np.int64]]:
    """For each sequence, the events that score most, from the highest down to those above 0.

    Args:
        scores: (events,) sequence by sequence.
        offsets: (sequences + 1,) borders of the sequences.
        top: How many events at most.
    """
    highest = (
        begin + np.argsort(-scores[begin:end], kind="stable")[:top]
        for begin, end in pairwise(offsets.tolist())
    )
    return [events[scores[events] > 0] for events in highest]


def evidence_of(
    sequences: SequenceSet,
    chosen: Sequence[NDArray[np.int64]],
    scores: NDArray[np.float64],
    words: Mapping[int, str],
) -> list[list[tuple[str, float]]]:
    """What a detector explains its scores by: events, what was expected in their places, and scores.

    Args:
        sequences: What it scored.
        chosen: For each sequence, some of its events.
        scores: (events,) of all events.
        words: Chosen event -> what was expected there.
    """
    names, templates = sequences.dataset.templates, sequences.templates
    return [
        [
            (f"{names[templates[event]]} where {words[event]}", float(scores[event]))
            for event in events.tolist()
        ]
        for events in chosen
    ]
