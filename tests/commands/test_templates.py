"""How well the default masks and miner find the hand-made templates of LogHub's samples."""

from __future__ import annotations

import csv
from collections import defaultdict

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.data.templates.templates import Templates


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
