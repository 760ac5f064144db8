"""Messages of pinned templates: found among the others when masks are applied, and kept from the miner.

What masks leave of a message of a pinned template is the title of that template. Texts are compared
with masked messages, of which a log has few. A text that spells out what masks would replace, as
`status 500` or `blk_<*>`, is also compared with every message as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.event_fields import parted
from anomalog_exp.data.templates.masking import WILDCARD, Masker
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig, dense_codes
from anomalog_exp.data.templates.pinned_text import WORDS, pattern_of, specificity

if TYPE_CHECKING:
    import polars as pl

__all__ = ["masker_of", "mined_but_pinned", "pinned_facts", "titles_of"]

_MARK: Final = "\0pinned {}\0"
_MARKED: Final = re.compile("\0pinned ([0-9]{1,9})\0")
"""The rank of the best text that a message fits as it is written, before its shape."""

_NEUTRAL: Final = "x"
"""A word that no mask that ships replaces."""

Mined = tuple[list[str], NDArray[np.int32]]


def masker_of(config: TemplateMinerConfig) -> Masker:
    """What masks messages as the config says, and gives titles to those of pinned templates."""
    return PinningMasker(config) if config.pinned else Masker(config.masking, config.extra_masks)


def titles_of(config: TemplateMinerConfig) -> list[str]:
    """The titles of the pinned templates."""
    return [one.title for one in config.pinned]


class PinningMasker(Masker):
    """The masks of a config, and its pinned templates."""

    def __init__(self, config: TemplateMinerConfig) -> None:
        super().__init__(config.masking, config.extra_masks)
        pairs = [(one.title, text) for one in config.pinned for text in one.text]
        # By rank: the most specific text last; of equals, the first in the file.
        pairs = sorted(pairs, key=lambda pair: specificity(pair[1]), reverse=True)[::-1]
        self._titles = [title for title, _ in pairs]
        self._patterns = [pattern_of(text) for _, text in pairs]
        changed = self._changed([text for _, text in pairs])
        self._as_written = [rank for rank, other in enumerate(changed) if other]

    def fast(self, messages: pl.Series) -> pl.Series:
        import polars as pl

        shapes = super().fast(messages)
        rank = self._best(messages, self._as_written)
        if not (rank >= 0).any():
            return shapes
        marks = ["", *(_MARK.format(rank) for rank in range(len(self._titles)))]
        return pl.Series(marks).gather(rank + 1) + shapes

    def numbers_alone(self, shape: str) -> str | None:
        # A message may itself hold a mark.
        return None if _MARKED.match(shape) else super().numbers_alone(shape)

    def finish(self, shapes: Sequence[str]) -> list[str]:
        import polars as pl

        parts = [self._marked(shape) for shape in shapes]
        masked = super().finish([shape for _, shape in parts])
        rank = self._best(pl.Series(masked, dtype=pl.String), range(len(self._titles)))
        rank = np.maximum(rank, np.array([written for written, _ in parts], dtype=np.int64))
        return [
            message if best < 0 else self._titles[best]
            for message, best in zip(masked, rank.tolist(), strict=True)
        ]

    def _marked(self, shape: str) -> tuple[int, str]:
        """The rank that a shape bears, -1 if none, and the shape without it."""
        mark = _MARKED.match(shape)
        if mark is None or int(mark[1]) >= len(self._titles):  # whatever a log holds
            return -1, shape
        return int(mark[1]), shape[mark.end() :]

    def _best(self, messages: pl.Series, ranks: Iterable[int]) -> NDArray[np.int64]:
        """(messages,) the highest of some ranks whose text a message fits, -1 where it fits none."""
        best = np.full(len(messages), -1)
        for rank in ranks:
            best[messages.str.contains(self._patterns[rank]).to_numpy()] = rank
        return best

    def _changed(self, texts: Sequence[str]) -> list[bool]:
        """Which texts are none of masked messages: masks replace a part, or a word around a wildcard."""
        import polars as pl

        raw, masked = (
            [" ".join(_probe(word, varying) for word in text.split()) for text in texts]
            for varying in ("0", WILDCARD)
        )
        found = super().finish(super().fast(pl.Series(raw, dtype=pl.String)).to_list())
        return [one != other for one, other in zip(masked, found, strict=True)]


def _probe(word: str, varying: str) -> str:
    """A word of a text with something in the place of its wildcards."""
    if word in (WILDCARD, WORDS):
        return _NEUTRAL
    return word.replace(WORDS, varying).replace(WILDCARD, varying)


def mined_but_pinned(
    mine: Callable[[Sequence[str]], Mined], messages: Sequence[str], config: TemplateMinerConfig
) -> Mined:
    """What a miner makes of masked messages that are no titles of pinned templates; titles stay.

    A template that the miner finds, and that reads like a title, is that template.

    Args:
        mine: As `TemplateMiner.mine`.
        messages: Distinct masked messages.
        config: Says what is pinned.

    Returns:
        As `TemplateMiner.mine`, of all messages.
    """
    titles = set(titles_of(config))
    if not titles:
        return mine(messages)
    texts, codes = mine([message for message in messages if message not in titles])
    mined = iter(codes.tolist())
    return dense_codes(
        [message if message in titles else texts[next(mined)] for message in messages]
    )


def pinned_facts(
    config: TemplateMinerConfig, texts: Sequence[str], template: NDArray[np.int32]
) -> dict[str, Any]:
    """What the manifest says of pinned templates: the rows of each, and which have none.

    Args:
        config: Says what is pinned.
        texts: Of the templates, in the order of their codes.
        template: (rows,) code of each row.
    """
    count = np.bincount(template, minlength=len(texts)).tolist()
    rows = dict.fromkeys(titles_of(config), 0)
    for text, many in zip(texts, count, strict=True):
        title, _ = parted(text, config.with_fields)
        if title in rows:
            rows[title] += many
    return {"rows": rows, "unused": [title for title, many in rows.items() if not many]}
