"""The verdicts of a run as a file for other tools: Parquet, JSON lines or CSV, by the file's ending.

The columns are those of `predictions.parquet`, with `place` in front of the lines: where the first of
them stands, as `app.log:17`. In CSV, which has no lists, ranges of lines and reasons are texts; lines
count from 1 there, as in editors, and from 0 in the others.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.data.places import Places
from anomalog_exp.errors import ConfigError
from anomalog_exp.files import replaced
from anomalog_exp.results.read import StoredRun

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_export", "export_predictions", "with_places"]


def check_export(file: Path) -> None:
    """See that a table can be written as this file.

    Raises:
        ConfigError: its ending says no format.
    """
    if file.suffix not in _WRITERS:
        raise ConfigError.of(
            "--write",
            file,
            problem="the ending of this file says no format",
            allowed=", ".join(_WRITERS),
            fix=f"name it {file.stem}.csv, for example",
        )


def export_predictions(stored: StoredRun, file: Path) -> None:
    """Write the verdicts of a run that has kept its predictions.

    Raises:
        ConfigError: its ending says no format.
        DataError: the run wrote no predictions.
    """
    check_export(file)
    frame = with_places(stored.predictions, stored.dataset_manifest["dataset"])
    with replaced(file.absolute()) as temporary:
        _WRITERS[file.suffix](frame, temporary)


def with_places(predictions: pl.DataFrame, manifest: dict[str, Any]) -> pl.DataFrame:
    """Predictions with `place`: the file and the number of each sequence's first line; null without one.

    Args:
        predictions: As of `predictions.parquet`.
        manifest: Of the data set.
    """
    import polars as pl

    places = Places(manifest)
    first = predictions["line_ranges"].list.first().list.first()
    texts = [None if line is None else str(places.of(line)) for line in first.to_list()]
    column = pl.Series("place", texts, dtype=pl.String)
    return predictions.insert_column(predictions.get_column_index("line_ranges"), column)


def _csv(frame: pl.DataFrame, path: Path) -> None:
    import polars as pl

    element = pl.element()
    lines = element.list.eval(element + 1).cast(pl.List(pl.String)).list.join("-")
    flat = frame.with_columns(
        pl.col("line_ranges").list.eval(lines).list.join(" "),
        pl.col("explanation").list.eval(element.struct.field("evidence")).list.join("; "),
    )
    flat.write_csv(path)


_WRITERS: Final[dict[str, Callable[[pl.DataFrame, Path], object]]] = {
    ".parquet": lambda frame, path: frame.write_parquet(path),
    ".jsonl": lambda frame, path: frame.write_ndjson(path),
    ".csv": _csv,
}
