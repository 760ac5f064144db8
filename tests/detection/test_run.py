from __future__ import annotations

import re
import sys
from math import log

import numpy as np
import pytest

import anomalog_exp.models
from anomalog_exp.config import load_run_config
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.models import model_names, resolve_model_config_type, run_model
from anomalog_exp.progress import SILENT
from tests.composed import composed
from tests.grouping import grouped
from tests.logs import sessions


class Broken(Detector):
    """Breaks the contract in the way that it is told to."""

    def __init__(self, scores) -> None:
        self.scores = scores

    def fit(self, train, valid=None) -> None:
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
    summary = run_model(composed("model=markov").model, found, progress=SILENT)
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


@pytest.mark.parametrize("name", ["contract", "run", "", ".", "naive_bayes.x", "a.b", "None"])
def test_what_stands_beside_the_detectors_and_is_none_is_a_key_error_too(name):
    with pytest.raises(KeyError, match=re.escape(repr(name))):
        resolve_model_config_type(name)
    with pytest.raises(ConfigError, match=r"(?s)model\.name: .*allowed: .*naive_bayes"):
        load_run_config([f"model.name='{name}'"])


def test_a_run_fits_decides_and_scores_as_worked_out_by_hand():
    found = grouped(sessions("aab", "ab", "xx", "ab", "x", "b", labels=[0, 0, 1, 0, 1, 0]))
    config = composed("model=template_frequency", "model.decision.quantile=1.0").model
    summary = run_model(config, found, progress=SILENT)
    # a 3 times and b twice in normal training, and one kind for the rest: (n + 1) / 8.
    a, b, x = log(8 / 4), log(8 / 3), log(8 / 1)
    assert summary.scores == pytest.approx([(a + b) / 2, x, b], rel=1e-12)
    # The highest of the normal training scores is that of "ab": neither it nor its like is flagged.
    assert summary.threshold == pytest.approx((a + b) / 2, rel=1e-12)
    assert summary.predicted.tolist() == [False, True, True]
    assert summary.model_manifest == {
        "detector": "template_frequency",
        "threshold": summary.threshold,
        "decision": "quantile",
        "oracle": False,
    }
    assert summary.test.label.tolist() == [0, 1, 0]
    average = (3 * a + 2 * b) / 5  # event of normal training
    assert summary.explain(np.array([1]), 3) == [[("x", pytest.approx(x - average))]]


class Spy(Broken):
    """Scores nothing and keeps what it was shown."""

    def __init__(self) -> None:
        super().__init__(np.zeros)
        self.fitted, self.scored = [], []

    def fit(self, train, valid=None) -> None:
        self.fitted.append(train.label.tolist())

    def score(self, sequences):
        self.scored.append(sequences.label.tolist())
        return super().score(sequences)

    def explain(self, sequences, top):
        self.scored.append(sequences.label.tolist())
        return super().explain(sequences, top)


def test_labels_are_shown_for_training_and_never_for_scoring():
    spy = Spy()

    class Config(ExperimentModelConfig):
        def build_detector(self):
            return spy

    config = Config.of({"name": "spy", "decision": {"name": "quantile", "quantile": 0.5}})
    found = grouped(sessions(*"abcdef", labels=[0, 1, -1, 0, 1, 1]))
    summary = run_model(config, found, progress=SILENT)
    assert summary.explain(np.array([0, 2]), 1) == [[], []]
    assert spy.fitted == [[0, 1, -1]]
    assert spy.scored == [[-1] * 3, [-1] * 3, [-1] * 2]
    assert summary.predicted.tolist() == [False] * 3


def test_an_outcome_that_is_no_result_passes_through():
    found = grouped(sessions(*"abcd", labels=[0, 0, 1, 1]))
    config = composed("model=naive_bayes").model
    with pytest.raises(
        NotApplicable, match=r"both classes in train \(0 anomalous and 2 normal of 2\)"
    ):
        run_model(config, found, progress=SILENT)


def test_a_rule_that_does_not_apply_to_the_detector_gives_no_result():
    config = composed("model=markov", "model/decision=posterior").model
    with pytest.raises(
        NotApplicable, match=r"posterior needs a detector whose scores are log odds"
    ):
        run_model(config, grouped(sessions(*"abcd")), progress=SILENT)


METADATA = """Metadata-Version: 2.4
Name: anomalog-exp
Version: 0
Provides-Extra: dev
Provides-Extra: neural
Requires-Dist: numpy>=2
Requires-Dist: Missing.Backend_Of_Ours[fast]>=1.0; extra == 'neural'
Requires-Dist: missing-tool; extra == 'dev'
Requires-Dist: missing-needed>=1; python_version >= '3.11'
"""

AT_THE_TOP = """
import {package}.nested

class Config:
    pass
"""

WHEN_BUILT = """
from typing import Literal
from anomalog_exp.detection.contract import ExperimentModelConfig

class Config(ExperimentModelConfig):
    name: Literal["{name}"]

    def build_detector(self):
        from {package} import Net
"""


@pytest.fixture
def detector_file(tmp_path, monkeypatch):
    """Writes a detector's module beside the real ones, under an installation that has extras."""
    record = tmp_path / "anomalog_exp-0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(METADATA)
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "models"
    folder.mkdir()
    path = [*anomalog_exp.models.__path__, str(folder)]
    monkeypatch.setattr(anomalog_exp.models, "__path__", path)
    names = []

    def write(name, text, package):
        (folder / f"{name}.py").write_text(text.format(name=name, package=package))
        names.append(name)

    yield write
    for name in names:
        sys.modules.pop(f"anomalog_exp.models.{name}", None)
        vars(anomalog_exp.models).pop(name, None)


TOLD = (
    r"(?s)^model: it needs the package 'missing_backend_of_ours', which is not installed\n"
    r"  value:   net\n.*pip install 'anomalog-exp\[neural\]'$"
)


def test_a_backend_missing_at_the_top_is_told_with_the_extra_that_brings_it(detector_file):
    detector_file("net", AT_THE_TOP, "missing_backend_of_ours")
    with pytest.raises(ConfigError, match=TOLD):
        resolve_model_config_type("net")


def test_a_backend_missing_in_the_middle_of_a_command_is_told_the_same(detector_file, tmp_path):
    detector_file("net", AT_THE_TOP, "missing_backend_of_ours")
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "net.yaml").write_text("name: net\n")
    with pytest.raises(ConfigError, match=TOLD):
        load_run_config(["model=net"], config_dir=tmp_path / "conf")


def test_a_backend_missing_when_the_detector_is_built_is_told_the_same(detector_file):
    detector_file("net", WHEN_BUILT, "missing_backend_of_ours")
    config = resolve_model_config_type("net").of(
        {"name": "net", "decision": {"name": "quantile", "quantile": 0.9}}
    )
    with pytest.raises(ConfigError, match=TOLD):
        run_model(config, grouped(sessions(*"abcd")), progress=SILENT)


@pytest.mark.parametrize("package", ["missing_of_nobody", "missing_tool", "missing_needed"])
def test_a_package_that_no_extra_brings_is_a_defect_and_stays_one(detector_file, package):
    detector_file("net", AT_THE_TOP, package)
    with pytest.raises(ModuleNotFoundError, match=f"No module named '{package}'"):
        resolve_model_config_type("net")
