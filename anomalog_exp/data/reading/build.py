"""From a raw log to the files of a LogDataset, block by block.

Blocks come parsed, in the order of the file, whatever thread was first; their codes become codes in
order of first appearance. Only the vocabularies and a few blocks are held in memory: a log may be
larger.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.dataset import COLUMNS, NO_TIME, UNLABELLED, write_vocabularies
from anomalog_exp.data.reading.blocks import BLOCK_BYTES, Block, raw_lines, read_blocks
from anomalog_exp.data.reading.codes import FirstAppearance
from anomalog_exp.data.reading.growing_column import GrowingColumn
from anomalog_exp.data.reading.parsed import SAMPLES, Kinds, ParsedBlock, parsed_blocks
from anomalog_exp.data.reading.years import YearsPassed
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.masking import Masker
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.mining import mine_shapes
from anomalog_exp.errors import DataError
from anomalog_exp.files import write_json
from anomalog_exp.progress import Progress

if TYPE_CHECKING:
    import polars as pl

__all__ = ["build_dataset"]

_LOG = logging.getLogger(__name__)
_GATHER_ROWS = 1 << 22


def build_dataset(
    dataset: DatasetVariantConfig,
    template: TemplateMinerConfig,
    raw: RawFiles,
    directory: Path,
    *,
    facts: Callable[[], dict[str, Any]],
    progress: Progress,
    follow: Callable[[Iterable[Block]], Iterable[Block]] = iter,
    block_bytes: int = BLOCK_BYTES,
) -> None:
    """Write the files of a LogDataset into `directory`, which exists and is empty.

    Args:
        dataset: What is read and how.
        template: The miner and its masks.
        raw: Where the files of the source are.
        directory: Where the columns go.
        facts: Tells, when all is read, what the manifest says of the source besides what is counted.
        progress: Told of bytes read.
        follow: Given the blocks that are read; passes them on.
        block_bytes: Bytes per block; results do not depend on it.

    Raises:
        DataError: too many lines do not match the parser, or the labels cannot be read.
    """
    import polars as pl

    parser = dataset.structured_parser.build_parser()
    masker = Masker(template.masking, template.extra_masks)
    first_line = 0 if dataset.line_range is None else dataset.line_range[0]
    counts: Counter[str] = Counter()
    samples: list[tuple[int, str]] = []
    unrowed: list[NDArray[np.int64]] = []
    index: list[tuple[int, int]] = []
    span: list[int] = []
    entities, shapes, years = FirstAppearance(), FirstAppearance(), YearsPassed()
    # Categories of their own: those of the process would number our texts after everybody's.
    kinds = Kinds(pl.Categorical(pl.Categories.random()), pl.Categorical(pl.Categories.random()))
    anchors = [pl.Series([""]).cast(kind) for kind in kinds]
    with ExitStack() as open_files:
        aside = open_files.enter_context(ThreadPoolExecutor(1))
        labels = aside.submit(_read_labels, dataset, raw, kinds.entity)
        columns = {
            name: open_files.enter_context(GrowingColumn(directory / f"{name}.npy", dtype))
            for name, dtype in COLUMNS.items()
            if name not in ("template", "entity_label")
        }
        shape_column = open_files.enter_context(GrowingColumn(directory / "shape.npy", np.int32))
        blocks = read_blocks(raw.log, block_bytes, dataset.line_range)
        parsed = parsed_blocks(follow(blocks), parser, masker, kinds)
        for part in _with_progress(parsed, raw.log, dataset.line_range is None, progress):
            first = first_line + counts["lines_total"]
            index.append((first, part.block.offset))
            columns["line"].append(part.row + first)
            time_ms = years.dated(part.time_ms) if parser.assumes_year else part.time_ms
            columns["time_ms"].append(time_ms)
            columns["label"].append(part.label)
            columns["entity"].append(entities.add(part.entity))
            shape_column.append(shapes.add(part.shape))
            counts.update(part.counts)
            unrowed.append(part.unrowed + first)
            room = SAMPLES - len(samples)
            samples += [(first + number, text) for number, text in part.unparsed[:room]]
            timed = time_ms[time_ms != NO_TIME]
            span += [int(timed.min()), int(timed.max())] if len(timed) else []
    _check_parsed(dataset, raw, counts, samples)
    if parser.reads_times and counts["rows_without_time"] > counts["rows"] // 2:
        _warn_of_times(raw, counts, directory, index)

    templates, template_of_shape = mine_shapes(shapes.texts(kinds.shape).to_list(), template)
    _gather_templates(directory, template_of_shape)
    texts = entities.texts(kinds.entity)
    del anchors
    entity_label, label_facts = _entity_labels(dataset, raw, labels.result(), entities, texts)
    np.save(directory / "entity_label.npy", entity_label)
    np.save(directory / "blocks.npy", np.array(index, dtype=np.int64).reshape(-1, 2))
    write_vocabularies(directory, templates, texts)
    if any(map(len, unrowed)):
        np.save(directory / "unrowed_anomalies.npy", np.concatenate(unrowed))
    manifest = {
        **facts(),
        **counts,
        "first_line": first_line,
        "unparsed_samples": [{"line": number, "text": text} for number, text in samples],
        "first_time_ms": min(span, default=None),
        "last_time_ms": max(span, default=None),
        **label_facts,
        "entities": len(texts),
        "shapes": shapes.size,
        "templates": len(templates),
    }
    write_json(directory / "manifest.json", manifest)


def _with_progress(
    parsed: Iterable[ParsedBlock], log: Path, whole: bool, progress: Progress
) -> Iterator[ParsedBlock]:
    # Where a range of lines begins and ends in bytes is known when it has been read.
    total = log.stat().st_size if whole else None
    done = 0
    with progress.stage(f"reading {log.name}", total, "B") as advance:
        for part in parsed:
            # The byte-order mark of a whole file counts with its first block.
            advance(part.block.end - done if whole else part.block.size)
            done = part.block.end
            yield part


def _check_parsed(
    dataset: DatasetVariantConfig,
    raw: RawFiles,
    counts: dict[str, int],
    samples: list[tuple[int, str]],
) -> None:
    filled = counts["lines_total"] - counts["lines_empty"]
    missed = counts["lines_unparsed"]
    if filled == 0:
        raise DataError.of(
            "dataset.source",
            raw.log,
            problem="the log has no lines",
            allowed="a text file with at least one line",
            fix="name another file",
        )
    if missed > dataset.max_unparsed_fraction * filled or missed == filled:
        shown = "\n".join(f"    line {number}: {text[:120]}" for number, text in samples[:5])
        name = dataset.custom_dataset_components()[1]
        raise DataError.of(
            "dataset.structured_parser",
            name,
            problem=f"{missed:,} of {filled:,} lines of {raw.log} do not match the parser",
            allowed=f"at most {dataset.max_unparsed_fraction:.0%} (dataset.max_unparsed_fraction)",
            fix=f"choose the parser that fits the file; the first such lines are\n{shown}",
        )


def _warn_of_times(
    raw: RawFiles, counts: Counter[str], directory: Path, index: list[tuple[int, int]]
) -> None:
    time_ms = np.load(directory / "time_ms.npy", mmap_mode="r")
    row = int((time_ms == NO_TIME).argmax())
    line = int(np.load(directory / "line.npy", mmap_mode="r")[row])
    (text,) = raw_lines(raw.log, np.array(index), [line]).values()
    _LOG.warning(
        "the parser reads no time on %s of %s rows; the first is line %d: %s",
        f"{counts['rows_without_time']:,}",
        f"{counts['rows']:,}",
        line,
        text[:120],
    )


def _gather_templates(directory: Path, template_of_shape: NDArray[np.int32]) -> None:
    shape = np.load(directory / "shape.npy", mmap_mode="r")
    with GrowingColumn(directory / "template.npy", COLUMNS["template"]) as column:
        for start in range(0, len(shape), _GATHER_ROWS):
            column.append(template_of_shape[shape[start : start + _GATHER_ROWS]])
    del shape
    (directory / "shape.npy").unlink()


class _Labels(NamedTuple):
    """Labels that stand beside the log: an entity's code among the categories, and its label."""

    entity: NDArray[np.int64]
    label: NDArray[np.int8]


