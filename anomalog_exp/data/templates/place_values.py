"""What stands at the places of messages, as numbers of a vocabulary that grows.

Regular expressions say what it is (`place_patterns`). Most messages are simple and cut instead
(`cut_values`), which gives the same: many of a template in columns, a few of it one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.cut_values import (
    ROW_OF_WORDS,
    WORD,
    TextForms,
    can_cut,
    cut_message,
    cut_values,
    form_of,
    single_spaces,
)
from anomalog_exp.data.templates.place_patterns import by_patterns, few_steps, longest

if TYPE_CHECKING:
    import polars as pl

__all__ = ["values_of_places"]

_FEWEST_CUT: Final = 1 << 10
"""Fewer messages take less time by patterns, which need less preparation."""

_MOST_ONE_BY_ONE: Final = 1 << 6
"""So few take less time than the preparation of a pattern: many templates have a few messages."""


def values_of_places(
    messages: pl.Series,
    template: NDArray[np.int32],
    constants: Sequence[Sequence[str]],
    forms: TextForms,
) -> NDArray[np.int32]:
    """What messages have at the places of their templates.

    White space between words counts as one space. Where several readings fit, values are as short as can
    be, from the first one on.

    Args:
        messages: (messages,) String, without nulls.
        template: (messages,) code of each one's template.
        constants: Of each template, as `Wildcards.constants` gives them.
        forms: Takes the values.

    Returns:
        (values,) number of each in the vocabulary, message by message and place by place; -1 where the
        message does not fit the text.
    """
    places = np.array([len(parts) - 1 for parts in constants], dtype=np.int64)
    count = places[template]
    start = np.cumsum(count) - count
    number = np.empty(int(count.sum()), dtype=np.int32)
    # Numbers of two bytes are sorted by counting.
    order = np.argsort(template.astype(np.min_scalar_type(len(constants))), kind="stable")
    order = order[count[order] > 0]
    sorted_template, sorted_messages = template[order], messages.rechunk().gather(order)
    for begin, end in _runs(sorted_template):
        around = constants[sorted_template[begin]]
        first = start[order[begin:end]]
        for place, found in enumerate(_numbers(sorted_messages[begin:end], around, forms)):
            number[first + place] = found
    return number


def _runs(template: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Borders of runs of one template."""
    ends = (np.flatnonzero(np.diff(template)) + 1).tolist()
    return list(pairwise([0, *ends, len(template)])) if len(template) else []


def _numbers(
    messages: pl.Series, constants: Sequence[str], forms: TextForms
) -> list[NDArray[np.int32]]:
    """The numbers of the values of each place."""
    if can_cut(constants):
        if len(messages) >= _FEWEST_CUT:
            return _of_many(messages, constants, forms)
        if len(messages) <= _MOST_ONE_BY_ONE:
            return _of_few(messages, constants, forms)
    return [forms.numbers(column) for column in by_patterns(messages, constants)]


def _of_many(
    messages: pl.Series, constants: Sequence[str], forms: TextForms
) -> list[NDArray[np.int32]]:
    columns = cut_values(messages, constants)
    found = [forms.numbers(column) for column in columns]
    form = np.min(list(map(forms.of, columns, found)), axis=0)
    # Patterns have no values of messages that are too long for them, however many messages there are.
    usable = (form == WORD) & few_steps(messages, constants, words=True).to_numpy()
    if not usable.all() and single_spaces(constants):
        usable |= (form >= ROW_OF_WORDS) & few_steps(messages, constants, words=False).to_numpy()
    if not usable.all():
        found = [numbers.copy() for numbers in found]
        _search_others(messages, constants, forms, ~usable, found)
    return found


def _of_few(
    messages: pl.Series, constants: Sequence[str], forms: TextForms
) -> list[NDArray[np.int32]]:
    import polars as pl

    spaced = single_spaces(constants)
    most = {words: longest(constants, words=words) for words in (True, False)}
    rows: list[list[str] | None] = []
    for message in messages.to_list():
        cut = cut_message(message, constants)
        form = 0 if cut is None else min(map(form_of, cut))
        limit = most[form == WORD]
        short = limit is None or len(message.encode()) <= limit
        usable = short and (form == WORD or (form == ROW_OF_WORDS and spaced))
        rows.append(cut if usable else None)
    nothing = [None] * (len(constants) - 1)
    values = [value for row in rows for value in (nothing if row is None else row)]
    numbers = forms.numbers(pl.Series(values, dtype=pl.String))
    found = list(numbers.reshape(len(rows), -1).T.copy())
    missed = np.array([row is None for row in rows])
    if missed.any():
        _search_others(messages, constants, forms, missed, found)
    return found


def _search_others(
    messages: pl.Series,
    constants: Sequence[str],
    forms: TextForms,
    others: NDArray[np.bool_],
    found: Sequence[NDArray[np.int32]],
) -> None:
    """Write the numbers of messages that cannot be cut in their places."""
    rows = np.flatnonzero(others)
    for numbers, column in zip(found, by_patterns(messages.gather(rows), constants), strict=True):
        numbers[rows] = forms.numbers(column)
