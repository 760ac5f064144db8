from __future__ import annotations

import random
from pathlib import Path

import pytest

from anomalog_exp.data.sources.rotation import by_age, log_name

SETS = {
    "numbers": ["app.log.10", "app.log.9.gz", "app.log.2.zst", "app.log.1", "app.log"],
    "old": ["Xorg.log.old", "Xorg.log"],
    "dates behind": ["messages-20231231", "messages-20240101.xz", "messages-20240501", "messages"],
    "dates and dashes": ["app.log.2024-04-30", "app.log.2024-05-01.gz", "app.log"],
    "dates before the ending": ["app-2024-04-30.log", "app-2024-05-01.log.gz", "app.log"],
    "a number on a date": ["app-2024-05-01.1.log", "app-2024-05-01.10.log", "app-2024-05-02.0.log"],
    "hours": ["app.log.2024-05-01_09", "app.log.2024-05-01_10", "app.log.2024-05-02_00"],
}


@pytest.mark.parametrize("names", SETS.values(), ids=SETS)
def test_parts_of_one_log_stand_by_age_however_they_are_given(names):
    given = [Path("logs", name) for name in names]
    for seed in range(5):
        shuffled = random.Random(seed).sample(given, len(given))
        assert by_age(shuffled) == given
    assert len({log_name(path) for path in given}) == 1


def test_other_logs_stay_where_they_stand():
    given = ["b.log", "a.log.1", "c/a.log", "a.log", "b.log.1"]
    ordered = by_age(Path(name) for name in given)
    assert [str(path) for path in ordered] == ["b.log.1", "b.log", "a.log.1", "a.log", "c/a.log"]


@pytest.mark.parametrize(
    "name",
    ["node-10.0.0.1", "part_1445062781478_01.log", "v1.2.log", "run-99991399.log", "a.12345"],
)
def test_numbers_that_say_no_age_stay_in_the_name(name):
    assert log_name(Path(name)) == name
