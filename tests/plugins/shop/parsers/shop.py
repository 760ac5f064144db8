"""Lines of a web shop, `time|cart|verdict|message`; one entity per cart.

The verdict is `ok` or `fault`, a label of the line. Times are UTC to the second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from anomalog_exp.data.parsers.base import Parser, ParserConfig

if TYPE_CHECKING:
    import polars as pl


class Config(ParserConfig):
    """Options of the parser: none."""

    name: Literal["shop"]

    def build_parser(self) -> ShopParser:
        return ShopParser()


class ShopParser(Parser):
    """Reads the shop's lines with their labels."""

    labels_events = True

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        import polars as pl

        line = r"^([0-9-]{10} [0-9:]{8})\|([^|]+)\|(ok|fault)\|(.+)$"
        when, cart, verdict, message = (pl.col("line").str.extract(line, i) for i in range(1, 5))
        time = when.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="ms")
        return pl.DataFrame({"line": lines}).select(
            time_ms=time.cast(pl.Int64),
            entity=cart,
            message=message,
            label=(verdict == "fault").cast(pl.Int8),
        )
