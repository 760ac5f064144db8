"""Numbers of texts: equal ones for equal texts, whatever their hashes, and whichever thread asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest

from anomalog_exp.data.text_numbers import CategoryNumbers, TextNumbers


class Colliding(TextNumbers):
    """Hashes of which the first has a few values only."""

    def _hashes(self, texts):
        first, second = super()._hashes(texts)
        return first % np.uint64(3), second


def drawn(seed: int, size: int, distinct: int) -> pl.Series:
    """Texts of any length, of which many are equal, and nulls."""
    number = np.random.default_rng(seed).integers(-1, distinct, size)
    return pl.Series([None if n < 0 else f"{n}" * (n % 40) for n in number.tolist()])


@pytest.mark.parametrize("kind", [TextNumbers, Colliding])
def test_numbers_count_texts_in_their_order(kind):
    numbers = kind()
    assert numbers.of(pl.Series(["b", "a", "b", None, ""])).tolist() == [0, 1, 0, -1, 2]
    assert numbers.of(pl.Series(["", "c", None, "b", "c"])).tolist() == [2, 3, -1, 0, 3]
    assert numbers.texts(np.array([3, 2, 0, 0])).to_list() == ["c", "", "b", "b"]


@pytest.mark.parametrize(("kind", "distinct"), [(TextNumbers, 30_000), (Colliding, 300)])
def test_numbers_of_many_texts_are_those_of_a_dict(kind, distinct):
    numbers, known = kind(), dict[str, int]()
    for seed in range(6):
        texts = drawn(seed, 5_000, distinct)
        wanted = [-1 if one is None else known.setdefault(one, len(known)) for one in texts]
        assert numbers.of(texts).tolist() == wanted
    assert numbers.texts(np.arange(len(known))).to_list() == list(known)


@pytest.mark.parametrize("kind", [CategoryNumbers, TextNumbers])
def test_threads_give_each_text_one_number(kind):
    numbers = kind()
    parts = [drawn(seed, 20_000, 9_000) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(numbers.of, parts))
    for texts, number in zip(parts, found, strict=True):
        there = texts.is_not_null().to_numpy()
        assert (number[~there] == -1).all()
        assert numbers.texts(number[there]).to_list() == texts.drop_nulls().to_list()
    distinct = pl.concat(parts).drop_nulls().n_unique()
    assert len(np.unique(np.concatenate(found))) == distinct + 1


@pytest.mark.parametrize("kind", [CategoryNumbers, TextNumbers])
def test_no_texts(kind):
    numbers = kind()
    assert numbers.of(pl.Series([], dtype=pl.String)).tolist() == []
    assert numbers.texts(np.empty(0, dtype=np.int64)).to_list() == []
