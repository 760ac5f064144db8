"""From a raw log to the files of a LogDataset, block by block.

Threads read, parse and mask blocks side by side (polars releases the interpreter); the results are
merged in the order of the file. Entities and masked messages become codes through categories that all
blocks share, whose numbering depends on the threads, and then codes in order of first appearance,
which does not. Only the vocabularies and a few blocks are held in memory: a log may be larger.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.config.dataset import DatasetVariantConfig
from anomalog_exp.data.columns import GrowingColumn
from anomalog_exp.data.dataset import (
    COLUMNS,
    NO_ENTITY,
    NO_TIME,
    UNLABELLED,
    write_vocabularies,
)
from anomalog_exp.data.lines import BLOCK_BYTES, Block, block_lines, read_blocks
from anomalog_exp.data.masking import Masker
from anomalog_exp.data.miners.base import TemplateMinerConfig
from anomalog_exp.data.parsers.base import Parser
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates import mine_shapes
from anomalog_exp.errors import DataError
from anomalog_exp.files import write_json
from anomalog_exp.progress import Progress

if TYPE_CHECKING:
    import polars as pl

__all__ = ["build_dataset"]

_LOG = logging.getLogger(__name__)
_SAMPLES = 20
_SAMPLE_LENGTH = 300
_GATHER_ROWS = 1 << 22


class _Kinds(NamedTuple):
    """The categories that all blocks share."""

    entity: pl.Categorical
    shape: pl.Categorical


@dataclass(frozen=True)
class _Parsed:
    """One block as columns; codes are those of the shared categories, -1 for none."""

    offset: int
    size: int
    lines: int
    empty: int
    invalid: int
    unparsed: list[tuple[int, str]]
    unparsed_count: int
    without_message: int
    unrowed: NDArray[np.int64]
    row: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    entity: NDArray[np.int64]
    shape: NDArray[np.int64]
    label: NDArray[np.int8]


@dataclass
class _Order:
    """Codes in order of first appearance for codes in any order."""

    # One entry at least, as -1 reads the last.
    rank: NDArray[np.int64] = field(default_factory=lambda: np.full(1, -1, dtype=np.int64))
    size: int = 0

    def codes(self, raw: NDArray[np.int64]) -> NDArray[np.int64]:
        """The dense codes of `raw`; -1 stays."""
        top = int(raw.max(initial=-1)) + 1
        if top > len(self.rank):
            grown = np.full(max(top, 2 * len(self.rank)) + 1, -1, dtype=np.int64)
            grown[: len(self.rank)] = self.rank
            self.rank = grown
        new = raw[(self.rank[raw] < 0) & (raw >= 0)]
        if len(new):
            # Written from the last to the first, each code keeps the place where it stands first.
            place = np.arange(len(new))
            self.rank[new[::-1]] = place[::-1]
            distinct = new[self.rank[new] == place]
            self.rank[distinct] = np.arange(self.size, self.size + len(distinct))
            self.size += len(distinct)
        return np.where(raw >= 0, self.rank[raw], -1)

    def texts(self, kind: pl.Categorical) -> pl.Series:
        """The categories' texts in the order of the dense codes."""
        import polars as pl

        raw = np.flatnonzero(self.rank >= 0)
        by_code = raw[np.argsort(self.rank[raw])].astype(np.uint32)
        return pl.Series(by_code).cat.to(kind).cast(pl.String)


