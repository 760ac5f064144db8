"""What holds of every parser: one test body each, over all options that ship."""

from __future__ import annotations

import pkgutil
from functools import cache

import polars as pl
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.data import parsers
from anomalog_exp.data.columns import COLUMNS
from anomalog_exp.data.parsers.base import Parser, ParserConfig
from anomalog_exp.data.parsers.checked import checked
from anomalog_exp.options.listing import option_names, option_type
from tests.data.parsers.lines import FOREIGN, GARBAGE, LINES, mixed

GROUP = "dataset/structured_parser"


@cache
def config_of(option: str) -> ParserConfig:
    overrides = ["dataset=custom", "dataset.source.path=x", f"{GROUP}={option}"]
    if option == "sessions":
        overrides.append("dataset.structured_parser.files=[{path: x, split: train, label: 0}]")
    return load_run_config(overrides).dataset.structured_parser


OF_LINES = [name for name in option_names(GROUP) if config_of(name).reads == "lines"]


def parsed(parser: Parser, lines: list[str]) -> pl.DataFrame:
    """The parser's columns, which keep their contract."""
    series = pl.Series("line", lines, dtype=pl.String)
    return checked(parser.parse(series), parser, len(lines))


@pytest.fixture(params=OF_LINES)
def parser(request) -> Parser:
    return config_of(request.param).build_parser()


def test_every_module_of_the_room_is_an_option_or_a_helper_of_one():
    named = {config_of(option).name for option in option_names(GROUP)}
    for _, module, _ in pkgutil.iter_modules(parsers.__path__):
        if module in named:
            assert issubclass(option_type(GROUP, module), ParserConfig)
        else:
            with pytest.raises(KeyError, match=module):
                option_type(GROUP, module)


@pytest.mark.parametrize("option", [name for name in OF_LINES if name in LINES])
def test_a_parser_reads_the_lines_of_its_system(option):
    parser = config_of(option).build_parser()
    rows = parsed(parser, list(LINES[option]))
    assert rows["message"].null_count() == 0
    assert rows["time_ms"].null_count() == (0 if parser.reads_times else len(rows))
    assert rows["label"].null_count() == (0 if parser.labels_events else len(rows))
    # The year of a sample, whatever it was written with.
    years = pl.from_epoch(rows["time_ms"], time_unit="ms").dt.year().drop_nulls()
    assert years.is_between(2004, 2017).all()


@pytest.mark.parametrize(
    "lines",
    [[], [""] * 3, list(GARBAGE), list(FOREIGN), mixed()],
    ids=["none", "empty", "garbage", "foreign", "mixed"],
)
def test_a_parser_keeps_its_contract_on_any_lines(parser, lines):
    rows = parsed(parser, lines)
    assert len(rows) == len(lines)
    assert rows.columns == ["message", "entity", *(c.name for c in COLUMNS.values() if c.parsed)]


def test_a_block_of_one_line_is_read(parser):
    for line in [*GARBAGE, *FOREIGN]:
        assert len(parsed(parser, [line])) == 1


@pytest.mark.parametrize("size", [1, 2, 7])
def test_blocks_of_any_size_give_the_same_columns(parser, size):
    lines = mixed(seed=size)
    parts = [parsed(parser, lines[i : i + size]) for i in range(0, len(lines), size)]
    assert pl.concat(parts).equals(parsed(parser, lines))
