from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anomalog_exp.data.columns import NO_TIME
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.features.event_windows import EventWindows
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.sequences.sequence_set import Split
from tests.backends import unless_missing
from tests.detectors import fitted, model_config
from tests.sequencing import sequence_set

pytestmark = unless_missing("model", "deeplog")

SMALL = ("history=3", "units=16", "layers=1", "learning_rate=0.02", "epochs=40", "top_g=2")
WITH_END = (*SMALL, "end_of_session=true")
ROUND = "abcdefgh" * 3
"""One letter after the other: what comes next is certain behind three of them."""


def numpy_logits(weights: dict[str, np.ndarray], histories: np.ndarray, layers: int) -> np.ndarray:
    """The odds of the next symbol by an LSTM, written out; equations of Hochreiter's cell with gates."""

    def sigmoid(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    symbols = weights["out.bias"].shape[0]
    steps = np.eye(symbols + 2, symbols + 1)[histories]
    for layer in range(layers):
        w_in, w_state = (weights[f"lstm.weight_{kind}_l{layer}"] for kind in ("ih", "hh"))
        bias = weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
        units = w_state.shape[1]
        hidden, cell = np.zeros((2, len(histories), units))
        out = []
        for step in range(steps.shape[1]):
            gates = steps[:, step] @ w_in.T + hidden @ w_state.T + bias
            enter, forget, new, leave = np.split(gates, 4, axis=1)
            cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(new)
            hidden = sigmoid(leave) * np.tanh(cell)
            out.append(hidden)
        steps = np.stack(out, axis=1)
    return steps[:, -1] @ weights["out.weight"].T + weights["out.bias"]


def numpy_loss(weights, windows, count, layers):
    logits = numpy_logits(weights, windows[:, :-1], layers)
    logits -= logits.max(axis=1, keepdims=True)
    chance = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -(chance[np.arange(len(windows)), windows[:, -1]] * count).sum() / count.sum()


def test_gradients_and_one_step_of_adam_are_those_of_plain_numpy():
    import torch

    detector, _ = fitted(
        "deeplog",
        ["abcab", "abcba"],
        [],
        *("history=2", "units=2", "layers=2", "epochs=1", "label_smoothing=0"),
    )
    windows = np.array([[0, 1, 2], [1, 2, 0], [3, 0, 1], [4, 2, 1]])
    count = np.array([3.0, 1.0, 2.0, 1.0])
    with detector.computing() as device:
        network = detector.network(device).train().requires_grad_()
        before = {k: v.detach().numpy().astype(np.float64) for k, v in network.named_parameters()}
        logits = detector.logits(network, torch.from_numpy(windows[:, :-1]))
        loss = torch.nn.functional.cross_entropy(
            logits, torch.from_numpy(windows[:, -1]), reduction="none"
        )
        weight = torch.from_numpy(count).float()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        optimizer.zero_grad()
        ((loss * weight).sum() / weight.sum()).backward()
        gradients = {k: v.grad.numpy().copy() for k, v in network.named_parameters()}
        optimizer.step()
        after = {k: v.detach().numpy() for k, v in network.named_parameters()}
    assert np.allclose(logits.detach().numpy(), numpy_logits(before, windows[:, :-1], 2), atol=1e-6)
    tiny = 1e-5
    for name, value in before.items():
        gradient = np.empty_like(value)
        for place in np.ndindex(value.shape):
            moved = []
            for sign in (1, -1):
                nudged = {**before, name: value.copy()}
                nudged[name][place] += sign * tiny
                moved.append(numpy_loss(nudged, windows, count, 2))
            gradient[place] = (moved[0] - moved[1]) / (2 * tiny)
        assert np.allclose(gradients[name], gradient, atol=1e-6), name
        # Adam's first step: both running means are those of one gradient.
        step = 0.01 * gradients[name] / (np.abs(gradients[name]) + 1e-8)
        assert np.allclose(after[name], value - step, atol=1e-5), name


def trained(windows: np.ndarray, count: np.ndarray, batch_size: int):
    """Weights and losses of a network that learned these windows, each as often as it counts."""
    import torch

    from anomalog_exp.detection.networks.training_loop import train
    from anomalog_exp.progress import SILENT

    options = ("history=2", "units=4", "layers=1", "epochs=5", f"batch_size={batch_size}")
    detector, _ = fitted("deeplog", ["abcab"], [], *options)
    with detector.computing() as device:
        network = detector.layers()
        task = detector.task(network, EventWindows(windows, count, np.arange(0)), count, device)
        curve = train(network, task, None, detector.config, SILENT)
        return curve, {k: v.detach().numpy() for k, v in network.named_parameters()}, torch


def test_different_windows_with_weights_teach_what_all_windows_teach():
    windows = np.array([[0, 1, 2], [1, 2, 0], [3, 0, 1]], dtype=np.int32)
    count = np.array([5, 1, 3])
    merged, weights, _ = trained(windows, count, batch_size=1000)
    each, same_weights, _ = trained(windows.repeat(count, axis=0), np.ones(9, int), batch_size=1000)
    assert np.allclose(merged.loss, each.loss, rtol=1e-5)
    for name, value in weights.items():
        assert np.allclose(value, same_weights[name], atol=1e-5), name


def test_a_learned_order_is_expected_and_a_broken_one_is_not():
    detector, test = fitted(
        "deeplog", [ROUND] * 5 + [ROUND[3:]], ["abcdefghabcd", "abcdefgfabcd", "abcdxefg"], *SMALL
    )
    scores = detector.score(test)
    assert scores[0] == 0
    assert (scores[1:] > detector.own_threshold).all()
    ranks = detector.rank_next_events(test)
    assert ranks[0] == -1  # nothing stands before it
    assert (ranks[1:12] == 0).all()
    assert ranks[12 + 7] >= 2  # f where h was expected
    assert detector.score_events(test)[12 + 7] == ranks[12 + 7]
    (_, ((words, rank), *_), _) = detector.explain(test, 1)
    assert rank == scores[1]
    assert words.startswith("f where one of these was expected: h (")


def test_the_three_rules_for_short_sessions():
    train, test = [ROUND] * 4, ["abc", "hgf", ROUND, ""]
    expected = {
        "pad": [True, True, False, False],
        "skip": [False, False, False, False],
        "predict": [False, True, False, False],
    }
    for rule, flagged in expected.items():
        detector, sequences = fitted("deeplog", train, test, *SMALL, f"short_sessions={rule}")
        assert (detector.score(sequences) > detector.own_threshold).tolist() == flagged, rule
        assert detector.manifest()["short_sessions"] == rule
    explained = fitted("deeplog", train, test, *SMALL, "short_sessions=pad")
    words = explained[0].explain(explained[1], 1)
    assert words[0] == [("3 events, and the history takes 3", 9.0)]
    assert words[3] == []


def test_a_session_that_ends_too_early_is_anomalous_where_the_end_is_predicted():
    train, test = ["abcdefgh"] * 4, ["abcdefgh", "abcdefg", "abc", "", "abcdxefgh"]
    with_end, sequences = fitted("deeplog", train, test, *WITH_END, "top_g=1")
    without, _ = fitted("deeplog", train, test, *SMALL, "top_g=1")
    anomalous = with_end.score(sequences) > with_end.own_threshold
    assert anomalous.tolist() == [False, True, True, False, True]
    assert (without.score(sequences) > without.own_threshold).tolist() == [False] * 4 + [True]
    # It is no event, and no candidate for one.
    assert (with_end.score_events(sequences)[:18] == 0).all()
    explained = with_end.explain(sequences, 1)
    words, rank = explained[1][0]
    assert words.startswith("the end of the session where one of these was expected: h (")
    assert rank == with_end.score(sequences)[1]
    assert explained[0] == explained[3] == []
    again = type(with_end).from_state(with_end.config, with_end.state())
    assert again.score(sequences).tolist() == with_end.score(sequences).tolist()
    assert with_end.manifest()["end_of_session"] is True


@pytest.mark.parametrize(
    ("options", "unit"),
    [
        (("short_sessions=skip",), "sequence"),
        (("short_sessions=pad",), "sequence"),
        (("end_of_session=auto",), "sequence"),  # its events have times
        ((), "window"),
    ],
)
def test_only_whole_sessions_whose_every_event_is_predicted_have_an_end(options, unit):
    both = replace(sequence_set([ROUND] * 4, [0] * 4), unit=EvaluationUnit(unit))
    detector = model_config("deeplog", *WITH_END, "epochs=1", *options).build_detector()
    detector.fit(both)
    assert detector.manifest()["end_of_session"] is False
    assert detector.outputs == 8


def test_sessions_without_times_are_whole_and_have_an_end():
    sequences = sequence_set([ROUND] * 4, [0] * 4)
    timeless = replace(sequences.dataset, time_ms=np.full_like(sequences.dataset.time_ms, NO_TIME))
    detector = model_config("deeplog", *SMALL, "epochs=1").build_detector()
    detector.fit(replace(sequences, dataset=timeless))
    assert detector.manifest()["end_of_session"] is True
    assert detector.outputs == 9


def test_the_end_of_a_session_whose_last_event_may_not_train_teaches_nothing():
    sequences = sequence_set(["abcd", "abc", ""], [0, 0, 0])
    may_train = np.array([True] * 3 + [False] + [True] * 3)
    detector = model_config("deeplog", *WITH_END, "epochs=1").build_detector()
    detector.fit(replace(sequences, train_events=may_train))
    windows = detector._lessons(sequences, may_train)
    ends = windows.event == detector.symbols
    assert windows.symbols[ends].tolist() == [[0, 1, 2, 3]]
    assert windows.count[ends].tolist() == [1]


def test_windows_that_happen_often_weigh_what_the_option_says():
    detector, _ = fitted("deeplog", ["abab"], [], *SMALL, "epochs=1")
    symbols = np.array([[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0]], dtype=np.int32)
    windows = EventWindows(symbols, np.array([9, 16, 4]), np.arange(0))
    weights = {}
    with detector.computing() as device:
        for option in ("counts", "roots", "ones"):
            detector.config = detector.config.model_copy(update={"window_weights": option})
            task = detector._weighted(detector.network(device), windows, device)
            weights[option] = sorted(task.weight.tolist())
    assert weights == {"counts": [4, 25], "roots": [2, 7], "ones": [1, 2]}


def test_what_an_unknown_event_does():
    train, test = [ROUND] * 4, ["abcdxefgh"]
    ranks = {}
    for rule in ("anomalous", "anomalous_after", "ignored"):
        detector, sequences = fitted("deeplog", train, test, *SMALL, f"unknown_events={rule}")
        ranks[rule] = detector.score_events(sequences)
    assert ranks["anomalous"][4] == 8  # behind all eight
    assert ranks["anomalous"][8] == ranks["ignored"][8]
    assert ranks["ignored"][4] == 0
    assert ranks["anomalous_after"][4:8].tolist() == [8] * 4
    assert ranks["anomalous_after"][8] == ranks["anomalous"][8]


def test_g_is_chosen_on_validation_sequences_alone():
    texts = [ROUND] * 4 + ["abcdefgh"] * 9 + ["abcdefgg"]
    both = sequence_set(texts, [0] * 14, tested=10)
    train, valid = both.part(Split.TRAIN), both.part(Split.TEST)
    few, many = (
        model_config("deeplog", *SMALL[:-1], "top_g=auto", f"auto_flags={share}").build_detector()
        for share in (0.1, 0.05)
    )
    for detector in (few, many):
        detector.fit(train, valid)
    assert few.own_threshold == 0  # one of ten sequences may be flagged
    assert many.own_threshold == few.score(valid.take(slice(9, 10)))[0] > 0
    with pytest.raises(NotApplicable, match=r"split\.validation_fraction=0\.1"):
        few.fit(train)


def test_training_ends_where_validation_gets_no_better_and_keeps_the_best():
    both = sequence_set([ROUND] * 4 + ["hgfedcba"] * 2, [0] * 6, tested=2)
    options = (*SMALL, "patience=3", "epochs=60")
    detector = model_config("deeplog", *options).build_detector()
    detector.fit(both.part(Split.TRAIN), both.part(Split.TEST))
    facts = detector.manifest()
    losses = facts["learning_curve"]["valid_loss"]
    assert facts["best_epoch"] == int(np.argmin(losses)) + 1
    assert facts["epochs"] == facts["best_epoch"] + 3 < 60


def test_histories_that_no_session_has_are_refused():
    with pytest.raises(NotApplicable, match=r"model\.history takes fewer"):
        fitted("deeplog", ["abc", "abc"], [], "history=3", "short_sessions=skip")


def test_a_loss_that_is_no_number_any_more_says_what_to_do():
    import torch

    from anomalog_exp.detection.networks.training_loop import Task, train
    from anomalog_exp.progress import SILENT

    detector, _ = fitted("deeplog", [ROUND], [], *SMALL)
    network = detector.layers()
    weights = network["out"].bias
    task = Task(torch.ones(2), lambda index: weights[index] * float("inf"))
    with pytest.raises(ConfigError, match=r"(?s)model\.learning_rate.*to do:\s+lower it"):
        train(network, task, None, detector.config, SILENT)


@pytest.mark.parametrize("device", ["cuda:9", "nowhere"])
def test_a_device_that_is_not_there_is_named(device):
    with pytest.raises(ConfigError, match=r"(?s)model\.device.*auto, cpu"):
        fitted("deeplog", [ROUND], [], *SMALL, f"device={device}")


def test_what_it_made_of_sequences_before_is_forgotten_with_the_weights():
    detector, test = fitted("deeplog", [ROUND] * 4, ["abcdxefgh"], *SMALL)
    scored = detector.score(test)
    other, _ = fitted("deeplog", [ROUND[::-1]] * 4, ["abcdxefgh"], *SMALL)
    other.score(test)
    other.restore(detector.state())
    assert other.score(test).tolist() == scored.tolist()


def test_torch_is_left_as_it_was():
    import torch

    torch.manual_seed(7)
    state = torch.get_rng_state()
    threads = torch.get_num_threads()
    fitted("deeplog", [ROUND], [ROUND], *SMALL)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
