from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.sequences.sequence_set import Split
from tests.detectors import fitted, model_config
from tests.logs import sessions
from tests.sequencing import chronological, entity, sequence_set, texts_of

TEXTS = st.lists(st.text("abcx", max_size=7), min_size=1, max_size=6)


def grams(text, n, before="", closed=True):
    """N-grams that end in the text, or at its end."""
    padded = "^" * n + before + text + "$" * closed
    ends = range(len(padded) - len(text) - closed, len(padded))
    return [padded[end - n + 1 : end + 1] for end in ends]


@settings(max_examples=100, deadline=None)
@given(TEXTS.filter(any), TEXTS, st.integers(1, 4))
def test_scores_and_events_are_those_of_the_slow_reference(train, test, n):
    known = {gram for text in train for gram in grams(text, n)}
    detector, scored = fitted("ngram", train, test, f"n={n}")
    unseen = [[gram not in known for gram in grams(text, n)] for text in test]
    wanted = [sum(one) / len(one) for one in unseen]
    assert detector.score(scored).tolist() == wanted
    assert detector.score_events(scored).tolist() == [float(u) for one in unseen for u in one[:-1]]
    assert detector.manifest() == {"known_ngrams": len(known)}
    told = detector.explain(scored, 99)
    assert [sum(share for _, share in one) for one in told] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("n", "score", "evidence"),
    [
        (1, 0.0, []),
        # Known: ^a ab b$ aa; asked for: ^a ab ba ab b$.
        (2, 1 / 5, [("b -> a", 1 / 5)]),
        # Known: ^^a ^ab ab$ ^aa aab; asked for: ^^a ^ab aba bab ab$.
        (3, 2 / 5, [("a -> b -> a", 1 / 5), ("b -> a -> b", 1 / 5)]),
    ],
)
def test_a_doubled_text_worked_out_by_hand(n, score, evidence):
    detector, test = fitted("ngram", ["ab", "aab"], ["abab"], f"n={n}")
    assert detector.score(test).tolist() == [score]
    assert detector.explain(test, 5) == [evidence]


def test_the_most_frequent_unseen_comes_first_then_the_earliest():
    detector, test = fitted("ngram", ["ab"], ["xaxaa"])
    # ^x xa ax xa aa a$, of which xa is there twice; all six are unseen.
    (told,) = detector.explain(test, 9)
    assert told == [
        ("x -> a", 2 / 6), ("(start) -> x", 1 / 6), ("a -> x", 1 / 6), ("a -> a", 1 / 6),
        ("a -> (end)", 1 / 6),
    ]  # fmt: skip
    assert detector.explain(test, 2) == [told[:2]]


def test_windows_with_continuous_context_reach_back_and_have_no_end():
    log = sessions("abcde", "abcde", "bcade")
    whole = entity(2, continuous_context=True).apply(log, chronological(0.6, 0.3))
    train, test = whole.part(Split.TRAIN), whole.part(Split.TEST)
    detector = model_config("ngram", "n=3").build_detector()
    detector.fit(train)
    known = set(grams("abcde", 3, closed=False))
    wanted = []
    for text in texts_of(test):
        text = "".join(text)
        before = "bcade"[: "bcade".index(text)]
        unseen = [gram not in known for gram in grams(text, 3, before, closed=False)]
        wanted.append(sum(unseen) / len(unseen))
    assert len(test) == 3
    assert detector.score(test).tolist() == wanted


def test_events_that_may_not_train_teach_nothing_and_are_context_for_others():
    both = sequence_set(["abxab", "abxab"], tested=1)
    mask = np.array([1, 1, 0, 1, 0] * 2, dtype=bool)
    stream = replace(both, origin=np.array([0, 0]), train_events=mask)
    detector = model_config("ngram").build_detector()
    detector.fit(stream.part(Split.TRAIN))
    # Learned: ^a ab xa. The test chunk goes on after "b": ba ab bx xa ab.
    assert detector.score_events(stream.part(Split.TEST)).tolist() == [1.0, 0.0, 1.0, 0.0, 0.0]
    nothing = replace(stream, train_events=np.zeros(10, dtype=bool))
    with pytest.raises(NotApplicable, match=r"^ngram needs events in train"):
        detector.fit(nothing.part(Split.TRAIN))


def test_ngrams_too_many_to_tell_apart_are_an_error_of_n():
    detector, test = fitted("ngram", ["ab"], ["ab", "ba"], "n=31")
    assert detector.score(test).tolist() == [0.0, 1.0]
    with pytest.raises(ConfigError, match=r"model\.n: 2 templates have too many n-grams"):
        fitted("ngram", ["ab"], ["ab"], "n=32")


@pytest.mark.parametrize("n", ["0", "1.5"])
def test_an_n_that_is_no_count_is_refused(n):
    with pytest.raises(ConfigError, match=r"model\.n: this value does not fit"):
        model_config("ngram", f"n={n}")
