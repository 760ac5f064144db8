"""Every judge reads logs whose templates stand in another order or are unknown; a new detector is tested
by being there.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE
from anomalog_exp.detection.count_detector import CountDetector
from anomalog_exp.detection.judge import Judge
from anomalog_exp.models import model_names
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.backends import unless_missing
from tests.grouping import grouped
from tests.models.test_contract import config, dataset, sequences
from tests.models.test_state import assert_equal

NOVELTY = {
    "new_event", "rare_event", "template_frequency", "oov", "rarity", "markov", "ngram", "ensemble",
    "union", "event_count_vector", "edit_distance", "invariants", "log_clustering",
}  # fmt: skip
"""What is unknown is evidence to these."""

TEXTS_ALONE = {"naive_bayes", "river_naive_bayes"}
"""An unknown template has no text, which is all that these read."""

pytestmark = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=unless_missing("model", name)) for name in model_names()]
)


@cache
def training() -> SequenceSet:
    return sequences()


@pytest.fixture(scope="module")
def judges(tmp_path_factory):
    """Name -> the fitted judge, and the same as it was saved and loaded."""

    @cache
    def of(name: str) -> tuple[Judge, Judge]:
        judge = Judge.fitted(config(name), training().part(Split.TRAIN))
        folder = tmp_path_factory.mktemp(name)
        judge.save(folder)
        return judge, Judge.load(folder)

    return of


def with_unknown(log: LogDataset) -> LogDataset:
    """The log over its templates and `<unknown>`, as matching messages gives it."""
    values = log.parameters
    assert values is not None
    return replace(
        log,
        templates=(*log.templates, UNKNOWN_TEMPLATE),
        parameters=replace(values, places=np.append(values.places, 0)),
    )


def in_another_order(log: LogDataset) -> LogDataset:
    """The log with its templates in another order, `<unknown>` among them."""
    log = with_unknown(log)
    order = np.random.default_rng(0).permutation(len(log.templates))
    template = np.argsort(order).astype(np.int32)[log.template]
    values = log.parameters
    assert values is not None
    return replace(
        log,
        template=template,
        templates=tuple(log.templates[old] for old in order),
        parameters=replace(values, template=template, places=values.places[order]),
    )


def said_of(judge: Judge, asked: SequenceSet) -> list[object]:
    outcome = judge.judge(asked)
    ranks = outcome.next_events
    return [
        outcome.scores,
        outcome.predicted,
        judge.detector.score_events(judge.vocabulary.read(asked)),
        None if ranks is None else ranks.rank,
        None if ranks is None else ranks.known[asked.templates],
        [[text for text, _ in one] for one in judge.explain(asked, 3)],
    ]


@pytest.mark.parametrize("changed", [with_unknown, in_another_order])
def test_where_nothing_is_unknown_a_judge_says_the_same_of_other_vocabularies(
    name, changed, judges
):
    fitted, loaded = judges(name)
    test = training().part(Split.TEST)
    other = replace(test, dataset=changed(test.dataset))
    tolerance = type(fitted.detector).tolerance
    assert_equal(said_of(loaded, other), said_of(fitted, test), tolerance)


def new_log(*texts: str) -> SequenceSet:
    """Sessions of a log of its own, where `?` is `<unknown>`."""
    log = dataset(list(texts), [0] * len(texts), unseen="?")
    templates = tuple(UNKNOWN_TEMPLATE if text == "?" else text for text in log.templates)
    return grouped(replace(log, templates=templates))


def test_unknown_events_are_scored_and_explained(name, judges):
    _, judge = judges(name)
    asked = new_log("?", "???", "ab?cd", "?abcd", "abcd?", "a", "xyz")
    outcome = judge.judge(asked)
    assert outcome.scores.shape == (7,)
    assert np.isfinite(outcome.scores).all()
    assert [len(one) <= 3 for one in judge.explain(asked, 3)] == [True] * 7
    assert outcome.test is asked
    if outcome.next_events is not None:
        assert outcome.next_events.known.shape == (len(asked.dataset.templates),)


def test_an_unknown_event_is_evidence_for_what_is_new_and_nothing_to_count_vectors(name, judges):
    _, judge = judges(name)
    asked = new_log("abcd", "ab?cd", "ab???cd")
    without, one, three = judge.judge(asked).scores
    if name in NOVELTY:
        assert one > without
        assert three >= one
        assert any(UNKNOWN_TEMPLATE in text for text, _ in judge.explain(asked, 3)[1])
    elif isinstance(judge.detector, CountDetector) or name in TEXTS_ALONE:
        assert without == one == three