def _read_labels(
    dataset: DatasetVariantConfig, raw: RawFiles, kind: pl.Categorical
) -> _Labels | None:
    import polars as pl

    if dataset.label_reader is None:
        return None
    given = dataset.label_reader.build().read(raw.root)
    codes = given["entity"].cast(kind).to_physical().cast(pl.Int64)
    return _Labels(codes.to_numpy(), given["label"].to_numpy())


def _entity_labels(
    dataset: DatasetVariantConfig,
    raw: RawFiles,
    given: _Labels | None,
    entities: FirstAppearance,
    texts: pl.Series,
) -> tuple[NDArray[np.int8], dict[str, int]]:
    """The labels of entities, and what the manifest says of them."""
    labels = np.full(entities.size, UNLABELLED, dtype=np.int8)
    unknown = 0
    if given is not None:
        assert dataset.label_reader is not None
        reader = dataset.label_reader.build()
        if reader.missing_label is not None:
            labels[:] = reader.missing_label
        code = entities.find(given.entity)
        known = code >= 0
        labels[code[known]] = given.label[known]
        unknown = int(len(code) - known.sum())
        if not known.any():
            _LOG.warning(
                "no entity of the log is in %s: nothing is labelled (the log has %s, ...)",
                reader.path(raw.root),
                ", ".join(texts.head(3)),
            )
    return labels, {
        "labels_unknown_entities": unknown,
        "entities_anomalous": int((labels == 1).sum()),
        "entities_unlabelled": int((labels == UNLABELLED).sum()),
    }
