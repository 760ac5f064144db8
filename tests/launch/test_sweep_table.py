from __future__ import annotations

import csv
from typing import Any

import pytest

from anomalog_exp.config.load import load_run_config
from anomalog_exp.launch.ending import ExitCode
from anomalog_exp.launch.sweep_table import print_sweep, write_sweep

CONFIG = load_run_config(["tracking=none"])
SEEDS = load_run_config(["tracking=none", "sweep.summarize=seed"])
MEDIANS = load_run_config(["tracking=none", "sweep.summarize=seed", "sweep.summary=median"])


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
    assert print_sweep(tmp_path, records, CONFIG) == code


UNLABELLED = [
    member(0, metrics={}, judged=400, flagged=30),
    member(1, metrics={}, judged=400, flagged=100),
    member(2, "failed"),
]


def test_without_labels_the_table_says_how_much_was_flagged(tmp_path, capsys):
    print_sweep(tmp_path, UNLABELLED, CONFIG)
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
    with write_sweep(tmp_path, UNLABELLED, CONFIG.sweep).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["judged"], row["flagged"], row["flagged_share"]) for row in rows] == [
        ("400", "30", "0.075"),
        ("400", "100", "0.25"),
        ("", "", ""),
    ]
    assert [row["f1"] for row in rows] == ["", "", ""]


def test_the_interval_stands_beside_f1(tmp_path, capsys):
    records = [
        member(0, metrics={"f1": 0.5}, f1_low=0.25, f1_high=0.75),
        member(1, metrics={"f1": 0.4}),
    ]
    with write_sweep(tmp_path, records, CONFIG.sweep).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["f1_low"], row["f1_high"]) for row in rows] == [("0.25", "0.75"), ("", "")]
    print_sweep(tmp_path, records, CONFIG)
    head, _, *rows = capsys.readouterr().out.splitlines()[:4]
    assert head.split()[2:] == ["status", "f1", "f1", "95", "%", "seconds"]
    assert rows[0].split()[3:5] == ["0.5000", "0.250-0.750"]
    assert rows[1].split()[3:5] == ["0.4000", "-"]


def test_the_printed_table_of_a_detector_is_at_most_100_columns_wide_and_the_csv_has_more(
    tmp_path, capsys
):
    names = ["f1", "precision", "recall", "auroc", "average_precision", "precision_at_10"]
    model = ["model=template_frequency"]
    records = [
        member(
            0,
            overrides=model,
            metrics=dict.fromkeys(names, 0.5),
            f1_low=0.25,
            f1_high=0.75,
            seconds=123.5,
        ),
        member(
            1,
            overrides=["model=event_count_vector"],
            metrics=dict.fromkeys(names, 0.25),
            seconds=3.5,
        ),
    ]
    print_sweep(tmp_path, records, CONFIG)
    table = capsys.readouterr().out.splitlines()[:4]
    assert table[0].split() == [
        "member", "model", "status", "f1", "f1", "95", "%", "precision", "recall", "auroc", "ap", "seconds",
    ]  # fmt: skip
    assert max(map(len, table)) <= 100
    with write_sweep(tmp_path, records, CONFIG.sweep).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["precision_at_10"], row["average_precision"]) for row in rows] == [
        ("0.5", "0.5"),
        ("0.25", "0.25"),
    ]


def test_next_events_are_shown_and_ordered_by_what_was_predicted_first(tmp_path, capsys):
    records = [
        member(0, metrics={"top1": 0.5, "top5": 0.9, "top1_weighted": 0.5}, judged=80),
        member(1, metrics={"top1": 0.7, "top5": 0.8, "top1_weighted": 0.7}, judged=80),
        member(2, metrics={}, judged=40, flagged=10),
    ]
    print_sweep(tmp_path, records, CONFIG)
    head, _, *rows = (line.split() for line in capsys.readouterr().out.splitlines()[:5])
    assert head[3:6] == ["top1", "top1_weighted", "top5"]
    assert [row[0] for row in rows] == ["1", "0", "2"]
    assert rows[2][6:9] == ["40", "10", "0.2500"]
    with write_sweep(tmp_path, records, CONFIG.sweep).open(newline="") as file:
        assert [row["top5"] for row in csv.DictReader(file)] == ["0.8", "0.9", ""]


