"""Runs compared, against their files read in another way."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from math import comb
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.progress import SILENT
from anomalog_exp.results import read_run
from anomalog_exp.results.comparison import FORMATS, Document, comparison, named_runs
from tests.tiny import tiny

DEMO = ["dataset.source.lines=6000", "dataset.source.anomaly_fraction=0.15"]
RUNS = {
    "markov": [*DEMO, "model=markov", "model.decision.quantile=0.9", "write_predictions=true"],
    "bayes": [*DEMO, "model=naive_bayes", "write_predictions=true"],
    "frequency": [*DEMO, "model=template_frequency"],
    "oracle": [*DEMO, "model=markov", "model/decision=best_f1"],
    "split": [*DEMO, "model=naive_bayes", "split.train_fraction=0.4"],
    "windows": [*DEMO, "model=naive_bayes", "sequence.window_size=5"],
    "other data": [*DEMO, "model=naive_bayes", "dataset.source.seed=1"],
    "range": [*DEMO, "model=naive_bayes", "dataset.line_range=[0,3000]"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("compared")


@pytest.fixture(scope="module")
def run_of(folder):
    """The run dir of a run by its name above, or of overrides."""
    made: dict[str, Path] = {}

    def run_dir(name: str, *overrides: str) -> Path:
        if name not in made:
            places = [f"paths.{n}={folder / n}" for n in ("data_dir", "cache_dir", "output_dir")]
            given = [*RUNS.get(name, []), *overrides, "tracking=none", *places]
            made[name] = Path(run(load_run_config(given), progress=SILENT).run_dir)
        return made[name]

    return run_dir


def compared(*run_dirs: Path, **options) -> Document:
    runs, left_out = named_runs(run_dirs)
    return comparison(runs, left_out=left_out, progress=SILENT, **options)


def section(document: Document, title: str):
    (found,) = [one for one in document.sections if one.title == title]
    return found


def test_what_differs_is_shown_by_dotted_keys_and_nothing_else(run_of):
    document = compared(run_of("markov"), run_of("oracle"))
    rows = section(document, "What differs").rows
    assert [dict(row) for row in rows] == [
        {"key": "model.decision.name", "A": "quantile", "B": "best_f1"},
        {"key": "model.decision.quantile", "A": "0.9", "B": None},
    ]


def test_a_value_as_long_as_a_file_is_cut(run_of):
    pinned = ",".join(f"{{text: text number {i}}}" for i in range(50))
    other = run_of("pinned", *RUNS["bayes"], f"template.pinned=[{pinned}]")
    first, second = section(compared(run_of("bayes"), other), "What differs").rows
    # No message is of these templates, so that nothing else differs.
    assert first == {"run": "A", "template.pinned": None}
    shown = second["template.pinned"]
    assert re.fullmatch(r"\[\{'text': .{190}\.\.\. \(1,\d{3} characters\)", shown)


def test_the_figures_are_those_of_the_runs(run_of):
    names = ["markov", "bayes", "frequency"]
    document = compared(*map(run_of, names))
    for row, name in zip(section(document, "Metrics").rows, names, strict=True):
        block = read_run(run_of(name)).metrics["blocks"]["sequence_level_detection"]
        assert row["f1"] == block["headline"]["f1"]
        low, high = (block["diagnostics"][f"f1_interval_{end}"] for end in ("low", "high"))
        assert row["f1 95 %"] == f"[{low:.4f}, {high:.4f}]"
        assert row["flagged"] == block["diagnostics"]["flagged"]


def test_the_tests_are_on_the_units_that_both_judged(run_of):
    a, b = (read_run(run_of(name)).predictions for name in ("markov", "bayes"))
    label = a["label"].to_numpy() == 1
    one, other = (p["predicted"].to_numpy() == label for p in (a, b))
    only = int((one & ~other).sum()), int((other & ~one).sum())
    assert sum(only) > 0
    tail = sum(comb(sum(only), k) for k in range(min(only) + 1)) / 2 ** sum(only)
    row = compared(run_of("markov"), run_of("bayes")).records[1]
    assert (row["only_first_right_to_A"], row["only_this_right_to_A"]) == only
    assert row["mcnemar_p_to_A"] == pytest.approx(min(1.0, 2 * tail))
    figures = [read_run(run_of(n)).report.primary.headline["f1"] for n in ("markov", "bayes")]
    assert row["f1_difference_to_A"] == pytest.approx(figures[1] - figures[0], abs=1e-7)
    assert (
        row["f1_difference_low_to_A"] < row["f1_difference_to_A"] < row["f1_difference_high_to_A"]
    )


def test_the_resamples_are_said_and_seeded(run_of):
    dirs = run_of("markov"), run_of("bayes")
    once, again = (compared(*dirs, samples=150, seed=4) for _ in range(2))
    assert once.records == again.records
    assert once.records != compared(*dirs, samples=150, seed=5).records
    notes = " ".join(section(once, "Difference to A").notes)
    assert "150 paired resamples of them (seed 4)" in notes


def test_what_one_catches_and_the_other_misses_has_the_right_entity_and_raw_lines(run_of):
    first, second = (read_run(run_of(name)) for name in ("markov", "bayes"))
    log = Path(first.dataset_manifest["dataset"]["raw_log"]["path"]).read_text().splitlines()
    a, b = first.predictions, second.predictions
    document = compared(run_of("markov"), run_of("bayes"), examples=100)
    seen = 0
    for mine, other, title in (
        (a, b, "What A catches and B misses"),
        (b, a, "What B catches and A misses"),
    ):
        caught = mine.filter((mine["label"] == 1) & mine["predicted"] & ~other["predicted"])
        expected = {row["entity"]: row["line_ranges"] for row in caught.to_dicts()}
        shown = [one for one in document.sections if one.title == title]
        excerpts = shown[0].excerpts if shown else []
        assert {one.heading.split(":")[0] for one in excerpts} == set(expected)
        for one in excerpts:
            entity = one.heading.split(":")[0]
            ranges = expected[entity]
            assert f"in HDFS.log:{ranges[0][0] + 1} to {ranges[-1][1] + 1};" in one.heading
            numbered = [re.fullmatch(r"HDFS\.log:(\d+): (.*)", line) for line in one.lines]
            lines = [(int(found[1]), found[2]) for found in numbered if found]
            assert 1 <= len(lines) <= 5
            for number, text in lines:
                assert any(low < number <= high + 1 for low, high in ranges)
                assert text == log[number - 1][:240]
                assert entity in text
            seen += 1
    assert seen > 0


def test_no_more_examples_than_asked_for_the_highest_scores_first(run_of):
    document = compared(run_of("bayes"), run_of("windows"), metrics_only=True)
    assert not any(one.excerpts for one in document.sections)
    document = compared(run_of("frequency"), run_of("bayes"), examples=1)
    found = section(document, "What B catches and A misses")
    scores = read_run(run_of("bayes")).scores.sequences
    others = read_run(run_of("frequency")).scores.sequences
    alone = scores.predicted & ~others.predicted & (scores.label == 1)
    assert alone.sum() > 1
    assert len(found.excerpts) == 1
    assert f"{scores.score[alone].max():.6g} by B" in found.excerpts[0].heading
    assert not any(
        one.excerpts for one in compared(run_of("frequency"), run_of("bayes"), examples=0).sections
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("split", r"split.train_fraction is 0.4 here and 0.5 there"),
        ("windows", r"sequence.window_size is 5 here and None there"),
        ("other data", r"the bytes of the data differ"),
        ("range", r"dataset.line_range is \[0, 3000\] here and None there"),
    ],
)
def test_runs_of_other_test_parts_are_refused_unless_metrics_alone_are_asked_for(
    run_of, name, reason
):
    dirs = run_of("bayes"), run_of(name)
    with pytest.raises(DataError, match=reason) as refused:
        compared(*dirs)
    assert [line.split(":")[0].strip() for line in str(refused.value).splitlines()] == [
        "RUN_OR_SWEEP", "value", "allowed", "to do",
    ]  # fmt: skip
    assert "--metrics-only" in str(refused.value)
    document = compared(*dirs, metrics_only=True)
    assert [one.title for one in document.sections] == ["Runs", "What differs", "Metrics"]


def test_an_oracle_is_marked_wherever_its_figures_stand(run_of):
    document = compared(run_of("markov"), run_of("oracle"))
    for title in ("Runs", "Metrics", "Difference to A", "Who flags what"):
        assert section(document, title).rows[-1]["run"] == "B (oracle)"
    assert "has seen the test labels" in " ".join(section(document, "Runs").notes)
    assert [row["oracle"] for row in document.records] == [False, True]


@pytest.fixture(scope="module")
def unlabelled(folder, run_of):
    log = folder / "app.log"
    words = ("ready", "step \x1b[2J done", "<b>late</b>")
    drawn = Random(1).choices(words, weights=[60, 30, 10], k=2000)
    log.write_text("".join(f"2024-05-01 job {word}\n" for word in drawn))
    given = ["dataset=custom", f"dataset.source.path={log}", "sequence=fixed"]
    given += ["sequence.window_size=5", "model.decision.quantile=0.8"]
    models = ("template_frequency", "markov", "rarity")
    return [run_of(f"app {model}", f"model={model}", *given) for model in models]


def test_without_labels_the_decisions_are_compared(unlabelled):
    document = compared(*unlabelled)
    a, *others = (read_run(one).scores.sequences.predicted for one in unlabelled)
    rows = section(document, "Who flags what").rows
    kappas = section(document, "Agreement with A").rows
    for other, row, kappa in zip(others, rows, kappas, strict=True):
        assert row["only A"] == int((a & ~other).sum())
        assert row["only this"] == int((other & ~a).sum())
        assert row["sequences: both"] == int((a & other).sum())
        assert a.any()
        assert (a != other).any()
        observed = (a == other).mean()
        chance = a.mean() * other.mean() + (1 - a.mean()) * (1 - other.mean())
        assert kappa["kappa"] == pytest.approx((observed - chance) / (1 - chance))
    assert not any(key.startswith(("f1_diff", "mcnemar")) for key in document.records[1])
    assert "No metrics of A, C: nothing" in " ".join(section(document, "Metrics").notes)
    excerpts = [one for part in document.sections for one in part.excerpts]
    assert excerpts
    text = FORMATS["text"](document)
    assert "\x1b" not in text
    assert "job <b>late</b>" in text
    assert "<b>" not in FORMATS["html"](document)


def test_where_the_log_is_gone_predictions_say_where_the_units_stood(run_of, tmp_path, folder):
    dirs = run_of("markov"), run_of("bayes")
    whole = compared(*dirs)
    shutil.copytree(folder, tmp_path / "kept")
    try:
        shutil.rmtree(folder / "data_dir")
        shutil.rmtree(folder / "cache_dir")
        (folder / "data_dir").write_text("in the way")
        without = compared(*dirs)
    finally:
        (folder / "data_dir").unlink()
        for name in ("data_dir", "cache_dir"):
            shutil.rmtree(folder / name, ignore_errors=True)
            shutil.copytree(tmp_path / "kept" / name, folder / name)
    for here, there in zip(without.sections, whole.sections, strict=True):
        assert [one.heading for one in here.excerpts] == [one.heading for one in there.excerpts]
        assert all(not one.lines for one in here.excerpts)
        if there.excerpts:
            assert "There are no raw lines: " in here.notes[-1]
            assert replace(here, notes=(), excerpts=()) == replace(there, notes=(), excerpts=())


def test_a_run_dir_that_has_changed_is_refused(run_of, tmp_path):
    changed = tmp_path / "name/changed"
    shutil.copytree(run_of("bayes"), changed)
    scores = changed / "scores.npz"
    with np.load(scores) as stored:
        arrays = dict(stored)
    arrays["sequences.predicted"][:] = True
    np.savez(scores, **arrays)
    with pytest.raises(DataError, match=r"scores.npz has changed since the run ended"):
        compared(run_of("markov"), changed)


def test_each_run_once_and_two_at_least(run_of):
    again = run_of("markov").parent / "." / run_of("markov").name
    runs, _ = named_runs([run_of("markov"), run_of("bayes"), again])
    assert [one.letter for one in runs] == ["A", "B"]
    with pytest.raises(ConfigError, match="a comparison needs two runs, and this is one"):
        named_runs([run_of("markov"), again])


def test_a_folder_that_is_neither_a_run_nor_a_sweep_is_named(run_of, tmp_path):
    with pytest.raises(ConfigError, match="holds neither a run nor a sweep"):
        named_runs([run_of("markov"), tmp_path])


def test_a_sweep_stands_for_its_members_and_those_without_a_result_are_said(run_of, tmp_path):
    sweep = tmp_path / "outputs/sweeps/x"
    (sweep / "members").mkdir(parents=True)
    (sweep / "plan.json").write_text("{}")
    records = [
        {"index": 2, "status": "failed", "reason": "no such file\n  value: x", "run_dir": "/x/y/z"},
        {"index": 0, "status": "done", "reason": None, "run_dir": str(run_of("markov"))},
        {"index": 1, "status": "done", "reason": None, "run_dir": str(run_of("bayes"))},
    ]
    for record in records:
        (sweep / f"members/{record['index']}.json").write_text(json.dumps(record))
    runs, left_out = named_runs([sweep])
    assert [one.run_dir for one in runs] == [run_of("markov"), run_of("bayes")]
    assert left_out == [f"member 2 of {sweep} failed: no such file"]
    (sweep / "members/1.json").write_text("{")
    with pytest.raises(DataError, match="this record is damaged"):
        named_runs([sweep])


def test_results_that_were_moved_as_a_whole_are_found(run_of, folder, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(folder / "output_dir", moved)
    sweep = moved / "sweeps/x"
    sweep.mkdir(parents=True)
    records = [
        {
            "index": i,
            "status": "done",
            "reason": None,
            "run_dir": f"/gone/{one.parent.name}/{one.name}",
        }
        for i, one in enumerate([run_of("markov"), run_of("bayes")])
    ]
    (sweep / "results.json").write_text(json.dumps({"members": records}))
    runs, _ = named_runs([sweep])
    assert all(one.run_dir.is_relative_to(moved) for one in runs)


def test_where_events_lead_single_events_are_compared(run_of, tmp_path_factory):
    given = [
        "dataset=bgl",
        *tiny("bgl", tmp_path_factory.mktemp("events") / "bgl"),
        "sequence=stream",
    ]
    given += ["split=prefix_fraction", "write_predictions=true", "model=template_frequency"]
    rules = {
        "quantile": ["model.decision.quantile=0.9"],
        "none": ["model/decision=fixed", "model.decision.value=1000"],  # flags nothing
    }
    dirs = [run_of(f"bgl {name}", *given, *rule) for name, rule in rules.items()]
    tables = [pl.read_parquet(one / "event_predictions.parquet") for one in dirs]
    label = tables[0]["label"].to_numpy() == 1
    right = [table["predicted"].to_numpy() == label for table in tables]
    document = compared(*dirs, examples=4)
    (row,) = section(document, "Difference to A").rows
    assert row["only A right"] == int((right[0] & ~right[1]).sum())
    assert row["only this right"] == int((right[1] & ~right[0]).sum())
    assert "test events" in section(document, "Difference to A").notes[0]
    log = (
        Path(read_run(dirs[0]).dataset_manifest["dataset"]["raw_log"]["path"])
        .read_text()
        .splitlines()
    )
    seen = 0
    for mine, other, title in (
        (*tables, "What A catches and B misses"),
        (*tables[::-1], "What B catches and A misses"),
    ):
        caught = mine.filter((mine["label"] == 1) & mine["predicted"] & ~other["predicted"])["line"]
        for part in document.sections:
            for one in part.excerpts if part.title == title else ():
                number, text = re.fullmatch(r"BGL\.log:(\d+): (.*)", one.lines[0]).groups()
                assert int(number) - 1 in caught.to_list()
                assert text == log[int(number) - 1][:240]
                seen += 1
    assert seen > 0
