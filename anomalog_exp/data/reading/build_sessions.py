"""From session files to the files of a LogDataset: one row per event id, one entity per line.

Line numbers run on from file to file, as if they stood one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anomalog_exp.data.columns import COLUMNS, UNLABELLED
from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.parsers.sessions import Config, SessionFile
from anomalog_exp.data.reading.blocks import block_lines, read_blocks
from anomalog_exp.data.reading.entity_labels import label_facts
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.pinning import pinned_facts
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.data.vocabularies import write_mined, write_vocabularies
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.files import write_json
from anomalog_exp.plural import how_many
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
    templates: Templates | None = None,
) -> None:
    """Write the files of a LogDataset into `directory`, which exists and is empty.

    Args are those of `build_dataset`.

    Raises:
        ConfigError: the template miner would read event ids as messages.
        DataError: a line has no id where lines have ids, or a file holds no session.
    """
    import polars as pl

    parser = dataset.structured_parser
    assert isinstance(parser, Config)
    if (template.name, template.masking, template.with_fields) != ("identity", "none", ()):
        raise ConfigError.of(
            "template",
            f"{template.name}, masking {template.masking}, with_fields {list(template.with_fields)}",
            problem="session files hold event ids, and no messages to mine or fields",
            allowed="identity without masking and without fields",
            fix="add template=event_ids to the command",
        )
    sessions, first_lines = _all_sessions(parser, parser.raw_files(raw), progress)
    *first_lines, lines_total = first_lines
    rows = sessions.with_row_index("session").explode("event")
    ids = rows["event"].unique(maintain_order=True)
    kept: dict[str, Any] = {}
    if templates is None:
        mined, code_of_id = Templates.mine(ids, template)
        texts = mined.mined[: int(code_of_id.max()) + 1]
        write_mined(directory, mined)
    else:
        texts, code_of_id = templates.texts, templates.match(ids)
    codes = rows["event"].replace_strict(ids, pl.Series(code_of_id)).to_numpy()
    columns = {
        "line": rows["line"].to_numpy(),
        "entity": rows["session"].to_numpy(),
        "template": codes,
        "source": rows["source"].to_numpy(),
    }
    for name, column in COLUMNS.items():
        values = columns.get(name, column.without_values(len(rows)))
        np.save(directory / f"{name}.npy", values.astype(column.dtype))
    sources = [str(file.path) for file in parser.files]
    entity_label = sessions["label"].to_numpy()
    write_vocabularies(
        directory,
        templates=texts,
        sources=sources,
        entities=_names(sessions["id"]),
        entity_label=entity_label,
        entity_split=sessions["split"].to_numpy(),
    )
    if template.pinned:
        kept["pinned"] = pinned_facts(template, texts, codes)
    if templates is not None:
        kept["rows_unknown"] = int(np.count_nonzero(codes == templates.unknown))
    manifest = {
        **facts(),
        **kept,
        **label_facts(entity_label),
        "lines_total": lines_total,
        "lines_empty": lines_total - len(sessions),
        "lines_unparsed": 0,
        "unparsed_samples": [],
        "rows": len(rows),
        "levels": {},
        "templates": len(texts),
        "sources": sources,
        "inputs": [
            {"name": name, "first_line": first}
            for name, first in zip(sources, first_lines, strict=True)
        ],
    }
    write_json(directory / "manifest.json", manifest)


def _all_sessions(
    parser: Config, paths: list[Path], progress: Progress
) -> tuple[pl.DataFrame, list[int]]:
    """The sessions of all files as `_sessions` gives them, and where files begin and the last ends."""
    import polars as pl

    parts, first_lines = [], [0]
    total = sum(path.stat().st_size for path in paths)
    with progress.stage("reading session files", total, "B") as advance:
        for source, (file, path) in enumerate(zip(parser.files, paths, strict=True)):
            blocks = [block_lines(block.data)[0] for block in read_blocks([path])]
            lines = pl.concat(blocks or [pl.Series(dtype=pl.String)])
            part = _sessions(lines, file, parser.id_separator, first_lines[-1])
            if part.is_empty():
                raise DataError.of(
                    "dataset.structured_parser.files",
                    file.path,
                    problem="this file holds no session",
                    allowed="files with at least one session, a line of event ids",
                    fix="put another file there, or leave it out of the list",
                )
            parts.append(part.with_columns(source=pl.lit(source)))
            first_lines.append(first_lines[-1] + len(lines))
            advance(path.stat().st_size)
    return pl.concat(parts), first_lines


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
                problem=f"{file.path}: {how_many(len(missing), 'line', 'have no id')}, as line "
                f"{missing['line'][0] - first_line + 1}: {missing['text'][0][:120]}",
                allowed="what stands between the id and the events of every line, or null",
                fix="set it to null where sessions have no ids",
            )
    return frame.select(
        pl.col("line").cast(pl.Int64),
        name.alias("id"),
        events.str.extract_all(r"\S+").alias("event"),
        pl.lit(UNLABELLED if file.label is None else file.label).cast(pl.Int8).alias("label"),
        pl.lit(_SPLIT[file.split]).cast(pl.UInt8).alias("split"),
    ).filter(pl.col("event").list.len() > 0)


def _names(ids: pl.Series) -> pl.Series:
    """The ids, where one occurs again with a number behind it: every line is a session of its own."""
    import polars as pl

    frame = ids.alias("id").to_frame()
    again = pl.int_range(pl.len()).over("id")
    named = pl.when(again > 0).then(pl.format("{}#{}", "id", again + 1)).otherwise("id")
    return frame.select(named.alias("entity")).to_series()
