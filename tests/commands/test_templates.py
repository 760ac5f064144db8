"""How well the default masks and miner find the hand-made templates of LogHub's samples."""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
import pytest

from anomalog_exp.commands import run_command
from anomalog_exp.commands.templates import grouping_accuracy as fast_accuracy
from anomalog_exp.config import load_run_config
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.errors import DataError


def grouping_accuracy(found: list[int], true: list[str]) -> float:
    """Share of lines whose group is exactly a true group."""
    groups: tuple[dict, dict] = (defaultdict(set), defaultdict(set))
    for line, codes in enumerate(zip(found, true, strict=True)):
        for group, code in zip(groups, codes, strict=True):
            group[code].add(line)
    whole = {frozenset(lines) for lines in groups[1].values()}
    right = sum(len(lines) for lines in groups[0].values() if frozenset(lines) in whole)
    return right / len(true)


@pytest.mark.parametrize(
    ("system", "least"), [("HDFS", 0.99), ("BGL", 0.93), ("Thunderbird", 0.90), ("OpenStack", 0.95)]
)
def test_one_general_configuration_finds_the_groups_of_every_system(shared_data, system, least):
    path = shared_data / f"loghub_2k/{system}/{system}_2k.log_structured.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    messages = [row["Content"] for row in rows]
    _, found = Templates.mine(messages, load_run_config().template)
    assert grouping_accuracy(found.tolist(), [row["EventId"] for row in rows]) >= least


def test_the_command_prints_a_row_for_each_log(shared_data, capsys):
    folders = [str(shared_data / "loghub_2k" / system) for system in ("HDFS", "BGL")]
    assert run_command("templates", *folders, "--", "template=identity") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["log", "lines", "true", "found", "accuracy"]
    assert [line[:3] for line in lines[2:]] == [["HDFS", "2000", "14"], ["BGL", "2000", "120"]]


def test_accuracy_counts_the_lines_of_groups_that_are_exactly_true():
    mined = np.array([0, 0, 1, 1, 2, 3])
    true = np.array([5, 5, 6, 6, 6, 7])
    # Lines 0 and 1 share a group in both, line 5 is alone in both; the group of 2, 3 and 4 is torn.
    assert fast_accuracy(mined, true) == grouping_accuracy(mined.tolist(), true.tolist()) == 0.5


@pytest.mark.parametrize("text", [None, "Content,Other\na,b\n"])
def test_a_folder_without_hand_made_templates_is_a_mistake(tmp_path, text):
    if text is not None:
        (tmp_path / "x_structured.csv").write_text(text)
    with pytest.raises(DataError, match=r"(?s)no hand-made templates.*Content and EventId"):
        run_command("templates", str(tmp_path))
