"""A template that may be wrong, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SAMPLES", "Doubt", "Kind", "Mined"]

Kind = Literal["too general", "too specific", "near-duplicates"]

SAMPLES: Final = 3
"""Messages that are shown of a doubt."""


@dataclass(frozen=True)
class Doubt:
    """What may be wrong with a template, or with several beside each other.

    Attributes:
        kind: What is wrong with it, if something is.
        templates: Their texts.
        lines: Of all of them.
        reason: In words.
        samples: Some of their messages.
    """

    kind: Kind
    templates: tuple[str, ...]
    lines: int
    reason: str
    samples: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Mined:
    """Templates with the messages that they were mined of.

    Attributes:
        messages: (messages,) String, without nulls.
        codes: (messages,) place of each one's template in `texts`.
        texts: Of the templates, without the values of fields.
        lines: (templates,) messages of each.
        firsts: (templates,) place of the first message of each.
    """

    messages: pl.Series
    codes: NDArray[np.integer]
    texts: tuple[str, ...]
    lines: NDArray[np.int64]
    firsts: NDArray[np.int64]

    def doubt(self, kind: Kind, templates: list[int], reason: str) -> Doubt:
        """A doubt about some templates, with the first messages of some of them."""
        lines = int(self.lines[templates].sum())
        samples = tuple(self.messages.gather(self.firsts[templates[:SAMPLES]]))
        texts = tuple(self.texts[code] for code in templates)
        return Doubt(kind, texts, lines, reason, samples)
