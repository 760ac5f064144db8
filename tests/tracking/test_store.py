"""The store and the mirror under kills, damage, older versions and other programs.

`ANOMALOG_KILLS=48 pytest tests/tracking/test_store.py -k kill` tries more kill points than the suite does.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from anomalog_exp.errors import ConfigError
from anomalog_exp.tracking import mirror_run
from anomalog_exp.tracking.mirror import mirror_run_dir
from anomalog_exp.tracking.store import opened_store
from anomalog_exp.tracking.sweeps import close_sweep_run, open_sweep_run
from tests.command import SMALL_DEMO, command, run_dirs
from tests.mirroring import Mirroring, settings_in, stored_runs

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own

KILLS = int(os.environ.get("ANOMALOG_KILLS", "4"))
"""Kill points of each kind."""

SWEEP = "0" * 32
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> Path:
    """The run dir of a finished run that nothing mirrored."""
    folder = tmp_path_factory.mktemp("result")
    done = command(SMALL_DEMO, "model=naive_bayes", "tracking=none", cwd=folder)
    assert done.returncode == 0, done.stderr
    (run_dir,) = run_dirs(folder / "outputs")
    return run_dir


@pytest.fixture
def run_dir(result, tmp_path) -> Path:
    return shutil.copytree(result, tmp_path / result.parent.name / result.name)


@pytest.fixture(scope="module")
def mirroring(tmp_path_factory) -> Iterator[Mirroring]:
    mirroring = Mirroring(tmp_path_factory.mktemp("mirroring"))
    yield mirroring
    mirroring.close()


@pytest.fixture(scope="module")
def new_store(tmp_path_factory) -> Path:
    """A store in which nothing is yet."""
    places = tmp_path_factory.mktemp("new")
    with opened_store(settings_in(places)):
        pass
    return places / "mlflow.db"


@pytest.fixture
def places(new_store, tmp_path) -> Path:
    """A folder with a store of its own in which nothing is yet."""
    places = tmp_path / "places"
    places.mkdir()
    shutil.copy(new_store, places)
    return places


def but_for_its_id(run: dict[str, Any]) -> dict[str, Any]:
    """What a run is, whichever process wrote it."""
    tags = [(key, value) for key, value in run["tags"] if key != "anomalog.process"]
    return {name: value for name, value in run.items() if name != "id"} | {"tags": tags}


def moments(seconds: float, seed: int) -> list[float]:
    """Random moments of a window, one in each of as many equal parts of it."""
    number = random.Random(seed)
    return [seconds * (part + number.random()) / KILLS for part in range(KILLS)]


def lasted(begun: float) -> float:
    return time.monotonic() - begun


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def warning(caplog: pytest.LogCaptureFixture) -> str:
    """The one warning of ours; MLflow adds its own where a test has imported it before."""
    (record,) = [record for record in caplog.records if record.name.startswith("anomalog_exp")]
    return record.getMessage()


# ---- kills


def test_a_kill_while_the_store_is_created_costs_nothing(mirroring, run_dir, tmp_path):
    whole = tmp_path / "whole"
    begun = time.monotonic()
    assert mirroring.mirrored(run_dir, whole) == 0
    window = lasted(begun)
    (expected,) = stored_runs(whole)
    for number, moment in enumerate(moments(window, seed=5)):
        (run_dir / "tracking.json").unlink()
        places = tmp_path / str(number)
        mirroring.killed(run_dir, places, after=moment)
        assert mirroring.mirrored(run_dir, places) == 0, f"killed after {moment:.3f} s"
        (run,) = stored_runs(places)
        assert run["status"] == "FINISHED"
        assert but_for_its_id(run) == but_for_its_id(expected)
        assert names(places) == {"mlflow.db", ".mlflow.db.lock", "artifacts"}


def test_a_kill_while_a_run_is_mirrored_costs_nothing(mirroring, run_dir, places, new_store):
    mirroring.start(run_dir, places, opened=True)
    begun = time.monotonic()
    assert mirroring.ended() == 0
    window = lasted(begun)
    (expected,) = stored_runs(places)
    for moment in moments(window, seed=6):
        (run_dir / "tracking.json").unlink()
        shutil.copy(new_store, places)
        mirroring.killed(run_dir, places, after=moment, opened=True)
        assert mirroring.mirrored(run_dir, places) == 0, f"killed after {moment:.3f} s"
        (run,) = stored_runs(places)
        assert run["status"] == "FINISHED"
        assert but_for_its_id(run) == but_for_its_id(expected)
        (record,) = json.loads((run_dir / "tracking.json").read_text())
        assert record["run_id"] == run["id"]


def test_a_run_that_a_kill_cut_off_is_ended_by_the_next_process_and_finished_by_the_next_try(
    mirroring, run_dir, places
):
    # Opened once to see whether it is as it was written, and then to be copied.
    killed = mirroring.mirrored(run_dir, places, dies_at="anomalies.txt", time=2)
    assert killed == -9
    (cut,) = stored_runs(places)
    assert cut["status"] == "RUNNING"
    assert any(name.startswith(".") for name in cut["files"])

    assert mirroring.mirrored(run_dir, places, parent=SWEEP) == 0
    runs = {run["id"]: run for run in stored_runs(places)}
    assert runs[cut["id"]]["status"] == "KILLED"
    assert ("status", "killed") in runs[cut["id"]]["tags"]

    assert mirroring.mirrored(run_dir, places) == 0
    runs = {run["id"]: run for run in stored_runs(places)}
    assert [run["status"] for run in runs.values()] == ["FINISHED", "FINISHED"]
    finished = runs.pop(cut["id"])
    (of_sweep,) = runs.values()
    assert ("status", "done") in finished["tags"]
    assert finished["metrics"] == of_sweep["metrics"]
    assert finished["files"] == of_sweep["files"]


def test_a_run_that_a_kill_cut_off_before_runs_were_tagged_is_ended_as_well(
    mirroring, run_dir, places
):
    assert mirroring.mirrored(run_dir, places, dies_at="anomalies.txt", time=2) == -9
    with closing(sqlite3.connect(places / "mlflow.db")) as database:
        database.execute("DELETE FROM tags WHERE key = 'anomalog.run'")
        database.commit()
    assert mirroring.mirrored(run_dir, places) == 0
    assert sorted(run["status"] for run in stored_runs(places)) == ["FINISHED", "KILLED"]


def test_a_run_of_another_program_may_go_on(mirroring, run_dir, places):
    with opened_store(settings_in(places)) as (client, experiment):
        client.create_run(experiment, tags={"mlflow.source.name": "train.py"})
    assert mirroring.mirrored(run_dir, places) == 0
    assert sorted(run["status"] for run in stored_runs(places)) == ["FINISHED", "RUNNING"]


def test_a_run_that_was_mirrored_but_not_noted_is_not_mirrored_twice(mirroring, run_dir, places):
    assert mirroring.mirrored(run_dir, places, dies_at="/.tracking.json.") == -9
    assert not (run_dir / "tracking.json").exists()
    assert mirroring.mirrored(run_dir, places) == 0
    (run,) = stored_runs(places)
    (record,) = json.loads((run_dir / "tracking.json").read_text())
    assert (run["status"], run["id"]) == ("FINISHED", record["run_id"])


def test_a_sweep_that_a_kill_cut_off_is_ended_by_a_run_alone(mirroring, run_dir, places):
    code = (
        "import sys; from pathlib import Path; from tests.mirroring import settings_in;"
        "from anomalog_exp.tracking.sweeps import open_sweep_run;"
        "open_sweep_run(settings_in(Path(sys.argv[1])), Path(sys.argv[1], 'first'), [])"
    )
    subprocess.run([sys.executable, "-c", code, places], check=True, cwd=ROOT, timeout=60)
    assert [run["status"] for run in stored_runs(places)] == ["RUNNING"]
    assert mirroring.mirrored(run_dir, places) == 0
    assert sorted(run["status"] for run in stored_runs(places)) == ["FINISHED", "KILLED"]


# ---- what else goes wrong while a run is mirrored


def test_a_run_that_cannot_be_written_ends_as_failed_and_is_finished_by_the_next_try(
    run_dir, places
):
    settings = settings_in(places)
    with opened_store(settings) as (client, experiment):
        folder = Path(client.get_experiment(experiment).artifact_location.removeprefix("file://"))
    aside = folder.rename(folder.with_name("aside"))
    folder.write_text("in the way")
    try:
        with pytest.raises(OSError, match=re.escape(str(folder))):
            mirror_run_dir(run_dir, settings, parent=None)
    finally:
        folder.unlink()
        aside.rename(folder)
    (failed,) = stored_runs(places)
    assert failed["status"] == "FAILED"
    assert mirror_run_dir(run_dir, settings, parent=None) == failed["id"]
    (run,) = stored_runs(places)
    assert run["status"] == "FINISHED"
    assert run["metrics"] == failed["metrics"]
    assert "metrics.json" in run["files"]


@pytest.mark.parametrize("text", ["", "[{", "1", '{"run_id": 1}', '["x", {}]'])
def test_a_damaged_note_of_what_is_mirrored_costs_nothing(run_dir, places, text):
    settings = settings_in(places)
    first = mirror_run_dir(run_dir, settings, parent=None)
    note = run_dir / "tracking.json"
    whole = note.read_text()
    note.write_text(text)
    assert mirror_run_dir(run_dir, settings, parent=None) == first
    assert note.read_text() == whole
    assert len(stored_runs(places)) == 1


def test_a_run_whose_store_was_removed_is_mirrored_again(mirroring, run_dir, places, new_store):
    assert mirroring.mirrored(run_dir, places) == 0
    shutil.copy(new_store, places)
    assert mirroring.mirrored(run_dir, places) == 0
    (run,) = stored_runs(places)
    (record,) = json.loads((run_dir / "tracking.json").read_text())
    assert record["run_id"] == run["id"]


def test_a_continued_sweep_has_no_members_of_a_status_that_is_gone(places, tmp_path):
    settings = settings_in(places)
    (tmp_path / "results.csv").touch()
    good = {"status": "done", "metrics": {"f1": 0.5}}
    for records in ([good, {"status": "failed"}], [good, good]):
        run_id = open_sweep_run(settings, tmp_path, ["a=1,2"])
        close_sweep_run(settings, run_id, tmp_path, ["a"], records)
    (run,) = stored_runs(places)
    shown = {name: value for name, value, *_ in run["latest"]}
    assert shown == {"members/done": 2, "members/failed": 0, "members/best_f1": 0.5}
    assert run["status"] == "FINISHED"
    assert run["params"] == [("overrides", "a=1,2")]


# ---- stores that are not as they should be


def a_folder(store: Path) -> None:
    store.unlink()
    store.mkdir()


def a_text(store: Path) -> None:
    store.write_text("this is no database" * 100)


def another_program(store: Path) -> None:
    store.unlink()
    with closing(sqlite3.connect(store)) as database:
        database.execute("CREATE TABLE orders (id)")
        database.execute("INSERT INTO orders VALUES (1)")
        database.commit()


def a_newer_mlflow(store: Path) -> None:
    with closing(sqlite3.connect(store)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'ffff00001111'")
        database.execute("INSERT INTO experiments (experiment_id, name) VALUES (7, 'theirs')")
        database.commit()


def nobody_may_write(store: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    store.chmod(0o444)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (a_folder, "SQLite cannot use it (unable to open database file)"),
        (a_text, "SQLite cannot use it (file is not a database)"),
        (another_program, "it is a database of another program"),
        (a_newer_mlflow, "cannot bring its schema up to date (CommandError: Can't locate revision"),
        (nobody_may_write, "SQLite cannot use it (attempt to write a readonly database)"),
    ],
)
def test_a_store_that_cannot_be_used_is_left_alone_and_named_in_one_line(
    run_dir, places, caplog, spoil, message
):
    store = places / "mlflow.db"
    spoil(store)
    before = store.read_bytes() if store.is_file() else None
    mirror_run(run_dir, settings_in(places))
    text = warning(caplog)
    assert text.startswith(f"{run_dir} is not in MLflow (tracking.store: ")
    assert text.endswith(f"; `python -m anomalog_exp mirror {run_dir}` brings it in later")
    assert message in text
    assert f"value: {store}" in text
    assert "\n" not in text
    assert "SQL:" not in text
    assert (store.read_bytes() if store.is_file() else None) == before
    assert names(places) == {"mlflow.db", ".mlflow.db.lock"}
    assert not (run_dir / "tracking.json").exists()


@pytest.mark.parametrize("lock", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
def test_a_store_that_another_program_holds_is_not_waited_for(run_dir, places, caplog, lock):
    with closing(sqlite3.connect(places / "mlflow.db")) as other:
        other.execute(lock)
        mirror_run(run_dir, settings_in(places))
    text = warning(caplog)
    assert "SQLite cannot use it (database is locked)" in text
    assert "to do: end what holds it" in text
    mirror_run(run_dir, settings_in(places))
    assert [run["status"] for run in stored_runs(places)] == ["FINISHED"]


def test_a_question_mark_in_the_name_is_refused_where_mlflow_would_write_elsewhere(tmp_path):
    with pytest.raises(ConfigError, match=r"ends the name of a file at a question mark"):
        with opened_store(settings_in(tmp_path / "what?")):
            pass
    assert names(tmp_path) == {"what?"}


def test_a_store_may_be_a_link_and_have_an_odd_name(mirroring, run_dir, tmp_path, new_store):
    places, behind = tmp_path / "50% of #1", tmp_path / "behind"
    places.mkdir()
    behind.mkdir()
    (places / "mlflow.db").symlink_to(behind / "real.db")
    assert mirroring.mirrored(run_dir, places) == 0
    assert names(behind) == {"real.db", ".real.db.lock"}
    assert (places / "mlflow.db").is_symlink()
    assert [run["status"] for run in stored_runs(places)] == ["FINISHED"]


def migrated_to(store: Path, revision: str) -> None:
    """Make a store as an older MLflow made it."""
    from alembic import command as alembic
    from mlflow.store.db import utils

    store.unlink(missing_ok=True)
    engine = utils.create_sqlalchemy_engine(f"sqlite:///{store}")
    utils.InitialBase.metadata.create_all(engine)
    alembic.upgrade(utils._get_alembic_config(f"sqlite:///{store}"), revision)
    engine.dispose()


@pytest.fixture(scope="module")
def older_store(tmp_path_factory) -> Path:
    """A store of MLflow 2.0, in which nothing is yet."""
    store = tmp_path_factory.mktemp("older") / "mlflow.db"
    migrated_to(store, "cc1f77228345")
    return store


def revision(store: Path) -> str:
    with closing(sqlite3.connect(store)) as database:
        return database.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def test_an_older_store_is_migrated_and_kept(run_dir, places, older_store, new_store):
    store = places / "mlflow.db"
    shutil.copy(older_store, store)
    store.chmod(0o660)
    with closing(sqlite3.connect(store)) as database:
        database.execute(
            "INSERT INTO experiments (experiment_id, name, lifecycle_stage, artifact_location)"
            " VALUES (1, 'theirs', 'active', 'file:///x')"
        )
        database.execute(
            "INSERT INTO runs (run_uuid, status, lifecycle_stage, experiment_id, artifact_uri,"
            " source_type) VALUES ('theirs', 'FINISHED', 'active', 1, 'file:///x', 'UNKNOWN')"
        )
        database.commit()
    before = store.read_bytes()
    mirror_run_dir(run_dir, settings_in(places), parent=None)
    assert revision(store) == revision(new_store)
    assert store.stat().st_mode & 0o777 == 0o660
    (theirs, ours) = sorted(stored_runs(places), key=lambda run: run["id"] != "theirs")
    assert (theirs["status"], ours["status"]) == ("FINISHED", "FINISHED")
    kept = places / f"mlflow.db.before-{revision(new_store)}"
    with closing(sqlite3.connect(kept)) as database:
        assert database.execute("SELECT run_uuid FROM runs").fetchall() == [("theirs",)]
    assert revision(kept) == revision(older_store)
    assert len(before) == kept.stat().st_size
    assert names(places) == {"mlflow.db", ".mlflow.db.lock", kept.name, "artifacts"}


def test_an_older_store_that_another_program_reads_is_not_replaced(run_dir, places, older_store):
    store = places / "mlflow.db"
    shutil.copy(older_store, store)
    with closing(sqlite3.connect(store)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN")
        other.execute("SELECT * FROM runs").fetchall()
        with pytest.raises(ConfigError, match="database is locked"):
            mirror_run_dir(run_dir, settings_in(places), parent=None)
    assert revision(store) == revision(older_store)


def test_a_store_whose_creation_was_killed_is_begun_anew(run_dir, places, older_store, new_store):
    """As before stores were made aside: between two revisions, where MLflow cannot go on."""
    store = places / "mlflow.db"
    shutil.copy(older_store, store)
    with closing(sqlite3.connect(store)) as database:
        database.execute("DROP TABLE metrics")
    mirror_run_dir(run_dir, settings_in(places), parent=None)
    assert revision(store) == revision(new_store)
    assert [run["status"] for run in stored_runs(places)] == ["FINISHED"]
    assert f"mlflow.db.before-{revision(new_store)}" in names(places)


def test_a_log_of_changes_whose_file_is_gone_does_not_spoil_the_next_store(
    mirroring, run_dir, places, tmp_path
):
    other = tmp_path / "other.db"
    code = (
        "import os, sqlite3, sys; database = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "database.execute('CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
        " FROM n LIMIT 100000) SELECT i FROM n'); database.execute('PRAGMA cache_size = 1');"
        "database.execute('BEGIN'); database.execute('UPDATE t SET i = -i');"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, other], timeout=60)
    (places / "mlflow.db").unlink()
    log = other.with_name("other.db-journal").rename(places / "mlflow.db-journal")
    assert log.stat().st_size > 100_000
    assert mirroring.mirrored(run_dir, places) == 0
    with closing(sqlite3.connect(places / "mlflow.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert [run["status"] for run in stored_runs(places)] == ["FINISHED"]
