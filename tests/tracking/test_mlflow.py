"""The mirror in a real MLflow store on a real SQLite, and its pages in a real browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.results import read_run
from anomalog_exp.tracking import mirror_run
from tests.command import SMALL_DEMO, command, environment, run_dirs
from tests.stores import new_store, store_at_hand

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with a run alone, a sweep of which one member fails, and a skipped run."""
    folder = tmp_path_factory.mktemp("tracking")
    alone = command(SMALL_DEMO, "model=naive_bayes", cwd=folder, MLFLOW_RUN_ID="0" * 32)
    assert alone.returncode == 0, alone.stderr
    swept = command(
        SMALL_DEMO, "-m", "model=naive_bayes,markov", "seed=0,1,-5", "report.page=false", cwd=folder
    )  # fmt: skip
    assert swept.returncode == 1, swept.stderr
    turned = ["split=normal_only", "split.offset=0.5"]
    skipped = command(SMALL_DEMO, "model=naive_bayes", *turned, cwd=folder)
    assert skipped.returncode == 3
    assert "is not in MLflow" not in alone.stderr + swept.stderr + skipped.stderr
    return folder


@pytest.fixture(scope="module")
def client(folder):
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=f"sqlite:///{folder / 'outputs/mlflow/mlflow.db'}")


@pytest.fixture(scope="module")
def runs(client) -> list:
    experiment = client.get_experiment_by_name("demo")
    return client.search_runs([experiment.experiment_id])


def alone(runs):
    (run,) = [
        run
        for run in runs
        if run.data.tags.get("model") == "naive_bayes"
        and "mlflow.parentRunId" not in run.data.tags
        and run.data.tags["status"] == "done"
    ]
    return run


def test_a_run_has_its_config_as_params_and_its_identity_as_tags(folder, runs):
    run = alone(runs)
    stored = read_run(Path(run.data.tags["run_dir"]))
    assert run.data.params["model.smoothing"] == json.dumps(stored.config.model.smoothing)
    assert run.data.params["sequence.window_size"] == "null"
    assert run.data.params["dataset.source.lines"] == "3000"
    assert not any(key.startswith(("paths", "tracking", "sweep")) for key in run.data.params)
    status = stored.status
    assert run.data.tags["fingerprint"] == status["config_fingerprint"]
    assert run.data.tags["data_digest"] == status["data_digest"]
    assert "oracle" not in run.data.tags
    assert run.data.tags["overrides"] == f"{SMALL_DEMO} model=naive_bayes"
    for group in ("dataset", "sequence", "split", "template", "model"):
        assert run.data.tags[group] == getattr(stored.config, group).name


def test_metrics_are_few_named_by_scope_and_those_of_the_run_dir(runs):
    run = alone(runs)
    block = read_run(Path(run.data.tags["run_dir"])).metrics["blocks"]["sequence_level_detection"]
    assert run.data.metrics["sequence/f1"] == block["headline"]["f1"]
    assert run.data.metrics["sequence/auroc"] == block["headline"]["auroc"]
    assert len(run.data.metrics) <= 30
    assert all(re.fullmatch(r"[a-z0-9_./]+", name) for name in run.data.metrics)
    done = [one for one in runs if one.data.tags["status"] == "done" and "model" in one.data.tags]
    # Other scopes are there where a detector has them; what all are compared by lines up.
    names = [{name for name in one.data.metrics if name.startswith("sequence/")} for one in done]
    assert len(names[0]) > 10
    assert all(name_set == names[0] for name_set in names)


def test_the_data_set_is_an_input_and_the_files_are_artifacts(client, runs):
    run = alone(runs)
    (given,) = run.inputs.dataset_inputs
    assert given.dataset.name == "demo"
    assert run.data.tags["data_digest"].startswith(given.dataset.digest)
    names = {item.path for item in client.list_artifacts(run.info.run_id)}
    assert {"metrics.json", "config.yaml", "dataset_manifest.json", "anomalies.txt"} <= names
    uri = run.info.artifact_uri
    assert "/outputs/mlflow/artifacts/" in uri


