"""Lines of several formats: which parser reads each, and which lines make records."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.parsers.base import YEAR_ASSUMED, Parser, field_column
from anomalog_exp.data.reading.parse_lines import parse_lines
from anomalog_exp.data.reading.records import records_of
from anomalog_exp.data.recognition.reading import read
from anomalog_exp.errors import ConfigError
from tests.data.parsers.test_parser_contract import OWN
from tests.logs import built

JSON = [
    '{"ts": "2024-05-01T10:00:00Z", "msg": "ready", "user": "ann"}',
    '{"at": "x", "msg": "bare"}',
]
LOG4J = "2024-05-01 10:00:03,123 ERROR [main] shop.Orders - no stock"
TRACE = ["java.lang.Error: no stock", "\tat shop.Orders.sell(Orders.java:7)"]
TOGETHER = ("json", "access", "syslog_5424", "log4j", "klog", "hdfs", "bgl")


def several(*parsers: str) -> Parser:
    named = f"dataset.structured_parser.parsers=[{','.join(parsers)}]"
    overrides = ["dataset=custom", "dataset.source.path=x", "dataset/structured_parser=several"]
    return load_run_config([*overrides, named]).dataset.structured_parser.build_parser()


def single(option: str) -> Parser:
    overrides = ["dataset=custom", "dataset.source.path=x", f"dataset/structured_parser={option}"]
    return load_run_config(overrides).dataset.structured_parser.build_parser()


@pytest.mark.parametrize("seed", range(3))
def test_each_line_is_read_as_its_own_parser_reads_it_alone(seed):
    draw = random.Random(seed)
    lines = [(option, line) for option in TOGETHER for line in OWN[option] * 3]
    draw.shuffle(lines)
    order = draw.sample(TOGETHER, len(TOGETHER))
    texts = pl.Series([line for _, line in lines])
    rows = parse_lines(texts, several(*order))
    for option in TOGETHER:
        own = pl.Series([one == option for one, _ in lines])
        alone = parse_lines(texts.filter(own), single(option))
        assert rows.filter(own).drop(YEAR_ASSUMED, strict=False).equals(alone), option


@pytest.mark.parametrize(
    "system", ["HDFS", "BGL", "Thunderbird", "OpenStack", "Linux", "Proxifier"]
)
def test_real_logs_are_read_among_others_as_alone(shared_data, system):
    options = {"HDFS": "hdfs", "BGL": "bgl", "Thunderbird": "thunderbird", "OpenStack": "openstack",
               "Linux": "syslog", "Proxifier": "proxifier"}  # fmt: skip
    logs = {
        name: (shared_data / f"loghub_2k/{name}/{name}_2k.log").read_text().splitlines()
        for name in options
    }
    # One line of each log after the other.
    texts = pl.Series([line for lines in zip(*logs.values(), strict=True) for line in lines])
    # BGL's parser reads lines of Thunderbird, too.
    rows = parse_lines(texts, several(*sorted(options.values(), reverse=True)))
    place = list(logs).index(system)
    alone = parse_lines(pl.Series(logs[system]), single(options[system]))
    own = rows.gather_every(len(logs), place)
    assert own.drop(YEAR_ASSUMED).equals(alone)
    assert own[YEAR_ASSUMED].unique().to_list() == [system in ("Linux", "Proxifier")]
    assert alone["time_ms"].null_count() == 0


def test_the_first_parser_that_reads_the_time_has_the_line():
    line = pl.Series([LOG4J])
    whole = "{custom: {regex: '^(?P<Content>.*)$'}}"
    assert several(whole, "log4j").parse(line)["message"][0] == "no stock"
    assert several(whole, "log4j").parse(line)["time_ms"].count() == 1
    # Without a time the first one has it that it matches.
    bare = pl.Series([JSON[1]])
    assert several("json", whole).parse(bare)["message"].to_list() == ["bare"]
    assert several(whole, "json").parse(bare)["message"].to_list() == [JSON[1]]
    # A parser that names the time has it before one that does not find it.
    late = pl.Series(['{"at": "2024-05-01T10:00:00Z", "msg": "ready"}'])
    rows = several("json", "{json: {time_field: at}}").parse(late)
    assert rows["time_ms"].to_list() == [1714557600000]


def test_a_line_that_none_reads_continues_the_record_above_it():
    lines = pl.Series([*TRACE, JSON[0], LOG4J, *TRACE, JSON[1], TRACE[0], LOG4J])
    parser = several("json", "log4j")
    frame = parse_lines(lines, parser)
    records = records_of(parser, lines, frame, lines == "")
    begins = [False, False, True, True, False, False, True, False, True]
    assert records.begins.to_list() == begins
    assert records.before.to_list() == [True, True, *[False] * 7]
    messages, _ = records.messages(frame["message"].filter(records.begins), lines)
    assert messages.to_list() == ["ready", "\n".join(["no stock", *TRACE]), f"bare\n{TRACE[0]}", "no stock"]  # fmt: skip


def test_a_line_that_begins_with_a_time_is_no_part_of_another(tmp_path):
    foreign = ["CRIT|2026-11-27T11:14:40.000Z|raid0|disk 0 failed", "Nov 27 11:14:41 web1 CRON: ran",
               "[2026-11-27 11:14:42] panic"]  # fmt: skip
    parts = [*TRACE, "  2026-11-27 11:14:40 was the time of it", "Caused by: it failed at 10:00:00"]
    parser = several("json", "log4j")
    lines = pl.Series([LOG4J, *foreign, *parts, JSON[0]])
    frame = parse_lines(lines, parser)
    records = records_of(parser, lines, frame, lines == "")
    # What begins a record without a message counts as a line that does not match.
    assert records.begins.to_list() == [True] * 4 + [False] * 4 + [True]


def test_where_none_joins_lines_each_is_a_record():
    parser = several("json", "logfmt")
    lines = pl.Series([JSON[0], *TRACE])
    frame = parse_lines(lines, parser)
    assert records_of(parser, lines, frame, lines == "") is None
    assert frame["message"].to_list() == ["ready", None, None]


def test_a_pattern_of_what_begins_a_record_counts_for_lines_that_none_reads():
    begins = "{log4j: {multiline: {starts_with: 'job '}}}"
    parser = several("json", begins)
    lines = pl.Series(["job 1", "and more", JSON[0], "and more", LOG4J, "job 2"])
    records = records_of(parser, lines, parse_lines(lines, parser), lines == "")
    # By the pattern the line of Log4j begins none.
    assert records.begins.to_list() == [True, False, True, False, False, True]


def test_each_parser_learns_its_own_lines_and_gives_its_own_fields():
    config = "{json: {time_field: ts}}"
    pairs = 'time=2024-05-01T10:00:00Z level=info msg="a" status=200'
    lines = pl.Series([LOG4J, *JSON, pairs])
    parser = several(config, "logfmt", "log4j")
    parser.learn(lines)
    log4j = ("thread", "level", "caller", "logger")
    assert parser.fields == tuple(dict.fromkeys(["user", "at", "level", "status", *log4j]))
    parser.carried = ("user", "status", "caller")
    rows = parse_lines(lines, parser)
    assert rows[field_column("user")].to_list() == [None, "ann", None, None]
    assert rows[field_column("status")].to_list() == [None, None, None, "200"]
    assert rows[field_column("caller")].to_list() == ["main", None, None, None]


def test_what_no_parser_has_seen_yet_is_read_all_the_same():
    parser = several("json", "log4j")
    parser.learn(pl.Series([LOG4J]))
    parser.carried = ("user",)
    rows = parse_lines(pl.Series(JSON), parser)
    assert rows[field_column("user")].to_list() == ["ann", None]


def test_what_several_promise_together():
    assert not several("log4j", "json").reads_times  # JSON may have none
    assert several("log4j", "syslog").reads_times
    assert several("log4j", "syslog").assumes_year
    assert not several("log4j", "access").assumes_year
    assert several("bgl", "access").labels_events
    labels = parse_lines(pl.Series([*OWN["bgl"], *OWN["access"]]), several("bgl", "access"))[
        "label"
    ]
    assert labels.null_count() == len(OWN["access"])


@pytest.mark.parametrize(
    ("parsers", "problem", "advice"),
    [
        ("[json]", "there is one parser", "dataset/structured_parser=json"),
        ("[]", "this value does not fit", "1 or more"),
        ("[json,acess]", "there is no such parser", "did you mean 'access'?"),
        ("[json,csv]", "reads more than one line at a time", "access"),
        ("[json,cri]", "reads more than one line at a time", "access"),
        ("[json,sessions]", "there is no such parser", "access"),
        ("[json,several]", "there is no such parser", "access"),
        ("[json,{csv: {separator: ';'}}]", "reads more than one line at a time", "access"),
        ("[json,{access: {yeer: 2024}}]", "there is no such key", "did you mean 'year'?"),
        ("[json,{access: [2024]}]", "these are no keys of the parser", "[{access: {year: 2024}}]"),
        ("[json,7]", "there is no such parser", "name parsers, as in parsers=[access,syslog]"),
        ("[json,{name: csv}]", "there is no such parser", "name parsers"),
        ("[{json: {}, access: {}}]", "an entry of the list names one parser", "braces of its own"),
        ("[json,{}]", "an entry of the list names one parser", "braces of its own"),
    ],
)  # fmt: skip
def test_mistakes_have_four_parts(parsers, problem, advice):
    with pytest.raises(ConfigError) as caught:
        several(parsers[1:-1])
    text = str(caught.value)
    assert "dataset.structured_parser" in text
    assert problem in text
    assert advice in text
    assert all(f"  {part}" in text for part in ("value:", "allowed:", "to do:"))


def test_the_reading_of_some_lines_has_each_parsers_records():
    lines = pl.Series([LOG4J, *TRACE, *JSON, ""])
    overrides = ["dataset=custom", "dataset.source.path=x", "dataset/structured_parser=several"]
    named = "dataset.structured_parser.parsers=[json,log4j]"
    config = load_run_config([*overrides, named]).dataset.structured_parser
    reading = read(config, lines)
    assert reading.matched.to_list() == [True, False, False, True, True]
    assert reading.rows["message"].to_list() == ["no stock", "ready", "bare"]


COMPOSE = [f"web-1   | {JSON[0]}", f"app-2   | {LOG4J}", *(f"app-2   | {one}" for one in TRACE), "web-1   | {}", "app-2   | "]  # fmt: skip


def with_prefix(tmp_path: Path, lines: list[str], *more: str) -> tuple[RunConfig, Path]:
    log = tmp_path / "all.log"
    log.write_text("\n".join(lines) + "\n")
    overrides = [
        "dataset=custom",
        f"dataset.source.path={log}",
        "dataset/structured_parser=several",
    ]
    return load_run_config([*overrides, *more]), log


@pytest.mark.parametrize("block_bytes", [1, 100, 1 << 20])
def test_what_a_tool_puts_before_lines_is_taken_away(tmp_path, block_bytes):
    parsers = "dataset.structured_parser.parsers=[json,log4j]"
    config, log = with_prefix(
        tmp_path, COMPOSE * 20, parsers, r"dataset.structured_parser.prefix='[\w-]+ +\| '"
    )
    found = built(config, log, tmp_path / "built", block_bytes=block_bytes)
    (tmp_path / "plain").mkdir()
    bare = [line.partition("| ")[2] for line in COMPOSE]
    config, log = with_prefix(tmp_path / "plain", bare * 20, parsers)
    alone = built(config, log, tmp_path / "alone")
    assert len(found.line) == 60
    assert found.line.tolist() == alone.line.tolist()
    assert found.time_ms.tolist() == alone.time_ms.tolist()
    assert [found.templates[one] for one in found.template] == [alone.templates[one] for one in alone.template]  # fmt: skip
    assert found.manifest["lines_continued"] == alone.manifest["lines_continued"] == 40
    # Whoever looks sees the lines as they are.
    assert found.raw_lines([1]) == {1: COMPOSE[1]}


def test_one_parser_may_stand_behind_a_prefix(tmp_path):
    keys = (
        "dataset.structured_parser.parsers=[json]",
        r"dataset.structured_parser.prefix='[\w-]+ +\| '",
    )
    config, log = with_prefix(tmp_path, [COMPOSE[0]] * 5, *keys)
    assert len(built(config, log, tmp_path / "built").line) == 5
    with pytest.raises(ConfigError, match=r"structured_parser.prefix: it is no pattern"):
        with_prefix(tmp_path, [], keys[0], "dataset.structured_parser.prefix='('")
