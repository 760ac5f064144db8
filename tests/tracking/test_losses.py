"""Losses of networks in MLflow, epoch by epoch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from anomalog_exp.results import read_run
from tests.command import SMALL_DEMO, command, run_dirs
from tests.mirroring import Mirroring, stored_runs

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own

FALLING = [f"plugins=[{Path(__file__).parents[1] / 'plugins/falling'}]", "model=falling"]
HELD = "split.validation_fraction=0.2"


def losses(run) -> dict[str, list[tuple[int, float]]]:
    """Name -> (step, value) of all that the store has of a run's losses."""
    found: dict[str, list[tuple[int, float]]] = {}
    for name, value, _, step, _ in sorted(run["metrics"], key=lambda row: row[3]):
        if name in ("loss", "valid_loss"):
            found.setdefault(name, []).append((step, value))
    return found


def test_each_member_with_a_network_has_its_losses_with_the_epoch_as_the_step(tmp_path):
    pytest.importorskip("torch")
    models = [FALLING[0], "model=deeplog,falling,markov", HELD, "-m", "hydra/launcher=basic"]
    done = command(SMALL_DEMO, *models, "report.page=false", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    runs = {
        dict(run["tags"])["model"]: run
        for run in stored_runs(tmp_path / "outputs/mlflow")
        if "model" in dict(run["tags"])
    }
    assert losses(runs["markov"]) == {}
    assert losses(runs["falling"]) == {
        "loss": [(1, 1.0), (2, 0.5), (3, 0.25), (4, 0.125)],
        "valid_loss": [(1, 2.0), (2, 1.5), (3, 1.25), (4, 1.125)],
    }
    stored = read_run(dict(runs["deeplog"]["tags"])["run_dir"])
    curve = stored.model_manifest["learning_curve"]
    assert losses(runs["deeplog"]) == {
        name: list(enumerate(curve[name], 1)) for name in ("loss", "valid_loss")
    }
    latest = {name: (value, step) for name, value, _, step, _ in runs["deeplog"]["latest"]}
    assert latest["loss"] == (curve["loss"][-1], stored.model_manifest["epochs"])


def test_many_epochs_go_in_and_a_mirror_that_was_cut_off_has_each_once(tmp_path):
    epochs = 700  # with as many of the validation, more than MLflow takes in one request
    arguments = [SMALL_DEMO, *FALLING, f"model.epochs={epochs}", HELD, "report.page=false"]
    assert command(*arguments, "tracking=none", cwd=tmp_path).returncode == 0
    (run_dir,) = run_dirs(tmp_path / "outputs")
    mirroring, places = Mirroring(tmp_path), tmp_path / "places"
    try:
        assert mirroring.mirrored(run_dir, places, dies_at="anomalies.txt", time=2) == -9
        assert mirroring.mirrored(run_dir, places) == 0
        (run,) = stored_runs(places)
        assert run["status"] == "FINISHED"
        assert {name: len(found) for name, found in losses(run).items()} == {
            "loss": epochs,
            "valid_loss": epochs,
        }
        noted = json.loads((run_dir / "tracking.json").read_text())
        assert mirroring.mirrored(run_dir, places) == 0
        assert stored_runs(places) == [run]
        assert json.loads((run_dir / "tracking.json").read_text()) == noted
    finally:
        mirroring.close()
