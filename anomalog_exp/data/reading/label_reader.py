"""Labels in a file beside the log: a CSV with one row per entity; and what readers of labels share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field

from anomalog_exp.data.reading.label_table import check_column, label_file, text_table
from anomalog_exp.data.reading.label_words import (
    ANOMALOUS_VALUES,
    NORMAL_VALUES,
    USUAL_WORDS,
    LabelWords,
)
from anomalog_exp.errors import DataError
from anomalog_exp.options.base import Names, Options, PathText
from anomalog_exp.plural import how_many

if TYPE_CHECKING:
    import polars as pl

    from anomalog_exp.data.parsers.base import Parser
    from anomalog_exp.data.reading.placed_labels import PlacedLabels

__all__ = ["CSVLabelReader", "CSVLabelReaderConfig", "LabelReader", "LabelReaderConfig"]

_KEY: Final = "dataset.label_reader"


class LabelReaderConfig(Options):
    """Base of readers of labels that do not stand in the fields of the log that a parser reads."""

    def build(self) -> LabelReader:
        """The reader."""
        raise NotImplementedError(type(self).__name__)


class LabelReader:
    """Base of what the configs build; a reader does one of these."""

    def path(self, root: Path) -> Path | None:
        """The file that holds the labels of the data set at `root`; None where there is none.

        Raises:
            DataError: there is no such file.
        """
        return None

    def prepare(self, parser: Parser) -> None:
        """Let the parser label events by their lines.

        Raises:
            ConfigError: its lines lack what labels them.
        """

    def placed(self, root: Path) -> PlacedLabels | None:
        """Labels of events by where or when they are; None where the reader gives none.

        Raises:
            DataError: they cannot be read.
        """
        return None


class CSVLabelReaderConfig(LabelReaderConfig):
    """Labels of entities from a CSV file."""

    added_since: ClassVar[dict[str, Any]] = {
        "name": "entities",
        "normal_values": None,
        "anomalous_values": None,
    }

    name: Literal["entities"]
    relative_path: PathText = Field(description="the CSV, relative to the data set's root")
    entity_column: str = Field(description="column that holds the entity")
    label_column: str = Field(description="column that holds the label")
    missing_label: Literal[0, 1] | None = Field(
        description="label of entities of the log that the CSV lacks; null leaves them unlabelled"
    )
    normal_values: Names | None = Field(description=NORMAL_VALUES)
    anomalous_values: Names | None = Field(description=ANOMALOUS_VALUES)

    def build(self) -> CSVLabelReader:
        return CSVLabelReader(
            self.relative_path,
            self.entity_column,
            self.label_column,
            self.missing_label,
            LabelWords.of(_KEY, self.normal_values, self.anomalous_values),
        )


@dataclass(frozen=True)
class CSVLabelReader(LabelReader):
    """Reads labels of entities.

    Attributes:
        relative_path: The CSV, relative to the data set's root.
        entity_column: Column that holds the entity.
        label_column: Column that holds the label.
        missing_label: Label of entities that the CSV lacks; None leaves them unlabelled.
        words: What the label column holds.
    """

    relative_path: Path
    entity_column: str
    label_column: str
    missing_label: int | None
    words: LabelWords = USUAL_WORDS

    def path(self, root: Path) -> Path:
        return label_file(root, self.relative_path)

    def read(self, root: Path) -> pl.DataFrame:
        """Columns `entity` (String) and `label` (Int8), one row per entity.

        Raises:
            DataError: the file is no CSV, a column is missing or there twice, a label means nothing, or
                an entity has two labels.
        """
        import polars as pl

        path = self.path(root)
        table = text_table(path)
        check_column(table, path, f"{_KEY}.entity_column", self.entity_column)
        check_column(table, path, f"{_KEY}.label_column", self.label_column)
        rows = table.select(
            pl.col(self.entity_column).alias("entity"),
            self.words.codes(table[self.label_column]).alias("label"),
            pl.col(self.label_column).alias("text"),
        ).filter(pl.any_horizontal(pl.col("entity", "text").is_not_null()))  # empty lines
        unclear = rows.filter(pl.col("label").is_null() | pl.col("entity").is_null())
        if len(unclear):
            first = unclear.row(0)
            raise DataError.of(
                f"{_KEY}.label_column",
                f"{first[2]} (entity {first[0]})",
                problem=f"{path.name}: {how_many(len(unclear), 'row', 'have no readable label')}",
                allowed=self.words.allowed,
                fix="mend the file, name the column that holds the labels, or say by "
                f"{_KEY}.normal_values and anomalous_values what it holds",
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
