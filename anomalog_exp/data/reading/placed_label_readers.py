"""Readers of labels by where or when events are: a file of lines, and a CSV of ranges of time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from pydantic import Field

from anomalog_exp.data.parsers.times.iso import IsoFormat
from anomalog_exp.data.reading.label_reader import LabelReader, LabelReaderConfig
from anomalog_exp.data.reading.label_table import check_column, label_file, text_table
from anomalog_exp.data.reading.placed_labels import (
    LabelledLines,
    LabelledTimes,
    PlacedLabels,
    Ranges,
)
from anomalog_exp.errors import DataError
from anomalog_exp.options.base import PathText
from anomalog_exp.plural import how_many

__all__ = ["LineLabelsConfig", "TimeRangeLabelsConfig"]

_KEY: Final = "dataset.label_reader.relative_path"
_LINES: Final = r"^\s*([0-9]+)(?:\s*-\s*([0-9]+))?\s*$"


class LineLabelsConfig(LabelReaderConfig):
    """Labels of lines: a file of numbers of anomalous lines, counted from 1 over all inputs in order."""

    name: Literal["lines"]
    relative_path: PathText = Field(description="the file, relative to the data set's root")

    def build(self) -> LineLabelReader:
        return LineLabelReader(self.relative_path)


@dataclass(frozen=True)
class LineLabelReader(LabelReader):
    """Reads numbers of lines: one a line, or a range as `120-180`."""

    relative_path: Path

    def path(self, root: Path) -> Path:
        return label_file(root, self.relative_path)

    def placed(self, root: Path) -> PlacedLabels:
        import polars as pl

        path = self.path(root)
        texts = pl.Series(path.read_text(encoding="utf-8", errors="replace").split("\n"))
        texts = texts.filter(texts.str.strip_chars() != "")
        numbers = texts.str.extract_groups(_LINES).struct.unnest().cast(pl.Int64, strict=False)
        begin = numbers["1"]
        end = numbers.select(pl.coalesce("2", "1")).to_series()
        wrong = texts.filter((begin.is_null() | (begin < 1) | (end < begin)).fill_null(True))
        if len(wrong):
            raise DataError.of(
                _KEY,
                path,
                problem=f"{how_many(len(wrong), 'line', 'do not hold the number of a line')}, as "
                f"{wrong[0].strip()!r}",
                allowed="a number counted from 1 on each line, or a range as 120-180",
                fix="mend the file",
            )
        return LabelledLines(Ranges.of(begin.to_numpy() - 1, end.to_numpy() - 1))


class TimeRangeLabelsConfig(LabelReaderConfig):
    """Labels of times: a CSV of ranges in which all is anomalous, as a report of incidents has them."""

    name: Literal["time_ranges"]
    relative_path: PathText = Field(description="the CSV, relative to the data set's root")

    def build(self) -> TimeRangeLabelReader:
        return TimeRangeLabelReader(self.relative_path)


@dataclass(frozen=True)
class TimeRangeLabelReader(LabelReader):
    """Reads the columns `begin` and `end`, times of ISO 8601; without an end a range is open."""

    relative_path: Path

    def path(self, root: Path) -> Path:
        return label_file(root, self.relative_path)

    def placed(self, root: Path) -> PlacedLabels:
        import polars as pl

        path = self.path(root)
        table = text_table(path)
        for column in ("begin", "end"):
            check_column(table, path, _KEY, column)
        table = table.filter(pl.any_horizontal(pl.col("begin", "end").is_not_null()))
        begin, end = (
            IsoFormat().ms(table[column].str.strip_chars()) for column in ("begin", "end")
        )
        open_end = table["end"].is_null()
        wrong = table.filter(begin.is_null() | (end.is_null() & ~open_end) | (end < begin))
        if len(wrong):
            raise DataError.of(
                _KEY,
                path,
                problem=f"{how_many(len(wrong), 'row', 'do not hold a range of time')}, as "
                f"{wrong['begin'][0]} to {wrong['end'][0]}",
                allowed="begin and end as 2024-05-06T07:08:09Z, the end not before the begin",
                fix="mend the file",
            )
        last = end.fill_null(np.iinfo(np.int64).max).to_numpy()
        return LabelledTimes(Ranges.of(begin.to_numpy(), last))
