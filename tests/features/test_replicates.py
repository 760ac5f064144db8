"""Replicates: runs that patterns name, blocks of them, and roles of their files."""

from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.features.replicates import replicates_of
from anomalog_exp.sequences.splits.by_file import ByFileSplitConfig
from tests.logs import log_dataset

HOUR = 3_600_000


def split(train, test=("*",)) -> ByFileSplitConfig:
    return ByFileSplitConfig.of(
        {
            "name": "by_file",
            "train": list(train),
            "test": list(test),
            "straddling_group_policy": "split_partial_sequences",
        }
    )


def dataset(files, times=None):
    times = times or [None] * len(files)
    rows = [(None, "t", time, -1) for time in times]
    return log_dataset(rows, sources=files)


def test_a_run_is_what_a_pattern_names_and_files_of_one_name_have_one_role():
    files = [f"{run}/{log}" for run in ("h1", "h2", "h3", "f") for log in ("a.log", "b.log.1.gz")]
    found = replicates_of(
        dataset([*files, "x/other.log"]), split(["h1/*", "h2/*", "h3/*"], ["f/*"])
    )
    assert [(run.name, run.after, run.files) for run in found.runs] == [
        ("h1/*", False, (0, 1)),
        ("h2/*", False, (2, 3)),
        ("h3/*", False, (4, 5)),
        ("f/*", True, (6, 7)),
    ]
    assert found.unit == "runs"
    assert found.runs_of_sides == (3, 1)
    assert found.of_row.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, -1]
    assert found.roles == ("a.log", "b.log")
    assert found.role_of_row[:8].tolist() == [0, 1] * 4


@pytest.mark.parametrize(
    ("files", "roles"),
    [
        (
            ["h1/pay-7f9c.log", "h1/web.log", "f/pay-11ab.log", "f/web.log"],
            ("pay-*.log", "web.log"),
        ),
        (["a.log", "b.log", "c.log"], ("",)),
        (["h1/x/app.log", "h1/y/app.log", "f/x/app.log"], ("x/app.log", "y/app.log")),
    ],
)
def test_roles(files, roles):
    train = ["h1/*"] if files[0].startswith("h1") else ["a.log", "b.log"]
    found = replicates_of(dataset(files), split(train, ["f/*"] if train == ["h1/*"] else ["*"]))
    assert found.roles == roles


def test_few_runs_are_cut_into_blocks_of_equally_many_events_by_time():
    # Two files of one hour: a block holds what both wrote then.
    files = ["h/a.log"] * 100 + ["h/b.log"] * 100 + ["f/a.log"] * 150
    times = [*range(0, 200, 2), *range(1, 200, 2), *range(1000, 1150)]
    found = replicates_of(dataset(files, times), split(["h/*"]))
    assert found.unit == "blocks"
    assert np.bincount(found.of_row).tolist() == [20] * 10 + [15] * 10
    assert found.run_of.tolist() == [0] * 10 + [1] * 10
    assert found.of_row[:100].tolist() == np.repeat(np.arange(10), 10).tolist()
    assert found.of_row[100:200].tolist() == np.repeat(np.arange(10), 10).tolist()


def test_times_without_a_date_that_pass_midnight_do_not_order_lines():
    files = ["h/a.log"] * 40 + ["f/a.log"] * 40
    times = [*(23 * HOUR + i for i in range(20)), *range(20)] * 2
    found = replicates_of(dataset(files, times), split(["h/*"]))
    assert found.of_row[:40].tolist() == np.repeat(np.arange(4), 10).tolist()
