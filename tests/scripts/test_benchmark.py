"""The benchmark on a log that takes no time: its stages, its goals and its comparison."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import environment

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def benchmark(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPTS / "benchmark.py", "--repeats", "1", *arguments],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("benchmark")
    done = benchmark(folder, "--lines", "2_000", "--command-lines", "0")
    assert done.returncode == 0, done.stderr
    return folder


def test_every_stage_of_a_log_has_a_row_with_its_ratios(folder):
    from_script = subprocess.run(
        [sys.executable, "-c", "import benchmark_stages as s; print(*s.REFERENCES, *s.LOG_STAGES)"],
        cwd=SCRIPTS, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    result = json.loads((folder / "benchmark.json").read_text())
    rows = {row["stage"]: row for row in result["rows"]}
    assert list(rows) == from_script
    for row in rows.values():
        assert row["to_R2"] == pytest.approx(row["seconds"] / rows["r2"]["seconds"])
        assert row["events_per_s"] == pytest.approx(row["events"] / row["seconds"])


def test_a_goal_compares_sizes_of_the_log(tmp_path):
    done = benchmark(
        tmp_path, "--lines", "2_000", "20_000", "--command-lines", "0", "--only", "r2", "build"
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "benchmark.json").read_text())
    goals = {goal["name"]: goal for goal in result["goals"]}
    build = {row["lines"]: row["seconds"] for row in result["rows"] if row["stage"] == "build"}
    tenfold = goals["build of ten times the lines / build"]
    assert tenfold["value"] == pytest.approx(build[20_000] / build[2_000])
    assert tenfold["met"] == (tenfold["value"] <= tenfold["bound"])


def test_the_table_is_markdown_of_the_same_rows(folder):
    table = (folder / "benchmark.md").read_text()
    for row in json.loads((folder / "benchmark.json").read_text())["rows"]:
        assert f"| {row['lines']:,} | {row['stage']} |" in table


def test_an_earlier_benchmark_is_compared_by_ratios(folder):
    earlier = json.loads((folder / "benchmark.json").read_text())
    for row in earlier["rows"]:
        row["to_R2"] *= 1000
    (folder / "earlier.json").write_text(json.dumps(earlier))
    done = benchmark(
        folder, "--lines", "2_000", "--command-lines", "0", "--only", "r1", "r2", "build",
        "--against", "earlier.json", "--out", "again",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    compared = json.loads((folder / "again.json").read_text())["compared"]
    told = {row["stage"]: row["told"] for row in compared}
    assert set(told) == {"r1", "r2", "build"}
    assert set(told.values()) == {"faster"}
