"""Bundles as models of MLflow: logged once, served over a socket, fetched from the registry."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from anomalog_exp.tracking.mirror import mirror_run_dir
from anomalog_exp.tracking.store import opened_store
from tests.bundles import bundle_of_demo
from tests.command import SMALL_DEMO, command, environment, run_dirs
from tests.mirroring import Mirroring, settings_in, stored_runs
from tests.servers import free_port
from tests.shop import SHOP
from tests.stores import new_store, store_at_hand

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with a sweep of two detectors, one of them a plugin's; each is a model in MLflow."""
    folder = tmp_path_factory.mktemp("models")
    store_at_hand(folder)
    swept = command(
        SMALL_DEMO, "-m", "model=markov,repeats", f"plugins=[{SHOP}]", "tracking.log_model=true",
        "report.page=false", cwd=folder,
    )  # fmt: skip
    assert swept.returncode == 0, swept.stderr
    assert "is not in MLflow" not in swept.stderr
    assert "Warning" not in swept.stderr
    return folder


@pytest.fixture
def run_dir(folder) -> Path:
    (run_dir,) = folder.glob("outputs/*-markov/*/")
    return run_dir


@pytest.fixture(scope="module")
def log(folder) -> Path:
    log = folder / "new.log"
    (source,) = folder.rglob("HDFS.log")
    log.write_text("\n".join(source.read_text().splitlines()[-200:]) + "\n")
    return log


def models_in(store: Path) -> list[tuple[Any, ...]]:
    """Name, whether it is ready, the run and the folder of each model, read without MLflow."""
    query = "SELECT name, status, source_run_id, artifact_location FROM logged_models"
    with closing(sqlite3.connect(store)) as database:
        rows = database.execute(query).fetchall()
    return [(*row[:3], Path(row[3].removeprefix("file://"))) for row in rows]


def outputs_in(store: Path) -> int:
    with closing(sqlite3.connect(store)) as database:
        query = "SELECT count(*) FROM inputs WHERE destination_type = 'MODEL_OUTPUT'"
        return int(database.execute(query).fetchone()[0])


PENDING, READY = 1, 2


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_each_member_of_a_sweep_is_a_model_of_its_run_without_a_pickle(folder, run_dir):
    store = folder / "outputs/mlflow/mlflow.db"
    models = models_in(store)
    assert sorted(name for name, *_ in models) == ["markov", "repeats"]
    assert [status for _, status, *_ in models] == [READY, READY]
    assert outputs_in(store) == 2
    (mirror,) = json.loads((run_dir / "tracking.json").read_text())
    (model,) = (place for name, _, run, place in models if run == mirror["run_id"])
    files = files_of(model)
    assert {name.removeprefix("artifacts/bundle/"): content for name, content in files.items()
            if name.startswith("artifacts/bundle/")} == files_of(run_dir / "bundle")  # fmt: skip
    assert not [name for name in files if name.endswith((".pkl", ".pyc"))]
    assert {"code/conf/config.yaml", "code/anomalog_exp/__init__.py"} <= files.keys()
    assert not [name for name in files if "conf/local" in name]
    needed = files["requirements.txt"].decode().splitlines()
    assert {"mlflow", "polars", "skops"} <= {line.partition("==")[0] for line in needed}
    assert all("==" in line for line in needed)
    example = json.loads(files["input_example.json"])
    assert example["columns"] == ["line"]
    assert example["data"][0][0].startswith("081")


def test_a_bundle_is_no_artifact_of_its_run_besides(folder, run_dir):
    for run in stored_runs(folder / "outputs/mlflow"):
        assert "bundle" not in run["files"]
    assert (run_dir / "bundle/bundle.json").is_file()


def test_whoever_kills_it_a_run_has_one_model_in_the_end(tmp_path):
    """The process dies where it opens a file: the code, the model's list of files, a copy of the bundle."""
    run_dir = bundle_of_demo(tmp_path, "model=markov").parent
    places, store = tmp_path / "places", tmp_path / "places/mlflow.db"
    places.mkdir()
    shutil.copy(new_store(), store)
    mirroring = Mirroring(tmp_path)
    try:
        # One that is mirrored without its model gets that later.
        assert mirroring.mirrored(run_dir, places) == 0
        assert models_in(store) == []
        for place, nth in (
            ("served_model.py", 1),
            ("model/MLmodel", 1),
            ("/artifacts/artifacts/", 2),
        ):
            died = mirroring.mirrored(run_dir, places, dies_at=place, time=nth, log_model=True)
            assert died == -signal.SIGKILL, place
            assert [status for _, status, *_ in models_in(store)] == [PENDING]
        for _ in range(2):
            assert mirroring.mirrored(run_dir, places, log_model=True) == 0
            ((_, status, run, model),) = models_in(store)
            assert (status, outputs_in(store)) == (READY, 1)
            assert [one["id"] for one in stored_runs(places)] == [run]
            assert files_of(model / "artifacts/bundle") == files_of(run_dir / "bundle")
    finally:
        mirroring.close()


