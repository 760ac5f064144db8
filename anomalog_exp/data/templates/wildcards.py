"""Wildcards of template texts: the places where messages of one template differ, and what stands there.

A place is one `<*>` of a text, or one token of the user's own masks. Its value is what the message
has there. A pinned template has the places of its first text. Values of fields behind a text are no
places: an event has them all the same. A text with more than 100 wildcards, as that of a dump of memory,
has no places: none of them means anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.event_fields import parted
from anomalog_exp.data.templates.masking import WILDCARD, Masker
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.pinned_text import WORDS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Wildcards", "values_of_places"]

_MOST_PLACES: Final = 100
_SLICE_ROWS: Final = 1 << 15

_SPACE: Final = r"[\s\x1c-\x1f]"  # what `str.split` splits at
# Most values are one word of ASCII: regular expressions are quickest where every character has one way
# to go. A message that does not fit is tried again with slower ones, if it is short: their time grows
# with its length times that of the pattern, and a hundredfold where the engine needs more than 2 million
# bits of memory for it.
_STATES_PER_PLACE: Final = 20
_MOST_STEPS: Final = 1 << 21
_WORD: Final = r"([!-~]+?)"


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


def values_of_places(
    messages: pl.Series, template: NDArray[np.int32], constants: Sequence[Sequence[str]]
) -> tuple[pl.Series, NDArray[np.int64]]:
    """What messages have at the places of their templates.

    White space between words counts as one space. Where several readings fit, values are as short as can
    be, from the first one on.

    Args:
        messages: (messages,) String, without nulls.
        template: (messages,) code of each one's template.
        constants: Of each template, as `Wildcards.constants` gives them.

    Returns:
        (values,) String, template by template, null where the message does not fit the text; and for
        each its index among the values of all messages in turn.
    """
    import polars as pl

    places = np.array([len(parts) - 1 for parts in constants], dtype=np.int64)
    start = np.cumsum(places[template]) - places[template]
    order = np.argsort(template, kind="stable")
    order = order[places[template[order]] > 0]
    slices = _slices(template[order])

    def values(borders: tuple[int, int]) -> list[pl.Series]:
        rows = order[slice(*borders)]
        return _extracted(messages.gather(rows), constants[template[rows[0]]])

    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        found = list(pool.map(values, slices))
    index = [
        start[order[slice(*borders)]] + place
        for borders, columns in zip(slices, found, strict=True)
        for place in range(len(columns))
    ]
    none = pl.Series([], dtype=pl.String)
    texts = pl.concat([none, *(column.alias("") for columns in found for column in columns)])
    return texts, np.concatenate([np.empty(0, dtype=np.int64), *index])


def _slices(template: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Borders of runs of one template, cut where they are long, so that threads share the work."""
    ends = np.append(np.flatnonzero(np.diff(template)) + 1, len(template))
    borders = np.union1d(ends, np.arange(0, len(template), _SLICE_ROWS)).tolist()
    return list(pairwise(borders))


def _extracted(messages: pl.Series, constants: Sequence[str]) -> list[pl.Series]:
    """A column of values for each place."""
    import polars as pl

    size = sum(map(len, constants)) + _STATES_PER_PLACE * len(constants)
    short = messages.str.len_bytes() <= _MOST_STEPS // size
    few_steps = messages
    if not (short.all() or _whole_words(constants)):
        few_steps = pl.select(pl.when(short).then(messages)).to_series()
    columns = _groups(few_steps, _worded(constants))
    for pattern in (_spaced(constants), _with_gaps(constants)):
        missed = (columns[0].is_null() & short).arg_true()
        if len(missed):
            again = _groups(messages.gather(missed), pattern)
            columns = [old.scatter(missed, new) for old, new in zip(columns, again, strict=True)]
    return columns


def _groups(messages: pl.Series, pattern: str) -> list[pl.Series]:
    return messages.str.extract_groups(pattern).struct.unnest().get_columns()


def _escaped(text: str) -> str:
    import polars as pl

    return pl.escape_regex(text)


def _whole_words(constants: Sequence[str]) -> bool:
    """White space, or nothing, stands on both sides of every place."""
    before, after = constants[:-1], constants[1:]
    alone = [not one or one[-1].isspace() for one in before[:1]]
    alone += [one[-1:].isspace() for one in before[1:]]
    alone += [one[:1].isspace() for one in after[:-1]]
    return all(alone) and (not after[-1] or after[-1][0].isspace())


def _worded(constants: Sequence[str]) -> str:
    """The pattern in which values are words of ASCII."""
    parts = ("[\\t-\\r ]+".join(map(_escaped, re.split(r"\s+", part))) for part in constants)
    return f"^{_WORD.join(parts)}$"


def _spaced(constants: Sequence[str]) -> str:
    """The pattern in which values hold spaces, too, and white space stands for any other."""
    parts = (f"{_SPACE}+".join(map(_escaped, re.split(r"\s+", part))) for part in constants)
    return f"(?s)^{_SPACE}*{'(.+?)'.join(parts)}{_SPACE}*$"


def _with_gaps(constants: Sequence[str]) -> str:
    """The same where values may be empty: miners that compare subsequences give such templates."""
    words = (map(_escaped, part.split()) for part in constants)
    parts = (f"{_SPACE}+".join(part) for part in words)
    return f"(?s)^{_SPACE}*{f'{_SPACE}*(.*?){_SPACE}*'.join(parts)}{_SPACE}*$"
