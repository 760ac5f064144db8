"""Facts of a sample: how much of a log is looked at, its fields, and what ties its lines together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from anomalog_exp.data.recognition.recognition import Recognition
from anomalog_exp.data.recognition.sample import sampled
from anomalog_exp.data.sources.base import Input
from tests.data.parsers.test_parser_contract import OWN
from tests.data.recognition.logs import recognised_lines

FEW = ("custom", "json", "log4j", "logback", "syslog", "android")
"""Options that are enough here, so that the tests are quick."""


def recognised(folder: Path, lines: list[str]) -> Recognition:
    return recognised_lines(folder, lines, FEW)


def test_a_small_log_is_looked_at_as_a_whole(tmp_path):
    log = tmp_path / "a.log"
    log.write_bytes(b"\xef\xbb\xbfone\r\ntwo\n\nthree")
    sample = sampled([Input(log, "a.log", log)])
    assert sample.lines.to_list() == ["one", "two", "", "three"]
    assert (sample.whole, sample.total_lines) == (True, 4)


def test_of_a_large_log_the_begin_the_end_and_stretches_between_are_looked_at(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("".join(f"line {number:08d}\n" for number in range(100_000)))
    sample = sampled([Input(log, "a.log", log)], 1 << 16)
    numbers = sample.lines.str.slice(5).cast(int)
    assert not sample.whole
    assert sample.bytes <= 1 << 16
    assert (numbers[0], numbers[-1]) == (0, 99_999)
    steps = numbers.diff().drop_nulls()
    assert ((steps == 1).sum(), (steps > 1).sum()) == (len(numbers) - 8, 7)
    assert sample.total_lines == pytest.approx(100_000, rel=0.001)


def test_each_of_many_files_is_looked_at(tmp_path):
    inputs = []
    for number in range(5):
        log = tmp_path / f"{number}.log"
        log.write_text(f"file {number}\n" * 10_000)
        inputs.append(Input(log, log.name, log))
    sample = sampled(inputs, 1 << 17)
    assert set(sample.lines) == {f"file {number}" for number in range(5)}


def as_json(**values: object) -> str:
    return json.dumps({"time": "2024-05-01T10:00:00Z", "message": "done", **values})


def test_fields_that_make_events_have_few_values_and_say_what_happened(tmp_path):
    lines = [
        as_json(level=["info", "warn"][i % 2], status=[200, 500][i % 2], action=["add", "drop"][i % 2],
                state=["up", "down"][i % 2], size=i, method="GET", code=i % 90)
        for i in range(100)
    ]  # fmt: skip
    found = recognised(tmp_path, lines)
    assert found.with_fields == ("level", "status", "action")
    facts = {one.name: one for one in found.fields}
    assert (facts["size"].distinct, facts["status"].distinct, facts["method"].distinct) == (
        100,
        2,
        1,
    )
    assert facts["status"].examples == ("200", "500")


@pytest.mark.parametrize(
    ("values", "makes"),
    [(["200", "404"], True), (["20", "40"], False), ([str(n) for n in range(200, 230)], False)],
)
def test_few_numbers_of_three_digits_are_codes(values, makes, tmp_path):
    lines = [as_json(answer=values[i % len(values)]) for i in range(90)]
    assert recognised(tmp_path, lines).with_fields == (("answer",) if makes else ())


def test_a_field_that_names_what_lines_belong_to_ties_them(tmp_path):
    lines = [as_json(order=f"o{i // 5}", user=f"u{i % 3}", path=f"/p{i // 4}") for i in range(300)]
    found = recognised(tmp_path, lines)
    assert found.tie is not None
    assert (found.tie.field, found.tie.distinct, found.tie.median_lines) == ("order", 60, 5)
    assert found.tie.clear
    assert found.parser.keys == {"entity_field": "order"}


def test_a_pattern_in_messages_ties_lines(tmp_path):
    lines = [f"2024-05-01 10:00:00,123 INFO shop: order-{i // 5} step {i}" for i in range(300)]
    found = recognised(tmp_path, lines)
    assert found.parser.option == "log4j"
    assert found.tie is not None
    assert found.tie.clear
    assert (found.tie.distinct, found.tie.example) == (60, "order-0")
    assert set(found.parser.keys) == {"entity_pattern"}


@pytest.mark.parametrize(
    "message",
    ["request_id={n:x}f word", "[req-{n:08x}-aaaa] word", "blk_-{n} word", "trace: {n:032x} word",
     "a {n:08x}-0000-4000-8000-000000000000 b", "attempt_2024_{n}_m_000000_0 word"],
)  # fmt: skip
def test_identifiers_of_many_kinds_are_found(message, tmp_path):
    lines = [f"10:00:00.000 [main] INFO a.B - {message.format(n=i // 4 + 16)}" for i in range(200)]
    tie = recognised(tmp_path, lines).tie
    assert tie is not None
    assert tie.clear
    assert tie.distinct == 50


@pytest.mark.parametrize("host", ["h{n}", "h"])
def test_machines_and_programs_tie_nothing(host, tmp_path):
    lines = [f"Oct  1 02:04:05 {host.format(n=i % 40)} app{i % 50}: word" for i in range(400)]
    found = recognised(tmp_path, lines)
    assert found.parser.option == "syslog"
    assert found.tie is not None
    assert not found.tie.clear
    assert found.parser.keys == {}


@pytest.mark.parametrize(("values", "lines_each"), [(20, 10), (200, 1), (40, 600)])
def test_too_few_values_or_too_few_or_too_many_lines_each_tie_nothing(values, lines_each, tmp_path):
    lines = [as_json(session=f"s{n}") for n in range(values) for _ in range(lines_each)]
    tie = recognised(tmp_path, lines).tie
    assert tie is not None
    assert (tie.field, tie.clear) == ("session", False)


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        (
            '{{"t": {{"$date": "2024-05-01T10:00:{i:02d}Z"}}, "msg": "a b"}}',
            {"time_field": "t.$date"},
        ),
        ('{{"at": {at}, "n": {at}, "msg": "a b"}}', {"time_field": "at"}),
        ('{{"n": {at}, "msg": "a b"}}', {}),
        ('{{"time": {at}, "grade": "ERROR", "msg": "a b"}}', {"level_field": "grade"}),
        ('{{"time": {at}, "body": "it is {i}", "who": "me"}}', {"message_field": "body"}),
        ('{{"time": {at}, "who": "me"}}', {}),
    ],
)
def test_fields_of_unusual_names_are_known_by_their_values(line, keys, tmp_path):
    lines = [line.format(i=i, at=1714557600000 + i) for i in range(40)]
    found = recognised(tmp_path, lines)
    assert (found.parser.option, found.parser.keys) == ("json", keys)
    assert (found.times is None) == ("n" in line and not keys)


def test_times_without_a_year_say_so(tmp_path):
    times = recognised(tmp_path, OWN["android"]).times
    assert times is not None
    assert times.year_assumed
    assert times.fields == ("Date", "Time")
