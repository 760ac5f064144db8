"""True templates that were not found: what they were split into, or merged with.

Most lines are lost by few templates, so that the list by lines says what to mend first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.accuracy import Overlap, same_text
from anomalog_exp.data.templates.truth import Truth

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Missed", "Part", "Problem", "missed_templates"]

Problem = Literal["split", "merged", "split and merged", "other text"]

_SAMPLES: Final = 3
_PARTS: Final = 5


@dataclass(frozen=True)
class Part:
    """A mined template that has lines of a true one.

    Attributes:
        text: Of the mined template.
        lines: Of the true template that it has.
        merged: Other true templates whose lines it has too, and how many; those of most lines.
        merged_templates: How many these are in all.
    """

    text: str
    lines: int
    merged: tuple[tuple[str, int], ...]
    merged_templates: int


@dataclass(frozen=True)
class Missed:
    """A true template that was not found as it is.

    Attributes:
        template: Its text, or its id.
        lines: Of it. All are lost for grouping accuracy, unless the problem is another text.
        problem: Its lines are in several mined templates; or with lines of others in one; or both. Or
            the group is right and has another text.
        parts: The mined templates that have its lines; those of most lines.
        templates: How many these are in all.
        samples: Some messages, of different parts where there are several.
    """

    template: str
    lines: int
    problem: Problem
    parts: tuple[Part, ...]
    templates: int
    samples: tuple[str, ...]


def missed_templates(
    truth: Truth, codes: NDArray[np.integer], mined: Sequence[str], pairs: Overlap, most: int
) -> list[Missed]:
    """The true templates that lose most lines: wrong groups first, then right ones with other texts.

    Args:
        truth: Of the log.
        codes: (lines,) of the mined templates.
        mined: Their texts, by their codes.
        pairs: Of both codes.
        most: How many to give.
    """
    wrong = ~pairs.exact
    if truth.texts is not None:
        wrong |= ~same_text(pairs, mined, truth.texts)
    places = np.flatnonzero(wrong)
    order = np.lexsort((pairs.true[places], -pairs.true_lines[places], pairs.exact[places]))
    chosen = list(dict.fromkeys(pairs.true[places[order]].tolist()))[:most]
    return [_missed(code, pairs, truth, codes, mined) for code in chosen]


def _missed(
    code: int, pairs: Overlap, truth: Truth, codes: NDArray[np.integer], mined: Sequence[str]
) -> Missed:
    own = np.flatnonzero(pairs.true == code)
    own = own[np.argsort(-pairs.lines[own], kind="stable")]
    merged = not pairs.pure[own].all()
    problem: Problem = "other text"
    if len(own) > 1:
        problem = "split and merged" if merged else "split"
    elif merged:
        problem = "merged"
    return Missed(
        truth.names[code],
        int(pairs.true_lines[own[0]]),
        problem,
        tuple(_part(place, pairs, truth, mined) for place in own[:_PARTS].tolist()),
        len(own),
        _samples(truth.messages, codes, truth.codes == code, pairs.mined[own]),
    )


def _part(place: int, pairs: Overlap, truth: Truth, mined: Sequence[str]) -> Part:
    code = pairs.mined[place]
    others = np.flatnonzero((pairs.mined == code) & (pairs.true != pairs.true[place]))
    most = others[np.argsort(-pairs.lines[others], kind="stable")][:_PARTS]
    merged = tuple((truth.names[pairs.true[one]], int(pairs.lines[one])) for one in most)
    return Part(mined[code], int(pairs.lines[place]), merged, len(others))


def _samples(
    messages: pl.Series,
    codes: NDArray[np.integer],
    lines: NDArray[np.bool_],
    parts: NDArray[np.int64],
) -> tuple[str, ...]:
    """Messages of the first parts, or several of the only one."""
    if len(parts) == 1:
        return tuple(messages.filter(lines).unique(maintain_order=True).head(_SAMPLES))
    firsts = [int(np.argmax(lines & (codes == part))) for part in parts[:_SAMPLES]]
    return tuple(messages.gather(firsts))
