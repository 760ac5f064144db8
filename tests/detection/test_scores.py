"""The scores of each detector against slow, plain Python."""

from __future__ import annotations

from collections import Counter
from math import log

import numpy as np
import pytest

from anomalog_exp.detection.contract import Detector
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.composed import composed
from tests.grouping import grouped
from tests.logs import log_dataset

TRAIN = [("abcd", 0), ("abd", 0), ("aacd", 0), ("abxd", 1), ("xx", 1), ("abcd", 0)]
TEST = ["abcd", "dcba", "xab", "u", "abcdabcd", "aa"]


def parts() -> tuple[SequenceSet, SequenceSet]:
    texts = [text for text, _ in TRAIN] + TEST
    rows = [(f"s{i}", letter, i, -1) for i, text in enumerate(texts) for letter in text]
    labels = {f"s{i}": label for i, (_, label) in enumerate(TRAIN)}
    found = grouped(log_dataset(rows, entity_labels=labels, templates=list("abcdxu")))
    return found.part(Split.TRAIN), found.part(Split.TEST)


def scores(*overrides: str) -> tuple[Detector, np.ndarray]:
    detector = composed(*overrides).model.build_detector()
    train, test = parts()
    detector.fit(train)
    return detector, detector.score(test.unlabelled())


NORMAL = [text for text, label in TRAIN if label == 0]


@pytest.mark.parametrize("smoothing", [1.0, 0.1])
def test_template_frequency(smoothing):
    seen = Counter("".join(NORMAL))
    kinds = len(seen) + 1  # and one for all that were never seen
    total = sum(seen.values()) + smoothing * kinds

    def slow(text: str) -> float:
        return sum(-log((seen[letter] + smoothing) / total) for letter in text) / len(text)

    _, found = scores("model=template_frequency", f"model.smoothing={smoothing}")
    assert found == pytest.approx([slow(text) for text in TEST], rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("smoothing", [1.0, 0.01])
def test_markov(order, smoothing):
    def steps(text: str) -> list[tuple[str, str]]:
        padded = "^" * order + text + "$"
        return [(padded[i : i + order], padded[i + order]) for i in range(len(text) + 1)]

    pairs = Counter(step for text in NORMAL for step in steps(text))
    contexts = Counter(context for text in NORMAL for context, _ in steps(text))
    symbols = len({symbol for text in NORMAL for _, symbol in steps(text)}) + 1

    def slow(text: str) -> float:
        total = 0.0
        for context, symbol in steps(text):
            share = pairs[context, symbol] + smoothing
            total -= log(share / (contexts[context] + smoothing * symbols))
        return total / (len(text) + 1)

    _, found = scores("model=markov", f"model.order={order}", f"model.smoothing={smoothing}")
    assert found == pytest.approx([slow(text) for text in TEST], rel=1e-12)


@pytest.mark.parametrize("prior", ["empirical", "uniform"])
def test_naive_bayes_of_single_tokens(prior):
    smoothing = 0.5
    counts = [Counter("".join(text for text, label in TRAIN if label == c)) for c in (0, 1)]
    totals = [sum(count.values()) + smoothing * 6 for count in counts]  # six templates are known

    def slow(text: str) -> float:
        odds = log(2 / 4) if prior == "empirical" else 0.0
        for letter in text:
            share = [(counts[c][letter] + smoothing) / totals[c] for c in (0, 1)]
            odds += log(share[1]) - log(share[0])
        return odds

    options = ["model.max_n=1", f"model.smoothing={smoothing}", f"model.prior={prior}"]
    detector, found = scores("model=naive_bayes", *options)
    assert found == pytest.approx([slow(text) for text in TEST], rel=1e-12)
    keys = detector.manifest()["key_phrases"]
    assert keys["anomalous"][0]["phrase"] == "x"
    assert {key["phrase"] for key in keys["normal"][:3]} <= set("abcd")


def test_naive_bayes_of_phrases_worked_out_by_hand():
    templates = ["disk ok", "disk <*> failed"]
    rows = [(f"s{i}", templates[i % 2], i, -1) for i in range(8)]
    labels = {f"s{i}": i % 2 for i in range(8)}
    found = grouped(log_dataset(rows, entity_labels=labels))
    options = ["model.max_n=2", "model.smoothing=1", "model.prior=uniform"]
    detector = composed("model=naive_bayes", *options).model.build_detector()
    detector.fit(found.part(Split.TRAIN))
    # Phrases: disk, ok, "disk ok" | disk, failed, "disk <*>", "<*> failed" and the whole template.
    # Two sessions of each class train; 7 phrases in all, 3 and 5 of them per session.
    normal, anomalous = 2 * 3 + 7, 2 * 5 + 7
    both = log(3 / anomalous) - log(3 / normal)
    only_normal = log(1 / anomalous) - log(3 / normal)
    only_anomalous = log(3 / anomalous) - log(1 / normal)
    wanted = [both + 2 * only_normal, both + 4 * only_anomalous]
    scored = detector.score(found.part(Split.TEST).unlabelled())
    assert scored == pytest.approx(wanted * 2, rel=1e-12)
    (told,) = detector.explain(found.part(Split.TEST).take(np.array([1])).unlabelled(), 9)
    assert [weight for _, weight in told] == pytest.approx([only_anomalous] * 4)
    assert {text for text, _ in told} == {"failed", "disk <*>", "<*> failed", "disk <*> failed"}


def test_what_makes_a_sequence_rare_is_named():
    detector, _ = scores("model=template_frequency")
    _, test = parts()
    assert detector.explain(test.unlabelled(), 1)[2][0][0] == "x"
    detector, _ = scores("model=markov")
    assert detector.explain(test.unlabelled(), 1)[3][0][0] in ("(start) -> u", "u -> (end)")
