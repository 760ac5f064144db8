"""A team's server: runs at MLflow over HTTP and in PostgreSQL, while it is up, away, and up again."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.tracking.address import address_of, place_of
from anomalog_exp.tracking.endings import end_left_running, writer
from tests.command import SMALL_DEMO, command, run_dirs
from tests.servers import WORD, free_port, mlflow_server, postgresql

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own

SWEEP = [
    SMALL_DEMO,
    "-m",
    "model=naive_bayes,markov",
    "seed=0,1,2",
    "hydra/launcher=joblib",
    "hydra.launcher.n_jobs=2",
    "report.page=false",
]


def client_of(address: str):
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=address)


def runs_of(client) -> list:
    experiments = [one.experiment_id for one in client.search_experiments()]
    return list(client.search_runs(experiments))


def shape(runs, sweep: str) -> tuple:
    """How a sweep stands at the server, but for ids and times."""
    (parent,) = [
        run for run in runs
        if run.data.tags.get("anomalog.kind") == "sweep" and run.data.tags["sweep"] == sweep
    ]  # fmt: skip
    members = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    return (
        parent.info.status,
        parent.data.metrics,
        sorted((run.info.run_name, run.info.status, len(run.data.metrics)) for run in members),
    )


def leaks(folder: Path) -> list[str]:
    return [
        str(path) for path in folder.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()
    ]  # fmt: skip


def test_a_team_logs_to_a_server_that_goes_away_and_comes_back(tmp_path):
    port = free_port()
    up, away = tmp_path / "up", tmp_path / "away"
    up.mkdir()
    away.mkdir()
    address = f"http://team:{WORD}@127.0.0.1:{port}"  # somebody before the server asks for it
    with postgresql() as database:
        with mlflow_server(database, tmp_path / "artifacts", port) as shown:
            logged = command(*SWEEP, cwd=up, MLFLOW_TRACKING_URI=address)
            assert logged.returncode == 0, logged.stderr
            assert "is not in MLflow" not in logged.stderr
            (sweep,) = (path.name for path in (up / "outputs/sweeps").iterdir())
            expected = shape(runs_of(client_of(shown)), sweep)
            assert expected[0] == "FINISHED"
            assert expected[1]["members/done"] == 6
            assert [name for name, *_ in expected[2]] == [
                f"{model} · seed {seed}" for model in ("markov", "naive_bayes") for seed in range(3)
            ]
            client = client_of(shown)
            member = next(run for run in runs_of(client) if "model" in run.data.tags)
            assert "metrics.json" in {one.path for one in client.list_artifacts(member.info.run_id)}
            page = command("ui", f"outputs/sweeps/{sweep}", cwd=up, MLFLOW_TRACKING_URI=address)
            assert page.returncode == 0, page.stderr
            assert page.stdout.startswith(f"{shown}/#/experiments/")
            # Runs of others at the same server are not ended; nor are ours that still run.
            experiment = member.info.experiment_id
            kept = [
                client.create_run(experiment, tags=tags).info.run_id
                for tags in (
                    writer(),
                    writer() | {"anomalog.machine": "another"},
                    {"anomalog.run": "x"},
                )
            ]
            dead = client.create_run(
                experiment,
                tags=writer()
                | {
                    "anomalog.process": f"{writer()['anomalog.process'].rpartition(':')[0]}:999999999"
                },
            )
            end_left_running(client, experiment, alone=False)
            assert client.get_run(dead.info.run_id).info.status == "KILLED"
            assert {client.get_run(run).info.status for run in kept} == {"RUNNING"}
        # Away.
        begun = time.monotonic()
        done = command(*SWEEP, cwd=away, MLFLOW_TRACKING_URI=address)
        assert done.returncode == 0, done.stderr
        assert time.monotonic() - begun < 60
        assert done.stderr.count("is not in MLflow") == done.stderr.count("WARNING") == 1
        assert f"mirror {away}/outputs/sweeps/{sweep}` brings it in later" in done.stderr
        assert "\nmlflow " not in done.stdout
        first = command("mirror", f"outputs/sweeps/{sweep}", cwd=away, MLFLOW_TRACKING_URI=address)
        assert first.returncode == 2
        assert "a server that answers" in first.stderr
        assert "Traceback" not in first.stderr
        # The database takes a run without MLflow's server.
        direct = "tracking.experiment_name=direct"
        alone = command(SMALL_DEMO, "model=oov", direct, cwd=away, MLFLOW_TRACKING_URI=database)
        assert "is not in MLflow" not in alone.stderr
        assert alone.returncode == 0, alone.stderr
        # Up again.
        with mlflow_server(database, tmp_path / "artifacts", port) as shown:
            client = client_of(shown)
            before = {run.info.run_id for run in runs_of(client)}
            for words in ("brought in", "there already"):
                told = command(
                    "mirror", f"outputs/sweeps/{sweep}", cwd=away, MLFLOW_TRACKING_URI=address
                )
                assert told.returncode == 0, told.stderr
                assert told.stdout.count(words) == 6
                new = [run for run in runs_of(client) if run.info.run_id not in before]
                assert shape(new, sweep) == expected
                assert len(new) == 7
            assert WORD not in "".join(str(run.data.tags) for run in new)
    assert leaks(tmp_path) == []
    assert WORD not in "".join(
        one.stdout + one.stderr for one in (logged, done, first, alone, told, page)
    )
    assert len(run_dirs(up / "outputs")) == 6


def test_a_server_that_never_answers_costs_a_run_one_warning(tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        begun = time.monotonic()
        done = command(
            SMALL_DEMO, cwd=tmp_path, MLFLOW_TRACKING_URI=f"http://127.0.0.1:{port}",
            MLFLOW_HTTP_REQUEST_TIMEOUT="2", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 60
    assert done.stderr.count("is not in MLflow") == 1


@pytest.mark.parametrize("address", ["ftp://host/x", "http://", "nowhere", "sqlite:///", "postgresql://me:w0rd@host", "https://h:port"])  # fmt: skip
def test_an_address_that_mlflow_cannot_use_is_refused_before_anything_runs(address):
    with pytest.raises(ConfigError, match=r"(?s)tracking\.uri.*allowed: http://HOST") as refused:
        load_run_config([f"tracking.uri='{address}'"])
    assert "w0rd" not in str(refused.value)


def test_no_record_of_a_config_holds_the_secrets_of_the_address():
    config = load_run_config(["tracking.uri='postgresql://me:w0rd@host/x?password=t0ken'"])
    assert address_of(config.tracking) == "postgresql://me:w0rd@host/x?password=t0ken"
    kept = f"{config!r} {config.model_dump(mode='json')} {place_of(config.tracking)}"
    assert "w0rd" not in kept
    assert "t0ken" not in kept
    recorded = type(config).of(config.model_dump(mode="json"))
    with pytest.raises(ConfigError, match="hides a secret"):
        address_of(recorded.tracking)
    assert recorded.identity() == config.identity() == load_run_config().identity()


def test_a_sqlite_address_is_a_local_store(tmp_path):
    tracking = load_run_config([f"tracking.uri=sqlite:///{tmp_path}/own.db"]).tracking
    assert place_of(tracking)["store"] == str(tmp_path / "own.db")
    assert urlsplit(address_of(tracking)).scheme == "sqlite"
