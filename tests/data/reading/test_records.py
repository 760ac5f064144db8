"""Records that span lines; `test_nothing_lost` has the counts of any lines."""

from __future__ import annotations

import logging
import re
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.parsers.base import Parser
from anomalog_exp.data.parsers.multiline import first_line_pattern
from anomalog_exp.data.reading.records import records_of
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.results.findings import lines_of_rows
from tests.composed import composed
from tests.logs import built, unseen

FORMAT = "dataset.structured_parser.format='<Date> <Level> <Content>'"
STARTS = "dataset.structured_parser.multiline.starts_with"
TRACE = """\
05-01 ERROR payment failed
java.lang.IllegalStateException: no
\tat shop.Pay.run(Pay.java:17)

\tat shop.Main.main(Main.java:3)
05-01 INFO next
05-01 INFO last
05-01 INFO line
"""


@cache
def config_of(*overrides: str) -> RunConfig:
    plain = ["template=identity", "template.masking=none"]
    return composed("dataset=custom", "dataset.source.path=x", *plain, *overrides)


def build(folder: Path, log: str, *overrides: str, block_bytes: int = 1 << 20) -> LogDataset:
    (folder / "app.log").write_text(log)
    into = folder / f"built-{block_bytes}-{len(list(folder.iterdir()))}"
    return built(config_of(*overrides), folder / "app.log", into, block_bytes=block_bytes)


def messages(dataset: LogDataset) -> list[str]:
    return [dataset.templates[code] for code in dataset.template]


def test_a_stack_trace_belongs_to_the_line_above_it(tmp_path):
    dataset = build(tmp_path, TRACE, FORMAT)
    assert messages(dataset) == [
        "payment failed\njava.lang.IllegalStateException: no\n\tat shop.Pay.run(Pay.java:17)\n"
        "\tat shop.Main.main(Main.java:3)",
        "next",
        "last",
        "line",
    ]
    assert dataset.line.tolist() == [0, 5, 6, 7]
    shown = lines_of_rows(dataset, np.array([0]), unseen(dataset))[0]
    assert (shown.place, shown.text) == ("app.log:1", "05-01 ERROR payment failed")
    assert shown.more == [TRACE.splitlines()[line] for line in (1, 2, 4)]


def test_a_pattern_pins_where_records_begin(tmp_path):
    log = "begin a b\nb c d\nbegin c d\n" + "more of it\n" * 50
    dataset = build(tmp_path, log, FORMAT, f"{STARTS}=begin")
    assert messages(dataset)[0] == "b\nb c d"
    assert dataset.line.tolist() == [0, 2]
    assert dataset.manifest["lines_continued"] == 51


def test_a_pattern_works_without_a_format(tmp_path):
    assert messages(build(tmp_path, "> a\nb\n> c\n", f"{STARTS}='> '")) == ["> a\nb", "> c"]


def test_without_a_format_every_line_is_a_record(tmp_path):
    dataset = build(tmp_path, TRACE)
    assert dataset.n_events == 7
    assert dataset.manifest["lines_continued"] == 0


TIMED = "dataset.structured_parser.time_format='%m-%d %H:%M:%S'"


def test_words_that_a_format_fits_begin_no_record_where_a_time_should_stand(tmp_path):
    log = "05-01 10:00:00 ERROR failed\nCaused by: no such order\n05-01 10:00:01 INFO next\n"
    form = "dataset.structured_parser.format='<Date> <Time> <Level> <Content>'"
    dated = build(tmp_path, log, form, TIMED, "dataset.structured_parser.year=2024")
    assert messages(dated) == ["failed\nCaused by: no such order", "next"]
    assert messages(build(tmp_path, log, form)) == ["failed", "such order", "next"]


def test_a_line_whose_time_is_read_begins_a_record_whatever_its_words_are(tmp_path):
    log = "May 1 10:00:00|failed\nno 1 order|x\nMay 1 10:00:01|next\nMay 1 10:00:02|last\n"
    form = "dataset.structured_parser.format='<Time>|<Content>'"
    times = "dataset.structured_parser.time_fields=[Time]"
    named = TIMED.replace("%m-%d", "%b %d")
    dated = build(tmp_path, log, form, times, named, "dataset.structured_parser.year=2024")
    assert messages(dated) == ["failed\nno 1 order|x", "next", "last"]


