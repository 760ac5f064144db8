"""A search by Optuna: what chooses, what it leaves, and what it refuses."""

from __future__ import annotations

import csv
import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from anomalog_exp.data.demo.text import write_demo_log
from anomalog_exp.progress import SILENT
from tests.command import SMALL_DEMO, command, environment, sweep_rows

pytest.importorskip("optuna")

ROOT = Path(__file__).resolve().parents[2]
BARE = ["tracking=none", "report.page=false", "keep_bundle=false", "evaluation.bootstrap_samples=0"]
OPTUNA = ["hydra/sweeper=optuna", "hydra/launcher=basic", "-m"]
SMOOTHING = "model.smoothing=tag(log,interval(0.001,100))"
HELD = "split.validation_fraction=0.3"
SEARCH = [*OPTUNA, "model=markov", SMOOTHING, HELD]


DEMO = [SMALL_DEMO, "dataset.source.anomaly_fraction=0.2"]


def trials(n_trials: int) -> str:
    return f"hydra.sweeper.n_trials={n_trials}"


def chosen(outputs: Path) -> list[tuple[str, str]]:
    """What each trial was, and what it came to."""
    rows = sorted(sweep_rows(outputs), key=lambda row: int(row["member"]))
    return [(row["model.smoothing"], row["validation_average_precision"]) for row in rows]


@pytest.fixture(scope="module")
def at_once(tmp_path_factory) -> list[tuple[str, str]]:
    """The trials of a search of six that nothing interrupted."""
    folder = tmp_path_factory.mktemp("at_once")
    done = command(*SEARCH, *BARE, *DEMO, trials(6), cwd=folder)
    assert done.returncode == 0, done.stderr
    return chosen(folder / "outputs")


