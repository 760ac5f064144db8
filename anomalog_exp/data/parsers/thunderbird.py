"""Thunderbird: `label epoch date node month day time location [component[pid]:] content`.

The first token is `-` for a normal line and the alert's tag for an anomalous one. Entity = the location
field; time = the epoch seconds. Message = what follows the location, without the component's name and
process, because many components write the same statement. A line whose message is empty is no row, but
its label counts where windows count raw lines. Lines name no level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from anomalog_exp.data.parsers.base import Parser, ParserConfig

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Config", "ThunderbirdParser"]

_HEADER = r"^[^ ]+ [0-9]+ [0-9]{4}[.][0-9]{2}[.][0-9]{2} [^ ]+ [A-Z][a-z]{2} +[0-9]+ [0-9:]+ [^ ]+"
_NO_EPOCH = 10**12
"""Seconds of no log; of many more the milliseconds would run over."""
_COMPONENT = r"^[^ :\[]+(?:\[[^\]]*\])?: ?"


class Config(ParserConfig):
    """Options of the Thunderbird parser: none."""

    name: Literal["thunderbird"]

    def build_parser(self) -> ThunderbirdParser:
        return ThunderbirdParser()


class ThunderbirdParser(Parser):
    """Reads Thunderbird lines with their labels."""

    labels_events = True

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        import polars as pl

        # A header that matches is cut at its spaces, which is faster than a group per field.
        line = pl.when(lines.str.contains(_HEADER)).then(lines)
        frame = pl.select(line.str.splitn(" ", 6).alias("begin")).unnest("begin")
        # A day of one digit has one more space before it.
        end = pl.col("field_5").str.strip_chars_start(" ").str.splitn(" ", 4)
        tail = end.struct.field("field_3").fill_null("")
        epoch = pl.col("field_1").cast(pl.Int64, strict=False)
        message = tail.str.replace(_COMPONENT, "").str.strip_chars(" ")
        return frame.select(
            time_ms=epoch.clip(upper_bound=_NO_EPOCH) * 1000,
            entity=end.struct.field("field_2"),
            message=pl.when(pl.col("field_5").is_not_null()).then(message),
            label=(pl.col("field_0") != "-").cast(pl.Int8),
        )
