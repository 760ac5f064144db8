from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.models import run_model
from anomalog_exp.options.listing import conf_dir
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed
from tests.sequencing import sequence_set

NORMAL = ["abc", "abcd", "abcd", "abdc", "abc", "abcd", "abcc"]
TESTED = ["abcd", "abx", "abcdabcd", "aaaa", "xyzxyzxyz", "abc", ""]


@cache
def union(*overrides):
    return composed("model=union", *overrides).model


def both(normal=NORMAL, tested=TESTED, labels=()):
    labels = [*(labels or [0] * len(normal)), *[-1] * len(tested)]
    return sequence_set([*normal, *tested], labels, tested=len(tested), templates="abcdxyz")


def alone(config, sequences):
    """Training scores, test scores and the threshold of a detector that runs by itself."""
    found = run_model(config, sequences, progress=SILENT)
    detector = config.build_detector()
    train = sequences.part(Split.TRAIN)
    detector.fit(train)
    return detector.score(train.unlabelled())[train.label != 1], found.scores, found.threshold


def slow_scores(config, sequences):
    excess = []
    for member in config.members.values():
        trained, tested, threshold = alone(member, sequences)
        apart = [abs(score - threshold) for score in trained]
        scale = sum(apart) / len(apart) or 1.0
        excess.append([(score - threshold) / scale for score in tested])
    return [max(column) for column in zip(*excess, strict=True)], excess


DEFAULT: list[str] = []
MORE = ["+model@model.members.freq=template_frequency", "+model@model.members.ngram=ngram"]
FEWER = ["~model.members.sequence_length", "~model.members.event_count_vector"]
RULE = ["model/decision@model.members.event_count_vector.decision=quantile"]
MEMBERS = [DEFAULT, MORE, FEWER, RULE, [*MORE, *FEWER]]


@pytest.mark.parametrize("overrides", MEMBERS)
@pytest.mark.parametrize("labels", [[0] * 7, [0, 0, 0, 1, 0, 0, -1]])
def test_scores_are_those_of_members_that_run_alone(overrides, labels):
    config, sequences = union(*overrides), both(labels=labels)
    summary = run_model(config, sequences, progress=SILENT)
    wanted, excess = slow_scores(config, sequences)
    assert summary.scores.tolist() == pytest.approx(wanted, rel=1e-12)
    flagged = [any(x > 0 for x in column) for column in zip(*excess, strict=True)]
    assert summary.predicted.tolist() == flagged
    assert 0 < sum(flagged) < len(flagged)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text("abc", min_size=1, max_size=5), min_size=6, max_size=8),
    st.lists(st.text("abcx", max_size=5), min_size=1, max_size=5),
)
def test_what_any_member_flags_is_flagged_and_nothing_else(normal, tested):
    sequences = both(normal, tested)
    config = union()
    flagged = [
        run_model(one, sequences, progress=SILENT).predicted for one in config.members.values()
    ]
    summary = run_model(config, sequences, progress=SILENT)
    assert summary.predicted.tolist() == np.any(flagged, axis=0).tolist()


def test_members_and_their_decisions_are_told():
    sequences = both()
    config = union()
    summary = run_model(config, sequences, progress=SILENT)
    told = summary.model_manifest["members"]
    assert list(told) == ["new_event", "sequence_length", "event_count_vector"]
    assert told["new_event"] == {
        "detector": "new_event", "threshold": 0.0, "scale": 1.0, "known_templates": 4,
    }  # fmt: skip
    _, _, threshold = alone(config.members["event_count_vector"], sequences)
    assert told["event_count_vector"]["threshold"] == threshold > 0
    # Training scores are all 0, so that the threshold itself is the scale.
    assert told["event_count_vector"]["scale"] == threshold


def test_evidence_is_that_of_the_members_that_flag():
    sequences = both(["ab", "ab", "ab", "ab", "ab", "b"], ["ab", "abx", "aab"])
    summary = run_model(union("~model.members.event_count_vector"), sequences, progress=SILENT)
    assert summary.scores.tolist() == [0.0, 1.0, 1.0]
    length = ("sequence_length: 3 events, training has 1 to 2", 1.0)
    assert summary.explain(np.arange(3), 5) == [[], [("new_event: x", 1.0), length], [length]]
    assert summary.explain(np.arange(3), 1) == [[], [("new_event: x", 1.0)], [length]]


