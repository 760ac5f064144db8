"""Splits that are drawn by chance, against plain counting, and how results of them are marked."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalog_exp.errors import ConfigError
from anomalog_exp.progress import SILENT
from anomalog_exp.results import runs_frame
from anomalog_exp.results.comparison import comparison, named_runs
from tests.command import SMALL_DEMO, command, run_dirs
from tests.grouping import grouped, splits_of
from tests.logs import log_dataset

LABELS = st.lists(st.sampled_from([-1, 0, 1]), min_size=2, max_size=40)
TENTHS = st.integers(1, 5)
MARK = "shuffled: training may come after test"


def drawn(labels, split="random", **options):
    rows = [(f"e{n}", "x", n, label) for n, label in enumerate(labels)]
    return grouped(log_dataset(rows), "entity", split, **options)


def sizes(n, train, test):
    """Of so many sequences, how many are in each part."""
    tested = min(n, ceil(Fraction(test, 10) * n))
    trained = min(n - tested, ceil(Fraction(train, 10) * n))
    return {"train": trained, "test": tested, "ignored": n - trained - tested}


@settings(max_examples=60, deadline=None)
@given(labels=LABELS, train=TENTHS, test=TENTHS, stratified=st.booleans(), seed=st.integers(0, 9))
def test_each_part_has_its_share_of_all_or_of_each_label(labels, train, test, stratified, seed):
    strata = list(Counter(labels).values()) if stratified else [len(labels)]
    wanted = sum((Counter(sizes(n, train, test)) for n in strata), Counter())
    assume(wanted["train"])
    options = {"train": train / 10, "test": test / 10, "stratified": stratified, "seed": seed}
    found = drawn(labels, **options)
    assert +Counter(splits_of(found)) == +wanted
    if stratified:
        for label, n in Counter(labels).items():
            of_label = Counter(
                part for part, one in zip(splits_of(found), labels, strict=True) if one == label
            )
            assert +of_label == +Counter(sizes(n, train, test))
    assert found.label.tolist() == labels  # the order is that of the log
    assert splits_of(drawn(labels, **options)) == splits_of(found)
    assert found.report["caveat"] == MARK


def test_what_is_tested_stays_so_when_less_trains():
    tested = {
        tuple(
            n
            for n, part in enumerate(splits_of(drawn([0] * 20, train=train, test=0.4)))
            if part == "test"
        )
        for train in (0.1, 0.3, 0.6)
    }
    assert len(tested) == 1


def test_every_sequence_is_as_likely_as_any_other_to_train():
    seeds = range(400)
    trained = Counter(
        n
        for seed in seeds
        for n, part in enumerate(splits_of(drawn([0, 1, 0, 0, 1], train=0.4, test=0.6, seed=seed)))
        if part == "train"
    )
    # 160 of 400 each; five standard deviations are 49.
    assert all(111 < trained[n] < 209 for n in range(5))


@settings(max_examples=40, deadline=None)
@given(labels=LABELS, train=st.integers(1, 9), seed=st.integers(0, 9))
def test_some_normal_ones_train_and_all_others_are_tested(labels, train, seed):
    normal = labels.count(0)
    wanted = ceil(Fraction(train, 10) * normal)
    assume(0 < wanted < len(labels))
    found = drawn(labels, "random_normal", train_fraction=train / 10, seed=seed)
    parts = list(zip(labels, splits_of(found), strict=True))
    assert sum(part == "train" for _, part in parts) == wanted
    assert all(label == 0 for label, part in parts if part == "train")
    assert {part for _, part in parts} == {"train", "test"}


def test_without_a_normal_one_there_is_nothing_to_draw():
    with pytest.raises(ConfigError, match="no sequence is left to train on"):
        drawn([-1, 1, -1], "random_normal")


def test_a_sweep_and_its_runs_say_that_they_are_shuffled(tmp_path):
    given = [SMALL_DEMO, "split=random", "model=markov", "tracking=none", "split.seed=0,1"]
    swept = command(*given, "-m", "hydra/launcher=basic", cwd=tmp_path)
    assert swept.stdout.count("done (shuffled)") == 2, swept.stderr
    assert f"2 of 2 members: {MARK}" in swept.stdout
    assert "median (and range) over split.seed\n" in swept.stdout
    assert "2 of 2  " in swept.stdout
    (page,) = (tmp_path / "outputs" / "sweeps").glob("*/report.html")
    first, second = run_dirs(tmp_path / "outputs")
    for one in (page, first / "report.html"):
        assert MARK in one.read_text(encoding="utf-8")
    frame = runs_frame(tmp_path / "outputs")
    assert frame["caveat"].to_list() == [MARK, MARK]
    assert sorted(frame["split.seed"]) == [0, 1]
    runs, _ = named_runs([first, second])
    document = comparison(runs, metrics_only=True, progress=SILENT)
    titles = [section.title for section in document.sections]
    assert titles[-1] == "Median (and range) over split.seed"
    (row,) = document.sections[-1].rows
    values = [run.report.primary.headline["f1"] for run in runs]
    assert row == row | {
        "runs": "A (shuffled), B (shuffled)",
        "f1": f"{sum(values) / 2:.4f} ({min(values):.4f} to {max(values):.4f})",
    }
    assert f"{MARK}." in document.sections[0].notes
