"""Tables: a record per line, its fields between separators, named by a header.

Fields may stand in double quotes, where a quote is two (RFC 4180); a record that goes over several lines
is not read. A line with more or fewer fields than the header does not fit. The header may stand again
further down, as where files were joined.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from anomalog_exp.data.parsers.named_fields import NamedFieldsConfig, NamedFieldsParser
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Names
from anomalog_exp.options.mistakes import did_you_mean

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Config", "CsvParser"]

_BETWEEN: Final = "\x1f"
"""What separates fields once no quote counts: the unit separator of ASCII, which texts do not hold."""


class Config(NamedFieldsConfig):
    """How a table is laid out, and which of its columns is what."""

    name: Literal["csv"]
    separator: str = Field(min_length=1, max_length=1, description="what stands between fields")
    columns: Names = Field(description="names of the columns, of files without a header")

    def build_parser(self) -> CsvParser:
        return CsvParser(self)


class CsvParser(NamedFieldsParser):
    """Reads tables.

    Attributes:
        columns: Their names, once the header is known.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._config = config
        self._header: str | None = None
        self.columns = list(config.columns)
        self.fields = self._others(self.columns)

    def learn(self, lines: pl.Series) -> None:
        header = lines.filter(lines != "").head(1)
        if self._config.columns or header.is_empty():
            return
        self._header = header[0]
        fields = _cut(header, self._config.separator, None).drop("fits")
        self.columns = [name.strip() for name in fields.row(0)]
        named = self._config.model_dump(
            include={f"{role}_field" for role in ("message", "time", "level", "entity")}
        )
        for key, name in named.items():
            if name is not None and name not in self.columns:
                raise ConfigError.of(
                    f"dataset.structured_parser.{key}",
                    name,
                    problem="the header names no such column",
                    allowed=", ".join(self.columns),
                    fix=did_you_mean(name, self.columns, "name one of them"),
                )
        self.fields = self._others(self.columns)

    def is_header(self, lines: pl.Series) -> pl.Series | None:
        return None if self._header is None else lines == self._header

    def texts(self, lines: pl.Series, names: Mapping[str, Sequence[str]]) -> pl.DataFrame:
        import polars as pl

        fields = _cut(lines, self._config.separator, len(self.columns))
        place = {name: column for column, name in enumerate(self.columns)}
        columns = {}
        for name, several in names.items():
            known = [fields[f"field_{place[one]}"] for one in several if one in place]
            columns[name] = pl.coalesce(*known, pl.lit(None, pl.String))
        return fields.select("fits", **columns)


def _cut(lines: pl.Series, separator: str, columns: int | None) -> pl.DataFrame:
    """One String column per field, and `fits`: a line has as many fields as there are columns.

    Args:
        lines: (lines,) String.
        separator: One character.
        columns: How many there are; None takes those of the only line.
    """
    import polars as pl

    quoted = lines.str.contains('"', literal=True)
    between = lines.str.replace_all(separator, _BETWEEN, literal=True)
    if quoted.any():
        # A separator takes the quoted field before it along, so that none inside one is seen.
        mark = re.escape(separator)
        apart = lines.filter(quoted).str.replace_all(
            rf'("(?:[^"]|"")*")?{mark}', f"${{1}}{_BETWEEN}"
        )
        between = between.scatter(quoted.arg_true(), apart)
    if columns is None:
        columns = between[0].count(_BETWEEN) + 1
    fields = between.str.split_exact(_BETWEEN, columns).struct.unnest()
    *kept, beyond = fields.columns
    if quoted.any():
        fields = fields.with_columns(_unquoted(pl.col(name)) for name in kept)
    fits = pl.col(kept[-1]).is_not_null() & pl.col(beyond).is_null()
    return fields.select(*kept, fits=fits)


def _unquoted(field: pl.Expr) -> pl.Expr:
    import polars as pl

    inside = field.str.extract('^"(.*)"$').str.replace_all('""', '"', literal=True)
    return pl.coalesce(inside, field)
