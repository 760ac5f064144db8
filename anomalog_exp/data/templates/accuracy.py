"""How well templates fit true ones, as the four figures of the field.

A mined and a true group are the lines of one template. Of all lines, GA is the share in groups that are
exactly a true group, and PA the share whose text is the true text. Over templates and not lines, so that
a frequent one counts no more than a rare one: FGA is the F1 of groups that are exactly a true group; FTA
is that of mined templates whose lines all have one true template, and its text. Precision is over the
mined, recall over the true templates.

Texts are compared as they are, with runs of white space as one space and none at the ends: `<*>` must
stand where the true text has it, `<*>:<*>` is not `<*>`, and nothing else is forgiven.

Sources: GA, Zhu et al., "Tools and Benchmarks for Automated Log Parsing", ICSE-SEIP 2019. PA, Dai et
al., "Logram", TSE 2020. FTA, Khan et al., "Guidelines for Assessing the Accuracy of Log Message Template
Identification Techniques", ICSE 2022. FGA, and FTA as one figure, Jiang et al., "A Large-Scale
Evaluation for Log Parsing Techniques: How Far Are We?" (Loghub-2.0), ISSTA 2024. As in the code of the
last two, a template of the true text counts for FTA if other templates have some of its true lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Overlap", "TemplateAccuracy", "overlap", "same_text", "template_accuracy"]


@dataclass(frozen=True, eq=False)
class Overlap:
    """How many lines a mined and a true template share, for each pair that shares any.

    Attributes:
        mined: (pairs,) code of the mined template; pairs are ordered by it, then by `true`.
        true: (pairs,) code of the true one.
        lines: (pairs,) at least 1.
        mined_lines: (pairs,) all lines of the mined template.
        true_lines: (pairs,) all lines of the true one.
    """

    mined: NDArray[np.int64]
    true: NDArray[np.int64]
    lines: NDArray[np.int64]
    mined_lines: NDArray[np.int64]
    true_lines: NDArray[np.int64]

    @property
    def pure(self) -> NDArray[np.bool_]:
        """(pairs,) the mined template has lines of this true one alone."""
        return self.lines == self.mined_lines

    @property
    def exact(self) -> NDArray[np.bool_]:
        """(pairs,) both have the same lines."""
        return self.pure & (self.lines == self.true_lines)


@dataclass(frozen=True)
class TemplateAccuracy:
    """The four figures, from 0 to 1; the docstring of the module says what they are.

    Attributes:
        ga: Grouping accuracy.
        pa: Parsing accuracy; None where the truth has no texts.
        fga: F1 of grouping.
        fta: F1 of templates; None where the truth has no texts.
    """

    ga: float
    pa: float | None
    fga: float
    fta: float | None


def overlap(mined: NDArray[np.integer], true: NDArray[np.integer]) -> Overlap:
    """Count lines by both templates.

    Args:
        mined: (lines,) codes of the mined templates, at least one line.
        true: (lines,) codes of the true ones.
    """
    import polars as pl

    counted = (
        pl.DataFrame({"mined": mined.astype(np.int64), "true": true.astype(np.int64)})
        .group_by("mined", "true")
        .agg(lines=pl.len().cast(pl.Int64))
        .sort("mined", "true")
        .with_columns(
            mined_lines=pl.col("lines").sum().over("mined"),
            true_lines=pl.col("lines").sum().over("true"),
        )
    )
    return Overlap(**{name: counted[name].to_numpy() for name in counted.columns})


def template_accuracy(
    pairs: Overlap, mined: Sequence[str], true: Sequence[str] | None
) -> TemplateAccuracy:
    """The four figures.

    Args:
        pairs: Of the lines.
        mined: Texts of the mined templates, by their codes.
        true: Texts of the true ones, by theirs; None where only their groups are known.

    Examples:
        >>> pairs = overlap(np.array([0, 0, 1, 2]), np.array([0, 0, 1, 1]))
        >>> template_accuracy(pairs, ["up", "down", "<*>"], ["up", "down"])
        TemplateAccuracy(ga=0.5, pa=0.75, fga=0.4, fta=0.8)
    """
    every = int(pairs.lines.sum())
    templates = len(np.unique(pairs.mined)) + len(np.unique(pairs.true))
    exact = pairs.exact
    ga, fga = int(pairs.lines[exact].sum()) / every, 2 * int(exact.sum()) / templates
    if true is None:
        return TemplateAccuracy(ga, None, fga, None)
    same = same_text(pairs, mined, true)
    right = int((same & pairs.pure).sum())
    return TemplateAccuracy(ga, int(pairs.lines[same].sum()) / every, fga, 2 * right / templates)


def same_text(pairs: Overlap, mined: Sequence[str], true: Sequence[str]) -> NDArray[np.bool_]:
    """(pairs,) the texts are the same, as the docstring of the module says."""
    return _collapsed(mined)[pairs.mined] == _collapsed(true)[pairs.true]


def _collapsed(texts: Sequence[str]) -> NDArray[np.object_]:
    # numpy would cut trailing NULs of fixed-width strings.
    return np.array([" ".join(text.split()) for text in texts], dtype=object)
