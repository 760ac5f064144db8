"""How MLflow's runs are called."""

from __future__ import annotations

import pytest

from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.serialise import serialise_config
from anomalog_exp.tracking.names import member_name, name_alone


def alone(*overrides: str) -> str:
    return name_alone(serialise_config(load_run_config(overrides)), overrides)


OWN = ("dataset=custom", "model=markov")


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        ((), "template_frequency on demo"),
        (("model=markov", "model.order=2", "tracking=none"), "markov on demo · order 2"),
        ((*OWN, "dataset.source.path=/logs/app.log"), "markov on app.log"),
        ((*OWN, "dataset.source.path=[/logs/a.log,b.log,c.log]"), "markov on a.log and 2 more"),
        ((*OWN, "dataset.source.path=-", "sequence=fixed", "sequence.window_size=50"),
         "markov on - · fixed · window 50"),
        (("dataset=hdfs", "dataset/source=local_dir", "dataset.source.path=/logs", "model=pca"),
         "pca on hdfs"),
    ],
)  # fmt: skip
def test_a_run_alone_is_named_by_its_detector_and_its_log(overrides, name):
    assert alone(*overrides) == name


def test_a_member_is_named_by_what_its_sweep_varies():
    overrides = ["model=markov", "+sequence.window_size=10", "seed=1", "split.train_fraction=0.3"]
    assert member_name(overrides, ["model", "sequence.window_size", "seed"]) == (
        "markov · window 10 · seed 1"
    )
