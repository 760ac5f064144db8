"""JSON lines: an object per line, as most programs in containers write them.

Which fields are the message, the time and the level is found by well-known names, or named; `a.b` names
a key inside the object `a`. An object without a message is its own message. A level may be a number, as
of syslog (0 to 7) or of bunyan and pino (10 to 60).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from anomalog_exp.data.parsers.base import Parser, ParserConfig, field_column
from anomalog_exp.data.parsers.json_fields import JsonFields, names_in
from anomalog_exp.data.parsers.known_names import LEVEL_NAMES, MESSAGE_NAMES, TIME_NAMES
from anomalog_exp.data.parsers.levels import any_level_codes
from anomalog_exp.data.parsers.times.named import TIME_FORMAT, time_format_or_any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Config", "JsonParser"]


class Config(ParserConfig):
    """Which fields of an object are what."""

    name: Literal["json"]
    message_field: str | None = Field(description="the field that holds the message")
    time_field: str | None = Field(description="the field that holds the time")
    time_format: str | None = Field(description=TIME_FORMAT)
    year: int | None = Field(description="of the first line, where times have none")
    level_field: str | None = Field(description="the field that holds the level")
    entity_field: str | None = Field(description="the field that holds the entity")

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        time_format_or_any(self.time_format, self.year)
        return self

    def build_parser(self) -> JsonParser:
        return JsonParser(self)


class JsonParser(Parser):
    """Reads objects as its config says."""

    any_field = True

    def __init__(self, config: Config) -> None:
        self._entity = config.entity_field
        self._roles = {
            "message": _names(config.message_field, MESSAGE_NAMES),
            "time": _names(config.time_field, TIME_NAMES),
            "level": _names(config.level_field, LEVEL_NAMES),
        }
        self._named = [config.message_field, config.time_field, config.level_field, self._entity]
        self._times = time_format_or_any(config.time_format, config.year)
        self.reads_times = not (config.time_field is None and config.time_format is None)
        self.assumes_year = not self._times.has_year

    def learn(self, lines: pl.Series) -> None:
        used = {*self._roles["message"], *self._roles["time"]}
        self.fields = tuple(name for name in names_in(lines.to_list()) if name not in used)

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        import polars as pl

        named = [name for name in (*self._named, *self.carried) if name is not None]
        known = [name for names in self._roles.values() for name in names]
        fields, valid = JsonFields(named, known).read(lines)
        role = {
            name: fields.select(pl.coalesce(names)).to_series()
            for name, names in self._roles.items()
        }
        # What writes a line into an object often keeps its end.
        text = role["message"].str.strip_chars_end("\r\n")
        columns = {
            "message": pl.when(valid).then(pl.coalesce(text, lines)),
            "time_ms": self._times.ms(role["time"]),
            "level": any_level_codes(role["level"]),
        }
        if self._entity is not None:
            columns["entity"] = fields[self._entity]
        columns |= {field_column(name): fields[name] for name in self.carried}
        return pl.select(**columns)


def _names(named: str | None, known: Sequence[str]) -> list[str]:
    return [*known] if named is None else [named]
