"""Wildcards of template texts: the places where messages of one template differ.

A place is one `<*>` of a text, or one token of the user's own masks. Its value is what the message
has there. A pinned template has the places of its first text. Values of fields behind a text are no
places: an event has them all the same. A text with more than 100 wildcards, as that of a dump of memory,
has no places: none of them means anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.event_fields import parted
from anomalog_exp.data.templates.masking import WILDCARD, Masker
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.pinned_text import WORDS

__all__ = ["Wildcards"]

_MOST_PLACES: Final = 100


class Wildcards:
    """Finds the places in the texts that a miner's config gives."""

    def __init__(self, config: TemplateMinerConfig) -> None:
        import polars as pl

        masker = Masker(config.masking)
        tokens = [mask.token for mask in config.extra_masks]
        # The general masks come after the user's, and may change a token that holds a number.
        tokens += masker.finish(masker.fast(pl.Series(tokens, dtype=pl.String)).to_list())
        pinned = [WORDS] if config.pinned else []
        every = sorted(
            {WILDCARD, *pinned, *filter(str.strip, tokens)}, key=lambda token: (-len(token), token)
        )
        self._place = re.compile("|".join(map(re.escape, every)))
        self._fields = config.with_fields
        self._text_of = {one.title: one.text[0] for one in config.pinned}

    def constants(self, text: str) -> list[str]:
        """What stands before, between and after the places of a text: one more than there are places.

        Examples:
            >>> from anomalog_exp.data.templates.miners.identity import Config
            >>> config = Config(name="identity", masking="general", extra_masks=(), fit_on="all",
            ...                 with_fields=("status",))
            >>> Wildcards(config).constants("GET <*> took <*> ms [status=500]")
            ['GET ', ' took ', ' ms']
        """
        message = self.message(text)
        parts = self._place.split(message)
        return parts if len(parts) <= _MOST_PLACES + 1 else [message]

    def message(self, text: str) -> str:
        """A text without the values of fields; of a pinned template its first text, not its name."""
        message = parted(text, self._fields)[0]
        return self._text_of.get(message, message)

    def counts(self, texts: Iterable[str]) -> NDArray[np.int64]:
        """(texts,) int64 how many places each has."""
        return np.array([len(self.constants(text)) - 1 for text in texts], dtype=np.int64)
