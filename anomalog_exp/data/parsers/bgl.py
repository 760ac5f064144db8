"""BGL: `label epoch date node time node RAS component level content`.

The first token is `-` for a normal line and the alert's tag for an anomalous one. Entity = the node.
Time comes from the high-resolution field (the machine's local clock, read as UTC), else from the
epoch seconds. Message = everything from the facility on (`RAS KERNEL INFO ...`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from anomalog_exp.data.parsers.base import Parser, ParserConfig

if TYPE_CHECKING:
    import polars as pl

__all__ = ["BglParser", "Config"]

_HEADER = r"^[^ ]+ [0-9]{9,10} [0-9]{4}[.][0-9]{2}[.][0-9]{2} [^ ]+ [^ ]+ [^ ]+ ."
_WHEN = "%Y-%m-%d-%H.%M.%S%.f"


class Config(ParserConfig):
    """Options of the BGL parser: none."""

    name: Literal["bgl"]

    def build_parser(self) -> BglParser:
        return BglParser()


class BglParser(Parser):
    """Reads BGL lines with their labels."""

    labels_events = True

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        import polars as pl

        frame = pl.DataFrame({"line": lines, "matches": lines.str.contains(_HEADER)})
        frame = frame.select("matches", pl.col("line").str.splitn(" ", 7).alias("field"))
        frame = frame.unnest("field")
        precise = pl.col("field_4").str.to_datetime(_WHEN, strict=False, time_unit="ms")
        epoch = pl.col("field_1").cast(pl.Int64, strict=False) * 1000
        matches = pl.col("matches")
        return frame.select(
            time_ms=pl.coalesce(precise.cast(pl.Int64), epoch),
            entity=pl.when(matches).then("field_3"),
            message=pl.when(matches).then("field_6"),
            label=(pl.col("field_0") != "-").cast(pl.Int8),
        )
