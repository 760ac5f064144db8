"""Which of several options that fit a log is meant.

What leaves fewer lines unread wins. Of those that read the same lines, the one that tells more of them;
of those that tell as much, the one whose messages are shorter, because more of the line is understood.
What is still equal reads the log equally well, and a stated order decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from anomalog_exp.data.recognition.fit import Fit
from anomalog_exp.data.recognition.signs import PREFERRED

__all__ = ["by_rank"]

_SAME_LINES: Final = 0.005
_SAME_FIELDS: Final = 0.05
_SAME_TEXT: Final = 0.01


def by_rank(fits: Iterable[Fit]) -> list[Fit]:
    """The fits, the one that is meant first; those that are refused stand at the end."""
    left = list(fits)
    refused = [one for one in left if one.refused is not None]
    usable = [one for one in left if one.refused is None]
    ranked: list[Fit] = []
    while usable:
        best = _best(usable)
        usable.remove(best)
        ranked.append(best)
    return ranked + sorted(refused, key=lambda one: (-one.matched, one.option))


def _best(usable: list[Fit]) -> Fit:
    most = max(one.matched for one in usable)
    near = [one for one in usable if one.matched >= most - _SAME_LINES]
    most = max(one.fields for one in near)
    near = [one for one in near if one.fields >= most - _SAME_FIELDS]
    most = max(one.explained for one in near)
    near = [one for one in near if one.explained >= most - _SAME_TEXT]
    return min(near, key=_order)


def _order(fit: Fit) -> tuple[int, str]:
    place = PREFERRED.index(fit.option) if fit.option in PREFERRED else len(PREFERRED)
    return place, fit.option
