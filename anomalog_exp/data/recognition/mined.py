"""The templates of a sample, and how well they fit its messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.quality import medoid_silhouette
from anomalog_exp.data.templates.templates import Templates

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TemplateFacts", "template_facts"]

_MESSAGES: Final = 20_000
_SHOWN: Final = 5


@dataclass(frozen=True)
class TemplateFacts:
    """Templates of some messages.

    Attributes:
        miner: That found them.
        messages: How many messages they were mined of.
        distinct: How many templates there are.
        once: How many of them have one message.
        frequent: The most frequent ones with their messages, the most frequent first.
        rare: The rarest ones, the rarest first.
        score: How well they fit, from -1 to 1 (see `anomalog_exp.data.templates.quality`); None where
            there is one template.
    """

    miner: str
    messages: int
    distinct: int
    once: int
    frequent: tuple[tuple[str, int], ...]
    rare: tuple[tuple[str, int], ...]
    score: float | None


def template_facts(messages: pl.Series, config: TemplateMinerConfig) -> TemplateFacts:
    """Mine some messages, without nulls; of many every so-manieth."""
    step = -(-len(messages) // _MESSAGES) or 1
    chosen = messages.gather_every(step)
    plain = config.model_copy(update={"with_fields": ()})
    templates, codes = Templates.mine(chosen, plain)
    counts = np.bincount(codes, minlength=len(templates.mined))
    order = np.argsort(-counts, kind="stable").tolist()
    pairs = [(templates.mined[code], int(counts[code])) for code in order]
    return TemplateFacts(
        config.name,
        len(chosen),
        len(pairs),
        int(np.count_nonzero(counts == 1)),
        tuple(pairs[:_SHOWN]),
        tuple(reversed(pairs[_SHOWN:][-_SHOWN:])),
        medoid_silhouette(chosen.to_list(), codes, templates.mined),
    )
