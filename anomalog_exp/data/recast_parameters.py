"""Parameters over other templates, which have been mined from the texts of those that a data set
has.

A template that is mined later covers several that were there, and has places where these have words
or places of their own: `state <*>` covers `state up` and `state <*>`. What stands at a place is
then a piece of the old text, with its parameters filled in. So values follow from texts, which are
few, and no message is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.parameters import NO_VALUE, Parameters
from anomalog_exp.data.place_kinds import PlaceKinds
from anomalog_exp.data.reading.codes import FirstAppearance
from anomalog_exp.data.templates.cut_values import TextForms
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.place_values import values_of_places
from anomalog_exp.data.templates.wildcards import Wildcards
from anomalog_exp.data.text_numbers import CategoryNumbers

if TYPE_CHECKING:
    import polars as pl

__all__ = ["recast"]


def recast(
    parameters: Parameters,
    old: Sequence[str],
    new: Sequence[str],
    new_of_old: NDArray[np.int32],
    config: TemplateMinerConfig,
) -> Parameters:
    """The parameters of the same events over templates that were mined from their templates.

    Args:
        parameters: Over the templates as they were.
        old: Their texts.
        new: Texts of the new ones.
        new_of_old: (old templates,) code of the new one that covers each.
        config: The miner and its masks.
    """
    import polars as pl

    wildcards = Wildcards(config)
    places = wildcards.counts(new)
    messages = pl.Series([wildcards.message(text) for text in old], dtype=pl.String)
    forms = TextForms(CategoryNumbers())
    numbers = values_of_places(
        messages, new_of_old, [wildcards.constants(text) for text in new], forms
    )
    found = FirstAppearance()
    text = pl.Series(found.add(numbers)).replace(NO_VALUE, None)
    piece_texts = forms.texts(found.numbers()).gather(text).to_list()
    pieces = [None if text is None else wildcards.constants(text) for text in piece_texts]
    # The place of an old text at which each piece begins.
    held = np.array([0 if one is None else len(one) - 1 for one in pieces], dtype=np.int64)
    count = places[new_of_old]
    first = np.cumsum(count) - count
    before = np.concatenate(([0], np.cumsum(held)))
    begin = before[:-1] - np.repeat(before[first], count)

    template = new_of_old[parameters.template]
    many = count[parameters.template]
    row = np.repeat(np.arange(len(template)), many)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    piece = first[parameters.template][row] + nth
    source = parameters.start[row] + begin[piece]

    code = np.full(len(row), NO_VALUE, dtype=np.int64)
    alone = np.array([one == ["", ""] for one in pieces], dtype=bool)
    taken = alone[piece] if len(pieces) else np.zeros(0, dtype=bool)
    code[taken] = parameters.code[source[taken]]
    texts, written = [parameters.texts], len(parameters.texts)
    order = np.argsort(piece, kind="stable")
    borders = np.searchsorted(piece[order], np.arange(len(pieces) + 1))
    for number, constants in enumerate(pieces):
        where = order[borders[number] : borders[number + 1]]
        if constants is None or alone[number] or not len(where):
            continue
        filled, usable = _filled(constants, parameters, source[where])
        distinct = filled.unique(maintain_order=True)
        codes = filled.replace_strict(distinct, np.arange(len(distinct)) + written)
        code[where[usable]] = codes.to_numpy()
        texts.append(distinct)
        written += len(distinct)
    code, vocabulary = _without_repeats(code, pl.concat(texts))
    kinds = PlaceKinds(np.bincount(template, minlength=len(places)), places)
    kinds.add(0, template, code)
    return Parameters(code.astype(np.int32), template, places, kinds.kinds(vocabulary), vocabulary)


def _filled(
    constants: Sequence[str], parameters: Parameters, source: NDArray[np.int64]
) -> tuple[pl.Series, NDArray[np.bool_]]:
    """A piece of a text with the parameters of some events, and which events have all of them."""
    import polars as pl

    columns = [parameters.code[source + place] for place in range(len(constants) - 1)]
    usable = np.ones(len(source), dtype=bool)
    for column in columns:
        usable &= column != NO_VALUE
    filled = pl.repeat(constants[0], int(usable.sum()), eager=True, dtype=pl.String)
    for column, constant in zip(columns, constants[1:], strict=True):
        filled = filled + parameters.texts.gather(column[usable]) + constant
    return filled, usable


def _without_repeats(
    code: NDArray[np.int64], texts: pl.Series
) -> tuple[NDArray[np.int64], pl.Series]:
    """The same values, where texts that occur twice have one code."""
    import polars as pl

    distinct = texts.unique(maintain_order=True)
    number = texts.replace_strict(distinct, np.arange(len(distinct)), return_dtype=pl.Int64)
    # A code more: -1 reads the last one.
    return np.append(number.to_numpy(), NO_VALUE)[code], distinct
