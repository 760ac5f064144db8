"""The four figures of templates, beside figures by hand and a slow implementation of their definitions."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from anomalog_exp.data.templates.accuracy import TemplateAccuracy, overlap, template_accuracy
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.data.templates.truth import truths_in
from tests.composed import composed


def accuracy(mined, true, mined_texts, true_texts) -> TemplateAccuracy:
    return template_accuracy(overlap(np.array(mined), np.array(true)), mined_texts, true_texts)


def slow_accuracy(mined: list[str], true: list[str]) -> TemplateAccuracy:
    """The same of two texts per line, by sets of lines."""
    groups: tuple[dict, dict] = (defaultdict(set), defaultdict(set))
    for line, texts in enumerate(zip(mined, true, strict=True)):
        for group, text in zip(groups, texts, strict=True):
            group[text].add(line)
    whole = {frozenset(lines): text for text, lines in groups[1].items()}
    exact = [lines for lines in groups[0].values() if frozenset(lines) in whole]

    def same(one: str, other: str) -> bool:
        return one.split() == other.split()

    right = [text for text, lines in groups[0].items() if all(same(text, true[i]) for i in lines)]
    right = [text for text in right if len({true[line] for line in groups[0][text]}) == 1]

    def f1(hits: int) -> float:
        precision, recall = hits / len(groups[0]), hits / len(groups[1])
        return 2 * precision * recall / (precision + recall) if hits else 0.0

    return TemplateAccuracy(
        sum(map(len, exact)) / len(true),
        sum(map(same, mined, true)) / len(true),
        f1(len(exact)),
        f1(len(right)),
    )


@pytest.mark.parametrize(
    ("mined", "true", "mined_texts", "true_texts", "figures"),
    [
        # All is right.
        ([0, 1, 1], [1, 0, 0], ["a", "b <*>"], ["b <*>", "a"], (1, 1, 1, 1)),
        # The groups are right, the text of two lines of three is not.
        ([0, 1, 1], [0, 1, 1], ["a", "b <*>"], ["a", "b"], (1, 1 / 3, 1, 1 / 2)),
        # True template 1 is split, and one part has its text: of 3 + 2 templates 2 * 1 are exact, and
        # 2 * 2 have the right text.
        ([0, 0, 1, 2], [0, 0, 1, 1], ["a", "b <*>", "b x"], ["a", "b <*>"], (2 / 4, 3 / 4, 2 / 5, 4 / 5)),
        # True templates 1 and 2 are merged under the text of one: it is not theirs alone.
        ([0, 1, 1, 1], [0, 1, 1, 2], ["a", "b <*>"], ["a", "b <*>", "c"], (1 / 4, 3 / 4, 2 / 5, 2 / 5)),
        # Split and merged at once: nothing but the text of line 0 is right.
        ([0, 1, 1], [0, 0, 1], ["a", "<*>"], ["a", "b"], (0, 1 / 3, 0, 2 / 4)),
        # White space in a row and at the ends is one or none; wildcards in a row are several.
        ([0, 1], [0, 1], ["a b", "c <*> <*>"], [" a  b ", "c <*>"], (1, 1 / 2, 1, 1 / 2)),
        # A case, and punctuation beside a wildcard, are no white space.
        ([0, 1], [0, 1], ["A", "b=<*>"], ["a", "b=<*>:<*>"], (1, 0, 1, 0)),
    ],
)  # fmt: skip
def test_figures_are_those_by_hand(mined, true, mined_texts, true_texts, figures):
    found = accuracy(mined, true, mined_texts, true_texts)
    assert (found.ga, found.pa, found.fga, found.fta) == pytest.approx(figures)


def test_without_texts_only_groups_are_judged():
    assert accuracy([0, 0, 1], [0, 0, 1], ["a", "b"], None) == TemplateAccuracy(1, None, 1, None)


def test_pairs_count_the_lines_that_both_share():
    pairs = overlap(np.array([0, 1, 1, 0], dtype=np.int32), np.array([7, 7, 5, 7]))
    assert pairs.mined.tolist() == [0, 1, 1]
    assert pairs.true.tolist() == [7, 5, 7]
    assert pairs.lines.tolist() == [2, 1, 1]
    assert (pairs.mined_lines.tolist(), pairs.true_lines.tolist()) == ([2, 2, 2], [3, 1, 3])
    assert not pairs.exact.any()


@pytest.mark.parametrize("system", ["HDFS", "BGL", "Linux", "OpenStack"])
@pytest.mark.parametrize("choice", ["template=drain", "template=identity"])
def test_figures_of_real_logs_are_those_of_the_definitions(shared_data, system, choice):
    truths = truths_in(shared_data / "loghub_2k" / system)
    assert [truth.version for truth in truths] == ["hand-made", "corrected"]
    for truth in truths:
        templates, codes = Templates.mine(truth.messages, composed(choice).template)
        found = template_accuracy(overlap(codes, truth.codes), templates.mined, truth.texts)
        texts = [templates.mined[code] for code in codes.tolist()]
        slow = slow_accuracy(texts, [truth.names[code] for code in truth.codes.tolist()])
        assert vars(found) == pytest.approx(vars(slow), abs=1e-12)