def test_a_model_whose_answer_was_lost_is_there_once(tmp_path, monkeypatch):
    from mlflow.tracking import MlflowClient

    run_dir = bundle_of_demo(tmp_path, "model=markov").parent
    places, create = tmp_path / "places", MlflowClient.create_logged_model
    places.mkdir()
    shutil.copy(new_store(), places)

    def asked_twice(*given: Any, **named: Any) -> Any:
        create(*given, **named)
        return create(*given, **named)

    monkeypatch.setattr(MlflowClient, "create_logged_model", asked_twice)
    settings = settings_in(places, log_model=True)
    for _ in range(2):
        mirror_run_dir(run_dir, settings, parent=None)
        with opened_store(settings) as (client, experiment):
            (model,) = client.search_logged_models([experiment])
            assert str(model.status) == "READY"
        assert len(models_in(places / "mlflow.db")) == 2  # MLflow keeps what is deleted
        assert outputs_in(places / "mlflow.db") == 1


def test_mlflow_serves_a_model_raw_lines_in_and_verdicts_out(folder, log, tmp_path):
    """The detector is a plugin's, whose code is in the model, too."""
    (run_dir,) = folder.glob("outputs/*-repeats/*/")
    models = models_in(folder / "outputs/mlflow/mlflow.db")
    (model,) = (place for name, *_, place in models if name == "repeats")
    copy = shutil.copytree(model, tmp_path / "model")  # wherever it is copied to
    told = command(
        "score", str(run_dir), str(log), "--plugins", str(SHOP), "--write", "rows.jsonl",
        "tracking=none", "report.page=false", cwd=tmp_path,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    rows = [json.loads(row) for row in (tmp_path / "rows.jsonl").read_text().splitlines()]
    wanted = [row | {"place": row["place"].replace("new.log", "lines")} for row in rows]
    threshold = json.loads((run_dir / "model_manifest.json").read_text())["threshold"]
    lines = log.read_text().splitlines()
    port = free_port()
    bin_dir = Path(sys.executable).parent
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(copy),
         "--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)],
        env=environment(
            MLFLOW_DISABLE_TELEMETRY="true", PATH=f"{bin_dir}{os.pathsep}{os.environ['PATH']}"
        ),
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        given: list[dict[str, Any]] = [{"line": line} for line in lines]
        give_up = time.monotonic() + 120
        while True:
            try:
                answer = posted(port, {"dataframe_records": given})
                break
            except URLError:
                assert server.poll() is None, "MLflow's server ended"
                assert time.monotonic() < give_up, "MLflow's server does not answer"
                time.sleep(0.5)
        assert answer == (
            200, {"predictions": [row | {"threshold": threshold} for row in wanted]}
        )  # fmt: skip
        assert posted(port, {"inputs": lines}) == answer
        code, refused = posted(port, {"inputs": ["rubbish"]})
        assert code == 400
        assert "1 of 1 lines" in refused["message"]
        assert "\n  to do: " in refused["message"]
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)


def posted(port: int, body: dict[str, Any]) -> tuple[int, Any]:
    """The status and the answer of a model's server."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        return error.code, json.load(error)


def test_score_takes_models_of_the_registry_and_of_runs(folder, run_dir, log, monkeypatch):
    store = folder / "outputs/mlflow/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store}")
    import mlflow

    (mirror,) = json.loads((run_dir / "tracking.json").read_text())
    run = f"runs:/{mirror['run_id']}/markov"
    registered = mlflow.register_model(run, "shop")
    mlflow.MlflowClient().set_registered_model_alias("shop", "live", registered.version)
    quiet = ["tracking=none", "report.page=false"]
    told = command("score", str(run_dir), str(log), *quiet, cwd=folder)
    assert told.returncode == 0, told.stderr
    before = len(run_dirs(folder / "outputs"))
    for address in ("models:/shop/1", "models:/shop@live", run):
        fetched = command(
            "score", address, str(log), *quiet, f"paths.cache_dir={folder / 'cache'}", cwd=folder
        )
        assert fetched.returncode == 0, fetched.stderr
        assert findings(fetched.stdout) == findings(told.stdout)
    # The bundle is the same, and so is what it says: one run dir.
    assert len(run_dirs(folder / "outputs")) == before
    assert len(list((folder / "cache/bundles").glob("[!.]*"))) == 1
    for address, problem in {
        "models:/shop/7": "Model Version (name=shop, version=7) not found",
        "runs:/0123/markov": "no bundle comes from there",
    }.items():
        refused = command("score", address, str(log), *quiet, cwd=folder)
        assert refused.returncode == 2
        assert problem in refused.stderr
        assert f"\n  value:   {address}\n  allowed: " in refused.stderr
    nowhere = command("score", run, str(log), "tracking.store=nowhere.db", cwd=folder)
    assert nowhere.returncode == 2
    assert "there is no store of MLflow" in nowhere.stderr
    assert not (folder / "nowhere.db").exists()


def findings(text: str) -> str:
    return text.partition("\nall ")[0]
