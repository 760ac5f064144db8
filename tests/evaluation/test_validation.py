"""Figures of the validation part: with labels, without, and where there must be none."""

from __future__ import annotations

import json

import numpy as np
import pytest

from anomalog_exp.evaluation.report import MetricReport
from anomalog_exp.evaluation.validation import consistency
from anomalog_exp.metric_terms import Objective
from tests.command import SMALL_DEMO, command

BARE = [SMALL_DEMO, "dataset.source.anomaly_fraction=0.2", "tracking=none", "report.page=false"]


def measured(folder, *arguments: str) -> dict:
    done = command(*BARE, "model=markov", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("outputs/*/*/metrics.json")
    return json.loads(path.read_text())


def test_scores_that_lie_as_in_training_are_consistent():
    training = np.arange(1000.0)
    # Thresholds are 950, 970 and 990: of each share one sequence in a thousand is the threshold itself.
    assert consistency(training, training) == pytest.approx(0.999)
    # Of the five highest per cent of training, twice as many; of the three and of the one likewise.
    doubled = np.concatenate(
        [np.zeros(900), np.full(40, 960.0), np.full(40, 980.0), np.full(20, 999.0)]
    )
    assert consistency(training, doubled) == pytest.approx(1 - (0.05 + 0.03 + 0.01) / 3)
    assert consistency(training, np.full(10, 2000.0)) == pytest.approx(1 - (0.95 + 0.97 + 0.99) / 3)
    assert consistency(np.zeros(100), np.zeros(100)) == pytest.approx(1 - 0.03)
    assert consistency(training, np.zeros(0)) is None


def test_a_run_with_a_validation_part_has_its_figures_beside_those_of_the_test_part(tmp_path):
    payload = measured(tmp_path, "split.validation_fraction=0.3")
    block = payload["validation"]["block"]
    assert block["status"] == "valid"
    assert (
        block["counts"]["units"] < payload["blocks"]["sequence_level_detection"]["counts"]["units"]
    )
    report = MetricReport.from_json(payload)
    assert report.to_json() == payload
    f1 = report.ranked_by(Objective.F1)
    assert (f1.figure, f1.value) == ("validation_f1", block["headline"]["f1"])
    assert report.ranked_by(Objective.AUTO).figure == "validation_average_precision"
    assert report.ranked_by(None) == report.primary_metric


def test_a_validation_part_of_normal_sequences_has_a_figure_without_labels_alone(tmp_path):
    payload = measured(tmp_path, "split.validation_fraction=0.3", "split=normal_only")
    assert (
        payload["validation"]["block"]["reason"]
        == "all labels in the validation split are of one class"
    )
    report = MetricReport.from_json(payload)
    assert report.ranked_by(Objective.F1) is None
    assert report.ranked_by(Objective.AUTO).figure == "validation_consistency"


@pytest.mark.parametrize("more", [[], ["split.validation_fraction=0.3", "model/decision=best_f1"]])
def test_without_such_a_part_or_under_an_oracle_there_are_none(tmp_path, more):
    payload = measured(tmp_path, *more)
    assert "validation" not in payload
    assert MetricReport.from_json(payload).ranked_by(Objective.AUTO) is None
