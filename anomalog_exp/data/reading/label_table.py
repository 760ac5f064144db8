"""Files of labels that stand beside a log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from anomalog_exp.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_column", "label_file", "text_table"]

_KEY: Final = "dataset.label_reader.relative_path"
_SECOND: Final = "_duplicated_0"
"""What polars adds to the name of the second of two columns of one name."""


def label_file(root: Path, relative: Path) -> Path:
    """Where a file of labels of the data set at `root` stands.

    Raises:
        DataError: there is no such file.
    """
    path = root / relative
    if not path.is_file():
        raise DataError.of(
            _KEY,
            relative,
            problem=f"there is no such file in {root}",
            allowed="a file of labels, relative to the data set's root",
            fix="put the labels there, or set dataset.label_reader=null to run without",
        )
    return path


def text_table(path: Path) -> pl.DataFrame:
    """The columns of a CSV as texts.

    Raises:
        DataError: it is no CSV.
    """
    import polars as pl

    try:
        return pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the file cannot be opened
            raise
        raise DataError.of(
            _KEY,
            path,
            problem=f"this is no CSV that can be read ({str(error).splitlines()[0]})",
            allowed="UTF-8, a line of names first, then as many fields in every line, quotes in pairs",
            fix="mend the file, or set dataset.label_reader=null to run without labels",
        ) from error


def check_column(table: pl.DataFrame, path: Path, key: str, column: str) -> None:
    """Make sure that a table has a column, and one of that name.

    Raises:
        DataError: it does not.
    """
    if column not in table.columns:
        raise DataError.of(
            key,
            column,
            problem=f"{path.name} has no such column",
            allowed=", ".join(table.columns),
            fix="name one of them",
        )
    if f"{column}{_SECOND}" in table.columns:
        raise DataError.of(
            key,
            column,
            problem=f"{path.name} has several columns of this name",
            allowed="a name that one column has",
            fix="rename the others in the file",
        )
