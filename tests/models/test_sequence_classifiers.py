"""Networks that classify sequences learn what an order says, and compute what their papers say."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from anomalog_exp.detection.contract import Detector
from anomalog_exp.errors import DataError
from anomalog_exp.sequences.sequence_set import SequenceSet
from tests.backends import unless_missing
from tests.detectors import fitted

SMALL = {
    "cnn": ("width=6", "filters=6", "runs=[2,3]", "dropout=0.1"),
    "logrobust": ("width=8", "units=6", "layers=2"),
}
OFTEN = ("epochs=30", "learning_rate=0.02", "batch_size=16")
ONCE = ("epochs=1", "learning_rate=0.02")

pytestmark = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=unless_missing("model", name)) for name in SMALL]
)

Fitted = tuple[Detector, SequenceSet]


def ordered(seed: int, texts: int) -> tuple[list[str], list[int]]:
    """Texts of one a, one b beside it and several c and d; those with b before a are anomalous."""
    random = np.random.default_rng(seed)
    written = []
    for _ in range(texts):
        letters = random.choice(list("cd"), random.integers(2, 14)).tolist()
        place = random.integers(0, len(letters) + 1)
        pair = random.permutation(["a", "b"])
        written.append("".join([*letters[:place], *pair, *letters[place:]]))
    return written, [int(text.index("b") < text.index("a")) for text in written]


@cache
def of_order(name: str) -> tuple[Fitted, tuple[int, ...]]:
    train, labels = ordered(0, 120)
    test, wanted = ordered(1, 100)
    return fitted(name, train, test, *SMALL[name], *OFTEN, labels=labels), tuple(wanted)


def once(name: str, test: list[str], *overrides: str) -> Fitted:
    """Hardly trained: what is computed is not what was learned."""
    train, labels = ordered(2, 20)
    return fitted(name, train, test, *SMALL[name], *ONCE, *overrides, labels=labels)


def test_it_learns_an_order_that_counts_do_not_show(name):
    (detector, test), wanted = of_order(name)
    wrong = (detector.score(test) > 0) != np.array(wanted)
    assert wrong.sum() <= 2


def test_what_it_names_drives_the_score(name):
    (detector, test), wanted = of_order(name)
    told = detector.explain(test, 1)
    weight = np.array([sum(added for _, added in evidence) for evidence in told])
    anomalous = np.array(wanted) == 1
    assert weight[anomalous].min() > weight[~anomalous].max()
    if name == "cnn":  # the states of an LSTM tell it later, too
        runs = [told[row][0][0] for row in np.flatnonzero(anomalous)]
        assert np.mean(["a" in run or "b" in run for run in runs]) > 0.9


def test_scores_are_log_odds_of_what_the_labels_say(name):
    train, labels = ["abc"] * 40 + ["cba"] * 40, [1] * 10 + [0] * 30 + [1] * 30 + [0] * 10
    detector, test = fitted(
        name, train, ["abc", "cba"], *SMALL[name], *OFTEN, "epochs=80", "dropout=0", labels=labels
    )
    assert detector.score(test) == pytest.approx([np.log(1 / 3), np.log(3)], abs=0.1)


def test_a_sequence_scores_the_same_to_the_last_bit_in_whatever_company(name):
    # Of all widths, and of such sizes that matrix products round by where a row stands.
    random = np.random.default_rng(3)
    texts = ["".join(random.choice(list("abcd"), random.integers(0, 350))) for _ in range(60)]
    size = {"cnn": "filters=128", "logrobust": "units=64"}[name]
    detector, test = once(name, texts, size)
    whole = detector.score(test)
    for number in (1, 7, 40):
        some = random.permutation(len(test))[:number]
        assert detector.score(test.take(some)).tobytes() == whole[some].tobytes()


def filled(name: str, test: SequenceSet, width: int):
    """The network, and the sequences filled up to a width as it takes them."""
    import torch

    detector = of_order(name)[0][0]
    symbols = torch.zeros(len(test), width, dtype=torch.int64)
    for row, (start, stop) in enumerate(zip(test.offsets, test.offsets[1:], strict=False)):
        own = detector.symbols()[test.templates[start:stop]]
        symbols[row, : stop - start] = torch.from_numpy(own)
    return detector.network(torch.device("cpu")), symbols, torch.from_numpy(test.lengths)


@pytest.mark.parametrize("width", [16, 17, 32])
def test_what_it_is_filled_up_with_changes_nothing_and_runs_add_up_to_the_score(name, width):
    (detector, test), _ = of_order(name)
    network, symbols, length = filled(name, test, width)
    scores = pytest.approx(detector.score(test), abs=1e-4)
    assert detector.logits(network, symbols, length).detach().numpy() == scores
    parts = detector.parts(network, symbols, length)
    added = sum(part.sum(dim=1) for part in parts.values()) + network["out"].bias
    assert added.detach().numpy() == scores


ODD = ["abcd", "", "a", "aab" * 9, "?", "??", "a?b", "dcba"]


def test_it_computes_what_a_plain_version_does(name):
    detector, test = once(name, ODD)
    weights = {key.partition(".")[2]: value for key, value in detector.state().weights.items()}
    plain = {"cnn": convolved, "logrobust": attended}[name]
    wanted = []
    for start, stop in zip(test.offsets, test.offsets[1:], strict=False):
        symbols = detector.symbols()[test.templates[start:stop]]
        wanted.append(plain(weights, weights["vector.weight"][symbols]))
    assert detector.score(test) == pytest.approx(wanted, abs=1e-5)
    assert len(detector.explain(test, 3)) == len(ODD)


def convolved(weights, vectors) -> float:
    """The CNN of one sequence, run by run."""
    features = []
    for size in (2, 3):
        filters, bias = weights[f"runs_of_{size}.weight"], weights[f"runs_of_{size}.bias"]
        nothing = np.zeros((size - 1, vectors.shape[1]))
        rows = np.concatenate((nothing, vectors, nothing))
        if not len(vectors):
            rows = np.zeros((size, filters.shape[1]))
        runs = [
            (filters * rows[start : start + size].T).sum(axis=(1, 2)) + bias
            for start in range(len(rows) - size + 1)
        ]
        features.append(np.maximum(np.max(runs, axis=0), 0))
    return float(np.concatenate(features) @ weights["out.weight"][0] + weights["out.bias"][0])


def attended(weights, vectors) -> float:
    """LogRobust of one sequence, by the bidirectional LSTM of PyTorch."""
    import torch

    bias = float(weights["out.bias"][0])
    if not len(vectors):
        return bias
    lstm = torch.nn.LSTM(8, 6, num_layers=2, bidirectional=True)
    own = {}
    for name, value in weights.items():
        where, _, what = name.partition(".")
        direction, _, layer = where.partition("_")
        if direction in ("onward", "backward"):
            suffix = "_reverse" if direction == "backward" else ""
            own[what.replace("_l0", f"_l{layer}") + suffix] = torch.from_numpy(value)
    lstm.load_state_dict(own)
    with torch.no_grad():
        states = lstm(torch.from_numpy(vectors))[0].numpy()
    odds = states @ weights["attention.weight"][0]
    share = np.exp(odds - odds.max())
    return float(share / share.sum() @ (states @ weights["out.weight"][0]) + bias)


@pytest.mark.parametrize("longest", [3, 11])
def test_only_the_last_events_are_read(name, longest):
    detector, test = once(name, ["abd" * 9 + "ccc", "ccc", "bad" * 9], f"longest={longest}")
    first, second, third = detector.score(test)
    assert (first == second) == (longest == 3)
    assert first != third
    told = detector.explain(test, 99)
    assert told[0] == told[1] or longest == 11


def test_validation_without_labels_or_of_one_class_is_taken(name):
    detector, test = once(name, ["ab", "ba"])
    train, labels = ordered(2, 20)
    _, both = fitted(name, train, train, *SMALL[name], *ONCE, labels=labels)
    labelled = replace(both, label=np.array(labels, dtype=np.int8))
    normal = replace(both, label=np.zeros(20, dtype=np.int8))
    curves = []
    for valid in (None, both, normal, labelled):
        detector.fit(labelled, valid)
        curves.append(detector.manifest()["learning_curve"])
        assert np.isfinite(detector.score(test)).all()
    assert [("valid_loss" in curve) for curve in curves] == [False, False, True, True]


def test_a_long_sequence_costs_what_is_read_of_it(name):
    detector, test = once(name, ["abcd", "dcba"])
    order = np.tile(test.order, 40_000)
    stop = len(order) - np.arange(0, 60, 20)
    many = replace(
        test.take(np.zeros(3, dtype=int)), order=order, start=np.zeros(3, dtype=int), stop=stop
    )
    scores = detector.score(many)
    assert np.isfinite(scores).all()
    part = replace(many, start=stop - 300)
    assert detector.score(part).tobytes() == scores.tobytes()


def test_a_state_of_more_or_fewer_templates_is_refused(name):
    detector, _ = once(name, ["ab"])
    state = detector.state()
    shown = state.arrays["shown"]
    for other in (np.append(shown, True), shown[1:]):
        arrays = {**state.arrays, "shown": other}
        with pytest.raises(DataError, match="this is not what such a detector learns"):
            detector.restore(replace(state, arrays=arrays))
