"""A parser that does not keep its contract is named, whatever it does wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.data.parsers.base import Parser, ParserConfig
from anomalog_exp.data.parsers.checked import checked
from anomalog_exp.errors import DataError
from tests.logs import built

NOW_S = round(datetime(2024, 5, 6, tzinfo=UTC).timestamp())
LINES = 20


class Giving(Parser):
    """Gives the columns that it is made with."""

    def __init__(self, columns: object, **facts: bool) -> None:
        self._columns = columns
        vars(self).update(facts)

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        return self._columns


def columns(**changes: object) -> pl.DataFrame:
    """Columns that keep the contract, but for the changes; None leaves a column out."""
    right: dict[str, object] = {
        "message": pl.Series(["a"] * LINES),
        "entity": pl.Series([None] * LINES, dtype=pl.String),
        "time_ms": pl.Series([NOW_S * 1000] * LINES),
        "label": pl.Series([0, None] * (LINES // 2), dtype=pl.Int8),
        "level": pl.Series([7, None] * (LINES // 2), dtype=pl.Int8),
    }
    return pl.DataFrame({k: v for k, v in (right | changes).items() if v is not None})


_2200 = round(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1000


def times(*values: int) -> pl.Series:
    return pl.Series(values + (None,) * (LINES - len(values)), dtype=pl.Int64)


def test_what_keeps_the_contract_comes_out_as_it_is_in_the_dtypes_of_the_table():
    right = columns()
    wider = right.with_columns(pl.col("label", "level").cast(pl.Int64), other=pl.lit("ignored"))
    assert checked(wider, Giving(wider, labels_events=True), LINES).equals(right)


def test_columns_left_out_are_null_in_every_row():
    frame = columns(entity=None, label=None, level=None, time_ms=None)
    rows = checked(frame, Giving(frame, reads_times=False), LINES)
    assert rows["message"].to_list() == ["a"] * LINES
    for name, dtype in {
        "entity": pl.String,
        "time_ms": pl.Int64,
        "label": pl.Int8,
        "level": pl.Int8,
    }.items():
        assert rows[name].dtype == dtype
        assert rows[name].null_count() == LINES


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (columns().lazy(), "gives a LazyFrame"),
        (None, "gives a NoneType"),
        (columns()[1:], "gives 19 rows for 20 lines"),
        (pl.concat([columns()] * 2), "gives 40 rows for 20 lines"),
        (columns(message=None), "no column 'message'"),
        (columns(time_ms=None), "no column 'time_ms'"),
        (columns(label=None), "no column 'label'"),
        (columns(message=pl.Series([b"a"] * LINES)), "'message' is Binary"),
        (columns(entity=pl.Series([1] * LINES)), "'entity' is Int64"),
        (columns(time_ms=pl.Series([float(NOW_S)] * LINES)), "'time_ms' is Float64"),
        (columns(label=pl.Series([True] * LINES)), "'label' is Boolean"),
        (columns(level=pl.Series(["info"] * LINES)), "'level' is String"),
        (columns(label=pl.Series([0, 2] * (LINES // 2))), "'label' holds 0 to 2"),
        (columns(label=pl.Series([-1] * LINES)), "'label' holds -1 to -1"),
        (columns(level=pl.Series([8] * LINES)), "'level' holds 8 to 8"),
    ],
)
def test_a_broken_contract_is_an_error_in_four_parts_that_names_the_parser(frame, problem):
    parser = Giving(frame, labels_events=True)
    parts = (
        rf"(?s)dataset.structured_parser: .*{problem}.*value: +{__name__}.*allowed:.*to do: +mend"
    )
    with pytest.raises(DataError, match=parts):
        checked(parser.parse(pl.Series([""] * LINES)), parser, LINES)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (times(*[NOW_S] * LINES), "seconds"),
        (times(*[NOW_S * 10**6] * LINES), "microseconds"),
        (times(*[NOW_S * 10**9] * LINES), "nanoseconds"),
        (times(-1, -2), "no known unit"),
        (times(10**17), "no known unit"),
        (times(NOW_S * 1000, *[NOW_S * 10**6] * 10), "microseconds"),  # 10 of 11
    ],
)
def test_times_in_another_unit_are_refused_with_the_unit_that_they_look_like(values, unit):
    frame = columns(time_ms=values)
    with pytest.raises(DataError, match=f"looks like {unit}\n"):
        checked(frame, Giving(frame), LINES)


@pytest.mark.parametrize(
    "values",
    [
        times(),
        times(NOW_S * 1000),
        times(0, 1000, 5_000_000),  # a clock that began at 0
        times(round(datetime(2199, 12, 31, tzinfo=UTC).timestamp()) * 1000),
    ],
)
def test_times_that_may_be_meant_stay_as_they_are(values):
    frame = columns(time_ms=values)
    assert checked(frame, Giving(frame), LINES)["time_ms"].equals(values)


def test_a_few_times_that_no_log_has_are_not_read():
    """9 of 10 are few: lines may be damaged."""
    now = NOW_S * 1000
    frame = columns(time_ms=times(now, *[NOW_S * 10**6] * 6, -1, 2**63 - 1, _2200))
    found = checked(frame, Giving(frame), LINES)
    assert found["time_ms"].to_list() == [now, *[None] * (LINES - 1)]
    assert found["message"].equals(frame["message"])


def test_whole_numbers_of_another_size_are_taken_as_far_as_they_fit():
    values = pl.Series([NOW_S * 1000] * (LINES - 1) + [2**64 - 1], dtype=pl.UInt64)
    frame = columns(time_ms=values)
    assert checked(frame, Giving(frame), LINES)["time_ms"].to_list()[-2:] == [NOW_S * 1000, None]


def test_a_parser_may_say_that_early_1970_is_meant():
    frame = columns(time_ms=times(NOW_S))
    assert checked(frame, Giving(frame, may_be_1970=True), LINES)["time_ms"][0] == NOW_S


def test_times_of_lines_that_are_no_rows_do_not_count():
    frame = columns(message=pl.Series([None] * LINES, dtype=pl.String), time_ms=times(NOW_S))
    assert checked(frame, Giving(frame), LINES)["time_ms"][0] == NOW_S


class Dropping(Parser):
    reads_times = False

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        return lines.alias("message").to_frame().filter(lines != "b")


class Panicking(Parser):
    reads_times = False

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        raise pl.exceptions.PanicException("out of range")


class Config(ParserConfig):
    name: str

    def build_parser(self) -> Parser:
        return {"dropping": Dropping, "panicking": Panicking}[self.name]()


@pytest.mark.parametrize(
    ("name", "problem"),
    [("dropping", "2 rows for 3 lines"), ("panicking", "polars gave up in it: out of range")],
)
def test_a_build_ends_with_an_error_that_a_sweep_survives(tmp_path: Path, name: str, problem: str):
    (tmp_path / "a.log").write_text("a\nb\nc\n")
    config = load_run_config(["dataset=custom", f"dataset.source.path={tmp_path / 'a.log'}"])
    dataset = config.dataset.model_copy(update={"structured_parser": Config(name=name)})
    config = config.model_copy(update={"dataset": dataset})
    with pytest.raises(DataError, match=problem):
        built(config, tmp_path / "a.log", tmp_path / "built")


@pytest.mark.parametrize(
    ("form", "line", "unit"),
    [("epoch_ms", "1117838570 x", "seconds"), ("epoch_s", "1117838570123 x", "microseconds")],
)
def test_a_wrong_unit_in_a_described_log_is_answered_with_the_option(tmp_path, form, line, unit):
    (tmp_path / "a.log").write_text(f"{line}\n")
    config = load_run_config(
        [
            "dataset=custom",
            f"dataset.source.path={tmp_path / 'a.log'}",
            "dataset.structured_parser.format='<Time> <Content>'",
            "dataset.structured_parser.time_fields=[Time]",
            f"dataset.structured_parser.time_format={form}",
        ]
    )
    with pytest.raises(
        DataError,
        match=rf"(?s)looks like {unit}.*to do:   set dataset.structured_parser.time_format .*first such lines are\n +{line}",
    ):
        built(config, tmp_path / "a.log", tmp_path / "built")


def test_seconds_since_a_boot_are_read_as_they_are(tmp_path):
    (tmp_path / "a.log").write_text("864000.5 x\n")
    config = load_run_config(
        [
            "dataset=custom",
            f"dataset.source.path={tmp_path / 'a.log'}",
            "dataset.structured_parser.format='<Time> <Content>'",
            "dataset.structured_parser.time_fields=[Time]",
            "dataset.structured_parser.time_format=epoch_s",
        ]
    )
    dataset = built(config, tmp_path / "a.log", tmp_path / "built")
    assert dataset.time_ms.tolist() == [864_000_500]
