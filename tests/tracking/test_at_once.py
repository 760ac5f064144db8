"""Processes that mirror their runs to one server at the same moment: none is lost, none is there twice."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from faulty_proxy import Faults, faulty_proxy
from reliability_process import Job
from tracked_together import run_together, tracked

from anomalog_exp.files import content_digest
from anomalog_exp.results.read import read_run
from anomalog_exp.tracking import mirror_run
from anomalog_exp.tracking.endings import LATEST, RESULT, end_left_running, writer
from anomalog_exp.tracking.mirror import mirror_run_dir
from anomalog_exp.tracking.store import opened_store
from anomalog_exp.tracking.sweeps import open_sweep_run
from tests.command import SMALL_DEMO, command, run_dirs
from tests.forked import forks
from tests.mirroring import settings_in
from tests.servers import free_port, mlflow_server, postgresql
from tests.stores import new_store

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own

RUNS = 12
NOBODY = "999999999"
"""No process has this number."""


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> Path:
    """The run dir of a finished run that nothing mirrored."""
    folder = tmp_path_factory.mktemp("result")
    done = command(SMALL_DEMO, "model=oov", "tracking=none", "report.page=false", cwd=folder)
    assert done.returncode == 0, done.stderr
    (run_dir,) = run_dirs(folder / "outputs")
    return run_dir


@pytest.fixture
def run_dir(result, tmp_path) -> Path:
    return shutil.copytree(result, tmp_path / result.parent.name / result.name)


@pytest.fixture
def places(tmp_path) -> Path:
    """A folder with a store in which nothing is yet."""
    places = tmp_path / "places"
    places.mkdir()
    shutil.copy(new_store(), places)
    return places


def client_class():
    from mlflow.tracking import MlflowClient

    return MlflowClient


def runs_in(places: Path) -> list:
    with opened_store(settings_in(places)) as (client, experiment):
        return list(client.search_runs([experiment]))


def test_runs_that_reach_a_server_at_once_are_all_there(tmp_path):
    """Two folders have the same runs, as those of two people; one loses requests and answers."""
    folders = [tmp_path / "one", tmp_path / "other"]
    port, faults = free_port(), Faults(unheard=0.02, refused=0.02, unanswered=0.02)
    with postgresql() as database, mlflow_server(database, tmp_path / "files", port) as server:
        with faulty_proxy(free_port(), port, faults) as unreliable:
            jobs = [
                Job(
                    folder,
                    [SMALL_DEMO, "model=oov", f"seed={seed}", "report.page=false"],
                    environment=environment_of(address),
                )
                for folder, address in zip(folders, (server, unreliable), strict=True)
                for seed in range(RUNS // 2)
            ]
            for folder in folders:
                folder.mkdir()
            ended, meeting = run_together(forks(), tmp_path, jobs)
        assert [one.code for one in ended] == [0] * RUNS, ended[0].err
        spans = meeting.spans()
        assert max(begin for begin, _ in spans) < min(end for _, end in spans)
        assert not any("is not in MLflow" in one.err for one in ended[: RUNS // 2])
        sound, other = (run_dirs(folder / "outputs") for folder in folders)
        mirror = ["mirror", *map(str, other)]
        (brought,) = forks().run(Job(tmp_path, mirror, environment=environment_of(server)))
        assert brought.code == 0, brought.err
        found = tracked(server, "demo", [*sound, *other])
    assert (found.lost, found.doubled, found.differing, found.left_over) == ([], [], [], [])
    assert found.whole == RUNS
    assert sum(faults.counts.values()) > faults.counts["passed"]


def environment_of(address: str) -> dict[str, str | None]:
    ours = {name: None for name in os.environ if name.startswith("MLFLOW_")}
    return {**ours, "MLFLOW_TRACKING_URI": address}


def test_a_run_that_ends_while_a_server_searches_is_not_ended_as_killed(places):
    with opened_store(settings_in(places)) as (client, experiment):
        dead = {"anomalog.process": f"{writer()['anomalog.process'].rpartition(':')[0]}:{NOBODY}"}
        one, other = (
            client.create_run(experiment, tags=writer() | dead).info.run_id for _ in range(2)
        )

        class Slow(client_class()):
            def search_runs(self, *given, **named):
                found = super().search_runs(*given, **named)
                client.set_terminated(one, "FINISHED")
                return found

        slow = Slow(tracking_uri=f"sqlite:///{places / 'mlflow.db'}")
        end_left_running(slow, experiment, alone=False)
        assert client.get_run(one).info.status == "FINISHED"
        assert client.get_run(other).info.status == "KILLED"


@pytest.mark.parametrize("name", ["set_experiment_tag", "log_inputs", "set_tag"])
@pytest.mark.parametrize("refusals", [1, 2])
def test_a_row_that_another_process_adds_at_the_same_moment_costs_nothing(
    run_dir, places, monkeypatch, caplog, name, refusals
):
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import BAD_REQUEST

    left, call = [refusals], getattr(client_class(), name)

    def refused(self, *given, **named):
        if left[0]:
            left[0] -= 1
            raise MlflowException("duplicate key value violates a constraint", BAD_REQUEST)
        return call(self, *given, **named)

    monkeypatch.setattr(client_class(), name, refused)
    assert mirror_run(run_dir, settings_in(places)) is (refusals == 1)
    assert bool(caplog.records) is (refusals == 2)
    if refusals == 2:  # it is another reason, and what is missing is brought in later
        assert mirror_run(run_dir, settings_in(places))
    (run,) = runs_in(places)
    assert (run.info.status, run.data.tags[LATEST]) == ("FINISHED", "yes")


@pytest.mark.parametrize("what", ["run", "sweep"])
def test_what_a_server_made_twice_stands_there_once(run_dir, places, tmp_path, monkeypatch, what):
    """The answer to the first request got lost, and MLflow asked again."""
    create_run = client_class().create_run

    def twice(self, *given, **named):
        create_run(self, *given, **named)
        return create_run(self, *given, **named)

    monkeypatch.setattr(client_class(), "create_run", twice)
    if what == "run":
        run_id = mirror_run_dir(run_dir, settings_in(places), parent=None)
    else:
        sweep = tmp_path / "demo-0123abcd"
        sweep.mkdir()
        run_id = open_sweep_run(settings_in(places), sweep, ["seed=0,1"])
    assert [run.info.run_id for run in runs_in(places)] == [run_id]


def test_what_a_server_made_too_late_is_removed_by_the_next_process(run_dir, places):
    run_id = mirror_run_dir(run_dir, settings_in(places), parent=None)
    with opened_store(settings_in(places)) as (client, experiment):
        tags = client.get_run(run_id).data.tags
        dead = writer() | {
            "anomalog.process": f"{tags['anomalog.process'].rpartition(':')[0]}:{NOBODY}"
        }
        late = client.create_run(experiment, tags=dead | {RESULT: tags[RESULT]}).info.run_id
        cut_off = client.create_run(experiment, tags=dead | {RESULT: "another"}).info.run_id
        end_left_running(client, experiment, alone=False)
        assert client.get_run(late).info.lifecycle_stage == "deleted"
        assert client.get_run(cut_off).info.status == "KILLED"
        assert client.get_run(run_id).info.status == "FINISHED"


def rewrite_environment(run_dir: Path, old: str, new: str) -> None:
    """Let a run have ended at another time, as if it had been so from the first."""
    path, status = run_dir / "environment.json", run_dir / "status.json"
    before = content_digest(path)
    path.write_text(path.read_text().replace(old, new))
    status.write_text(status.read_text().replace(before, content_digest(path)))


def test_the_latest_is_told_right_although_another_process_tells_it_by_older_facts(
    result, places, tmp_path, monkeypatch
):
    """It searched before our run had ended, and writes after us."""
    one, other = (shutil.copytree(result, tmp_path / name / result.name) for name in ("a", "b"))
    first = mirror_run_dir(one, settings_in(places), parent=None)
    ended = read_run(other).environment["ended"]
    later = ended.replace(ended[:4], str(int(ended[:4]) + 1), 1)
    rewrite_environment(other, ended, later)
    set_tag, stale = client_class().set_tag, [True]

    def overtaken(self, run_id, key, value, **named):
        set_tag(self, run_id, key, value, **named)
        if key == LATEST and run_id != first and stale:
            stale.clear()
            set_tag(self, first, LATEST, "yes")
            set_tag(self, run_id, LATEST, "no")

    monkeypatch.setattr(client_class(), "set_tag", overtaken)
    second = mirror_run_dir(other, settings_in(places), parent=None)
    assert not stale
    assert {run.info.run_id: run.data.tags[LATEST] for run in runs_in(places)} == {
        first: "no",
        second: "yes",
    }
