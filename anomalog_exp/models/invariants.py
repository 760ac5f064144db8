"""Invariants: linear equations between the counts of templates that nearly all of training fulfils.

Source: Lou, Fu, Yang, Xu, Li, "Mining invariants from console logs for system problem detection", USENIX
ATC 2010. An invariant is a small integer combination of the counts of few templates that is 0 in a share
`support` of the training sequences, such as opened = closed. Score: the number of independent invariants
that a sequence violates; any at all is anomalous, with 0 the threshold for model/decision=own.

All training sequences teach, and no label is read; split=normal_only gives it normal ones alone.
Distinct vectors count by their numbers, and the most frequent are tried first: most candidates fail at
once.

The invariant of a single template is that it does not occur; those of all templates that training never
or hardly shows are among them, and of those that its data set lacks. The others are searched for by
length: all sets of templates up to `max_length` without a shorter invariant inside, times all
coefficients up to `max_coefficient`, as far as `max_sets` sets of a length go, the most widely held
templates first. Kept are those independent of what was kept before, by length, support and size of the
coefficients: a sequence violates some invariant of them all just if it violates one that is kept.

Deviations: the search is complete up to its bounds, where the paper estimates the number of invariants
by singular values and stops there; and an equation has no constant term.

A log in which no template is widely held has no invariants to search for, and this detector does not
apply: that no template occurs is no rule of a log in which all of them do.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, product
from math import comb, gcd
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.sparse import csr_matrix, vstack

from anomalog_exp.detection.contract import ExperimentModelConfig
from anomalog_exp.detection.count_detector import CountDetector
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "InvariantsDetector"]

_CANDIDATES = 1 << 18
_CELLS = 1 << 22
_MOST_COEFFICIENTS = 1 << 20
_MOST_TRIED = 1 << 32


class Config(ExperimentModelConfig):
    """Options of invariant mining."""

    name: Literal["invariants"]
    support: Annotated[float, Field(gt=0.5, le=1)] = Field(
        description="share of training sequences that fulfil an invariant"
    )
    max_length: Count = Field(description="templates in one invariant")
    max_coefficient: Count
    max_sets: Count = Field(description="sets of templates that are tried for each length")

    @model_validator(mode="after")
    def _comes_to_an_end(self) -> Self:
        if (2 * self.max_coefficient) ** self.max_length > _MOST_COEFFICIENTS:
            largest = int(_MOST_COEFFICIENTS ** (1 / self.max_length) / 2)
            raise ConfigError.of(
                "model.max_coefficient",
                self.max_coefficient,
                problem=f"(2 x {self.max_coefficient:,})^{self.max_length} combinations of "
                "coefficients would be tried on each set of templates",
                allowed=f"{_MOST_COEFFICIENTS:,} combinations at most: up to {largest:,} with "
                f"model.max_length={self.max_length}",
                fix="lower model.max_coefficient or model.max_length",
            )
        return self

    def build_detector(self) -> InvariantsDetector:
        return InvariantsDetector(self)


class InvariantsDetector(CountDetector):
    """Scores sequences by how many invariants they violate."""

    counts_unknown: ClassVar[bool] = True

    config: Config
    _templates: Annotated[list[str], "templates"]
    _equations: Annotated[csr_matrix, "invariants", "templates"]
    _absent: int
    _added: int

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        self._templates = list(train.dataset.templates)
        self._added = int(train.dataset.unknown_added)
        super().fit(train)

    def fit_vectors(self, features: NDArray[np.float64], count: NDArray[np.int64]) -> None:
        may_violate = int((1 - Decimal(str(self.config.support))) * int(count.sum()))
        holding = count @ (features > 0)
        # Widely held templates first, as far as the search goes.
        order = np.argsort(-holding, kind="stable")
        frequent = order[holding[order] > may_violate]
        if not len(frequent):
            raise NotApplicable(
                f"{self.name} needs templates that more than {may_violate:,} of the {count.sum():,} "
                f"training sequences hold (the most widely held of {len(holding):,} is in "
                f"{holding.max():,})"
            )
        absent = np.flatnonzero(holding <= may_violate)
        self._absent = len(absent)
        vectors = features[:, frequent].astype(np.int64)
        mined = csr_matrix(self._mined(vectors, count, may_violate))
        none = csr_matrix(
            (np.ones(len(absent)), (np.arange(len(absent)), absent)),
            shape=(len(absent), features.shape[1]),
        )
        mined = csr_matrix(
            (mined.data, frequent[mined.indices], mined.indptr),
            shape=(mined.shape[0], features.shape[1]),
        )
        self._equations = vstack((mined, none), format="csr")

    def _mined(
        self, vectors: NDArray[np.int64], count: NDArray[np.int64], may_violate: int
    ) -> NDArray[np.float64]:
        """(invariants, templates) coefficients of two templates and more."""
        templates = vectors.shape[1]
        often = np.argsort(-count, kind="stable")
        vectors, count = vectors[often], count[often]
        kept = _Independent(templates)
        for length in range(2, min(self.config.max_length, templates) + 1):
            sets = _sets(templates, length, self.config.max_sets)
            sets = sets[~_contains_any(sets, kept.rows())]
            coefficients = _coefficients(length, self.config.max_coefficient)
            if not len(sets) or not len(coefficients):
                continue
            self._refuse_endless(length, len(sets), len(coefficients))
            fulfilled = list(_fulfilled(vectors, count, may_violate, sets, coefficients))
            which, times, violated = (np.concatenate(part) for part in zip(*fulfilled, strict=True))
            size = np.abs(coefficients).sum(axis=1)[times]
            for i in np.lexsort((times, which, size, violated)):
                kept.add(sets[which[i]], coefficients[times[i]])
        return kept.rows()

    def _refuse_endless(self, length: int, sets: int, coefficients: int) -> None:
        if sets * coefficients > _MOST_TRIED:
            raise NotApplicable(
                f"{self.name} would try {sets * coefficients:,} equations of {length} templates "
                f"({sets:,} sets times {coefficients:,} combinations of coefficients; {_MOST_TRIED:,} "
                "take some minutes, and are the most); lower model.max_sets, model.max_coefficient "
                "or model.max_length"
            )

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.count_nonzero(self._differences(features), axis=1).astype(np.float64)

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The violated invariants, with the difference between their sides."""
        counts = self.counted(sequences)
        differences = csr_matrix(np.abs(self._differences(counts.vectors.toarray())))
        evidence = strongest(differences, self._words(), top)
        return [list(evidence[group]) for group in counts.group.tolist()]

    @property
    def own_threshold(self) -> float:
        return 0.0

    def manifest(self) -> dict[str, object]:
        """The invariants in words; those of absent templates as a number."""
        words = self._words()
        return {
            "absent_templates": self._absent - self._added,
            "invariants": words[: len(words) - self._absent],
        }

    def _differences(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """(rows, invariants) left side minus right side; whole numbers, so exact."""
        return counts @ self._equations.T

    def _words(self) -> list[str]:
        starts = self._equations.indptr
        return [
            _equation(
                [
                    (int(self._equations.data[i]), self._templates[self._equations.indices[i]])
                    for i in range(starts[row], starts[row + 1])
                ]
            )
            for row in range(len(starts) - 1)
        ]


class _Independent:
    """Rows of integers that are linearly independent of those before them."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._rows: list[NDArray[np.float64]] = []
        self._basis = np.empty((0, width))

    def add(self, columns: NDArray[np.int64], values: NDArray[np.int64]) -> None:
        """Add a row, unless those before it span it."""
        row = np.zeros(self._width)
        row[columns] = values
        rest = row / np.linalg.norm(row)
        for _ in range(2):  # once more for what rounding left of the first
            rest = rest - (self._basis @ rest) @ self._basis
        if np.linalg.norm(rest) > 1e-6:
            self._rows.append(row)
            self._basis = np.vstack((self._basis, rest / np.linalg.norm(rest)))

    def rows(self) -> NDArray[np.float64]:
        """(rows, width) what was added."""
        return np.array(self._rows).reshape(-1, self._width)


def _sets(templates: int, length: int, at_most: int) -> NDArray[np.int64]:
    """(sets, length) all sets of the first templates, as many of these as there is room for."""
    while comb(templates, length) > at_most:
        templates -= 1
    return np.array(list(combinations(range(templates), length)), dtype=np.int64).reshape(
        -1, length
    )


def _contains_any(sets: NDArray[np.int64], invariants: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(sets,) whether a set contains all templates of some invariant."""
    # The sets are of the first templates, which may be few of all.
    inside = np.zeros((len(sets), int(sets.max(initial=-1)) + 1), dtype=np.float32)
    np.put_along_axis(inside, sets, 1, axis=1)
    needed = (invariants != 0).astype(np.float32)
    return (inside @ needed[:, : inside.shape[1]].T == needed.sum(axis=1)).any(axis=1)


def _coefficients(length: int, largest: int) -> NDArray[np.int64]:
    """(vectors, length) without zeros or common factor, both signs in each, the first positive."""
    values = [value for value in range(-largest, largest + 1) if value]
    return np.array(
        [c for c in product(values, repeat=length) if c[0] > 0 > min(c) and gcd(*c) == 1],
        dtype=np.int64,
    ).reshape(-1, length)


def _fulfilled(
    vectors: NDArray[np.int64],
    count: NDArray[np.int64],
    may_violate: int,
    sets: NDArray[np.int64],
    coefficients: NDArray[np.int64],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Indices into `sets` and `coefficients` of what holds, and the number of violations."""
    portion = max(1, _CANDIDATES // len(coefficients))
    for first in range(0, len(sets), portion):
        part = np.arange(first, min(first + portion, len(sets)))
        which = np.repeat(part, len(coefficients))
        times = np.tile(np.arange(len(coefficients)), len(part))
        violated = np.zeros(len(which), dtype=np.int64)
        row = 0
        while row < len(vectors) and len(which):
            block = slice(row, row + max(1, _CELLS // len(which)))
            sums = sum(
                vectors[block, sets[which, place]] * coefficients[times, place]
                for place in range(sets.shape[1])
            )
            violated += count[block] @ (sums != 0)
            holds = violated <= may_violate
            which, times, violated = which[holds], times[holds], violated[holds]
            row = block.stop
        yield which, times, violated


def _equation(terms: list[tuple[int, str]]) -> str:
    """Words for one invariant: its positive terms equal its negative ones."""

    def side(sign: int) -> str:
        parts = [
            f"[{text}]" if abs(times) == 1 else f"{abs(times)} x [{text}]"
            for times, text in terms
            if times * sign > 0
        ]
        return " + ".join(parts) or "0"

    return f"{side(1)} = {side(-1)}"
