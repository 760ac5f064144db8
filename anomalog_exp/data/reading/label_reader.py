"""Labels in a file beside the log: a CSV with one row per entity."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from anomalog_exp.errors import DataError
from anomalog_exp.options.base import Options, PathText

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CSVLabelReader", "CSVLabelReaderConfig", "LabelReaderConfig"]

_MEANING: Final = {"normal": 0, "0": 0, "anomaly": 1, "1": 1}
_KEY = "dataset.label_reader"
_SECOND = "_duplicated_0"
"""What polars adds to the name of the second of two columns of one name."""


class LabelReaderConfig(Options):
    """Base of readers of labels that stand in a file beside the log."""

    def build(self) -> CSVLabelReader:
        """The reader."""
        raise NotImplementedError(type(self).__name__)


class CSVLabelReaderConfig(LabelReaderConfig):
    """Labels of entities from a CSV file."""

    relative_path: PathText = Field(description="the CSV, relative to the data set's root")
    entity_column: str = Field(description="column that holds the entity")
    label_column: str = Field(description="column that holds Normal / Anomaly / 0 / 1")
    missing_label: Literal[0, 1] | None = Field(
        description="label of entities of the log that the CSV lacks; null leaves them unlabelled"
    )

    def build(self) -> CSVLabelReader:
        return CSVLabelReader(**dict(self))


@dataclass(frozen=True)
class CSVLabelReader:
    """Reads labels of entities.

    Attributes:
        relative_path: The CSV, relative to the data set's root.
        entity_column: Column that holds the entity.
        label_column: Column that holds Normal, Anomaly, 0 or 1 in any case.
        missing_label: Label of entities that the CSV lacks; None leaves them unlabelled.
    """

    relative_path: Path
    entity_column: str
    label_column: str
    missing_label: int | None

    def path(self, root: Path) -> Path:
        """Where the CSV of the data set at `root` stands.

        Raises:
            DataError: there is no such file.
        """
        path = root / self.relative_path
        if not path.is_file():
            raise DataError.of(
                f"{_KEY}.relative_path",
                self.relative_path,
                problem=f"there is no such file in {root}",
                allowed="a CSV file, relative to the data set's root",
                fix="put the labels there, or set dataset.label_reader=null to run without",
            )
        return path

    def read(self, root: Path) -> pl.DataFrame:
        """Columns `entity` (String) and `label` (Int8), one row per entity.

        Raises:
            DataError: the file is no CSV, a column is missing or there twice, a label means nothing, or
                an entity has two labels.
        """
        import polars as pl

        path = self.path(root)
        table = _table(path)
        for key, column in (
            ("entity_column", self.entity_column),
            ("label_column", self.label_column),
        ):
            if column not in table.columns:
                raise DataError.of(
                    f"{_KEY}.{key}",
                    column,
                    problem=f"{path.name} has no such column",
                    allowed=", ".join(table.columns),
                    fix="name one of them",
                )
            if f"{column}{_SECOND}" in table.columns:
                raise DataError.of(
                    f"{_KEY}.{key}",
                    column,
                    problem=f"{path.name} has several columns of this name",
                    allowed="a name that one column has",
                    fix="rename the others in the file",
                )
        text = pl.col(self.label_column).str.strip_chars().str.to_lowercase()
        rows = table.select(
            pl.col(self.entity_column).alias("entity"),
            text.replace_strict(_MEANING, default=None, return_dtype=pl.Int8).alias("label"),
            pl.col(self.label_column).alias("text"),
        ).filter(pl.any_horizontal(pl.col("entity", "text").is_not_null()))  # empty lines
        unclear = rows.filter(pl.col("label").is_null() | pl.col("entity").is_null())
        if len(unclear):
            first = unclear.row(0)
            raise DataError.of(
                f"{_KEY}.label_column",
                f"{first[2]} (entity {first[0]})",
                problem=f"{len(unclear)} rows of {path.name} have no readable label",
                allowed="Normal, Anomaly, 0 or 1",
                fix="mend the file, or name the column that holds the labels",
            )
        labels = rows.select("entity", "label")
        twice = labels.clear()
        if labels["entity"].is_duplicated().any():  # seldom, and comparing pairs takes memory
            labels = labels.unique(maintain_order=True)
            twice = labels.filter(pl.col("entity").is_duplicated())
        if len(twice):
            raise DataError.of(
                f"{_KEY}.relative_path",
                path.name,
                problem=f"entity {twice['entity'][0]} is labelled both 0 and 1",
                allowed="one label per entity",
                fix="mend the file",
            )
        return labels


def _table(path: Path) -> pl.DataFrame:
    """The columns of a CSV as texts."""
    import polars as pl

    try:
        return pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the file cannot be opened
            raise
        raise DataError.of(
            f"{_KEY}.relative_path",
            path,
            problem=f"this is no CSV that can be read ({str(error).splitlines()[0]})",
            allowed="UTF-8, a line of names first, then as many fields in every line, quotes in pairs",
            fix="mend the file, or set dataset.label_reader=null to run without labels",
        ) from error