def test_members_stand_under_their_sweep_with_how_each_ended(runs):
    (sweep,) = [run for run in runs if run.data.tags.get("anomalog.kind") == "sweep"]
    assert sweep.info.status == "FAILED"
    assert sweep.data.metrics["members/done"] == 4
    assert sweep.data.metrics["members/failed"] == 2
    members = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == sweep.info.run_id]
    assert sorted((r.data.tags["model"], r.data.params["seed"]) for r in members) == [
        ("markov", "0"),
        ("markov", "1"),
        ("naive_bayes", "0"),
        ("naive_bayes", "1"),
    ]
    assert {run.info.status for run in members} == {"FINISHED"}
    best = max(run.data.metrics["sequence/f1"] for run in members)
    assert sweep.data.metrics["members/best_f1"] == best
    low, high = (sweep.data.metrics[f"members/best_f1_interval_{end}"] for end in ("low", "high"))
    assert low < best < high


def test_a_skipped_run_is_there_with_its_reason(runs):
    (run,) = [run for run in runs if run.data.tags["status"] == "skipped"]
    assert "needs both classes in train" in run.data.tags["reason"]
    assert run.info.status == "FINISHED"
    assert not run.data.metrics


def test_nothing_seems_to_be_running(runs):
    assert {run.info.status for run in runs} <= {"FINISHED", "FAILED"}


def test_a_reused_run_is_not_mirrored_again(folder, client, runs):
    again = command(SMALL_DEMO, "model=naive_bayes", cwd=folder)
    assert "(reused" in again.stdout
    experiment = client.get_experiment_by_name("demo")
    assert len(client.search_runs([experiment.experiment_id])) == len(runs)


def test_a_sweep_typed_again_continues_its_run(tmp_path):
    from mlflow.tracking import MlflowClient

    store_at_hand(tmp_path)
    for _ in range(2):
        sweep = [SMALL_DEMO, "-m", "seed=0,1", "hydra/launcher=basic", "report.page=false"]
        assert command(*sweep, cwd=tmp_path).returncode == 0
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'outputs/mlflow/mlflow.db'}")
    found = client.search_runs([client.get_experiment_by_name("demo").experiment_id])
    kinds = [run.data.tags.get("anomalog.kind") for run in found]
    assert kinds.count("sweep") == 1
    assert len(found) == 3


def test_a_sweep_over_a_log_without_labels_has_its_table_in_the_store(tmp_path):
    from mlflow.tracking import MlflowClient

    lines = [f"2024-05-01 10:00:{i % 60:02d} INFO worker: step {i % 7} done" for i in range(400)]
    (tmp_path / "app.log").write_text("\n".join(lines))
    store_at_hand(tmp_path)
    done = command(
        "dataset=custom", "dataset.source.path=app.log", "sequence=fixed", "sequence.window_size=10",
        "model=markov,new_event", "-m", "hydra/launcher=basic", "report.page=false", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "is not in MLflow" not in done.stderr
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'outputs/mlflow/mlflow.db'}")
    (sweep,) = client.search_runs(
        [client.get_experiment_by_name("custom").experiment_id],
        "tags.`anomalog.kind` = 'sweep'",
    )
    assert sweep.info.status == "FINISHED"
    assert sweep.data.metrics == {"members/done": 2}
    assert "results.csv" in {item.path for item in client.list_artifacts(sweep.info.run_id)}


def test_a_broken_store_costs_a_warning_and_the_run_is_mirrored_later(tmp_path):
    store = tmp_path / "outputs/mlflow/mlflow.db"
    store.parent.mkdir(parents=True)
    store.write_bytes(b"this is no database" * 100)
    done = command(SMALL_DEMO, cwd=tmp_path)
    assert done.returncode == 0
    assert "is not in MLflow" in done.stderr
    (run_dir,) = run_dirs(tmp_path / "outputs")
    assert not (run_dir / "tracking.json").exists()
    other = tmp_path / "other.db"
    told = command("mirror", str(run_dir), "--", f"tracking.store={other}", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    (record,) = json.loads((run_dir / "tracking.json").read_text())
    assert told.stdout.split() == ["brought", "in", record["run_id"], str(run_dir)]
    store.unlink()
    assert command(SMALL_DEMO, cwd=tmp_path).returncode == 0
    assert len(json.loads((run_dir / "tracking.json").read_text())) == 2


def test_a_sweep_that_was_killed_is_closed_by_the_next(tmp_path):
    from mlflow.tracking import MlflowClient

    from anomalog_exp.tracking.sweeps import open_sweep_run

    overrides = [f"tracking.store={tmp_path / 'm.db'}", f"tracking.artifacts={tmp_path / 'a'}"]
    settings = load_run_config(overrides).tracking
    shutil.copy(new_store(), tmp_path / "m.db")
    code = (
        "from pathlib import Path; from anomalog_exp.config import load_run_config;"
        "from anomalog_exp.tracking.sweeps import open_sweep_run;"
        f"open_sweep_run(load_run_config({overrides!r}).tracking, Path('first'), [])"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment(), timeout=60
    )
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'm.db'}")
    (experiment,) = [e.experiment_id for e in client.search_experiments() if e.name == "demo"]
    assert [run.info.status for run in client.search_runs([experiment])] == ["RUNNING"]
    open_sweep_run(settings, tmp_path / "second", [])
    statuses = {run.data.tags["sweep"]: run.info.status for run in client.search_runs([experiment])}
    assert statuses == {"first": "KILLED", "second": "RUNNING"}


