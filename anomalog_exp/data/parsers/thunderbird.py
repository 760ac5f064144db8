"""Thunderbird: `label epoch date node month day time location [component[pid]:] content`.

The first token is `-` for a normal line and the alert's tag for an anomalous one. Entity = the location
field; time = the epoch seconds. Message = what follows the location, without the component's name and
process: the same statement is written under many. A line whose message is empty is no row, but its
label counts where windows count raw lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from anomalog_exp.data.parsers.base import Parser, ParserConfig

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Config", "ThunderbirdParser"]

_HEADER = r"^[^ ]+ [0-9]+ [0-9]{4}[.][0-9]{2}[.][0-9]{2} [^ ]+ [A-Z][a-z]{2} +[0-9]+ [0-9:]+ [^ ]+"
_FIELDS = (
    r"^(?P<tag>[^ ]+) (?P<epoch>[0-9]+) [^ ]+ [^ ]+ [^ ]+ +[0-9]+ [^ ]+ "
    r"(?P<location>[^ ]+)(?: (?P<tail>.*))?$"
)
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

        matches = lines.str.contains(_HEADER)
        frame = lines.str.extract_groups(_FIELDS).struct.unnest().with_columns(matches=matches)
        tail = pl.col("tail").fill_null("").str.replace(_COMPONENT, "").str.strip_chars(" ")
        return frame.select(
            time_ms=pl.col("epoch").cast(pl.Int64, strict=False) * 1000,
            entity=pl.when("matches").then("location"),
            message=pl.when("matches").then(tail),
            label=(pl.col("tag") != "-").cast(pl.Int8),
        )
