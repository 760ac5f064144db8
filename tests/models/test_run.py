from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.models import model_names, resolve_model_config_type, run_model
from anomalog_exp.models.contract import Detector, ExperimentModelConfig
from anomalog_exp.progress import SILENT
from tests.grouping import grouped
from tests.logs import sessions


class Broken(Detector):
    """Breaks the contract in the way that it is told to."""

    def __init__(self, scores) -> None:
        self.scores = scores

    def fit(self, train) -> None:
        pass

    def score(self, sequences):
        return self.scores(len(sequences))


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (lambda n: np.zeros(n, dtype=np.float32), "must score float64"),
        (lambda n: np.zeros(n + 1), "must score float64 of shape"),
        (lambda n: np.full(n, np.nan), "must give finite scores: 2 are not"),
    ],
)
def test_a_detector_that_breaks_the_contract_is_told_so(scores, message):
    class Config(ExperimentModelConfig):
        def build_detector(self):
            return Broken(scores)

    config = Config.of({"name": "broken", "decision": {"name": "fixed", "value": 0.0}})
    with pytest.raises(TypeError, match=message):
        run_model(config, grouped(sessions("a", "b", "c", "d")), progress=SILENT)


def test_the_summary_counts_every_split_by_label():
    found = grouped(sessions(*"abcdefgh", labels=[0, 1, 0, 0, 1, 0, 1]), train=0.5, test=0.25)
    summary = run_model(load_run_config(["model=markov"]).model, found, progress=SILENT)
    counted = summary.sequence_summary
    assert (counted.sequence_count, counted.train_sequence_count) == (8, 4)
    assert (counted.test_sequence_count, counted.ignored_sequence_count) == (2, 2)
    assert counted.train_label_counts == {0: 3, 1: 1}
    assert counted.ignored_label_counts == {0: 1, 1: 1}
    assert counted.test_label_counts == {-1: 1, 1: 1}
    assert summary.seconds.keys() == {"fit", "decide", "score"}


def test_names_are_those_of_the_files_and_an_unknown_one_is_a_key_error():
    assert {"template_frequency", "naive_bayes", "markov"} <= set(model_names())
    assert model_names() == tuple(sorted(model_names()))
    with pytest.raises(KeyError, match="nope"):
        resolve_model_config_type("nope")
