"""Very many templates: every detector comes to an end, within bounds, and by its other way to the same."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from benchmark_templates import many_templates

from anomalog_exp.detection import count_detector, linear
from anomalog_exp.detection.contract import Detector
from anomalog_exp.detection.count_detector import varying
from anomalog_exp.detection.networks.network_options import NetworkConfig
from anomalog_exp.detection.state import load
from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.models import gradient_boosting, model_names, pca, run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.backends import unless_missing
from tests.detectors import model_config
from tests.keeping import keep
from tests.limits import memory
from tests.sequencing import sequence_set

SEQUENCES, TEMPLATES = 200, 20_000
SECONDS, BYTES = 60, 1 << 30


@pytest.fixture(scope="module")
def many() -> SequenceSet:
    return many_templates(SEQUENCES, TEMPLATES)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the size of the process")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=unless_missing("model", name)) for name in model_names()]
)
def test_every_detector_ends_within_bounds_of_time_and_memory(name, many):
    if name in ("new_value", "value_range", "value_rate"):
        with pytest.raises(NotApplicable, match="needs the values in messages"):
            run_model(model_config(name), many, progress=SILENT)
        return
    config = model_config(name)
    if isinstance(config, NetworkConfig):  # a pass and a step take as long however many there are
        fewer = {"epochs": 1, "seek_steps": 1}
        config = config.model_copy(update={k: v for k, v in fewer.items() if hasattr(config, k)})
    begin = time.process_time()
    with memory(BYTES):
        summary = run_model(config, many, progress=SILENT)
        evidence = summary.explain(np.arange(20), 5)
    assert np.isfinite(summary.scores).all()
    assert len(summary.scores) == SEQUENCES // 2
    assert len(evidence) == 20
    assert time.process_time() - begin < SECONDS


OTHER_WAY = ["one_class_svm", "local_outlier_factor", "log_clustering", "decision_tree", "pca",
             "logistic_regression", "linear_svm"]  # fmt: skip


def few_vectors(seed: int) -> SequenceSet:
    """Fewer sequences than letters, of which the tested ones know some more."""
    random = np.random.default_rng(seed)
    train = ["".join(random.choice(list("abcdefghijklmnopqr"), 9)) for _ in range(14)]
    test = ["".join(random.choice(list("abcdefghijklmnopqrxyz"), 9)) for _ in range(8)]
    labels = [int(i % 4 == 0) for i in range(14)]
    return sequence_set([*train, *test, train[0]], [*labels, *[-1] * 9], tested=9)


def take_the_other_way(monkeypatch) -> None:
    for module in (count_detector, pca):
        monkeypatch.setattr(module, "MANY_TEMPLATES", 0)
    monkeypatch.setattr(linear, "_MANY_SHOWN", 0)


def fitted(name: str, sequences: SequenceSet) -> Detector:
    detector = model_config(name).build_detector()
    detector.fit(sequences.part(Split.TRAIN))
    return detector


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", OTHER_WAY)
def test_the_way_for_many_templates_gives_what_the_one_for_few_does(name, seed, monkeypatch):
    sequences = few_vectors(seed)
    test = sequences.part(Split.TEST).unlabelled()
    plain = fitted(name, sequences)
    wanted, evidence = plain.score(test), plain.explain(test, 3)
    take_the_other_way(monkeypatch)
    other = fitted(name, sequences)
    found = other.score(test)
    assert found == pytest.approx(wanted, rel=1e-4 if name == "linear_svm" else 1e-6, abs=1e-6)
    if name not in ("pca", "logistic_regression", "linear_svm"):
        assert other._without_zeros(np.empty((1, 1)))
    # Each sequence by itself.
    alone = [other.score(test.take(np.array([i])))[0] for i in range(len(test))]
    assert alone == pytest.approx(found.tolist(), rel=1e-12, abs=1e-12)
    strongest = [[weight for _, weight in one] for one in other.explain(test, 3)]
    expected = [[weight for _, weight in one] for one in evidence]
    assert [len(one) for one in strongest] == [len(one) for one in expected]
    for one, weights in zip(strongest, expected, strict=True):
        assert one == pytest.approx(weights, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("name", OTHER_WAY)
def test_what_was_learned_the_other_way_can_be_kept(name, monkeypatch, tmp_path):
    take_the_other_way(monkeypatch)
    sequences = few_vectors(0)
    test = sequences.part(Split.TEST).unlabelled()
    detector = fitted(name, sequences)
    keep(tmp_path, {name: detector})
    state = load(tmp_path / "states" / name, detector.trusted_types)
    again = type(detector).from_state(model_config(name), state)
    assert again.score(test).tolist() == detector.score(test).tolist()


def test_memory_that_there_is_not_is_told_in_four_parts():
    # One array is larger than what glibc keeps of memory that was given back: 32 MB at most.
    many = many_templates(SEQUENCES, 4 * TEMPLATES)
    with memory(8 << 20), pytest.raises(ConfigError, match="more memory than there is") as refused:
        run_model(model_config("kmeans"), many, progress=SILENT)
    said = str(refused.value)
    assert "value:   kmeans" in said
    assert "100 sequences of 80,000 templates train" in said
    assert "to do:   make fewer templates" in said


@pytest.mark.parametrize("seed", range(4))
def test_boosting_without_columns_that_cannot_split_is_the_same_to_the_last_bit(seed, monkeypatch):
    random = np.random.default_rng(seed)
    texts = ["".join(random.choice(list("aaaabbbccdefgh"), 6)) for _ in range(60)]
    texts[:3] = ["abz", "cz", "zz"]  # fewer than a leaf holds
    labels = random.integers(0, 2, 60).tolist()
    sequences = sequence_set([*texts, *texts[::3]], [*labels, *[-1] * 20], tested=20)
    test = sequences.part(Split.TEST).unlabelled()
    few = fitted("gradient_boosting", sequences)
    monkeypatch.setattr(gradient_boosting, "_splitting", lambda features, *_: varying(features))
    every = fitted("gradient_boosting", sequences)
    assert few.score(test).tobytes() == every.score(test).tobytes()
    assert len(few._varying) < len(every._varying)


def test_a_column_splits_where_enough_sequences_are_on_either_side():
    features = np.array([[0.0, 1, 0, 2], [1, 1, 0, 2], [1, 1, 5, 1]])
    count = np.array([3, 2, 1])
    wanted = {1: [0, 2, 3], 2: [0], 3: [0], 4: [0]}
    for min_leaf, columns in wanted.items():
        assert gradient_boosting._splitting(features, count, min_leaf).tolist() == columns
    assert not gradient_boosting._splits(features[:, 0], count, 4)
