"""Labels of events by their own lines: a pattern, or a field that holds a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field, field_validator

from anomalog_exp.data.parsers.base import Parser, field_column
from anomalog_exp.data.reading.label_reader import LabelReader, LabelReaderConfig
from anomalog_exp.data.reading.label_words import ANOMALOUS_VALUES, NORMAL_VALUES, LabelWords
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Names
from anomalog_exp.options.mistakes import did_you_mean
from anomalog_exp.options.patterns import usable_pattern

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FieldLabelsConfig", "PatternLabelsConfig"]

_KEY: Final = "dataset.label_reader"


class PatternLabelsConfig(LabelReaderConfig):
    """Labels of lines: those that match a pattern are anomalous, all others normal."""

    name: Literal["pattern"]
    pattern: str = Field(min_length=1, description="Rust regular expression, of the whole line")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        return usable_pattern(pattern, f"{_KEY}.pattern", "mend the pattern")

    def build(self) -> PatternLabelReader:
        return PatternLabelReader(self.pattern)


@dataclass(frozen=True)
class PatternLabelReader(LabelReader):
    """Labels lines by a pattern."""

    pattern: str

    def prepare(self, parser: Parser) -> None:
        parser.labels, parser.labels_events = self._labels, True

    def _labels(self, lines: pl.Series, frame: pl.DataFrame) -> pl.Series:
        import polars as pl

        return lines.str.contains(self.pattern).cast(pl.Int8)


class FieldLabelsConfig(LabelReaderConfig):
    """Labels of lines: a field of theirs holds a word that means normal or anomalous."""

    name: Literal["field"]
    field: str = Field(description="the field that holds the label")
    normal_values: Names | None = Field(description=NORMAL_VALUES)
    anomalous_values: Names | None = Field(description=ANOMALOUS_VALUES)

    def build(self) -> FieldLabelReader:
        words = LabelWords.of(_KEY, self.normal_values, self.anomalous_values)
        return FieldLabelReader(self.field, words)


@dataclass(frozen=True)
class FieldLabelReader(LabelReader):
    """Labels lines by a field; a line that lacks it, or whose word means nothing, is not labelled."""

    field: str
    words: LabelWords

    def prepare(self, parser: Parser) -> None:
        if not parser.any_field and self.field not in parser.fields:
            known = parser.fields
            raise ConfigError.of(
                f"{_KEY}.field",
                self.field,
                problem="the lines have no such field",
                allowed=", ".join(known) or "no field: the parser knows none",
                fix=did_you_mean(self.field, known, "name one of them"),
            )
        if self.field not in parser.carried:
            parser.carried = (*parser.carried, self.field)
        parser.labels, parser.labels_events = self._labels, True

    def _labels(self, lines: pl.Series, frame: pl.DataFrame) -> pl.Series:
        return self.words.codes(frame[field_column(self.field)])
