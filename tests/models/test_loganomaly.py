"""LogAnomaly learns an order from words and from counts, and its inputs are those of a plain reading."""

from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.features.word_vectors import template_vectors
from tests.backends import unless_missing
from tests.detectors import fitted

pytestmark = unless_missing("model", "loganomaly")

TINY = ("units=16", "width=8", "history=4", "learning_rate=0.03", "epochs=40", "top_g=1")
NORMAL = ["abcabcabc", "abcabc"]


def test_what_training_showed_is_expected_and_a_broken_order_is_not():
    detector, test = fitted("loganomaly", NORMAL, ["abcabc", "abcbbc", "abxabc"], *TINY)
    scores = detector.score(test)
    assert (scores > detector.own_threshold).tolist() == [False, True, True]
    assert scores[2] == 3  # what is unknown comes after all that is known
    (_, ((worst, rank), *_), _) = detector.explain(test, 1)
    assert worst.startswith("b where one of these was expected: a (")
    assert rank == scores[1]


def test_counts_tell_apart_templates_of_the_same_words():
    one, two = "job <*> started", "job started"
    assert (template_vectors([one], 8) == template_vectors([two], 8)).all()
    train = [[one, two] * 4, [two, one] * 4]
    # Where neither happened yet, both may come.
    detector, test = fitted("loganomaly", train, [[one, two] * 3, [one, one, two, two]], *TINY)
    ranks = np.split(detector.rank_next_events(test), test.offsets[1:-1])
    assert ranks[0][1:].tolist() == [0] * 5
    assert ranks[1][1] == 1


def test_the_odds_are_those_of_inputs_made_one_by_one():
    import torch

    detector, _ = fitted("loganomaly", NORMAL, [""], *TINY, "epochs=1")
    start, unknown = 3, 4
    histories = torch.tensor([[start, start, 0, 1], [2, unknown, 2, 0]])
    network = detector.network(torch.device("cpu"))
    vectors = template_vectors(["a", "b", "c"], 8)
    for history, odds in zip(histories, detector.logits(network, histories), strict=True):
        meanings, counts = np.zeros((4, 9)), np.zeros((4, 5))
        for place, symbol in enumerate(history.tolist()):
            if symbol == start:
                meanings[place, 8] = 1
            elif symbol != unknown:
                meanings[place, :8] = vectors[symbol]
            for earlier in history.tolist()[: place + 1]:
                if earlier != unknown:
                    counts[place, earlier] += 1 / 4
        states = [
            network[name](torch.tensor(inputs, dtype=torch.float32))[0][-1]
            for name, inputs in (
                ("meanings", meanings),
                ("counts", counts @ network["counted"].weight.detach().numpy()),
            )
        ]
        assert torch.allclose(odds, network["out"](torch.cat(states)), atol=1e-6)


@pytest.mark.parametrize(("rule", "flagged"), [("ignored", False), ("anomalous", True)])
def test_an_unknown_event_is_as_the_rule_has_it(rule, flagged):
    detector, test = fitted("loganomaly", NORMAL, ["abx"], *TINY, f"unknown_events={rule}")
    assert (detector.score(test) > detector.own_threshold).tolist() == [flagged]
