"""Which parser a log is recognised to need, of lines that ship with the tests and of real logs."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import polars as pl
import pytest

from anomalog_exp.errors import DataError
from tests.data.parsers.test_parser_contract import OWN
from tests.data.recognition.logs import candidates, recognised_file, recognised_lines

SAME = {"hadoop": "log4j"}
"""Formats whose lines the format of a whole family reads as well."""

NAMED = sorted(set(OWN) - {"custom", "several"})
TRACE = [
    "java.io.IOException: no file",
    "\tat shop.Main.main(Main.java:3)",
    "Caused by: java.lang.Error: x y z",
    "\t... 3 more",
]
FOREIGN = ["this is, as it were, some prose", "another line", "a: b c", "1 2 3 4 5 6 7 8 9"]


@pytest.mark.parametrize("option", NAMED)
def test_a_format_is_known_by_a_few_of_its_lines(option, tmp_path):
    found = recognised_lines(tmp_path, OWN[option])
    assert found.parser.option == SAME.get(option, option)
    assert found.parser.keys == {}
    assert found.known
    assert found.fit.refused is None


@pytest.mark.parametrize(("option", "family"), SAME.items())
def test_what_the_format_of_a_family_reads_is_what_the_systems_own_reads(option, family):
    lines = pl.Series(OWN[option])
    read, other = (candidates()[name].build_parser().parse(lines) for name in (option, family))
    assert read.equals(other.select(read.columns))


def test_every_option_takes_part_but_session_files():
    assert "sessions" not in candidates()
    assert {*NAMED, "custom"} == set(candidates())


@pytest.mark.parametrize(
    ("system", "option"),
    [("HDFS", "hdfs"), ("BGL", "bgl"), ("Thunderbird", "thunderbird"), ("OpenStack", "openstack"),
     ("Linux", "syslog"), ("Proxifier", "proxifier")],
)  # fmt: skip
def test_a_real_sample_is_known(shared_data, tmp_path, system, option):
    found = recognised_file(shared_data / f"loghub_2k/{system}/{system}_2k.log", tmp_path)
    assert found.parser.option == option
    assert (found.lines, found.lines_counted) == (2000, True)
    assert found.fit.matched == 1
    assert found.times is not None
    assert found.times.share == 1


@pytest.mark.parametrize(
    ("log", "option"),
    [("/var/log/dpkg.log", "dpkg"), ("/var/log/apt/history.log", "custom"),
     ("/var/log/alternatives.log", "custom")],
)  # fmt: skip
def test_a_log_of_this_machine_is_known(tmp_path, log, option):
    if not Path(log).is_file() or Path(log).stat().st_size < 1000:
        pytest.skip(f"this machine has no {log}")
    found = recognised_file(Path(log), tmp_path)
    assert found.parser.option == option
    assert found.recognised
    assert found.times is not None


def repeated(option: str) -> list[str]:
    """Many lines of a format; a header stands once."""
    head, *others = OWN[option] * 40
    return [head, *(one for one in others if option != "csv" or one != head)]


@pytest.mark.parametrize("option", ["csv", "log4j", "syslog"])
def test_a_format_is_known_with_other_ends_of_lines_a_mark_and_packed(option, tmp_path):
    log = tmp_path / "some.log.gz"
    log.write_bytes(
        gzip.compress("\r\n".join(["\ufeff" + OWN[option][0], *repeated(option)[1:]]).encode())
    )
    found = recognised_file(log, tmp_path)
    assert found.parser.option == option
    assert found.inputs[0].compression == "gzip"
    assert found.inputs[0].bytes == log.stat().st_size


@pytest.mark.parametrize("option", ["access", "hdfs", "json", "log4j"])
def test_a_format_is_known_with_stack_traces_inside(option, tmp_path):
    lines = repeated(option)
    lines = [x for i, one in enumerate(lines) for x in (one, *(TRACE if i % 20 == 7 else []))]
    assert recognised_lines(tmp_path, lines).parser.option == option


@pytest.mark.parametrize("option", ["access", "android", "json", "syslog"])
def test_a_format_is_known_where_a_third_of_the_lines_is_foreign(option, tmp_path):
    head, *others = repeated(option)
    order = random.Random(0)
    lines = [head, *(order.choice(FOREIGN) if order.random() < 0.3 else x for x in others)]
    found = recognised_lines(tmp_path, lines)
    assert found.parser.option == option
    assert 0.2 < found.records.unparsed + found.records.continuing < 0.4
    assert set(found.fit.misses) <= {*FOREIGN}


@pytest.mark.parametrize(
    "line",
    [
        "2024-05-01 10:00:0{i} connected to db:5432",
        "2024-05-01T10:00:0{i}Z worker: step {i} done",
        "2024-05-01 10:00:0{i}, some words, without a level",
        "2024-05-01T10:00:0{i}Z [worker] ERROR: step {i}",
        "node-7 took part in {i} of 17 rounds",
        "10.0.0.{i} asked for a page, and got it: a=b",
        "2024-05-01 10:00:0{i}.123  INFO 12345 --- [   main] c.e.Demo : step {i}",
        "2024-05-01 10:00:0{i},123 - INFO - step {i}",
    ],
)
def test_what_a_loose_format_could_read_is_not_taken_for_it(line, tmp_path):
    found = recognised_lines(tmp_path, [line.format(i=i % 10) for i in range(60)])
    assert found.parser.option == "custom"


def test_lines_with_a_time_are_not_taken_for_continuations(tmp_path):
    lines = [
        f"2024-05-01 10:00:{i:02d},123 INFO {['shop:', 'the shop'][i % 3 == 0]} step {i}"
        for i in range(60)
    ]
    found = recognised_lines(tmp_path, lines)
    assert (found.parser.option, found.records.count) == ("custom", 60)
    refused = {one.option: one.refused for one in found.fits}
    assert refused["log4j"] == "33% of the lines with a time do not match"


@pytest.mark.parametrize("separator", [";", "|"])
def test_a_table_is_known_by_another_separator(separator, tmp_path):
    rows = [
        ["time", "level", "message"],
        *([f"2024-05-01T10:00:0{i}Z", "INFO", "x"] for i in range(9)),
    ]
    found = recognised_lines(tmp_path, [separator.join(row) for row in rows])
    assert (found.parser.option, found.parser.keys) == ("csv", {"separator": separator})
    assert found.times is not None
    assert found.times.fields == ("time",)


def test_lines_without_a_time_or_a_level_are_messages(tmp_path):
    found = recognised_lines(tmp_path, [f"{word} words, and more" for word in "abcdefgh"])
    assert not found.recognised
    assert found.parser.config == candidates()["custom"]
    assert found.times is None
    assert found.records.count == 8


def test_an_empty_log_is_none(tmp_path):
    with pytest.raises(DataError, match="the log has no lines"):
        recognised_lines(tmp_path, ["", ""])


def test_all_that_is_known_is_json(tmp_path):
    found = recognised_lines(tmp_path, OWN["access"])
    plain = json.loads(json.dumps(found.as_json()))
    assert plain["parser"] == {"option": "access", "keys": {}}
    assert plain["with_fields"] == ["status", "method"]
    assert {one["option"] for one in plain["fits"]} == set(NAMED)
    refused = {one["option"]: one["refused"] for one in plain["fits"]}
    assert refused["access"] is None
    assert refused["hdfs"] == "no line matches"


def test_templates_are_mined_and_counted(tmp_path):
    lines = [f"INFO:app:step {i} done" for i in range(98)] + ["ERROR:app:it broke", "INFO:app:end"]
    templates = recognised_lines(tmp_path, lines).templates
    assert templates is not None
    assert (templates.messages, templates.distinct, templates.once) == (100, 3, 2)
    assert templates.frequent[0] == ("step <*> done", 98)
    assert templates.score is not None
    assert templates.score > 0


def test_records_that_span_lines_are_seen(tmp_path):
    lines = [x for line in OWN["log4j"] * 4 for x in (line, *TRACE)]
    records = recognised_lines(tmp_path, lines).records
    assert records.count == 4 * len(OWN["log4j"])
    assert records.continuing == 0.8
    assert records.example == (OWN["log4j"][0], *TRACE)
