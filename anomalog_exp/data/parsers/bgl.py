"""BGL: `label epoch date node time node RAS component level content`.

The first token is `-` for a normal line and the alert's tag for an anomalous one. Entity = the node.
Time comes from the high-resolution field (the machine's local clock, read as UTC), else from the
epoch seconds. Message = everything from the facility on (`RAS KERNEL INFO ...`); level = its third word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from anomalog_exp.data.parsers.base import Parser, ParserConfig
from anomalog_exp.data.parsers.levels import level_codes

if TYPE_CHECKING:
    import polars as pl

__all__ = ["BglParser", "Config"]

_EPOCH = "^[0-9]{9,10}$"
_DATE = "^[0-9]{4}[.][0-9]{2}[.][0-9]{2}$"
_LEVEL_WITHIN = len("NULL DISCOVERY WARNING")
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

        frame = lines.rename("line").to_frame().select(pl.col("line").str.splitn(" ", 7))
        frame = frame.unnest("line")
        # Short fields are checked one by one, in a third of the time of one expression for the header.
        matches = pl.col("field_1").str.contains(_EPOCH) & pl.col("field_2").str.contains(_DATE)
        matches &= pl.all_horizontal(pl.col(f"field_{place}") != "" for place in (0, 3, 4, 5, 6))
        precise = pl.col("field_4").str.to_datetime(_WHEN, strict=False, time_unit="ms")
        epoch = pl.col("field_1").cast(pl.Int64, strict=False) * 1000
        frame = frame.select(
            time_ms=pl.coalesce(precise.cast(pl.Int64), epoch),
            entity=pl.when(matches).then("field_3"),
            message=pl.when(matches).then("field_6"),
            label=(pl.col("field_0") != "-").cast(pl.Int8),
        )
        level = level_codes(frame["message"], word=2, within=_LEVEL_WITHIN)
        return frame.with_columns(level=level)
