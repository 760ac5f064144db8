from __future__ import annotations

from decimal import Decimal
from itertools import combinations, product
from math import gcd

import numpy as np
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.models import invariants
from anomalog_exp.models.invariants import _sets
from tests.counting import LETTERS, fit, random_texts


def value(text, invariant):
    return sum(times * text.count(letter) for letter, times in invariant.items())


def slow(train, support, max_length, largest):
    """All invariants of sets that hold no shorter one, sequence by sequence."""
    allowed = int((1 - Decimal(str(support))) * len(train))
    found = [{letter: 1} for letter in LETTERS if sum(letter in text for text in train) <= allowed]
    for length in range(2, max_length + 1):
        shorter = [set(invariant) for invariant in found]
        for letters in combinations(LETTERS, length):
            if any(known <= set(letters) for known in shorter):
                continue
            for times in product(range(-largest, largest + 1), repeat=length):
                invariant = dict(zip(letters, times, strict=True))
                if 0 in times or times[0] < 0 or min(times) > 0 or gcd(*times) > 1:
                    continue
                if sum(value(text, invariant) != 0 for text in train) <= allowed:
                    found.append(invariant)
    return found


def coupled(seed, number):
    """Texts in which b is as frequent as a, d twice c, e = a + c, with some exceptions."""
    random = np.random.default_rng(seed)
    texts = []
    for _ in range(number):
        a, c = random.integers(0, 4, 2)
        text = "a" * a + "b" * a + "c" * c + "d" * 2 * c + "e" * (a + c)
        texts.append(
            text + random.choice(["", "", "", *LETTERS], p=[0.3, 0.33, 0.34] + [0.005] * 6)
        )
    return texts


TEST = [*random_texts(99, 60), "", "ab", "abcdde", "abeccdddde", "f", "aab", "abee"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("make", [random_texts, coupled])
@pytest.mark.parametrize(("support", "length", "largest"), [(0.98, 3, 2), (0.9, 3, 1), (1.0, 4, 2)])
def test_what_violates_any_invariant_is_what_scores_above_0(seed, make, support, length, largest):
    train = make(seed, 200)
    options = [f"model.support={support}", f"model.max_length={length}"]
    detector, test = fit(
        train, TEST, "model=invariants", *options, f"model.max_coefficient={largest}"
    )
    found = slow(train, support, length, largest)
    violates = [any(value(text, invariant) for invariant in found) for text in TEST]
    assert (detector.score(test) > detector.own_threshold).tolist() == violates
    told = detector.manifest()
    rank = np.linalg.matrix_rank([[one.get(letter, 0) for letter in LETTERS] for one in found])
    # Absent templates are independent of all the others, which are kept as far as they are.
    assert told["absent_templates"] + len(told["invariants"]) == rank


def test_equations_worked_out_by_hand_and_told_in_words():
    train = ["abb", "aabbbb", "c", "", "cc", "abbc"]
    detector, test = fit(train, ["abb", "ab", "bbb", "abbd", "dd"], "model=invariants")
    assert detector.manifest() == {"absent_templates": 3, "invariants": ["[b] = 2 x [a]"]} or (
        detector.manifest() == {"absent_templates": 3, "invariants": ["2 x [a] = [b]"]}
    )
    assert detector.score(test).tolist() == [0, 1, 1, 1, 1]
    assert [[weight for _, weight in told] for told in detector.explain(test, 2)] == [
        [], [1.0], [3.0], [1.0], [2.0],
    ]  # fmt: skip
    assert detector.explain(test, 2)[3] == [("[d] = 0", 1.0)]


def test_a_sum_of_two_is_an_invariant_of_three():
    train = ["ac", "bc", "aac" + "c", "abcc", "bbcc", "cca" + "b"]
    detector, _ = fit(train, ["a"], "model=invariants", "model.max_coefficient=1")
    (told,) = detector.manifest()["invariants"]
    left, _, right = told.partition(" = ")
    assert {left, right} in ({"[c]", "[a] + [b]"}, {"[c]", "[b] + [a]"})


@pytest.mark.parametrize(("support", "holds"), [(0.9, True), (0.91, False), (1.0, False)])
def test_the_support_is_a_share_of_sequences_counted_exactly(support, holds):
    # Nine of ten sequences hold as many b as a, copies and all.
    train = ["ab"] * 6 + ["aabb"] * 3 + ["aab"]
    detector, _ = fit(
        train, ["a"], "model=invariants", f"model.support={support}", "model.max_length=2"
    )
    assert ("[a] = [b]" in detector.manifest()["invariants"]) == holds


def test_as_many_sets_are_tried_as_the_limit_allows_of_the_most_held_templates():
    assert _sets(5, 2, 6).tolist() == [list(pair) for pair in combinations(range(4), 2)]
    assert _sets(3, 3, 1).tolist() == [[0, 1, 2]]
    train = ["abcd", "aabbccdd", "cd", "c" * 3 + "d" * 3, "e", "ccdd"]
    limited, _ = fit(train, ["a"], "model=invariants", "model.max_sets=1", "model.max_length=2")
    assert limited.manifest()["invariants"] == ["[c] = [d]"]
    all_of_them, _ = fit(train, ["a"], "model=invariants", "model.max_length=2")
    assert all_of_them.manifest()["invariants"] == ["[c] = [d]", "[a] = [b]"]


def test_a_log_without_widely_held_templates_has_no_invariants():
    train = ["a", "b", "c", "d", "e"]
    with pytest.raises(NotApplicable, match=r"more than 1 of the 5 .* of 6 is in 1\)"):
        fit(train, ["a"], "model=invariants", "model.support=0.8")


def test_coefficients_without_end_are_refused_in_four_parts():
    with pytest.raises(ConfigError, match=r"up to 50 with model\.max_length=3") as refused:
        load_run_config(["model=invariants", "model.max_coefficient=300"])
    assert "model.max_coefficient" in str(refused.value)
    assert "to do:" in str(refused.value)
    assert load_run_config(["model=invariants", "model.max_coefficient=50"]).model


def test_a_search_that_would_take_hours_is_refused_with_its_size(monkeypatch):
    # Three pairs of three templates, times 1:1, 1:2, 1:3, 2:3 and so on.
    options = ["model=invariants", "model.max_length=2"]
    train = ["abc", "abbc", "acc"]
    monkeypatch.setattr(invariants, "_MOST_TRIED", 21)
    fit(train, ["a"], *options)
    monkeypatch.setattr(invariants, "_MOST_TRIED", 20)
    with pytest.raises(
        NotApplicable, match=r"would try 21 equations of 2 templates \(3 sets times 7"
    ):
        fit(train, ["a"], *options)
