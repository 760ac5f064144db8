"""Tables: a record per line, its fields between separators, named by a header.

Fields may stand in double quotes, where a quote is two (RFC 4180), and may then go over several lines:
see `anomalog_exp.data.parsers.csv_quotes`. A line with more or fewer fields than the header does not
fit. The header may stand again further down, as where files were joined.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from anomalog_exp.data.parsers.base import WholeLines
from anomalog_exp.data.parsers.csv_quotes import QuotedLines
from anomalog_exp.data.parsers.known_names import MESSAGE_NAMES
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

    has_header = True
    joins_lines = True
    pins_records = True

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._config = config
        self._header: str | None = None
        self.columns = list(config.columns)
        self._time_tells = False
        """The format of times is known: of the first lines one has a time that can be read."""
        self._quotes = QuotedLines(config.separator)
        self.fields = self._others(self.columns)

    def learn(self, lines: pl.Series) -> None:
        header = lines.filter(lines != "").head(1)
        if not self._config.columns and len(header):
            self._learn_columns(header)
        self._time_tells = bool(self.columns) and self._readable(lines)[1].any()

    def _learn_columns(self, header: pl.Series) -> None:
        self._header = header[0]
        fields = _cut(header, self._config.separator, None).drop("fits", "few")
        self.columns = [name.strip() for name in fields.row(0)]
        if len(self.columns) == 1 and self.columns[0] not in MESSAGE_NAMES:
            raise ConfigError.of(
                "dataset.structured_parser.separator",
                self._config.separator,
                problem=f"the line that names the columns has none: {header[0][:120]!r}",
                allowed="what stands between the fields of the log",
                fix="set the separator; or name the columns, as by columns=[message]",
            )
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

    def other_header(self, lines: pl.Series) -> str | None:
        first = lines.filter(lines != "").head(1)
        if self._header is None or first.is_empty() or first[0] == self._header:
            return None
        fields = _cut(first, self._config.separator, None).drop("fits", "few").row(0)
        # Files behind the first may have no header: a part of a table that was cut has none.
        return first[0] if {name.strip() for name in fields} & {*self.columns} else None

    def whole_lines(self, lines: pl.Series) -> WholeLines | None:
        if not self._quotes.opens(lines).any():
            return None
        return self._quotes.joined(lines, *self._opening_and_whole(lines))

    def first_whole(self, lines: pl.Series) -> int | None:
        opening, whole = self._opening_and_whole(lines)
        begins = opening | whole
        return begins.arg_max() if begins.any() else None

    def _opening_and_whole(self, lines: pl.Series) -> tuple[pl.Series, pl.Series]:
        """(lines,) Boolean each: lines that begin a record whose last field goes on; whole records."""
        opens, closes = self._quotes.opens(lines), self._quotes.closes(lines)
        whole = self._begins(lines) & ~opens & ~closes
        return (opens & self._begins(lines, fits=False) if opens.any() else opens), whole

    def _begins(self, lines: pl.Series, *, fits: bool = True) -> pl.Series:
        """(lines,) Boolean: those with a readable time in its place, where there is one, and all fields.

        With `fits=False` fields may be missing at the end, the time among them.
        """
        fields, readable = self._readable(lines if fits else lines + '"')
        begins = fields["fits"] if fits else fields["few"]
        if not self._time_tells:
            return begins
        return begins & (readable if fits else readable | fields["time"].is_null())

    def _readable(self, lines: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
        """Lines cut into fields, `time` one of them; (lines,) Boolean, those whose time can be read."""
        import polars as pl

        fields = _cut(lines, self._config.separator, len(self.columns))
        place = next(
            (self.columns.index(n) for n in self._names["time_ms"] if n in self.columns), None
        )
        time = pl.lit(None, pl.String) if place is None else pl.col(f"field_{place}")
        fields = fields.with_columns(time=time)
        return fields, self._times.ms(fields["time"]).is_not_null()

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
    """One String column per field, `fits`: a line has as many fields as there are columns, and `few`.

    The latter says that it has no more.

    Args:
        lines: (lines,) String.
        separator: One character.
        columns: How many there are; None takes those of the only line.
    """
    import polars as pl

    quoted = lines.str.contains('"', literal=True)
    between = lines.str.replace_all(separator, _BETWEEN, literal=True)
    if quoted.any():
        # A separator takes the quoted field before it along, so that none inside one is seen. The last
        # field may be quoted, too.
        mark = re.escape(separator)
        apart = (lines.filter(quoted) + separator).str.replace_all(
            rf'("(?:[^"]|"")*")?{mark}', f"${{1}}{_BETWEEN}"
        )
        apart = apart.str.strip_suffix(_BETWEEN)
        between = between.scatter(quoted.arg_true(), apart)
    if columns is None:
        columns = between[0].count(_BETWEEN) + 1
    fields = between.str.split_exact(_BETWEEN, columns).struct.unnest()
    *kept, beyond = fields.columns
    if quoted.any():
        fields = fields.with_columns(_unquoted(pl.col(name)) for name in kept)
    few = pl.col(beyond).is_null()
    return fields.select(*kept, fits=pl.col(kept[-1]).is_not_null() & few, few=few)


def _unquoted(field: pl.Expr) -> pl.Expr:
    import polars as pl

    inside = field.str.extract('(?s)^"(.*)"$').str.replace_all('""', '"', literal=True)
    return pl.coalesce(inside, field)
