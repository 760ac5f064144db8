"""Runs compared by the command, as a user types it."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.command import command, run_dirs, sweep_rows


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A folder with a sweep of two members that judged the same units, and one that was skipped."""
    folder = tmp_path_factory.mktemp("swept")
    given = [
        "dataset.source.lines=5000",
        "tracking=none",
        "split=normal_only",
        "hydra/launcher=basic",
    ]
    done = command("model=markov,naive_bayes,template_frequency", *given, "-m", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_sweep_is_compared_and_those_without_a_result_are_said(swept):
    (sweep,) = (swept / "outputs/sweeps").iterdir()
    done = command("compare", str(sweep), cwd=swept)
    assert done.returncode == 0, done.stderr
    titles = re.findall(r"^(.+)\n=+$", done.stdout, re.MULTILINE)
    assert titles[:5] == ["Runs", "What differs", "Metrics", "Difference to A", "Who flags what"]
    assert f"Left out: member 1 of {sweep} skipped: " in done.stdout
    (row,) = [row for row in sweep_rows(swept / "outputs") if row["model"] == "markov"]
    assert f"[{float(row['f1_low']):.4f}, {float(row['f1_high']):.4f}]" in done.stdout
    assert "1,000 paired resamples of them (seed 0)" in done.stdout


def test_a_format_goes_into_a_file_and_its_name_is_printed(swept):
    (sweep,) = (swept / "outputs/sweeps").iterdir()
    done = command(
        "compare",
        str(sweep),
        "--format",
        "csv",
        "--out",
        "made/table.csv",
        "--samples",
        "50",
        cwd=swept,
    )
    assert (done.returncode, done.stdout) == (0, "written  made/table.csv\n"), done.stderr
    rows = list(csv.DictReader(io.StringIO((swept / "made/table.csv").read_text())))
    assert [row["detector"] for row in rows] == ["markov", "template_frequency"]
    assert float(rows[1]["f1_difference_low_to_A"]) <= float(rows[1]["f1_difference_high_to_A"])


@pytest.mark.parametrize(
    ("more", "key", "problem"),
    [
        ([], "RUN_OR_SWEEP", "a comparison needs two runs, and this is one"),
        ([".."], "RUN_OR_SWEEP", "this folder holds neither a run nor a sweep"),
        (["--format", "pdf"], "the command compare", "invalid choice: 'pdf'"),
        (["--samples", "0"], "the command compare", "0 is too small"),
        (["--seed", "-1"], "the command compare", "expected one argument|is no whole number"),
    ],
)
def test_a_mistake_is_answered_in_four_parts(swept, more, key, problem):
    one, *_ = run_dirs(swept / "outputs")
    done = command("compare", str(one), *more, cwd=swept)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"error: {key}: ")
    assert re.search(problem, lines[0])
    assert [line.split(":")[0].strip() for line in lines[1:4]] == ["value", "allowed", "to do"]
