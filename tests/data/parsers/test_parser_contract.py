"""What holds of every parser: one test body each, over all options that ship."""

from __future__ import annotations

import pkgutil
from functools import cache

import polars as pl
import pytest

from anomalog_exp.commands._about import module_of
from anomalog_exp.data import parsers
from anomalog_exp.data.columns import COLUMNS
from anomalog_exp.data.parsers.base import YEAR_ASSUMED, Parser, ParserConfig, field_column
from anomalog_exp.data.parsers.checked import checked
from anomalog_exp.options.listing import option_names, option_type
from anomalog_exp.options.names import option_files
from tests.composed import composed
from tests.data.parsers.format_lines import FORMATS
from tests.data.parsers.lines import FOREIGN, GARBAGE, LINES, mixed

GROUP = "dataset/structured_parser"


@cache
def config_of(option: str) -> ParserConfig:
    overrides = ["dataset=custom", "dataset.source.path=x", f"{GROUP}={option}"]
    if option == "sessions":
        overrides.append("dataset.structured_parser.files=[{path: x, split: train, label: 0}]")
    if option == "several":
        overrides.append(
            "dataset.structured_parser.parsers=[json,access,{syslog: {year: 2023}},log4j]"
        )
    return composed(*overrides).dataset.structured_parser


OF_LINES = [
    name
    for name, file in option_files(GROUP).items()
    if option_type(GROUP, module_of(GROUP, file)).reads == "lines"
]
OWN = {name: list(lines) for name, lines in LINES.items()} | {
    name: [line for line, row in rows if row is not None] for name, rows in FORMATS.items()
}
"""Option -> lines that it reads, a header among them where there is one."""

WITHOUT_TIMES = ("custom", "python")


def parsed(parser: Parser, lines: list[str]) -> pl.DataFrame:
    """The parser's columns, which keep their contract."""
    series = pl.Series("line", lines, dtype=pl.String)
    return checked(parser.parse(series), parser, len(lines))


def ready(option: str) -> Parser:
    """The parser of an option, which has seen lines of its format."""
    parser = config_of(option).build_parser()
    parser.learn(pl.Series(OWN[option]))
    return parser


@pytest.fixture(params=OF_LINES)
def parser(request) -> Parser:
    return ready(request.param)


def test_every_module_of_the_room_is_an_option_or_a_helper_of_one():
    named = {config_of(option).name for option in option_names(GROUP)}
    assert [o for o in option_names(GROUP) if config_of(o).reads == "lines"] == OF_LINES
    for _, module, _ in pkgutil.iter_modules(parsers.__path__):
        if module in named:
            assert issubclass(option_type(GROUP, module), ParserConfig)
        else:
            with pytest.raises(KeyError, match=module):
                option_type(GROUP, module)


@pytest.mark.parametrize("option", OF_LINES)
def test_a_parser_reads_the_lines_of_its_system(option):
    parser = ready(option)
    rows = parsed(parser, OWN[option])
    header = parser.is_header(pl.Series(OWN[option]))
    if header is not None:
        rows = rows.filter(~header)
    assert rows["message"].null_count() == 0
    assert (rows["time_ms"].count() == 0) == (option in WITHOUT_TIMES)
    if parser.reads_times and option != "syslog_5424":  # which writes - for no time
        assert rows["time_ms"].null_count() == 0
    assert rows["label"].null_count() == (0 if parser.labels_events else len(rows))
    # The year of a sample, whatever it was written with.
    years = pl.from_epoch(rows["time_ms"], time_unit="ms").dt.year().drop_nulls()
    assert years.is_between(2000, 2024).all()


@pytest.mark.parametrize("option", OF_LINES)
def test_a_parser_gives_the_fields_that_are_asked_for(option):
    parser = ready(option)
    parser.carried = (*parser.fields, *(["no.such"] if parser.any_field else []))
    rows = parsed(parser, OWN[option])
    columns = [field_column(name) for name in parser.carried]
    assert rows.columns[-len(columns) or len(rows.columns) :] == columns


@pytest.mark.parametrize(
    "lines",
    [[], [""] * 3, list(GARBAGE), list(FOREIGN), mixed()],
    ids=["none", "empty", "garbage", "foreign", "mixed"],
)
def test_a_parser_keeps_its_contract_on_any_lines(parser, lines):
    rows = parsed(parser, lines)
    assert len(rows) == len(lines)
    always = ["message", "entity", *(c.name for c in COLUMNS.values() if c.parsed)]
    assert rows.columns in (always, [*always, YEAR_ASSUMED])


@pytest.mark.parametrize("option", OF_LINES)
def test_blocks_of_any_size_give_the_same_columns(option):
    parser = ready(option)
    lines = [*OWN[option], *mixed()[::5]]
    for size in (1, 3):
        parts = [parsed(parser, lines[i : i + size]) for i in range(0, len(lines), size)]
        assert pl.concat(parts).equals(parsed(parser, lines))
