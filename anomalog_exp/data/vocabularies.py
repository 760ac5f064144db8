"""What codes stand for, and what is known of each entity: small files beside the columns.

Templates and sources are few and are read when a data set is opened. Entities are many: their labels
are one small array, and their texts are Parquet that only those read who ask.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.templates import Templates

if TYPE_CHECKING:
    import polars as pl

__all__ = ["entity_texts", "open_vocabularies", "read_mined", "write_mined", "write_vocabularies"]

_TEXTS = ("templates", "sources")
_MINED = "mined.json"


def write_vocabularies(
    directory: Path,
    *,
    templates: Sequence[str],
    sources: Sequence[str],
    entities: pl.Series,
    entity_label: NDArray[np.int8],
    entity_split: NDArray[np.uint8] | None = None,
) -> None:
    """Write the vocabularies of a data set into its directory.

    Args:
        directory: Where its columns are.
        templates: Texts in the order of their codes.
        sources: Names of the input files, in the order of their codes.
        entities: (entities,) String, in the order of their codes.
        entity_label: (entities,) 0 normal, 1 anomalous, `UNLABELLED`.
        entity_split: (entities,) which split the source puts each entity in, where it says so.
    """
    for name, texts in zip(_TEXTS, (templates, sources), strict=True):
        text = json.dumps(list(texts), ensure_ascii=False)
        (directory / f"{name}.json").write_text(text, encoding="utf-8")
    entities.alias("entity").to_frame().write_parquet(directory / "entities.parquet")
    np.save(directory / "entity_label.npy", entity_label)
    if entity_split is not None:
        np.save(directory / "entity_split.npy", entity_split)


def write_mined(directory: Path, templates: Templates) -> None:
    """Write the templates that the messages of a data set gave, so that other logs can be matched."""
    (directory / _MINED).write_text(templates.to_json(), encoding="utf-8")


def read_mined(directory: Path) -> Templates:
    """The templates that `write_mined` wrote."""
    return Templates.from_json((directory / _MINED).read_text(encoding="utf-8"))


def open_vocabularies(directory: Path) -> dict[str, Any]:
    """The fields of a `LogDataset` that `write_vocabularies` wrote, but for the texts of entities."""
    texts = {
        name: tuple(json.loads((directory / f"{name}.json").read_text(encoding="utf-8")))
        for name in _TEXTS
    }
    split = directory / "entity_split.npy"
    return {
        **texts,
        "entity_label": np.load(directory / "entity_label.npy", mmap_mode="r"),
        "entity_split": np.load(split) if split.is_file() else None,
    }


def entity_texts(directory: Path) -> pl.Series:
    """(entities,) texts in the order of their codes."""
    import polars as pl

    return pl.read_parquet(directory / "entities.parquet")["entity"]