def test_a_run_dir_is_mirrored_once_per_store_and_sweep(folder, tmp_path):
    run_dir = next(d for d in run_dirs(folder / "outputs") if "markov" in str(d))
    copy = tmp_path / "name" / run_dir.name
    shutil.copytree(run_dir, copy)
    (copy / "tracking.json").unlink()
    overrides = [f"tracking.store={tmp_path / 'm.db'}", f"tracking.artifacts={tmp_path / 'a'}"]
    shutil.copy(new_store(), tmp_path / "m.db")
    config = load_run_config(overrides)
    for _ in range(2):
        mirror_run(copy, config.tracking)
    assert len(json.loads((copy / "tracking.json").read_text())) == 1
    mirror_run(copy, config.tracking, parent="0" * 32)
    assert len(json.loads((copy / "tracking.json").read_text())) == 2


def test_names_start_with_what_differs(runs):
    sweep, skipped = (
        next(run for run in runs if run.data.tags.get(tag) == value)
        for tag, value in (("anomalog.kind", "sweep"), ("status", "skipped"))
    )
    members = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == sweep.info.run_id]
    assert sorted(run.info.run_name for run in members) == [
        "markov · seed 0",
        "markov · seed 1",
        "naive_bayes · seed 0",
        "naive_bayes · seed 1",
    ]
    assert alone(runs).info.run_name == "naive_bayes on demo"
    assert skipped.info.run_name == "naive_bayes on demo · normal_only · offset 0.5"
    assert skipped.data.tags["caveat"] == "offset: training may come after test"
    assert "caveat" not in alone(runs).data.tags


def test_the_experiment_and_the_sweep_have_a_view_of_exactly_their_runs(client, runs):
    experiment = client.get_experiment(runs[0].info.experiment_id)
    sweep = next(run for run in runs if run.data.tags.get("anomalog.kind") == "sweep")
    views = {
        name.removeprefix("mlflow.sharedViewState."): json.loads(value)
        for name, value in experiment.tags.items()
        if name.startswith("mlflow.sharedViewState.")
    }
    assert views.keys() == {"runs", sweep.data.tags["anomalog.view"]}
    view = views[sweep.data.tags["anomalog.view"]]
    f1 = "metrics.`sequence/f1`"
    assert (view["selectedColumns"][0], view["orderByKey"], view["orderByAsc"]) == (f1, f1, False)
    interval = [f"metrics.`sequence/f1_interval_{end}`" for end in ("low", "high")]
    assert view["selectedColumns"][1:3] == interval
    assert view["selectedColumns"][-2:] == ["params.`model.name`", "params.`seed`"]
    charts = {chart["type"]: chart for chart in reversed(view["compareRunCharts"])}
    assert charts["PARALLEL"]["selectedParams"] == ["model.name", "seed"]
    assert charts["BAR"]["metricKey"] == "sequence/f1"
    assert (charts["SCATTER"]["xaxis"]["key"], charts["SCATTER"]["yaxis"]["key"]) == (
        "sequence/recall",
        "sequence/precision",
    )
    found = client.search_runs([experiment.experiment_id], view["searchFilter"])
    assert {run.data.tags["mlflow.parentRunId"] for run in found} == {sweep.info.run_id}
    assert len(found) == 4
    everything = client.search_runs([experiment.experiment_id], views["runs"]["searchFilter"])
    assert {run.info.run_id for run in everything} == {
        run.info.run_id for run in runs if "anomalog.kind" in run.data.tags
    } - {sweep.info.run_id}
    assert experiment.tags["mlflow.experiment.primaryMetric.name"] == "sequence/f1"
    assert experiment.tags["mlflow.experiment.primaryMetric.greaterIsBetter"] == "true"