@pytest.fixture(scope="module")
def searched(tmp_path_factory) -> tuple[Path, str]:
    """A search of four trials that has ended, and what it printed."""
    folder = tmp_path_factory.mktemp("searched")
    done = command(*SEARCH, *BARE, *DEMO, trials(4), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_the_best_by_the_validation_part_stands_first_and_runs_again_alone(searched):
    folder, printed = searched
    rows = sweep_rows(folder / "outputs")
    values = [float(row["validation_average_precision"]) for row in rows]
    assert len(values) == 4
    assert values == sorted(values, reverse=True)
    assert "The best validation average precision is" in printed
    assert "On the test part, which decided nothing, it has f1" in printed
    (best,) = (line.split()[1] for line in printed.splitlines() if line.startswith("best"))
    assert best == rows[0]["run_dir"]
    (again,) = (line for line in printed.splitlines() if line.startswith("again"))
    alone = command(*shlex.split(again)[4:], cwd=folder)
    assert alone.returncode == 0, alone.stderr
    assert f"run dir  {best}  (reused" in alone.stdout


def test_the_page_of_a_search_shows_how_it_went_and_which_keys_mattered(searched):
    (folder,) = searched[0].glob("outputs/sweeps/*")
    done = command("report", str(folder), cwd=searched[0])
    assert done.returncode == 0, done.stderr
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "How the search went" in text
    assert "Which keys mattered" in text
    assert json.loads((folder / "study.json").read_text()) == {
        "importance": {"model.smoothing": 1.0}
    }


def test_a_search_that_is_asked_for_more_trials_goes_on(searched, at_once):
    folder = searched[0]
    more = command(*SEARCH, *BARE, *DEMO, trials(6), cwd=folder)
    assert more.returncode == 0, more.stderr
    assert [row["status"] for row in sweep_rows(folder / "outputs")].count("reused") == 4
    assert chosen(folder / "outputs") == at_once


def test_a_search_that_is_killed_goes_on_as_if_it_had_not_been(tmp_path, at_once):
    search = [*SEARCH, *BARE, *DEMO, trials(6)]
    process = subprocess.Popen(
        [sys.executable, "-m", "anomalog_exp", *search],
        cwd=tmp_path, env=environment(), stdout=-1, stderr=-1,
    )  # fmt: skip
    give_up = time.monotonic() + 100
    while len(list(tmp_path.glob("outputs/sweeps/*/members/*.json"))) < 3:
        assert time.monotonic() < give_up
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("outputs/*/*/metrics.json")}
    done = command(*search, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert kept == {path: path.stat().st_mtime_ns for path in kept}
    assert len(list(tmp_path.glob("outputs/sweeps/*"))) == 1
    assert chosen(tmp_path / "outputs") == at_once


def test_labels_of_the_test_part_decide_nothing(tmp_path):
    """With each test label turned, trials, objectives and the best are the same; test figures are not."""
    found = []
    for name in ("as_they_are", "turned"):
        folder = tmp_path / name
        write_demo_log(folder, lines=3000, seed=1, anomaly_fraction=0.2, progress=SILENT)
        if name == "turned":
            _turn_test_labels(folder, test_share=0.5)
        log = ["dataset=hdfs", "dataset/source=local_dir", f"dataset.source.path={folder}"]
        done = command(*SEARCH, *BARE, *log, trials(3), cwd=folder)
        assert done.returncode == 0, done.stderr
        found.append((chosen(folder / "outputs"), sweep_rows(folder / "outputs")))
    (trials_of, rows), (trials_with, rows_with) = found
    assert trials_of == trials_with
    assert rows[0]["member"] == rows_with[0]["member"]
    assert all(row["f1"] != other["f1"] for row, other in zip(rows, rows_with, strict=True))


def _turn_test_labels(folder: Path, test_share: float) -> None:
    """Blocks are in the order of their first lines; the last ones are the test part."""
    log = (folder / "HDFS.log").read_text()
    path = folder / "preprocessed/anomaly_label.csv"
    rows = list(csv.reader(path.read_text().splitlines()))
    blocks = sorted((block for block, _ in rows[1:]), key=lambda block: log.index(f"{block}"))
    test = set(blocks[len(blocks) - int(len(blocks) * test_share) :])
    turned = {"Normal": "Anomaly", "Anomaly": "Normal"}
    lines = [",".join((b, turned[label] if b in test else label)) for b, label in rows[1:]]
    path.write_text("\n".join([",".join(rows[0]), *lines, ""]))


def test_trials_that_do_not_apply_end_no_search(tmp_path):
    arguments = [*OPTUNA, HELD, "model=naive_bayes,markov", "split=normal_only", trials(5)]
    done = command(*arguments, *BARE, SMALL_DEMO, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "skipped: naive_bayes needs both classes in train" in done.stdout
    assert "The best validation consistency is" in done.stdout
    assert {row["status"] for row in sweep_rows(tmp_path / "outputs")} >= {"done", "skipped"}


@pytest.mark.parametrize(
    ("arguments", "key", "fix"),
    [
        (["model=oov,markov"], "split.validation_fraction", "split.validation_fraction=0.2"),
        (["split=all", "seed=0,1"], "split.validation_fraction", "split.validation_fraction=0.2"),
        (["seed=0,1", HELD, "model/decision=best_f1"], "model/decision", "model/decision=quantile"),
        ([HELD], "hydra.sweeper.params", "interval(0.1,2.0)"),
        (["seed=0,1", "hydra.sweeper.sampler=best"], "hydra.sweeper.sampler", "value that fits"),
        (["model=markov", "model.smoothin=1,2"], "model.smoothin", "did you mean"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused_before_anything_runs(tmp_path, arguments, key, fix):
    done = command(*OPTUNA, SMALL_DEMO, *BARE, *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    error, _, _, to_do = done.stderr.splitlines()[-4:]
    assert error.startswith(f"error: {key}: ")
    assert fix in to_do
    assert not list(tmp_path.glob("outputs/*/*/status.json"))


def test_an_objective_that_needs_labels_is_refused_where_there_are_none(tmp_path):
    asked = ["split=normal_only", "hydra.sweeper.objective=average_precision", trials(3)]
    done = command(*SEARCH, SMALL_DEMO, *BARE, *asked, cwd=tmp_path)
    assert done.returncode == 2
    assert "error: hydra.sweeper.objective: the validation part does not have" in done.stderr
    assert "to do:   hydra.sweeper.objective=auto" in done.stderr


def test_without_optuna_the_command_says_what_to_install(tmp_path):
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked/sitecustomize.py").write_text("import sys; sys.modules['optuna'] = None\n")
    path = f"{tmp_path / 'blocked'}:{ROOT}"
    done = command(*SEARCH, SMALL_DEMO, *BARE, cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 2
    assert "error: hydra/sweeper: it needs the package 'optuna'" in done.stderr
    assert "pip install 'anomalog-exp[tune]'" in done.stderr
