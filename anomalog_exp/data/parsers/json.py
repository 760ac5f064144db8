"""JSON lines: an object per line, as most programs in containers write them.

A field is a key of the object; `a.b` names the key `b` inside the object `a`. A value that is no text is
read as its JSON. A level may be a number, as of syslog (0 to 7) or of bunyan and pino (10 to 60).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from anomalog_exp.data.parsers.json_fields import JsonFields, names_in
from anomalog_exp.data.parsers.named_fields import NamedFieldsConfig, NamedFieldsParser, occurring

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Config", "JsonParser"]

_SPELLED: Final = r'\\u00[2-7][0-9a-fA-F][^"]*"\s*:'


class Config(NamedFieldsConfig):
    """Which key of an object is what."""

    name: Literal["json"]

    def build_parser(self) -> JsonParser:
        return JsonParser(self)


class JsonParser(NamedFieldsParser):
    """Reads objects."""

    any_field = True

    def learn(self, lines: pl.Series) -> None:
        self.fields = self._others(names_in(lines.to_list()))

    def texts(self, lines: pl.Series, names: Mapping[str, Sequence[str]]) -> pl.DataFrame:
        import polars as pl

        chosen = [name for several in names.values() for name in several if len(several) == 1]
        known = [name for several in names.values() for name in several if len(several) > 1]
        # A key may be spelled with escapes, by which no line is known to hold it.
        spelled = lines.str.contains(_SPELLED).any()
        there, inside = {*known}, {one for one in known if "." in one}
        if not spelled:
            there = occurring(lines, {one: f'"{one}"' for one in there})
            inside = occurring(lines, {one: f'"{one.split(".")[0]}"' for one in inside})
        flat = [one for one in known if one in there] or known
        chosen += [one for one in known if one in inside]
        fields, fits = JsonFields(chosen, flat).read(lines)
        missing = pl.lit(None, pl.String)
        return fields.select(
            fits.alias("fits"),
            **{
                name: pl.coalesce(*(one for one in several if one in fields.columns), missing)
                for name, several in names.items()
            },
        )
