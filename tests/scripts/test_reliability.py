"""The attacks in their short form: the program survives all of them, and the script would say otherwise."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from reliability_kept import KeptRows
from reliability_page import page, total
from reliability_process import Job, environment
from reliability_row import Arena, Attack, Row, Verdict, attacks

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "reliability.py"


def reliability(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, "--workers", "1", "--out", folder / "page.md", *arguments],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip


TESTED = (
    "inputs",
    "secrets",
    "each file of a run dir: the same command again",
    "a full disk: a first run",
    "a first run, at every operation",
    "a run that replaces an older result, at every third operation",
    "Ctrl-C during a run",
)
"""Kinds and attacks of the short form, besides the one below; all of it takes five minutes."""


@pytest.fixture(scope="module")
def arena(tmp_path_factory) -> Iterator[Arena]:
    arena = Arena(0, False, tmp_path_factory.mktemp("arena"), 1)
    yield arena
    arena.close()


@pytest.mark.parametrize("which", TESTED)
def test_the_program_survives(arena, which):
    assert attacks(which)
    for attack in attacks(which):
        row = attack.row(arena)
        assert row.tried > 0
        assert (row.survived, row.lost_or_wrong, row.left_over) == (row.tried, 0, 0), row.note


def test_the_script_writes_a_row_for_what_it_is_asked_to_try(tmp_path):
    which = "each file of a built data set: lines"
    done = reliability(tmp_path, "--short", "--only", which)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line for line in (tmp_path / "page.md").read_text().splitlines() if line[:2] == "| "]
    (attack,) = attacks(which)
    (row,) = [line for line in rows if line.startswith(f"| {attack.what} |")]
    tried, survived, wrong, left = row.split(" | ")[1:5]
    assert (survived, wrong, left) == (tried, "0", "0")


def test_a_name_that_no_attack_has_is_refused(tmp_path):
    done = reliability(tmp_path, "--only", "earthquakes")
    assert done.returncode == 2
    assert "earthquakes" in done.stderr


def test_what_did_not_survive_is_counted_and_said():
    verdicts = [Verdict(), Verdict("lost [case 3]"), Verdict("lost [case 5]", "a.tmp"), Verdict()]
    row = Row.of("kills", "a run", verdicts)
    assert row[2:6] == (4, 2, 2, 1)
    assert row.note == "2 x lost [case 3]; 1 x a.tmp"
    both = [row, Row.of("soak", "a sweep", [Verdict()])]
    assert total(both)[2:6] == (5, 3, 2, 1)
    text = page(both, seed=7, long=True)
    assert "| a run | 4 | 2 | 2 | 1 | 2 x lost [case 3]; 1 x a.tmp |" in text
    assert "Seed 7" in text


def test_what_survived_is_kept_and_what_did_not_is_tried_again(tmp_path):
    well, badly = (
        Attack("kills", what, lambda _, verdict=verdict: [Verdict(), verdict])
        for what, verdict in (("a run", Verdict()), ("a sweep", Verdict("lost")))
    )
    kept = KeptRows(tmp_path / "rows.jsonl", 0, True)
    for attack in (well, badly):
        kept.keep(attack.row(None))
    again = KeptRows(tmp_path / "rows.jsonl", 0, True)
    assert again.survived(well)[2:4] == (2, 2)
    assert again.survived(badly) is None
    assert KeptRows(tmp_path / "rows.jsonl", 1, True).survived(well) is None
    assert KeptRows(tmp_path / "rows.jsonl", 0, False).survived(well) is None
    assert KeptRows(None, 0, True).survived(well) is None


def test_a_process_dies_at_the_operation_that_is_named(arena, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    three = ["import pathlib\nfor name in 'abc':\n    pathlib.Path(name).mkdir()"]
    (whole,) = arena.run(Job(made, three, call="builtins:exec", counts=True))
    assert (whole.code, whole.operations) == (0, 3)
    half = tmp_path / "half"
    half.mkdir()
    (killed,) = arena.run(Job(half, three, call="builtins:exec", act_at=2))
    assert killed.code == -9
    assert sorted(path.name for path in half.iterdir()) == ["a", "b"]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("1 / 0", "a traceback: ZeroDivisionError: division by zero"),
        ("import os; os.abort()", "signal 6 ended it"),
        ("import time; time.sleep(60)", "it hung for 1 s"),
        ("import sys; sys.exit(2)", None),
    ],
)
def test_what_no_process_may_do_is_seen(arena, code, fault):
    folder = arena.new_folder()
    seconds = 1.0 if "sleep" in code else 60.0
    (ended,) = arena.run(Job(folder, [code], call="builtins:exec", timeout=seconds))
    assert ended.fault == fault or ended.fault.startswith(str(fault))