@pytest.mark.parametrize(
    ("form", "times", "first", "others"),
    [
        ("<Content>", (), ["x"], [" x", "\tx"]),
        ("<Month> <Day> <Time> <Content>", ("Month", "Day", "Time"), ["Jun 1 x y"], ["a b c 1"]),
        ("<Level> <Time> <Content>", ("Time",), ["INFO x y"], [" at x"]),
        ("[<Time>] <Content>", ("Time",), ["[x] y", " at x"], []),
        (None, ("Time",), [" x"], []),
    ],
)
def test_what_tells_a_first_line_besides_its_format(form, times, first, others):
    pattern = first_line_pattern(form, times)
    assert all(re.search(pattern, line) for line in first)
    assert not any(re.search(pattern, line) for line in others)


@pytest.mark.parametrize("off", ["null", "false"])
def test_joining_can_be_switched_off(tmp_path, off):
    with pytest.raises(DataError, match=r"(?s)1 of 7 lines .* do not match.*app\.log:2: java"):
        build(tmp_path, TRACE, FORMAT, f"dataset.structured_parser.multiline={off}")


def test_a_format_that_few_lines_fit_is_wrong_and_no_long_record(tmp_path):
    log = "05-01 INFO x\n" + "other\n" * 5
    with pytest.raises(DataError, match=r"(?s)5 of 6 lines .*app\.log:2: other"):
        build(tmp_path, log, FORMAT)
    assert build(tmp_path, log, FORMAT, f"{STARTS}=05").n_events == 1


def test_lines_before_the_first_record_are_unparsed(tmp_path):
    with pytest.raises(DataError, match=r"(?s)1 of 5 lines .*app\.log:1: a banner\n?"):
        build(tmp_path, "a banner\n" + TRACE.replace("\tat", "at"), FORMAT)


def test_what_many_lines_continue_is_said(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    build(tmp_path, TRACE, FORMAT)
    assert (
        "3 of 7 lines continue the record before them; the first is app.log:2: java" in caplog.text
    )


@pytest.mark.parametrize("line", ["x", "x" * 500])
def test_a_message_holds_the_first_lines_of_a_long_record(tmp_path, line):
    log = "05-01 INFO dump\n" + f"{line}\n" * 100_000 + "05-01 INFO end\n"
    dataset = build(tmp_path, log, FORMAT, f"{STARTS}=05")
    kept = min(100, (1 << 14) // len(line))
    assert messages(dataset) == ["dump" + f"\n{line}" * kept, "end"]
    assert dataset.manifest["lines_continued"] == 100_000
    assert dataset.manifest["lines_not_in_messages"] == 100_000 - kept


def test_a_record_longer_than_a_block_may_be_is_counted_on(tmp_path):
    line = "x" * 1000
    log = "05-01 INFO dump\n" + f"{line}\n" * 40_000 + "05-01 INFO end\n"
    dataset = build(tmp_path, log, FORMAT, f"{STARTS}=05", block_bytes=1000)
    assert dataset.line.tolist() == [0, 40_001]
    assert dataset.manifest["lines_continued"] == 40_000
    assert dataset.manifest["lines_unparsed"] == 0


class Wrong(Parser):
    """Says of too few lines whether they begin a record."""

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        return pl.DataFrame({"message": lines})

    def begins_record(self, lines: pl.Series, matched: pl.Series) -> pl.Series:
        return matched.head(1)


def test_a_parser_that_does_not_say_it_of_each_line_is_refused():
    lines = pl.Series(["a", "b"])
    with pytest.raises(DataError, match=r"begins_record\(\) gives 1 Boolean for 2 lines"):
        records_of(Wrong(), lines, pl.DataFrame({"message": ["x", None]}), lines == "")


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(ConfigError, match=r"multiline\.starts_with: it is no pattern"):
        load_run_config(["dataset=custom", "dataset.source.path=x", f"{STARTS}='('"])
