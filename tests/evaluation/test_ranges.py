from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.evaluation.ranges import RangeScore, range_score

UNITS = st.lists(
    st.tuples(*[st.booleans()] * 2, *[st.sampled_from([True, True, True, False])] * 2),
    min_size=1,
    max_size=40,
)


def score_of(truth: str, flagged: str, *, follows: str = "", counted: str = "") -> RangeScore:
    """The score of units written as `.##.`; `|` in `follows` is a gap before the unit, `-` in `counted`
    a unit that does not count."""
    anomalous, predicted = (np.array([c == "#" for c in side]) for side in (truth, flagged))
    return range_score(
        anomalous,
        predicted,
        counted=np.array([c != "-" for c in counted or truth]),
        follows=np.array([c != "|" for c in follows or truth]),
    )


@pytest.mark.parametrize(
    ("truth", "flagged", "more", "recall", "precision"),
    [
        ("..####..", "..####..", {}, 1, 1),
        # Half of one incident and none of the other.
        ("####..##", "##......", {}, (1 / 2 + 0) / 2, 1),
        # In two pieces: 3/4 of it is flagged, times 3/4.
        ("####", "##.#", {}, 3 / 4 * 3 / 4, 1),
        # One alarm over two incidents: 3 of its 5 units are right, times 4/5.
        ("##.#.", "#####", {}, 1, 3 / 5 * 4 / 5),
        # A long false alarm weighs 6 units, a hit of one unit 1.
        ("#.......", "#.######", {}, 1, 1 / 7),
        ("....", "####", {}, 0, 0),
        ("####", "....", {}, 0, 0),
        # A gap makes two incidents, of which one is missed.
        ("####", "##..", {"follows": "..|."}, 1 / 2, 1),
        # Who abstains from the middle of an incident does not make two of it.
        ("####", "##.#", {"counted": "..-."}, 3 / 3 * 2 / 3, 1),
        # What nobody can count is no incident, and no alarm.
        ("##.#", "##..", {"counted": "...-"}, 1, 1),
        (".#.", "##.", {"counted": "-.."}, 1, 1),
    ],
)
def test_cases_worked_out_by_hand(truth, flagged, more, recall, precision):
    score = score_of(truth, flagged, **more)
    assert (score.recall, score.precision) == pytest.approx((recall, precision))
    both = recall + precision
    assert score.f1 == pytest.approx(2 * recall * precision / both if both else 0)


def slow_ranges(marked: list[bool], follows: list[bool]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for place in range(len(marked)):
        if marked[place] and place and marked[place - 1] and follows[place]:
            ranges[-1].append(place)
        elif marked[place]:
            ranges.append([place])
    return ranges


def slow_parts(of: list[list[int]], others: list[list[int]], counted: list[bool]) -> list:
    """Of each range that has units that count: how far the others meet it, and how many they are."""
    found = []
    for one in of:
        units = {place for place in one if counted[place]}
        hit = [other for other in others if set(other) & set(one)]
        if units:
            share = len(units & {place for other in hit for place in other}) / len(units)
            factor = ((len(units) - 1) / len(units)) ** max(len(hit) - 1, 0)
            found.append((factor * share, len(units)))
    return found


@settings(max_examples=150, deadline=None)
@given(UNITS)
def test_every_figure_is_that_of_a_plain_count(units):
    anomalous, predicted, labelled, follows = map(list, zip(*units, strict=True))
    anomalous = [a and known for a, known in zip(anomalous, labelled, strict=True)]
    score = range_score(
        *(np.array(side) for side in (anomalous, predicted)),
        counted=np.array(labelled),
        follows=np.array(follows),
    )
    true, flagged = slow_ranges(anomalous, follows), slow_ranges(predicted, follows)
    recalled = slow_parts(true, flagged, labelled)
    precise = slow_parts(flagged, true, labelled)
    assert score.recalled.tolist() == pytest.approx([share for share, _ in recalled])
    assert score.precise.tolist() == pytest.approx([share for share, _ in precise])
    weight = sum(size for _, size in precise)
    assert score.recall == pytest.approx(sum(s for s, _ in recalled) / max(len(recalled), 1))
    assert score.precision == pytest.approx(sum(s * n for s, n in precise) / max(weight, 1))


def test_flagging_at_random_is_no_good_as_it_is_after_point_adjustment():
    rng = np.random.default_rng(0)
    anomalous = np.zeros(20_000, dtype=bool)
    for begin in range(500, 20_000, 1000):
        anomalous[begin : begin + 100] = True
    predicted = rng.random(20_000) < 0.05
    everything = np.ones(20_000, dtype=bool)
    adjusted = predicted.copy()
    for begin in range(500, 20_000, 1000):
        adjusted[begin : begin + 100] |= predicted[begin : begin + 100].any()
    hits = (adjusted & anomalous).sum()
    assert 2 * hits / (adjusted.sum() + anomalous.sum()) > 0.75
    assert range_score(anomalous, predicted, counted=everything, follows=everything).f1 < 0.1


def test_the_interval_is_that_of_incidents_drawn_again():
    truth = ".###." * 8 + ".#.." * 8 + "......"
    flagged = ".###." * 5 + "....." * 3 + ".#.#" * 6 + "...." * 2 + "..##.."
    score = score_of(truth, flagged)
    low, high = score.f1_interval(4000, seed=1)
    # Of each incident: its recall if it is one, what is right of its alarm, and the units of that.
    incidents = [(1, 1, 3, 3)] * 5 + [(0, 1, 0, 0)] * 3 + [(1, 1, 1, 1), (0, 0, 0, 1)] * 6
    incidents += [(0, 1, 0, 0)] * 2 + [(0, 0, 0, 2)]
    rng, drawn = np.random.default_rng(7), []
    for _ in range(2000):
        sums = np.array(incidents)[rng.integers(0, len(incidents), len(incidents))].sum(axis=0)
        recall, precision = sums[0] / max(sums[1], 1), sums[2] / max(sums[3], 1)
        drawn.append(2 * recall * precision / max(recall + precision, 1e-9))
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.02)
    assert low < score.f1 < high
    assert score.f1_interval(4000, seed=1) == (low, high)


def test_one_incident_alone_has_no_interval():
    assert score_of("..##..", "..#...").f1_interval(100, seed=0) is None


def test_thousands_of_incidents_are_drawn_in_at_most_a_thousand_parts_that_keep_every_sum():
    score = score_of(".##." * 2500, ".#.." * 2500)
    assert score.sums.shape == (1000, 4)
    assert score.sums.sum(axis=0).tolist() == [1250.0, 2500.0, 2500.0, 2500.0]
    assert score.sums[:, 1].min() >= 2
