"""Logs that no option reads: what is made of their times and levels."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.data.recognition.own_format import own_format
from anomalog_exp.data.recognition.reading import read
from anomalog_exp.data.recognition.recognition import ParserChoice
from anomalog_exp.data.recognition.time_order import read_times
from tests.data.recognition.logs import candidates, recognised_lines

DAY = "2024-05-13T10:00:00"
LINES = {
    "nginx": ("2024/05/13 10:00:00 [error] 123#0: *1 open() failed", DAY, "error", "123#0: *1 open() failed"),
    "apache 2.4": ("[Mon May 13 10:00:00.000001 2024] [core:error] [pid 7] File", DAY, "error", "[pid 7] File"),
    "elasticsearch": ("[2024-05-13T10:00:00,123][INFO ][o.e.n.Node  ] started", DAY, "info", "[o.e.n.Node  ] started"),
    "kafka": ("[2024-05-13 10:00:00,123] WARN [Server id=0] x (kafka.Server)", DAY, "warning", "[Server id=0] x (kafka.Server)"),
    "redis": ("12345:M 13 May 2024 10:00:00.123 * Ready", DAY, None, "* Ready"),
    "mysql": ("2024-05-13T10:00:00.123456Z 0 [Warning] [MY-010] x", DAY, "warning", "[MY-010] x"),
    "uwsgi": ("Mon May 13 10:00:00 2024 - spawned worker 1", DAY, None, "spawned worker 1"),
    "level first": ("INFO 2024-05-13 10:00:00,123 hello", DAY, "info", "hello"),
    "brackets": ("[ERROR] [2024-05-13 10:00:00] hello", DAY, "error", "hello"),
    "access time": ("[13/May/2024:10:00:00 +0000] hello", DAY, None, "hello"),
    "german": ("13.05.2024 10:00:00 hello", DAY, None, "hello"),
    "american": ("05/13/2024 10:00:00 AM hello", DAY, None, "hello"),
    "short year": ("240513 10:00:00 hello", DAY, None, "hello"),
    "compact": ("20240513 100000 hello", DAY, None, "hello"),
    "epoch s": ("1715594400 hello", DAY, None, "hello"),
    "epoch ms": ("1715594400123 hello", DAY, None, "hello"),
    "epoch us": ("1715594400123456 hello", DAY, None, "hello"),
    "epoch ns": ("1715594400123456789 hello", DAY, None, "hello"),
    "words around": ("app 2024-05-13 10:00:00 [main] INFO hello", DAY, "info", "hello"),
    "celery": ("[2024-05-13 10:00:00,123: INFO/Main] hello", DAY, "info", "Main] hello"),
    "commas": ("2024-05-13 10:00:00,INFO,hello, you", DAY, "info", "hello, you"),
    "no year": ("05-13 10:00:00.123 hello", DAY, None, "hello"),
    "no date": ("10:00:00.123 hello", "2024-01-01T10:00:00", None, "hello"),
    "no time": ("ERROR: hello", None, "error", "hello"),
}  # fmt: skip
"""A line, and what is read of it: its time to the second, level and message."""


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_read_by_what_it_looks_like(line):
    text, time, level, message = LINES[line]
    lines = pl.Series([text] * 20)
    found = own_format(lines)
    assert found is not None
    rows = read(ParserChoice.of("custom", candidates()["custom"], found.keys).config, lines).rows
    assert len(rows) == 20
    row = rows.row(0, named=True)
    assert row["message"] == message
    assert (None if row["level"] is None else LEVELS[row["level"]]) == level
    seconds = None if row["time_ms"] is None else row["time_ms"] // 1000
    assert seconds == (None if time is None else datetime.fromisoformat(f"{time}Z").timestamp())


def test_a_line_without_the_level_of_the_others_is_still_a_record():
    lines = pl.Series(["2024/05/13 10:00:00 [error] a", "2024/05/13 10:00:00 b"] + ["2024/05/13 10:00:00 [warn] c"] * 8)  # fmt: skip
    found = own_format(lines)
    rows = read(ParserChoice.of("custom", candidates()["custom"], found.keys).config, lines).rows
    assert rows["message"].to_list()[:3] == ["a", "b", "c"]


def test_a_level_is_read_where_a_word_before_it_is_missing():
    ids = [
        "[task-1] aZ7_q INFO  up",
        "[task-1]       ERROR down",
        "[task-2] b8kQ2 WARN  info is late",
    ]
    lines = pl.Series([f"10:00:0{i % 10}.123 {ids[i % 3]}" for i in range(30)])
    found = own_format(lines)
    assert found is not None
    rows = read(ParserChoice.of("custom", candidates()["custom"], found.keys).config, lines).rows
    assert rows["message"].to_list()[:3] == ["up", "down", "info is late"]
    assert [LEVELS[code] for code in rows["level"][:3]] == ["info", "error", "warning"]


def test_lines_without_a_time_continue_the_record_before_them(tmp_path):
    lines = [x for i in range(20) for x in (f"2024/05/13 10:00:{i:02d} broke", "  at a.b", "x: y")]
    found = recognised_lines(tmp_path, lines)
    assert found.records.example == ("2024/05/13 10:00:00 broke", "  at a.b", "x: y")
    assert found.records.count == 20


def test_paragraphs_that_begin_alike_are_records(tmp_path):
    lines = [x for i in range(9) for x in (f"Start-Date: 2024-05-13  10:0{i}:00", f"Install: p{i}", "End: x", "")]  # fmt: skip
    found = recognised_lines(tmp_path, lines)
    assert found.parser.keys["multiline"] == {"starts_with": "Start-Date:"}
    assert found.records.count == 9
    assert found.times is not None
    assert found.times.last_ms == datetime(2024, 5, 13, 10, 8, tzinfo=UTC).timestamp() * 1000


@pytest.mark.parametrize(
    ("texts", "form", "other"),
    [
        (["03/04/2024", "13/04/2024"], "%d/%m/%Y", None),
        (["03/04/2024", "03/14/2024"], "%m/%d/%Y", None),
        (["03/04/2024", "04/05/2024"], "%d/%m/%Y", "%m/%d/%Y"),
        (["11/04/2024", "12/04/2024", "01/05/2024"], "%d/%m/%Y", None),
        (["04/11/2024", "04/12/2024", "05/01/2024"], "%m/%d/%Y", None),
    ],
)
def test_a_day_above_twelve_or_the_order_decides_what_is_the_month(texts, form, other):
    found = read_times(pl.Series(texts), ["%d/%m/%Y", "%m/%d/%Y"], 2024)
    assert (found.form, found.other) == (form, other)
