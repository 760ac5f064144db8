from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from anomalog_exp.features import nearest_counts
from anomalog_exp.features.nearest_counts import NearestCounts


def search(known, asked, weight):
    searcher = NearestCounts(
        csr_matrix(np.array(known, dtype=float)), np.array(weight, dtype=float)
    )
    distance, nearest = searcher.search(csr_matrix(np.array(asked, dtype=float)))
    return distance.tolist(), nearest.tolist()


@pytest.mark.parametrize("cells", [1 << 21, 3, 1])
def test_of_several_as_near_the_first_counts_in_any_portions(monkeypatch, cells):
    monkeypatch.setattr(nearest_counts, "_CELLS", cells)
    known = [[2, 0, 0], [0, 2, 0], [1, 1, 0], [3, 3, 0]]
    # 110: itself. 220: 2/4 from the first three, 2/6 from 330. 001: 1 from all. 120: 1/3 from 020, 110.
    asked = [[1, 1, 0], [2, 2, 0], [0, 0, 1], [1, 2, 0]]
    distance, nearest = search(known, asked, [1, 1, 1])
    assert distance == pytest.approx([0, 1 / 3, 1, 1 / 3], abs=1e-12)
    assert nearest == [2, 3, 0, 1]


def test_weights_decide_what_is_near():
    known = [[2, 0, 1], [0, 2, 1]]
    # To 201 apart in a by 1 and b by 1; to 021 likewise; the last template weighs nothing.
    assert search(known, [[1, 1, 5]], [3, 1, 0]) == ([pytest.approx(4 / 7)], [0])
    assert search(known, [[1, 1, 5]], [1, 3, 0]) == ([pytest.approx(4 / 7)], [1])


@pytest.mark.parametrize("cells", [1 << 21, 1])
@pytest.mark.parametrize("known", [[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
def test_vectors_without_any_weight_do_not_differ(monkeypatch, known, cells):
    # The first template weighs nothing: what holds it alone is like nothing at all, wherever it stands.
    monkeypatch.setattr(nearest_counts, "_CELLS", cells)
    place = known.index([1, 0])
    assert search(known, [[2, 0], [0, 0]], [0, 1]) == ([0.0, 0.0], [place, place])


def test_none_are_asked_for():
    known = NearestCounts(csr_matrix(np.eye(2)), np.ones(2))
    distance, nearest = known.search(csr_matrix((0, 2)))
    assert distance.shape == nearest.shape == (0,)


@pytest.mark.parametrize("near", [1, 7, 2048])
@pytest.mark.parametrize(("templates", "events"), [(12, (3, 40)), (6, (0, 9)), (20, (200, 700))])
def test_many_known_vectors_give_the_same_bits_as_few(monkeypatch, templates, events, near):
    draw = np.random.default_rng(0)
    rows = [
        np.bincount(draw.integers(0, templates - 1, draw.integers(*events)), minlength=templates)
        for _ in range(200)
    ]
    vectors = np.unique(np.array(rows, dtype=np.float64), axis=0)
    draw.shuffle(vectors)
    known = csr_matrix(vectors[: len(vectors) // 2])
    asked = csr_matrix(vectors[len(vectors) // 3 :])  # some of them are known
    few = NearestCounts(known, np.ones(templates))
    monkeypatch.setattr(nearest_counts, "_MANY", 0)
    monkeypatch.setattr(nearest_counts, "_NEAR", near)
    monkeypatch.setattr(nearest_counts, "_AT_ONCE", max(3, near))
    many = NearestCounts(known, np.ones(templates))
    for one, other in zip(few.search(asked), many.search(asked), strict=True):
        assert one.tobytes() == other.tobytes()
    places = np.arange(known.shape[0])
    assert few.apart(places).tobytes() == many.apart(places).tobytes()