def test_labelled_members_are_ordered_by_f1_and_show_no_other_metric(tmp_path, capsys):
    records = [
        member(0, metrics={"f1": 0.25, "recall": 0.5, "accuracy": 0.9}, judged=9, flagged=3),
        member(1, metrics={"f1": 0.75, "recall": 0.5, "accuracy": 0.8}, judged=9, flagged=2),
        member(2, metrics={"top1_weighted": 0.99}, judged=9),
    ]
    print_sweep(tmp_path, records, CONFIG)
    head, _, *rows = (line.split() for line in capsys.readouterr().out.splitlines()[:5])
    assert head == ["member", "seed", "status", "f1", "recall", "seconds"]
    assert [row[0] for row in rows] == ["1", "0", "2"]


def test_members_that_differ_differ_in_the_table(tmp_path, capsys):
    long = ["model.members=" + "x" * 300 + end for end in "ab"]
    records = [
        member(0, overrides=["+a=1", "b=1", long[0]], metrics={"f1": 0.5}),
        member(1, overrides=["+a=2", "b=1", long[1]], metrics={"f1": 0.5}),
    ]
    print_sweep(tmp_path, records, CONFIG)
    head, _, *rows = (line.split() for line in capsys.readouterr().out.splitlines()[:4])
    assert head == ["member", "a", "model.members", "status", "f1", "seconds"]
    assert [row[1:3] for row in rows] == [["1", "x" * 300 + "a"], ["2", "x" * 300 + "b"]]


def repeats(*figures: tuple[str, int, float]) -> list[dict[str, Any]]:
    """Records of members of a detector and a seed, by their F1."""
    return [
        member(i, overrides=[f"model={model}", f"seed={seed}"], metrics={"f1": f1})
        for i, (model, seed, f1) in enumerate(figures)
    ]


FOREST = repeats(
    ("forest", 0, 0.9), ("forest", 1, 0.6), ("forest", 2, 0.9), ("oov", 0, 0.7), ("oov", 1, 0.7)
)


@pytest.mark.parametrize(
    ("config", "shown"),
    [
        # The mean of .9, .6, .9 is .8, the sum of squares .06, by n - 1 = 2: .03, whose root is .1732.
        (SEEDS, [["forest", "3", "of", "3", "0.8000", "±", "0.1732"],
                 ["oov", "2", "of", "2", "0.7000", "±", "0.0000"]]),
        (MEDIANS, [["forest", "3", "of", "3", "0.9000", "(0.6000", "to", "0.9000)"],
                   ["oov", "2", "of", "2", "0.7000", "(0.7000", "to", "0.7000)"]]),
    ],
)  # fmt: skip
def test_seeds_are_summarised_in_one_row_per_configuration(tmp_path, capsys, config, shown):
    print_sweep(tmp_path, FOREST, config)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["model", "done", "f1"]
    assert [line.split() for line in lines[2:4]] == shown
    assert "the same figures for every seed, so that no spread is known: oov" in lines


def test_a_repeat_without_a_result_is_counted_and_a_single_one_has_no_spread(tmp_path, capsys):
    records = [*FOREST[:1], member(1, "failed", overrides=["model=forest", "seed=1"])]
    print_sweep(tmp_path, records, SEEDS)
    assert capsys.readouterr().out.splitlines()[2].split() == ["1", "of", "2", "0.9000"]


def test_the_summary_stands_beside_the_members_as_csv(tmp_path):
    write_sweep(tmp_path, FOREST, SEEDS.sweep)
    with (tmp_path / "summary.csv").open(newline="") as file:
        forest, oov = csv.DictReader(file)
    assert (forest["model"], forest["members"], forest["done"]) == ("forest", "3", "3")
    assert float(forest["f1_std"]) == pytest.approx(0.03**0.5)
    assert (forest["f1_median"], forest["f1_min"], forest["f1_max"]) == ("0.9", "0.6", "0.9")
    assert (forest["all_equal"], oov["all_equal"]) == ("False", "True")
    write_sweep(tmp_path, FOREST, CONFIG.sweep)
    assert not (tmp_path / "summary.csv").exists()


def test_equal_repeats_are_named_where_every_member_is_shown(tmp_path, capsys):
    print_sweep(tmp_path, FOREST, CONFIG)
    out = capsys.readouterr().out
    assert "the same figures for every seed, so that no spread is known: oov\n" in out
    print_sweep(tmp_path, repeats(("oov", 0, 0.7), ("forest", 0, 0.7)), CONFIG)
    assert "the same figures" not in capsys.readouterr().out
