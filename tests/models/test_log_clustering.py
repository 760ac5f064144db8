from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest

from tests.counting import LETTERS, fit, random_texts

TEST = ["aab", "", "f", "abcdeabcde", "cccc", "bbbcf"]


def weight(letter, train):
    holding = sum(letter in text for text in train)
    idf = log(len(train) / max(holding, 1))
    return 0.5 / (1 + exp(-idf)) + (0 if holding else 0.5)


def distance(one, other, weights):
    """Of two texts; texts without letters are alike, and unlike all others."""
    if not one or not other:
        return float(bool(one) != bool(other))
    u, v = ([text.count(letter) * weights[letter] for letter in LETTERS] for text in (one, other))
    dot = sum(x * y for x, y in zip(u, v, strict=True))
    return 1 - dot / sqrt(sum(x * x for x in u)) / sqrt(sum(y * y for y in v))


def slow(train, test, max_distance):
    """Complete linkage of all sequences written out, pair by pair."""
    weights = {letter: weight(letter, train) for letter in LETTERS}
    near = [[distance(one, other, weights) for other in train] for one in train]
    clusters = [[i] for i in range(len(train))]
    while len(clusters) > 1:
        reach, i, j = min(
            (max(near[a][b] for a in clusters[i] for b in clusters[j]), i, j)
            for i in range(len(clusters))
            for j in range(i)
        )
        if reach > max_distance:
            break
        clusters[j] += clusters.pop(i)
    chosen = [
        min(sorted(cluster), key=lambda i: round(sum(near[i][j] for j in cluster), 9))
        for cluster in clusters
    ]
    scores = [min(distance(text, train[i], weights) for i in chosen) for text in test]
    return scores, len(clusters)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("max_distance", [0.1, 0.3])
def test_clusters_and_scores_are_those_of_all_sequences_written_out(seed, max_distance):
    train = random_texts(seed, 45)
    detector, test = fit(train, TEST, "model=log_clustering", f"model.max_distance={max_distance}")
    scores, clusters = slow(train, TEST, max_distance)
    assert detector.manifest() == {"clusters": clusters}
    assert detector.score(test) == pytest.approx(scores, rel=1e-9, abs=1e-12)
    assert detector.own_threshold == max_distance
    # What each template adds; that one side counts nothing at all is no template's.
    explained = [sum(weight for _, weight in told) for told in detector.explain(test, 6)]
    assert explained[2:] == pytest.approx(scores[2:], rel=1e-9, abs=1e-12)


def test_what_training_shows_lies_in_a_known_cluster():
    train = random_texts(1, 200)
    detector, again = fit(train, train, "model=log_clustering")
    assert (detector.score(again) <= 0.3).all()


def test_later_vectors_join_or_open_clusters_in_order():
    # Of equal weights: "ab" and "aab" lie near each other, "c" and "ccd" as well, "d" apart.
    train = ["ab", "c", "aab", "d", "ccccd"]
    options = ["model=log_clustering", "model.max_vectors=2"]
    detector, test = fit(train, ["aab", "ccccd", "d", "dddddc"], *options)
    assert detector.manifest() == {"clusters": 3}
    weights = {letter: weight(letter, train) for letter in LETTERS}
    wanted = [
        distance("aab", "ab", weights),
        distance("ccccd", "c", weights),
        0.0,
        distance("dddddc", "d", weights),
    ]
    assert detector.score(test) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("pair", [("ab", "a"), ("bc", "aaabccc"), ("aaab", "abbcc")])
def test_of_members_as_near_to_the_others_the_first_represents_them(pair):
    # Each of two is as near the other; sums of floats would tell them apart in the last bit.
    for train in (pair, pair[::-1]):
        options = ["model=log_clustering", "model.max_distance=0.9"]
        detector, test = fit(train, train, *options)
        assert detector.manifest() == {"clusters": 1}
        first, second = detector.score(test)
        assert first == 0.0
        assert second > 0.1


def test_a_member_nearer_to_the_others_by_a_millionth_represents_them():
    # Of "a" and "a" x 999 + "b" in equal numbers, and one more of the first, that is in the middle.
    mixed = "a" * 999 + "b"
    for train in (["a", mixed, "a"], [mixed, "a", "a"]):
        detector, test = fit(train, ["a", mixed], "model=log_clustering")
        same, other = detector.score(test)
        assert same == 0.0
        assert 1e-7 < other < 1e-5


def test_a_limit_beyond_the_vectors_changes_nothing_and_copies_take_no_room():
    train = ["ab", "ba", "c", "ab", "ccd", "d"] * 3
    one, test = fit(train, TEST, "model=log_clustering", "model.max_vectors=4")
    other, _ = fit(train, TEST, "model=log_clustering", "model.max_vectors=4000")
    assert one.score(test).tolist() == other.score(test).tolist()


def test_a_template_that_training_never_showed_weighs_more_than_any_it_did():
    # Of "a" and "f", once each: weights 0.25 + 0 and, as one of four holding it would, 0.4 + 0.5.
    detector, test = fit(["a"] * 4, ["af"], "model=log_clustering")
    a, f = 0.25, 0.5 / (1 + exp(-log(4))) + 0.5
    assert detector.score(test) == pytest.approx([1 - a / np.hypot(a, f)])
    assert detector.explain(test, 1)[0][0][0] == "f"
