"""From session files to the files of a LogDataset: one row per event id, one entity per line.

Line numbers run on from file to file, as if they stood one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.dataset import COLUMNS, NO_TIME, UNLABELLED, write_vocabularies
from anomalog_exp.data.parsers.sessions import Config, SessionFile
from anomalog_exp.data.reading.blocks import block_lines, read_blocks
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.files import write_json
from anomalog_exp.progress import Progress

if TYPE_CHECKING:
    import polars as pl

__all__ = ["build_session_dataset"]

_SPLIT = {"train": 0, "test": 2}


def build_session_dataset(
    dataset: DatasetVariantConfig,
    template: TemplateMinerConfig,
    raw: RawFiles,
    directory: Path,
    *,
    facts: Callable[[], dict[str, Any]],
    progress: Progress,
) -> None:
    """Write the files of a LogDataset into `directory`, which exists and is empty.

    Raises:
        ConfigError: the template miner would read event ids as messages.
        DataError: a line holds no session.
    """
    import polars as pl

    parser = dataset.structured_parser
    assert isinstance(parser, Config)
    if (template.name, template.masking) != ("identity", "none"):
        raise ConfigError.of(
            "template",
            f"{template.name}, masking {template.masking}",
            problem="session files hold event ids, and no messages to mine",
            allowed="identity without masking",
            fix="add template=event_ids to the command",
        )
    paths = parser.raw_files(raw)
    parts, line = [], 0
    total = sum(path.stat().st_size for path in paths)
    with progress.stage("reading session files", total, "B") as advance:
        for file, path in zip(parser.files, paths, strict=True):
            lines = pl.concat([block_lines(block.data)[0] for block in read_blocks(path)])
            part = _sessions(lines, file, parser.id_separator, line)
            parts.append(part)
            line += len(lines)
            advance(path.stat().st_size)
    sessions = pl.concat(parts)
    rows = sessions.with_row_index("session").explode("event")
    columns = {
        "line": rows["line"].to_numpy(),
        "time_ms": np.full(len(rows), NO_TIME),
        "entity": rows["session"].to_numpy(),
        "template": _first_appearance(rows["event"]).to_numpy(),
        "label": np.full(len(rows), UNLABELLED),
        "entity_label": sessions["label"].to_numpy(),
    }
    for name, dtype in COLUMNS.items():
        np.save(directory / f"{name}.npy", columns[name].astype(dtype))
    np.save(directory / "entity_split.npy", sessions["split"].to_numpy().astype(np.uint8))
    templates = rows["event"].unique(maintain_order=True).to_list()
    write_vocabularies(directory, templates, _names(sessions["id"]))
    label = columns["entity_label"]
    manifest = {
        **facts(),
        "lines_total": line,
        "lines_empty": line - len(sessions),
        "lines_unparsed": 0,
        "unparsed_samples": [],
        "rows": len(rows),
        "entities": len(sessions),
        "entities_anomalous": int((label == 1).sum()),
        "entities_unlabelled": 0,
        "templates": len(templates),
    }
    write_json(directory / "manifest.json", manifest)


def _sessions(
    lines: pl.Series, file: SessionFile, separator: str | None, first_line: int
) -> pl.DataFrame:
    """One row per session: id, its events as a list, line, label, split."""
    import polars as pl

    frame = pl.DataFrame({"text": lines}).with_row_index("line", offset=first_line)
    frame = frame.filter(pl.col("text").str.strip_chars() != "")
    if separator is None:
        name = pl.format("{}:{}", pl.lit(file.path.name), pl.col("line") - first_line)
        events = pl.col("text")
    else:
        cut = pl.col("text").str.splitn(separator, 2)
        name, events = cut.struct.field("field_0"), cut.struct.field("field_1")
        missing = frame.filter(pl.col("text").str.contains(separator, literal=True).not_())
        if len(missing):
            raise DataError.of(
                "dataset.structured_parser.id_separator",
                separator,
                problem=f"{len(missing)} lines of {file.path} have no id, as line "
                f"{missing['line'][0] - first_line}: {missing['text'][0][:120]}",
                allowed="what stands between the id and the events of every line, or null",
                fix="set it to null where sessions have no ids",
            )
    return frame.select(
        pl.col("line").cast(pl.Int64),
        name.alias("id"),
        events.str.extract_all(r"\S+").alias("event"),
        pl.lit(file.label).cast(pl.Int8).alias("label"),
        pl.lit(_SPLIT[file.split]).cast(pl.UInt8).alias("split"),
    ).filter(pl.col("event").list.len() > 0)


def _names(ids: pl.Series) -> pl.Series:
    """The ids, where one occurs again with a number behind it: every line is a session of its own."""
    import polars as pl

    frame = ids.alias("id").to_frame()
    again = pl.int_range(pl.len()).over("id")
    named = pl.when(again > 0).then(pl.format("{}#{}", "id", again + 1)).otherwise("id")
    return frame.select(named.alias("entity")).to_series()


def _first_appearance(events: pl.Series) -> pl.Series:
    """Dense codes in order of first appearance."""
    import polars as pl

    known = events.unique(maintain_order=True).alias("event").to_frame().with_row_index("code")
    joined = (
        events.alias("event").to_frame().join(known, on="event", how="left", maintain_order="left")
    )
    return joined["code"].cast(pl.Int32)