def build_dataset(
    dataset: DatasetVariantConfig,
    template: TemplateMinerConfig,
    raw: RawFiles,
    directory: Path,
    *,
    facts: dict[str, Any],
    progress: Progress,
    block_bytes: int = BLOCK_BYTES,
) -> None:
    """Write the files of a LogDataset into `directory`, which exists and is empty.

    Args:
        dataset: What is read and how.
        template: The miner and its masks.
        raw: Where the files of the source are.
        directory: Where the columns go.
        facts: What the manifest says of the source, besides what is counted here.
        progress: Told of bytes read.
        block_bytes: Bytes per block; results do not depend on it.

    Raises:
        DataError: too many lines do not match the parser, or the labels cannot be read.
    """
    import polars as pl

    parser: Parser = dataset.structured_parser.build_parser()  # type: ignore[attr-defined]
    masker = Masker(template.masking, template.extra_masks)
    counts: dict[str, int] = dict.fromkeys(
        (
            "lines_total",
            "lines_empty",
            "lines_unparsed",
            "lines_without_message",
            "lines_invalid_utf8",
        ),
        0,
    )
    first_line = 0 if dataset.line_range is None else dataset.line_range[0]
    unrowed: list[NDArray[np.int64]] = []
    samples: list[tuple[int, str]] = []
    blocks: list[tuple[int, int]] = []
    entities, shapes = _Order(), _Order()
    # Categories of their own: those of the process would number our texts after everybody's. They
    # live as long as a series of theirs does.
    kinds = _Kinds(pl.Categorical(pl.Categories.random()), pl.Categorical(pl.Categories.random()))
    anchors = [pl.Series([""]).cast(kind) for kind in kinds]
    with ExitStack() as open_files:
        aside = open_files.enter_context(ThreadPoolExecutor(1))
        labels = aside.submit(_read_labels, dataset, raw)
        columns = {
            name: open_files.enter_context(GrowingColumn(directory / f"{name}.npy", dtype))
            for name, dtype in COLUMNS.items()
            if name not in ("template", "entity_label")
        }
        shape_column = open_files.enter_context(GrowingColumn(directory / "shape.npy", np.int32))
        read = _Reading(raw.log, dataset.line_range, block_bytes)
        for part in _parsed_blocks(read, parser, masker, kinds, progress):
            first = first_line + counts["lines_total"]
            blocks.append((first, part.offset))
            columns["line"].append(part.row + first)
            columns["time_ms"].append(part.time_ms)
            columns["label"].append(part.label)
            columns["entity"].append(entities.codes(part.entity))
            shape_column.append(shapes.codes(part.shape))
            counts["lines_total"] += part.lines
            counts["lines_empty"] += part.empty
            counts["lines_unparsed"] += part.unparsed_count
            counts["lines_without_message"] += part.without_message
            if len(part.unrowed):
                unrowed.append(part.unrowed + first)
            counts["lines_invalid_utf8"] += part.invalid
            room = _SAMPLES - len(samples)
            samples += [(first + number, text) for number, text in part.unparsed[:room]]
    _check_parsed(dataset, raw, counts, samples)

    templates, template_of_shape = mine_shapes(shapes.texts(kinds.shape).to_list(), template)
    _gather_templates(directory, template_of_shape)
    texts = entities.texts(kinds.entity)
    del anchors
    label_facts = _write_entities(dataset, raw, labels.result(), texts, directory)
    np.save(directory / "blocks.npy", np.array(blocks, dtype=np.int64).reshape(-1, 2))
    write_vocabularies(directory, templates, texts)
    if unrowed:
        np.save(directory / "unrowed_anomalies.npy", np.concatenate(unrowed))
    manifest = {
        **facts,
        **counts,
        "first_line": first_line,
        "unparsed_samples": [{"line": number, "text": text} for number, text in samples],
        **_row_facts(directory),
        **label_facts,
        "entities": len(texts),
        "shapes": shapes.size,
        "templates": len(templates),
    }
    write_json(directory / "manifest.json", manifest)


class _Reading(NamedTuple):
    """What is read, and in which pieces."""

    log: Path
    line_range: tuple[int, int] | None
    block_bytes: int


def _parsed_blocks(
    read: _Reading, parser: Parser, masker: Masker, kinds: _Kinds, progress: Progress
) -> Iterator[_Parsed]:
    import polars as pl

    threads = pl.thread_pool_size()
    whole = read.line_range is None
    # Where a range of lines begins and ends in bytes is known when it has been read.
    total = read.log.stat().st_size if whole else None

    def work(block: Block) -> _Parsed:
        return _parse_block(block, parser, masker, kinds)

    with (
        # One more than cores, which works while others wait for memory or for each other.
        ThreadPoolExecutor(threads + 1) as pool,
        progress.stage(f"reading {read.log.name}", total, "B") as advance,
    ):
        done = 0
        blocks = read_blocks(read.log, read.block_bytes, read.line_range)
        for part in _in_order(pool, work, blocks, threads + 1):
            # The byte-order mark of a whole file counts with its first block.
            advance(part.offset + part.size - done if whole else part.size)
            done = part.offset + part.size
            yield part


