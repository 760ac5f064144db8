from __future__ import annotations

import pytest

from anomalog_exp.data.places import Places

INPUTS = [
    {"name": "app.log.1", "first_line": 0},
    {"name": "empty.log", "first_line": None},
    {"name": "app.log", "first_line": 100},
]


@pytest.mark.parametrize(
    ("line", "place"),
    [(0, "app.log.1:1"), (99, "app.log.1:100"), (100, "app.log:1"), (5000, "app.log:4901")],
)
def test_lines_are_counted_from_1_in_each_file(line, place):
    assert str(Places({"inputs": INPUTS}).of(line)) == place


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (3, 3, "app.log.1:4"),
        (3, 9, "app.log.1:4 to 10"),
        (3, 109, "app.log.1:4 to app.log:10"),
    ],
)
def test_a_run_of_lines_names_a_file_once(first, last, text):
    places = Places({"inputs": INPUTS})
    assert places.of(first).up_to(places.of(last)) == text


def test_where_no_file_is_known_a_line_is_a_line():
    assert str(Places({}).of(4)) == "line:5"
