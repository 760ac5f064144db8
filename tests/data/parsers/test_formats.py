"""What each format reads of its lines, column by column."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.data.parsers.base import Parser
from anomalog_exp.data.parsers.checked import checked
from tests.data.parsers.format_lines import FORMATS
from tests.data.parsers.test_parser_contract import config_of


def read(parser: Parser, lines: list[str]) -> list[dict | None]:
    """What is read of lines, in the words of `FORMATS`."""
    series = pl.Series(lines, dtype=pl.String)
    rows = checked(parser.parse(series), parser, len(lines)).to_dicts()
    return [None if row["message"] is None else said(row) for row in rows]


def said(row: dict) -> dict:
    time, level = row["time_ms"], row["level"]
    found = {
        "message": row["message"],
        "time": time
        and datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="milliseconds")[:-6],
        "entity": row["entity"],
        "level": None if level is None else LEVELS[level],
        "fields": {
            name.removeprefix("field "): value
            for name, value in row.items()
            if name.startswith("field ") and value is not None
        },
    }
    return {name: value for name, value in found.items() if value is not None and value != {}}


@pytest.mark.parametrize("option", FORMATS)
def test_lines_are_read_column_by_column(option):
    lines = [line for line, _ in FORMATS[option]]
    expected = [row for _, row in FORMATS[option]]
    parser = config_of(option).build_parser()
    parser.learn(pl.Series(lines))
    parser.carried = tuple(
        {name: None for row in expected if row for name in row.get("fields", {})}
    )
    assert {*parser.carried} <= {*parser.fields}
    assert read(parser, lines) == expected


@pytest.mark.parametrize("option", ["csv", "tsv"])
def test_the_header_is_none_of_the_events_wherever_it_stands(option):
    header, line = (text for text, _ in FORMATS[option][:2])
    parser = config_of(option).build_parser()
    parser.learn(pl.Series(["", header, line]))
    found = parser.is_header(pl.Series([header, line, "", header]))
    assert found.to_list() == [True, False, False, True]


@pytest.mark.parametrize(
    "line",
    [
        '2024-05-06T07:08:09Z,INFO,"user 7, logged in"',
        '2024-05-06T07:08:09Z,"INFO","user 7, logged in"',
    ],
)
def test_separators_in_a_quoted_last_field_are_text(line):
    parser = config_of("csv").build_parser()
    parser.learn(pl.Series(["time,level,message", line]))
    assert read(parser, [line])[0]["message"] == "user 7, logged in"


@pytest.mark.parametrize("system", ["Linux", "Proxifier"])
def test_every_line_of_the_real_sample_is_read(shared_data, system):
    lines = (shared_data / f"loghub_2k/{system}/{system}_2k.log").read_text().splitlines()
    parser = config_of(system.lower()).build_parser()
    frame = checked(parser.parse(pl.Series(lines)), parser, len(lines))
    assert frame["message"].null_count() == frame["time_ms"].null_count() == 0
    truth = pl.read_csv(
        shared_data / f"loghub_2k/{system}/{system}_2k.log_structured.csv", infer_schema=False
    )
    same = frame["message"].str.strip_chars() == truth["Content"].str.strip_chars()
    assert same.sum() >= 1990