def _in_order(
    pool: ThreadPoolExecutor,
    work: Callable[[Block], _Parsed],
    blocks: Iterator[Block],
    ahead: int,
) -> Iterator[_Parsed]:
    """Results in the order of the blocks, with at most `ahead` blocks under way."""
    waiting: deque[Future[_Parsed]] = deque()
    for block in blocks:
        waiting.append(pool.submit(work, block))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _parse_block(block: Block, parser: Parser, masker: Masker, kinds: _Kinds) -> _Parsed:
    import polars as pl

    lines, invalid = block_lines(block.data)
    frame = parser.parse(lines)
    empty = lines.str.len_bytes() == 0
    matched = frame["message"].is_not_null() & ~empty
    missed = (~matched & ~empty).arg_true()
    silent = matched & (frame["message"] == "")
    unrowed = pl.Series(dtype=pl.UInt32)
    if parser.labels_events and silent.any():
        unrowed = (silent & (frame["label"] == 1)).arg_true()
    matched &= ~silent
    frame = frame.filter(matched)
    shape = masker.fast(frame["message"]).cast(kinds.shape)
    entity = frame["entity"].cast(kinds.entity)
    label = frame["label"] if parser.labels_events else pl.repeat(None, len(frame), eager=True)
    return _Parsed(
        offset=block.offset,
        size=block.size,
        lines=len(lines),
        empty=int(empty.sum()),
        invalid=invalid,
        unparsed=[(int(i), lines[i][:_SAMPLE_LENGTH]) for i in missed.head(_SAMPLES)],
        unparsed_count=len(missed),
        without_message=int(silent.sum()),
        unrowed=unrowed.cast(pl.Int64).to_numpy(),
        row=matched.arg_true().cast(pl.Int64).to_numpy(),
        time_ms=frame["time_ms"].fill_null(NO_TIME).to_numpy(),
        entity=entity.to_physical().cast(pl.Int64).fill_null(NO_ENTITY).to_numpy(),
        shape=shape.to_physical().cast(pl.Int64).fill_null(-1).to_numpy(),
        label=label.cast(pl.Int8).fill_null(UNLABELLED).to_numpy(),
    )


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


def _gather_templates(directory: Path, template_of_shape: NDArray[np.int32]) -> None:
    shape = np.load(directory / "shape.npy", mmap_mode="r")
    with GrowingColumn(directory / "template.npy", COLUMNS["template"]) as column:
        for start in range(0, len(shape), _GATHER_ROWS):
            column.append(template_of_shape[shape[start : start + _GATHER_ROWS]])
    del shape
    (directory / "shape.npy").unlink()


def _read_labels(dataset: DatasetVariantConfig, raw: RawFiles) -> pl.DataFrame | None:
    return None if dataset.label_reader is None else dataset.label_reader.build().read(raw.root)


def _write_entities(
    dataset: DatasetVariantConfig,
    raw: RawFiles,
    given: pl.DataFrame | None,
    texts: pl.Series,
    directory: Path,
) -> dict[str, Any]:
    """Write the labels of entities; what the manifest says of them."""
    import polars as pl

    facts: dict[str, Any] = {"labels_unknown_entities": 0}
    labels = pl.repeat(None, len(texts), dtype=pl.Int8, eager=True)
    missing_label = UNLABELLED
    if given is not None:
        assert dataset.label_reader is not None
        reader = dataset.label_reader.build()
        entities = texts.alias("entity").to_frame()
        labels = entities.join(given, on="entity", how="left", maintain_order="left")["label"]
        missing_label = UNLABELLED if reader.missing_label is None else reader.missing_label
        if not labels.count():
            _LOG.warning(
                "no entity of the log is in %s: nothing is labelled (the log has %s, ...)",
                reader.path(raw.root),
                ", ".join(texts.head(3)),
            )
        facts["labels_unknown_entities"] = len(given) - labels.count()  # one label per entity
    values = labels.fill_null(missing_label).cast(pl.Int8).to_numpy()
    np.save(directory / "entity_label.npy", values)
    facts["entities_anomalous"] = int((values == 1).sum())
    facts["entities_unlabelled"] = int((values == UNLABELLED).sum())
    return facts


def _row_facts(directory: Path) -> dict[str, Any]:
    time_ms = np.load(directory / "time_ms.npy", mmap_mode="r")
    label = np.load(directory / "label.npy", mmap_mode="r")
    entity = np.load(directory / "entity.npy", mmap_mode="r")
    timed = time_ms != NO_TIME
    return {
        "rows": len(time_ms),
        "rows_without_time": int(len(time_ms) - timed.sum()),
        "rows_without_entity": int((entity == NO_ENTITY).sum()),
        "events_anomalous": int((label == 1).sum()),
        "events_labelled": int((label != UNLABELLED).sum()),
        "first_time_ms": int(time_ms.min(where=timed, initial=np.iinfo(np.int64).max))
        if timed.any()
        else None,
        "last_time_ms": int(time_ms.max()) if timed.any() else None,
    }
