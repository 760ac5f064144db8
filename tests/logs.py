"""Small datasets and configs for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.columns import COLUMNS, NO_ENTITY, NO_TIME, UNLABELLED
from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.parameters import NO_VALUE, Parameters
from anomalog_exp.data.place_kinds import PlaceKinds
from anomalog_exp.data.reading.blocks import BLOCK_BYTES
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.miners.base import dense_codes
from anomalog_exp.progress import SILENT, Progress
from anomalog_exp.sequences.vocabulary import Vocabulary


def unseen(dataset: LogDataset) -> Vocabulary:
    """The templates of a log, as of a training that showed no event of them."""
    nothing = np.zeros(len(dataset.templates), dtype=np.int64)
    return Vocabulary([*dataset.templates], nothing, nothing)


def built(
    config: RunConfig,
    log: Path,
    into: Path,
    *,
    progress: Progress = SILENT,
    block_bytes: int = BLOCK_BYTES,
) -> LogDataset:
    """The data set of a log whose labels stand beside it, built in a new folder."""
    into.mkdir()
    build_dataset(
        config.dataset,
        config.template,
        RawFiles(root=log.parent, log=log),
        into,
        facts=lambda: {"digest": "x"},
        progress=progress,
        block_bytes=block_bytes,
    )
    return open_dataset(into, [log])


Row = tuple[str | None, str, int | None, int]
"""Entity, template, time in ms, event label (-1 for none)."""


def log_dataset(
    rows: Sequence[Row],
    *,
    entity_labels: Mapping[str, int] | None = None,
    templates: Sequence[str] = (),
    values: Sequence[Sequence[str | None]] | None = None,
    sources: Sequence[str] = (),
) -> LogDataset:
    """A dataset in memory; `templates` come first in its vocabulary, seen or not.

    `values` are those of each row at the places of its template; rows of one have equally many.
    `sources` are the files that rows come from, one for each row.
    """
    entities, _ = dense_codes([entity for entity, *_ in rows if entity is not None])
    texts, _ = dense_codes([*templates, *(template for _, template, *_ in rows)])
    files, _ = dense_codes(sources)
    labels = entity_labels or {}
    given = {
        "line": range(len(rows)),
        "time_ms": [NO_TIME if time is None else time for _, _, time, _ in rows],
        "entity": [NO_ENTITY if e is None else entities.index(e) for e, *_ in rows],
        "template": [texts.index(template) for _, template, *_ in rows],
        "label": [label for *_, label in rows],
        **({"source": [files.index(name) for name in sources]} if files else {}),
    }
    columns = {
        name: np.array(given.get(name, column.without_values(len(rows))), dtype=column.dtype)
        for name, column in COLUMNS.items()
    }
    dataset = LogDataset(
        directory=Path("in-memory"),
        **columns,
        entity_label=np.array([labels.get(e, UNLABELLED) for e in entities], dtype=np.int8),
        templates=tuple(texts),
        sources=tuple(files),
        manifest={"digest": "in-memory", "lines_total": len(rows)},
        parameters=None if values is None else _parameters(columns["template"], len(texts), values),
    )
    dataset.__dict__["entities"] = pl.Series(entities, dtype=pl.String)
    return dataset


def _parameters(
    template: NDArray[np.int32], templates: int, values: Sequence[Sequence[str | None]]
) -> Parameters:
    places = np.zeros(templates, dtype=np.int64)
    places[template] = [len(one) for one in values]
    assert places[template].tolist() == [len(one) for one in values]
    flat = [value for one in values for value in one]
    texts, _ = dense_codes([value for value in flat if value is not None])
    code = [NO_VALUE if value is None else texts.index(value) for value in flat]
    vocabulary = pl.Series(texts, dtype=pl.String)
    kinds = PlaceKinds(np.bincount(template, minlength=templates), places)
    kinds.add(0, template, np.array(code, dtype=np.int64))
    return Parameters(
        np.array(code, dtype=np.int32), template, places, kinds.kinds(vocabulary), vocabulary
    )


def sessions(*texts: str, labels: Sequence[int] = ()) -> LogDataset:
    """A dataset of sessions written one after the other, a template per character.

    `sessions("abc", "ab", labels=[0, 1])` has entities s0 and s1.
    """
    rows: list[Row] = [
        (f"s{i}", template, 1000 * i, UNLABELLED)
        for i, text in enumerate(texts)
        for template in text
    ]
    return log_dataset(rows, entity_labels={f"s{i}": label for i, label in enumerate(labels)})
