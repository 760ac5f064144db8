"""Any line-based log, described by a format or a regular expression instead of code.

A LogHub-style `format` such as `<Date> <Time> <Level> <Component>: <Content>` names the fields and the
text between them; a `regex` with named groups `(?P<Content>...)` does what a format cannot. Without
either the whole line is the message. A field named Level or Severity, in any case, is read as the level,
and one named Priority as that of syslog. Patterns are polars (Rust) regular expressions: no look-around.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from anomalog_exp.data.parsers.base import Parser, ParserConfig, field_column
from anomalog_exp.data.parsers.levels import level_codes, priority_codes
from anomalog_exp.data.parsers.line_format import LineFormat
from anomalog_exp.data.parsers.multiline import Multiline, first_line_pattern
from anomalog_exp.data.parsers.times.named import TIME_FORMAT, time_format
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Names
from anomalog_exp.options.mistakes import did_you_mean
from anomalog_exp.options.patterns import groups_of, usable_pattern

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Config", "CustomParser"]

_KEY = "dataset.structured_parser"
_WHOLE_LINE = "<Content>"
_LEVEL_FIELDS = {"level": level_codes, "severity": level_codes, "priority": priority_codes}


def _unless_false(value: Any) -> Any:
    return None if value is False else value


class Config(ParserConfig):
    """How to read the lines of a log that has no parser of its own."""

    added_since: ClassVar[dict[str, Any]] = {"multiline": None}

    name: Literal["custom"]
    format: str | None = Field(description="fields in angle brackets and the text between them")
    regex: str | None = Field(description="regular expression with named groups")
    message_field: str = Field(description="the field that holds the message")
    multiline: Annotated[Multiline | None, BeforeValidator(_unless_false)] = Field(
        description="how lines are joined to records; null: every line is one"
    )
    time_fields: Names = Field(description="fields that make the time, joined by a space")
    time_format: str | None = Field(description=TIME_FORMAT)
    year: int | None = Field(description="of the first line, where times have none")
    entity_field: str | None = Field(description="the field that holds the entity")
    entity_pattern: str | None = Field(description="pattern that finds the entity in the message")
    label_field: str | None = Field(description="the field that holds the label")
    normal_label: str = Field(description="what that field holds on normal lines")

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        if self.format is not None and self.regex is not None:
            raise ConfigError.of(
                f"{_KEY}.regex",
                self.regex,
                problem="a format is given as well",
                allowed="a format or a regex, not both",
                fix=f"set {_KEY}.format or {_KEY}.regex to null",
            )
        fields = self.field_names()
        named = {
            "message_field": [self.message_field],
            "time_fields": list(self.time_fields) if self.time_format else [],
            "entity_field": [self.entity_field] if self.entity_field else [],
            "label_field": [self.label_field] if self.label_field else [],
        }
        for key, names in named.items():
            for field in names:
                if field not in fields:
                    raise ConfigError.of(
                        f"{_KEY}.{key}",
                        field,
                        problem="the lines have no such field",
                        allowed=", ".join(fields),
                        fix=did_you_mean(field, fields, "name one of them"),
                    )
        if self.entity_pattern is not None:
            _compiled_fields(self.entity_pattern, "entity_pattern")
        if self.time_format is not None:
            time_format(self.time_format, self.year)
        return self

    @property
    def pattern(self) -> str:
        """The regular expression of a line."""
        return self.line_format.pattern if self.regex is None else self.regex

    @property
    def line_format(self) -> LineFormat:
        """How lines are cut where there is no regex."""
        return LineFormat(_WHOLE_LINE if self.format is None else self.format)

    @property
    def records(self) -> Multiline | None:
        """How lines are joined; None where every line is a record, as all are that have no format."""
        shaped = self.format is not None or self.regex is not None
        pinned = self.multiline is not None and self.multiline.starts_with is not None
        return self.multiline if shaped or pinned else None

    def field_names(self) -> list[str]:
        """Names of all fields of a line, in order.

        Raises:
            ConfigError: the pattern is none.
        """
        return _compiled_fields(self.pattern, "regex" if self.regex else "format")

    def build_parser(self) -> CustomParser:
        return CustomParser(self)


class CustomParser(Parser):
    """Reads lines as its config says."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._format = config.line_format
        self._records = config.records
        times = config.time_fields if config.time_format else ()
        self._first_line = first_line_pattern(config.format, times)
        self.pins_records = self._records is not None and self._records.starts_with is not None
        self.timed_lines_begin = self._records is not None and not self.pins_records
        self.labels_events = config.label_field is not None
        self.reads_times = config.time_format is not None
        used = {config.message_field, config.label_field}
        if config.time_format is not None:
            used |= {*config.time_fields}
            self._times = time_format(config.time_format, config.year)
            self.assumes_year = not self._times.has_year
            self.assumes_date = not self._times.has_date
        self.fields = tuple(name for name in config.field_names() if name not in used)
        # Seconds may count from a boot. Only numbers said to be milliseconds can be of another unit.
        self.may_be_1970 = config.time_format != "epoch_ms"

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        import polars as pl

        config = self._config
        if config.regex is None:
            fields = self._format.cut(lines)
        else:
            fields = lines.str.extract_groups(config.regex).struct.unnest()
        columns = {"message": fields[config.message_field]}
        if config.time_format is not None:
            texts = fields.select(pl.concat_str(config.time_fields, separator=" ")).to_series()
            columns["time_ms"] = self._times.ms(texts)
        if config.entity_field is not None:
            columns["entity"] = fields[config.entity_field]
        elif config.entity_pattern is not None:
            group = 1 if groups_of(config.entity_pattern) else 0
            columns["entity"] = columns["message"].str.extract(config.entity_pattern, group)
        if config.label_field is not None:
            label = fields[config.label_field] != config.normal_label
            columns["label"] = label.cast(pl.Int8)
        for name in fields.columns:
            if name.lower() in _LEVEL_FIELDS:
                columns["level"] = _LEVEL_FIELDS[name.lower()](fields[name])
        columns |= {field_column(name): fields[name] for name in self.carried}
        return pl.DataFrame(columns)

    def begins_record(self, lines: pl.Series, matched: pl.Series) -> pl.Series | None:
        if self._records is None:
            return None
        return self._records.begins_record(lines, matched, self._first_line)


def _compiled_fields(pattern: str, key: str) -> list[str]:
    """Names of the groups of a pattern that polars accepts."""
    usable_pattern(
        pattern,
        f"{_KEY}.{key}",
        "mend the pattern; a format like '<Time> <Level> <Content>' is often enough",
        how=", fields as (?P<Name>...)",
    )
    return groups_of(pattern)
