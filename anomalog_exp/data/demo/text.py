"""The demo log as text: lines in the format of HDFS v1, and the labels beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from anomalog_exp.data.demo import LABELS, LOG
from anomalog_exp.data.demo.life_cycles import (
    LINES_PER_BLOCK,
    STATEMENTS,
    Chunk,
    Events,
    demo_chunks,
)
from anomalog_exp.progress import Progress

__all__ = ["write_demo_log"]

_BEGIN_S = int(datetime(2008, 11, 9, 20, 35, 18, tzinfo=UTC).timestamp())
_FIELD = re.compile(r"{(\w+)}")


def write_demo_log(
    directory: Path, *, lines: int, seed: int, anomaly_fraction: float, progress: Progress
) -> None:
    """Write about `lines` lines and the labels of their blocks below `directory`."""
    blocks = max(1, round(lines / LINES_PER_BLOCK))
    (directory / LABELS).parent.mkdir(parents=True, exist_ok=True)
    with (
        (directory / LOG).open("wb") as log,
        (directory / LABELS).open("w", encoding="utf-8", newline="\n") as labels,
        progress.stage("writing the demo log", lines, "lines") as advance,
    ):
        labels.write("BlockId,Label\n")
        for chunk in demo_chunks(blocks=blocks, seed=seed, anomaly_fraction=anomaly_fraction):
            log.write(_text(_lines(chunk.events, seed)))
            labels.write(_labels(chunk, seed))
            advance(len(chunk.events.time_ms))


def _lines(events: Events, seed: int) -> pl.Series:
    """One text per event, in their order; each statement's at once."""
    place = pl.int_range(len(events.time_ms), eager=True)
    when = _times(events.time_ms)
    parts = []
    for kind, statement in enumerate(STATEMENTS.values()):
        said = np.flatnonzero(events.kind == kind)
        if len(said):
            line = _filled(statement, events.take(said), seed)
            parts.append(pl.DataFrame({"place": place[said], "line": when[said] + " " + line}))
    return pl.concat(parts).sort("place")["line"]


def _times(time_ms: NDArray[np.int64]) -> pl.Series:
    """`yymmdd HHMMSS` of each event; each second is written once."""
    second = _BEGIN_S + time_ms // 1000
    first, last = int(second.min()), int(second.max())
    every = pl.from_epoch(pl.int_range(first, last + 1, eager=True), time_unit="s")
    return every.dt.strftime("%y%m%d %H%M%S").gather(second - first)


def _filled(statement: str, events: Events, seed: int) -> pl.Series:
    """The statement with its fields, per event."""
    fields = {name: _FIELDS[name](events, seed) for name in set(_FIELD.findall(statement))}
    pieces = [
        pl.col(piece) if place % 2 else pl.lit(piece)
        for place, piece in enumerate(_FIELD.split(statement))
    ]
    return pl.DataFrame(fields).select(pl.concat_str(pieces)).to_series()


def _block_names(block: NDArray[np.int64], seed: int) -> pl.Series:
    """`blk_` and 64 scattered bits: the finaliser of SplitMix64, which maps no two numbers to one."""
    bits = block.astype(np.uint64) + np.uint64(seed % 2**32 << 31)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    return "blk_" + pl.Series((bits ^ (bits >> np.uint64(31))).view(np.int64)).cast(pl.String)


def _addresses() -> pl.Series:
    return pl.Series([f"10.{250 + node % 2}.{node // 16}.{node % 251 + 1}" for node in range(256)])


def _padded(number: NDArray[np.int32], digits: int) -> pl.Series:
    return pl.Series(number % 10**digits).cast(pl.String).str.zfill(digits)


_FIELDS: dict[str, Callable[[Events, int], pl.Series]] = {
    "block": lambda events, seed: _block_names(events.block, seed),
    "node": lambda events, seed: _addresses().gather(events.node),
    "peer": lambda events, seed: _addresses().gather(events.peer),
    "port": lambda events, seed: pl.Series(events.number % 28_000 + 32_000),
    "pid": lambda events, seed: pl.Series(events.number % 26_000 + 140),
    "name_pid": lambda events, seed: pl.Series(events.number % 23 + 13),
    "task": lambda events, seed: _padded(events.number, 6),
    "replica": lambda events, seed: pl.Series(events.replica),
    # Most blocks are full, 64 MiB; one in eight is the end of a file.
    "size": lambda events, seed: pl.Series(
        np.where(events.block % 8 == 7, events.block * 7919 % 67_000_000 + 1000, 67_108_864)
    ),
}


def _labels(chunk: Chunk, seed: int) -> str:
    block = chunk.first_block + np.arange(len(chunk.fault))
    label = pl.Series(np.where(chunk.fault >= 0, 1, 0)).replace_strict({0: "Normal", 1: "Anomaly"})
    return str(_text(_block_names(block, seed) + "," + label), "utf-8")


def _text(lines: pl.Series) -> bytes:
    """The lines with their newlines."""
    return (lines + "\n").str.join("").item().encode()
