"""How MLflow's runs are called."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.serialise import serialise_config
from anomalog_exp.tracking.names import member_name, name_alone
from anomalog_exp.tracking.views import View, view_address


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


@pytest.mark.filterwarnings("ignore")  # MLflow's own
def test_a_view_of_a_sweep_over_data_sets_has_a_name_that_mlflow_takes(tmp_path):
    from mlflow.tracking import MlflowClient

    name = "demo+bgl_small-entity-1a2b3c4d"
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.create_experiment("x")
    for tag, value in View(name, "tags.sweep = 'x'", ["m/f1"], []).tags.items():
        client.set_experiment_tag(experiment, tag, value)
    address = view_address(experiment, name)
    (key,) = parse_qs(address.partition("?")[2])["viewStateShareKey"]
    assert f"mlflow.sharedViewState.{key}" in client.get_experiment(experiment).tags
