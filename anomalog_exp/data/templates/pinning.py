"""Messages of pinned templates: found among the others when masks are applied, and kept from the miner.

What masks leave of a message of a pinned template is the title of that template. Texts are compared
with masked messages, of which a log has few. A text that spells out what masks would replace, as
`status 500`, is also compared with every message as it is written, and comes before the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

_MARK: Final = "\0pinned "
"""Before the title of a template, in place of the shape of a message: masks pass it by."""

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
        # The most specific text last, as it has the last word; of equals, the first in the file.
        pairs = sorted(pairs, key=lambda pair: specificity(pair[1]), reverse=True)[::-1]
        changed = self._changed([text for _, text in pairs])
        self._masked = [(title, pattern_of(text)) for title, text in pairs]
        self._written = [one for one, other in zip(self._masked, changed, strict=True) if other]

    def fast(self, messages: pl.Series) -> pl.Series:
        import polars as pl

        shapes = super().fast(messages)
        for title, pattern in self._written:
            fits = messages.str.contains(pattern)
            if fits.any():
                shapes = shapes.zip_with(~fits, pl.Series([_MARK + title]))
        return shapes

    def finish(self, shapes: Sequence[str]) -> list[str]:
        import polars as pl

        masked = super().finish(shapes)
        messages = pl.Series(masked, dtype=pl.String)
        place = np.full(len(masked), -1)
        for number, (_, pattern) in enumerate(self._masked):
            place[messages.str.contains(pattern).to_numpy()] = number
        return [
            shape.removeprefix(_MARK)
            if shape.startswith(_MARK)
            else message
            if number < 0
            else self._masked[number][0]
            for shape, message, number in zip(shapes, masked, place.tolist(), strict=True)
        ]

    def _changed(self, texts: Sequence[str]) -> list[bool]:
        """Which texts hold what the masks would replace; a wildcard between spaces is no part of it."""
        import polars as pl

        probes = [
            " ".join(_NEUTRAL if word in (WILDCARD, WORDS) else word for word in text.split())
            for text in texts
        ]
        masked = super().finish(super().fast(pl.Series(probes, dtype=pl.String)).to_list())
        return [one != other for one, other in zip(probes, masked, strict=True)]


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
