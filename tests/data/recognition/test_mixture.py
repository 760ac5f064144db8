"""Logs of several formats: which formats are found, in which order they are tried, and what is none."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import polars as pl
import pytest

from anomalog_exp.data.parsers.base import Parser, ParserConfig
from anomalog_exp.data.parsers.format_names import in_words
from anomalog_exp.data.recognition.recognise import recognise
from anomalog_exp.data.recognition.recognition import ParserChoice, Recognition
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.progress import SILENT
from tests.data.recognition.logs import candidates, miner

BEGIN = datetime(2026, 3, 1, 10)


def lines_of(option: str, count: int = 200, begin: datetime = BEGIN) -> list[str]:
    """Lines of a format, a second after the other."""
    found = []
    for i in range(count):
        at = begin + timedelta(seconds=i)
        found.append(
            {
                "access": f'10.0.0.{i % 9} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET /item/{i} HTTP/1.1" '
                f"{[200, 500][i % 2]} 7{i}",
                "json": json.dumps({"ts": f"{at:%Y-%m-%dT%H:%M:%SZ}", "level": ["info", "warn"][i % 2],
                                    "msg": f"step {i} done"}),
                "syslog": f"{at:%b %d %H:%M:%S} web1 cron{i % 3}[{i}]: job {i} ran",
                "openssh": f"{at:%b %d %H:%M:%S} web1 sshd[{i}]: Accepted publickey for u{i % 5}",
                "log4j": f"{at:%Y-%m-%d %H:%M:%S},123 INFO [main] shop.Orders - order {i} sold",
                "logfmt": f'time={at:%Y-%m-%dT%H:%M:%SZ} level=info msg="sent {i}" size={i}',
                "klog": f"I{at:%m%d %H:%M:%S}.000123       1 main.go:{i}] synced {i}",
                "own": f"<{['warn', 'info'][i % 2]}> at {at:%d.%m.%Y %H:%M:%S} | unit {i % 3} | moved {i}",
            }[option]
        )  # fmt: skip
    return found


def found_in(folder: Path, files: dict[str, list[str]]) -> Recognition:
    logs = []
    for name, lines in files.items():
        logs.append(folder / f"{name}.log")
        logs[-1].write_text("\n".join(lines) + "\n")
    raw = LocalDirSource(tuple(logs), None, folder / "copies").materialise(SILENT)
    return recognise(raw, candidates(), miner())


def options(found: Recognition) -> set[str]:
    assert found.parser.option == "several"
    return {
        one if isinstance(one, str) else next(iter(one)) for one in found.parser.keys["parsers"]
    }


SETS = [("access", "json"), ("access", "syslog", "json"), ("log4j", "klog"), ("own", "access"),
        ("json", "logfmt", "log4j", "syslog", "access", "klog")]  # fmt: skip


@pytest.mark.parametrize("formats", SETS)
@pytest.mark.parametrize("places", ["files", "one file"])
def test_all_formats_are_found_in_files_of_their_own_and_in_one(formats, places, tmp_path):
    files = {name: lines_of(name) for name in formats}
    if places == "one file":
        lines = [(i, line) for some in files.values() for i, line in enumerate(some)]
        files = {"all": [line for _, line in sorted(lines, key=lambda one: one[0])]}
    found = found_in(tmp_path, files)
    assert options(found) == {"custom" if name == "own" else name for name in formats}
    assert found.fit.matched == 1
    assert found.fit.timed == 1
    assert found.records.count == 200 * len(formats)
    assert found.times is not None
    assert found.times.last_ms - found.times.first_ms < 200_000


def test_the_fields_of_each_format_make_events(tmp_path):
    found = found_in(tmp_path, {name: lines_of(name) for name in ("access", "json", "klog")})
    assert set(found.with_fields) == {"status", "level"}


def test_times_without_a_year_are_of_the_year_of_the_others(tmp_path):
    begin = datetime(2031, 12, 31, 23, 59)
    files = {"a": lines_of("access", begin=begin), "b": lines_of("syslog", begin=begin)}
    found = found_in(tmp_path, files)
    assert {"syslog": {"year": 2031}} in found.parser.keys["parsers"]
    # Of those that begin behind New Year it is the next one.
    files["b"] = lines_of("syslog", begin=datetime(2032, 1, 1, 0, 1))
    found = found_in(tmp_path, files)
    assert {"syslog": {"year": 2032}} in found.parser.keys["parsers"]
    # A February 29 may be nearest to a year that has none: another day of it was meant to be read.
    leap = {"a": lines_of("access", begin=datetime(2099, 2, 28)),
            "b": lines_of("syslog", begin=datetime(2096, 2, 29))}  # fmt: skip
    assert {"syslog": {"year": 2099}} in found_in(tmp_path, leap).parser.keys["parsers"]
    # Where none has a year, it stays as it was.
    assert "syslog" in found_in(tmp_path, {"a": lines_of("syslog"), "b": lines_of("klog")}).parser.keys["parsers"]  # fmt: skip


def test_a_format_that_another_one_reads_as_well_is_not_named(tmp_path):
    files = {"auth": lines_of("openssh"), "cron": lines_of("syslog"), "web": lines_of("access")}
    assert options(found_in(tmp_path, files)) == {"syslog", "access"}


def test_json_under_other_names_is_read_by_keys_of_its_own(tmp_path):
    other = [json.dumps({"logged_at": f"{BEGIN + timedelta(seconds=i):%Y-%m-%d %H:%M:%S}", "what": f"item {i} gone away"})
             for i in range(200)]  # fmt: skip
    found = found_in(tmp_path, {"a": lines_of("json"), "b": other, "c": lines_of("klog")})
    named = found.parser.keys["parsers"]
    assert {"json": {"time_field": "logged_at", "message_field": "what"}} in named
    assert found.fit.timed == 1


@pytest.mark.parametrize("option", ["access", "json", "log4j", "syslog", "klog"])
def test_one_format_in_many_files_is_one(option, tmp_path):
    files = {f"{i}": lines_of(option, 60) for i in range(5)}
    assert found_in(tmp_path, files).parser.option == option


@pytest.mark.parametrize(
    "below",
    [
        ["java.lang.Error: no stock", "\tat shop.Main.run(Main.java:3)", "Caused by: x y z"],
        ['{"order": 7, "user": "ann"}'],
        ["a=1 b=2 c=3"],
        ["SELECT *", "FROM orders", "WHERE day > '2026-01-01'"],
    ],
    ids=["trace", "json", "pairs", "query"],
)
def test_what_continues_records_is_no_other_format(below, tmp_path):
    lines = [line for head in lines_of("log4j") for line in (head, *below)]
    found = found_in(tmp_path, {"app": lines})
    assert found.parser.option == "log4j"
    assert found.records.continuing > 0


def test_a_few_foreign_lines_are_no_other_format(tmp_path):
    lines = lines_of("access", 2000)
    lines[500:510] = lines_of("syslog", 10)
    assert found_in(tmp_path, {"web": lines}).parser.option == "access"


def test_the_lines_of_hundreds_of_files_are_told_apart(tmp_path):
    files = {f"{i:03d}": lines_of(("access", "json", "syslog")[i % 3], 30) for i in range(150)}
    assert options(found_in(tmp_path, files)) == {"access", "json", "syslog"}


def test_real_logs_beside_each_other_are_all_found(shared_data, tmp_path):
    systems = {"HDFS": "hdfs", "BGL": "bgl", "Thunderbird": "thunderbird", "OpenStack": "openstack",
               "Linux": "syslog", "Proxifier": "proxifier"}  # fmt: skip
    logs = {
        name: (shared_data / f"loghub_2k/{name}/{name}_2k.log").read_text().splitlines()
        for name in systems
    }
    found = found_in(tmp_path, logs)
    assert options(found) == set(systems.values())
    assert (found.fit.matched, found.fit.timed) == (1, 1)
    # What reads lines of others is tried behind them.
    named = [
        one if isinstance(one, str) else next(iter(one)) for one in found.parser.keys["parsers"]
    ]
    assert named.index("thunderbird") < named.index("bgl")
    # In one file, in any order.
    lines = [line for some in logs.values() for line in some]
    random.Random(7).shuffle(lines)
    found = found_in(tmp_path, {"all": lines})
    assert {"hdfs", "openstack", "proxifier"} < options(found)
    assert found.fit.matched > 0.99


@pytest.mark.parametrize(
    ("parsers", "name"),
    [
        (["access", "json"], "access and json"),
        (["access", {"json": {"time_field": "at"}}, "json", "klog"], "access, json and klog"),
        (["access", {"custom": {"regex": "a"}}], "access and a format of its own"),
        ([{"custom": {"regex": "a"}}, {"custom": {"regex": "b"}}], "2 formats of their own"),
    ],
)
def test_several_formats_have_a_name_in_words(parsers, name):
    assert (
        in_words(ParserChoice("several", {"parsers": parsers}, candidates()["custom"]).options)
        == name
    )


def test_each_file_has_the_format_of_its_own_times(tmp_path):
    afternoon = [
        f"11/{3 + i // 60:02d}/2026 {1 + i // 60 % 11:02d}:{i % 60:02d}:00 PM INFO job {i} done"
        for i in range(200)
    ]
    day = [
        f"11/{3 + i // 60:02d}/2026 {8 + i // 60 % 11:02d}:{i % 60:02d}:00 INFO job {i} done"
        for i in range(200)
    ]
    found = found_in(tmp_path, {"us": afternoon, "b": day})
    assert options(found) == {"custom"}
    assert found.format_name == "2 formats of their own"
    forms = [one["custom"]["time_format"] for one in found.parser.keys["parsers"]]
    # What reads fewer lines of others is tried first.
    assert forms == ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S"]
    rows = found.parser.config.build_parser().parse(pl.Series([afternoon[0], day[0]]))
    assert rows["message"].to_list() == ["job 0 done", "job 0 done"]
    hours = pl.from_epoch(rows["time_ms"], time_unit="ms").dt.hour().to_list()
    assert hours == [13, 8]
    # The same format in both files is one.
    assert found_in(tmp_path, {"us": day, "b": day}).parser.option == "custom"


TRACE = [
    "java.lang.IllegalStateException: no stock",
    *(f"\tat com.shop.Layer{i}.call(Layer{i}.java:{i})" for i in range(12)),
]


@pytest.mark.parametrize("option", ["log4j", "syslog", "access"])
def test_few_lines_begin_records_where_each_has_a_long_trace(option, tmp_path):
    found = found_in(
        tmp_path, {"app": [one for head in lines_of(option) for one in (head, *TRACE)]}
    )
    assert found.parser.option == option
    assert found.parser.config.multiline.starts_with is not None
    assert found.records.count == 200
    assert found.records.continuing == pytest.approx(13 / 14)
    assert found.records.unparsed == 0


def test_among_several_formats_long_traces_belong_to_their_records(tmp_path):
    app = [one for head in lines_of("log4j") for one in (head, *TRACE, *TRACE)]
    found = found_in(tmp_path, {"app": app, "web": lines_of("access", 40)})
    assert options(found) == {"log4j", "access"}
    assert found.records.count == 240
    assert found.records.unparsed == 0
    parser = found.parser.config.build_parser()
    assert parser.pins_records


def test_where_lines_that_are_left_have_times_too_nothing_is_pinned(tmp_path):
    # One line in ten is of a known format; the others have a time, in a place that differs.
    lines = []
    for i, head in enumerate(lines_of("access")):
        lines.append(head)
        lines += [f"{'x ' * (5 + i % 3)}2026-03-01 10:00:{i % 60:02d} {i}" for _ in range(9)]
    found = found_in(tmp_path, {"odd": lines})
    assert "multiline" not in found.parser.keys


def composed(formats: tuple[str, ...], form: str = "{}-1   | {}") -> list[str]:
    """The lines of several programs as a tool mixes them, the second of them with traces."""
    programs = {name: lines_of(name) for name in formats}
    lines = []
    for i in range(200):
        for name, own in programs.items():
            lines.append(form.format(name, own[i]))
            if name == formats[-1] and i % 5 == 0:
                lines += [form.format(name, one) for one in TRACE[:3]]
    return lines


@pytest.mark.parametrize("form", ["{}-1   | {}", "[pod/{}-7f9/app] {}"])
@pytest.mark.parametrize("formats", [("access", "json", "log4j"), ("json", "syslog"), ("log4j",)])
def test_what_a_tool_puts_before_lines_is_found(formats, form, tmp_path):
    found = found_in(tmp_path, {"all": composed(formats, form)})
    assert options(found) == set(formats)
    assert found.parser.keys["prefix"]
    assert found.fit.timed == 1
    assert found.records.count == 200 * len(formats)
    assert found.records.unparsed == 0


@pytest.mark.parametrize(
    "line",
    ["INFO    | 2026-03-01 10:00:{i:02d} | job {i} done", "2026-03-01 10:00:{i:02d} | INFO | job {i} done",
     "app | {i}"],
    ids=["level", "time", "nothing"],
)  # fmt: skip
def test_a_level_or_a_time_before_a_line_is_no_prefix(line, tmp_path):
    lines = [line.format(i=i % 60) for i in range(300)]
    assert "prefix" not in found_in(tmp_path, {"all": lines}).parser.keys


class _Broken(ParserConfig):
    """Of a plugin whose parser cannot be built."""

    name: Literal["broken"]

    def build_parser(self) -> Parser:
        raise RuntimeError("no such file")


def test_a_plugin_that_is_broken_stands_in_nobodys_way(tmp_path):
    log = tmp_path / "all.log"
    log.write_text("\n".join([*lines_of("access"), *lines_of("json")]) + "\n")
    raw = LocalDirSource((log,), None, tmp_path / "copies").materialise(SILENT)
    broken = _Broken.of({"name": "broken"}, "dataset.structured_parser")
    found = recognise(raw, {**candidates(), "broken": broken}, None)
    assert options(found) == {"access", "json"}
    (fit,) = [one for one in found.fits if one.option == "broken"]
    assert fit.refused == "RuntimeError: no such file"
