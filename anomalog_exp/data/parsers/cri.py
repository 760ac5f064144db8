"""Container logs of Kubernetes in the text format of CRI: `time stream tag content`.

A line that is longer than the runtime's buffer (16 KiB) is written in parts: all but the last have the
tag `P`, the last one `F`. Standard output and standard error are two streams, whose parts may
stand between each other. Parts are put together before they are parsed; the time is that of the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.parsers import custom
from anomalog_exp.data.parsers.base import WholeLines

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Config", "CriParser"]

_PART: Final = r"^[^ ]+ (stdout|stderr) ([FP])[^ ]* ?"
_NO_STREAM: Final = -1


class Config(custom.Config):
    """How the lines of a container are read."""

    name: Literal["cri"]  # type: ignore[assignment]

    def build_parser(self) -> CriParser:
        return CriParser(self)


class CriParser(custom.CustomParser):
    """Reads lines of containers, whose parts it puts together."""

    joins_lines = True

    def whole_lines(self, lines: pl.Series) -> WholeLines | None:
        import polars as pl

        stream, goes_on = _tags(lines)
        if not goes_on.any():
            return None
        record, parts = np.arange(len(lines)), np.zeros(len(lines), dtype=bool)
        for one in (0, 1):
            place = np.flatnonzero(stream == one)
            behind = np.append(False, goes_on[place])[:-1]
            first = np.maximum.accumulate(np.where(behind, 0, np.arange(len(place))))
            record[place], parts[place] = place[first], behind
        part = pl.Series(parts)
        content = pl.select(pl.when(part).then(lines.str.replace(_PART, "")).otherwise(lines))
        joined = (
            pl.DataFrame({"record": record, "text": content.to_series()})
            .group_by("record", maintain_order=True)
            .agg(pl.col("text").str.join(""))
        )
        texts = np.full(len(lines), -1)
        texts[joined["record"].to_numpy()] = np.arange(len(joined))
        whole = joined["text"].gather(pl.Series(texts).replace(-1, None)).fill_null("")
        return WholeLines(whole, part)

    def first_whole(self, lines: pl.Series) -> int | None:
        stream, goes_on = _tags(lines)
        # Behind the first place where no stream that these lines show goes on.
        ended = np.ones(len(lines), dtype=bool)
        for one in (0, 1):
            place = np.flatnonzero(stream == one)
            if len(place):
                last = np.cumsum(stream == one) - 1
                ended &= (last >= 0) & ~goes_on[place][last]
        found = np.flatnonzero(ended & (stream != _NO_STREAM))
        return int(found[0]) + 1 if len(found) and found[0] + 1 < len(lines) else None


def _tags(lines: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(lines,) int64 the stream of each line, -1 for none; (lines,) bool whether it is not yet whole."""
    found = lines.str.extract_groups(_PART).struct.unnest()
    stream = found["1"].replace_strict({"stdout": 0, "stderr": 1}, default=_NO_STREAM)
    return stream.to_numpy().astype(np.int64), (found["2"] == "P").fill_null(False).to_numpy()