def test_evidence_weighs_in_proportion_to_what_its_member_says():
    sequences = both(["ab"] * 6, ["abxxy"])
    summary = run_model(union("~model.members.event_count_vector"), sequences, progress=SILENT)
    # Two x and one y are three new events: the strongest evidence weighs the member's three.
    assert summary.explain(np.array([0]), 5) == [
        [
            ("new_event: x", 3.0),
            ("sequence_length: 5 events, training has 2 to 2", 3.0),
            ("new_event: y", 1.5),
        ]
    ]


def labelled_events(sequences, labels):
    return replace(
        sequences, dataset=replace(sequences.dataset, label=np.array(labels, dtype=np.int8))
    )


def test_events_are_judged_by_the_members_that_judge_them():
    texts, tested = ["ab", "aab", "abb", "abc"], ["abx", "ca"]
    sequences = labelled_events(both(texts, tested), [0] * 11 + [0, 0, 1, 0, 0])
    config = union("+model@model.members.ngram=ngram")
    events = run_model(config, sequences, progress=SILENT).events
    assert events is not None
    train = sequences.part(Split.TRAIN)
    excess = []
    for name in ("new_event", "ngram"):
        member = config.members[name]
        found = run_model(member, sequences, progress=SILENT).events
        detector = member.build_detector()
        detector.fit(train)
        apart = np.abs(detector.score_events(train) - found.threshold).mean()
        excess.append((found.scores - found.threshold) / (apart or 1.0))
    assert events.scores.tolist() == np.max(excess, axis=0).tolist()
    assert events.predicted.tolist() == (np.max(excess, axis=0) > 0).tolist()
    assert events.predicted.any()


def test_events_without_labels_have_no_scores():
    detector = union().build_detector()
    sequences = both()
    detector.fit(sequences.part(Split.TRAIN))
    assert detector.score_events(sequences.part(Split.TEST)) is None


def test_a_member_that_does_not_apply_makes_the_union_not_apply():
    config = union("+model@model.members.nb=naive_bayes")
    with pytest.raises(
        NotApplicable,
        match=r"^union needs all its members to apply: naive_bayes needs both classes in train",
    ):
        run_model(config, both(), progress=SILENT)
    with pytest.raises(
        NotApplicable, match=r"^union needs all .*: the decision rule conformal needs two"
    ):
        run_model(union(), both(["ab"]), progress=SILENT)


def test_a_union_may_be_a_member():
    config = union("+model@model.members.more=union", "~model.members.sequence_length")
    assert list(config.members["more"].members) == [
        "new_event", "sequence_length", "event_count_vector",
    ]  # fmt: skip
    summary = run_model(config, both(), progress=SILENT)
    plain = run_model(union(), both(), progress=SILENT)
    assert summary.predicted.tolist() == plain.predicted.tolist()


BAD = [
    (
        ["model/decision@model.members.event_count_vector.decision=best_f1"],
        r"model\.members\.event_count_vector\.decision: the threshold of a member may not see",
    ),
    (["model.members.new_event.name=nope"], r"(?s)model\.members\.new_event\.name: .*allowed: .*ngram"),
    (["+model.members.x=3"], r"model\.members\.x\.name: there is no such detector"),
    (
        ["model.members.event_count_vector.weighting=x"],
        r"model\.members\.event_count_vector\.weighting: this value does not fit",
    ),
    ([*FEWER, "~model.members.new_event"], r"model\.members: this value does not fit"),
]  # fmt: skip


@pytest.mark.parametrize(("overrides", "message"), BAD)
def test_members_that_do_not_fit_are_told_by_their_keys(overrides, message):
    with pytest.raises(ConfigError, match=message):
        union(*overrides)


def test_what_the_yaml_says_of_the_command_line_works():
    comment = (conf_dir() / "model" / "union.yaml").read_text()
    said = [
        "+model@model.members.ngram=ngram",
        "model.members.ngram.n=3",
        "~model.members.sequence_length",
    ]
    said.append("model/decision@model.members.ngram.decision=...")
    for one in said:
        assert one in comment
    config = union(*(one.replace("...", "quantile") for one in said))
    assert list(config.members) == ["new_event", "event_count_vector", "ngram"]
    assert config.members["ngram"].n == 3
    assert config.members["ngram"].decision.name == "quantile"
