from __future__ import annotations

import csv
from typing import Any

import pytest

from anomalog_exp.config.settings import NoTrackingConfig
from anomalog_exp.launch.ending import ExitCode
from anomalog_exp.launch.sweep_table import print_sweep, write_sweep

NONE = NoTrackingConfig(name="none")


def member(index: int, status: str = "done", **more: Any) -> dict[str, Any]:
    """A record of the member of seed `index`."""
    metrics = more.get("metrics") or {}
    primary = next((name for name in ("f1", "top1_weighted") if name in metrics), None)
    return {
        "index": index,
        "overrides": [f"seed={index}"],
        "status": status,
        "reason": None,
        "primary_metric": primary,
        "primary_value": metrics.get(primary),
    } | more


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["done", "done"], ExitCode.DONE),
        (["done", "skipped"], ExitCode.DONE),
        (["skipped", "skipped"], ExitCode.SKIPPED),
        (["skipped", "failed"], ExitCode.FAILED),
        (["done", "lost"], ExitCode.FAILED),
        (["done", "stopped"], ExitCode.FAILED),
    ],
)
def test_the_exit_code_says_whether_anything_failed_or_nothing_was_done(tmp_path, statuses, code):
    records = [member(index, status) for index, status in enumerate(statuses)]
    assert print_sweep(tmp_path, records, NONE) == code


UNLABELLED = [
    member(0, metrics={}, judged=400, flagged=30),
    member(1, metrics={}, judged=400, flagged=100),
    member(2, "failed"),
]


def test_without_labels_the_table_says_how_much_was_flagged(tmp_path, capsys):
    print_sweep(tmp_path, UNLABELLED, NONE)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "member", "seed", "status", "judged", "flagged", "flagged_share", "seconds",
    ]  # fmt: skip
    assert [line.split() for line in lines[2:5]] == [
        ["0", "0", "done", "400", "30", "0.0750", "-"],
        ["1", "1", "done", "400", "100", "0.2500", "-"],
        ["2", "2", "failed", "-", "-", "-", "-"],
    ]


def test_the_csv_has_what_was_flagged_too(tmp_path):
    with write_sweep(tmp_path, UNLABELLED).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["judged"], row["flagged"], row["flagged_share"]) for row in rows] == [
        ("400", "30", "0.075"),
        ("400", "100", "0.25"),
        ("", "", ""),
    ]
    assert [row["f1"] for row in rows] == ["", "", ""]


def test_the_csv_has_the_interval_of_f1_and_the_printed_table_does_not(tmp_path, capsys):
    records = [
        member(0, metrics={"f1": 0.5}, f1_low=0.25, f1_high=0.75),
        member(1, metrics={"f1": 0.4}),
    ]
    with write_sweep(tmp_path, records).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["f1_low"], row["f1_high"]) for row in rows] == [("0.25", "0.75"), ("", "")]
    print_sweep(tmp_path, records, NONE)
    assert "f1_low" not in capsys.readouterr().out


def test_next_events_are_shown_and_ordered_by_what_was_predicted_first(tmp_path, capsys):
    records = [
        member(0, metrics={"top1": 0.5, "top5": 0.9, "top1_weighted": 0.5}, judged=80),
        member(1, metrics={"top1": 0.7, "top5": 0.8, "top1_weighted": 0.7}, judged=80),
        member(2, metrics={}, judged=40, flagged=10),
    ]
    print_sweep(tmp_path, records, NONE)
    head, _, *rows = (line.split() for line in capsys.readouterr().out.splitlines()[:5])
    assert head[3:6] == ["top1", "top1_weighted", "top5"]
    assert [row[0] for row in rows] == ["1", "0", "2"]
    assert rows[2][6:9] == ["40", "10", "0.2500"]
    with write_sweep(tmp_path, records).open(newline="") as file:
        assert [row["top5"] for row in csv.DictReader(file)] == ["0.8", "0.9", ""]


def test_labelled_members_are_ordered_by_f1_and_show_no_other_metric(tmp_path, capsys):
    records = [
        member(0, metrics={"f1": 0.25, "recall": 0.5, "accuracy": 0.9}, judged=9, flagged=3),
        member(1, metrics={"f1": 0.75, "recall": 0.5, "accuracy": 0.8}, judged=9, flagged=2),
        member(2, metrics={"top1_weighted": 0.99}, judged=9),
    ]
    print_sweep(tmp_path, records, NONE)
    head, _, *rows = (line.split() for line in capsys.readouterr().out.splitlines()[:5])
    assert head == ["member", "seed", "status", "f1", "recall", "seconds"]
    assert [row[0] for row in rows] == ["1", "0", "2"]


def test_members_that_differ_differ_in_the_table(tmp_path, capsys):
    long = ["model.members=" + "x" * 300 + end for end in "ab"]
    records = [
        member(0, overrides=["+a=1", "b=1", long[0]], metrics={"f1": 0.5}),
        member(1, overrides=["+a=2", "b=1", long[1]], metrics={"f1": 0.5}),
    ]
    print_sweep(tmp_path, records, NONE)
    head, _, *rows = (line.split() for line in capsys.readouterr().out.splitlines()[:4])
    assert head == ["member", "a", "model.members", "status", "f1", "seconds"]
    assert [row[1:3] for row in rows] == [["1", "x" * 300 + "a"], ["2", "x" * 300 + "b"]]