def test_a_result_that_was_replaced_is_in_no_comparison(tmp_path):
    from mlflow.tracking import MlflowClient

    store_at_hand(tmp_path)
    for _ in range(2):
        done = command(SMALL_DEMO, "force=true", "report.page=false", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'outputs/mlflow/mlflow.db'}")
    experiment = client.get_experiment_by_name("demo")
    ended = {
        run.data.tags["anomalog.latest"]: run.info.end_time
        for run in client.search_runs([experiment.experiment_id])
    }
    assert ended["no"] < ended["yes"]


@pytest.fixture(scope="module")
def pages(folder):
    """What the commands print that a run and a sweep name at their end; their servers are up."""
    ended = [
        command(SMALL_DEMO, "model=naive_bayes", cwd=folder),
        command(
            SMALL_DEMO,
            "-m",
            "model=naive_bayes,markov",
            "sequence.window_size=10,20",
            "hydra/launcher=basic",
            "report.page=false",
            cwd=folder,
        ),
    ]
    processes, addresses = [], []
    try:
        for done in ended:
            line = next(x for x in done.stdout.splitlines() if x.startswith("mlflow"))
            tool, *arguments = line.removeprefix("mlflow").split()
            assert [tool, *arguments[:3]] == ["python", "-m", "anomalog_exp", "ui"]
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=folder, env=environment(),
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            processes.append(process)
            addresses.append(process.stdout.readline().strip())
        yield addresses
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [143, 143]
    for address in addresses:
        with socket.socket() as probe:  # nothing listens any more
            assert probe.connect_ex(("127.0.0.1", urlsplit(address).port)) != 0


def test_the_printed_command_answers_on_this_machine_only(pages, runs):
    for address in pages:
        assert address.startswith("http://127.0.0.1:")
    origin = pages[0].partition("/#/")[0]
    request = urllib.request.Request(
        f"{origin}/api/2.0/mlflow/runs/search",
        data=json.dumps({"experiment_ids": [runs[0].info.experiment_id]}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        found = json.load(answer)["runs"]
    assert {run["info"]["run_id"] for run in found} >= {run.info.run_id for run in runs}


OF_CHROMIUM = (
    "google.com",
    "gvt1.com",
    "content-autofill.googleapis.com",
    "optimizationguide-pa.googleapis.com",
    "update.googleapis.com",
)
"""Hosts that the browser asks for itself, whatever page it opens; fonts and scripts come from none."""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs the browser chromium")
def test_a_browser_shows_the_members_best_first_with_charts_and_asks_no_other_host(
    pages, client, tmp_path
):
    log = tmp_path / "net.json"
    done = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-background-networking", "--disable-component-update", "--no-first-run",
            f"--user-data-dir={tmp_path}", "--window-size=1600,1400", f"--log-net-log={log}",
            "--virtual-time-budget=60000", "--dump-dom", pages[1],
        ],
        capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    page = done.stdout
    experiment = client.get_experiment_by_name("demo")
    f1 = {
        run.info.run_name: run.data.metrics["sequence/f1"]
        for run in client.search_runs([experiment.experiment_id])
        if "window" in run.info.run_name
    }
    assert len(f1) == 4
    rows = re.split(r'row-index="(\d+)"', page)[1:]
    # What stands behind the last row, such as legends, has names, too: the first one counts.
    shown = {
        int(row): min(there, key=lambda name: text.index(f">{name}<"))
        for row, text in zip(rows[::2], rows[1::2], strict=True)
        if (there := [name for name in f1 if f">{name}<" in text])
    }
    assert sorted(shown.values()) == sorted(f1)
    values = [f1[shown[row]] for row in sorted(shown)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) > 1
    assert "matching runs" in page
    assert "something went wrong" not in page.lower()
    # Plotly draws an SVG for each chart: lines through what differs, bars, dots.
    for mark in ("parcoords", "barlayer", "scatterlayer"):
        assert mark in page, mark
    asked = set(re.findall(r'"url":"(?:https?|wss?)://([^/":]+)', log.read_text(errors="replace")))
    assert {host for host in asked if not host.endswith(OF_CHROMIUM)} == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "there is no such store"),
        (["nowhere"], "nothing in MLflow mirrors this folder"),
        (["--", "tracking=none"], "there is no store to show"),
    ],
)
def test_what_cannot_be_shown_is_a_clear_error(tmp_path, arguments, problem):
    done = command("ui", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_a_clear_error(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = command("ui", "--port", str(taken.getsockname()[1]), cwd=folder)
    assert done.returncode == 2
    assert "MLflow's server did not start" in done.stderr
