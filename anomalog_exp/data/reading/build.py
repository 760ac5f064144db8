"""From a raw log to the files of a LogDataset, block by block.

Blocks come parsed, in the order of the file, whatever thread or worker was first. Only the vocabularies
and a few blocks are held in memory: a log may be larger.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.parsers.base import Parser
from anomalog_exp.data.reading.blocks import BLOCK_BYTES, Block, read_blocks
from anomalog_exp.data.reading.check_parsed import check_parsed, check_times
from anomalog_exp.data.reading.engines import parsed_log
from anomalog_exp.data.reading.entity_labels import entity_labels, label_facts, read_labels
from anomalog_exp.data.reading.event_labels import check_labels, placed_labels
from anomalog_exp.data.reading.event_writer import EventWriter
from anomalog_exp.data.reading.parameter_writer import ParameterWriter
from anomalog_exp.data.reading.parsed import ParsedBlock, Reading, SharedCategories
from anomalog_exp.data.reading.prepared import LEVEL, prepared_parser
from anomalog_exp.data.reading.records import record_begin
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.masked_values import MaskedValues
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.pinning import masker_of, pinned_facts
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.data.vocabularies import write_mined, write_vocabularies
from anomalog_exp.files import write_json
from anomalog_exp.progress import Progress

__all__ = ["build_dataset"]

_LOG = logging.getLogger(__name__)


def build_dataset(
    dataset: DatasetVariantConfig,
    template: TemplateMinerConfig,
    raw: RawFiles,
    directory: Path,
    *,
    facts: Callable[[], dict[str, Any]],
    progress: Progress,
    sizes: Sequence[int] | None = None,
    follow: Callable[[Iterable[Block]], Iterable[Block]] = iter,
    parameters: bool = False,
    templates: Templates | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> None:
    """Write the files of a LogDataset into `directory`, which exists and is empty.

    Args:
        dataset: What is read and how.
        template: The miner and its masks.
        raw: Where the files of the source are.
        directory: Where the columns go.
        facts: Called when all is read: what the manifest says of the source besides what is counted.
        progress: Shows the bytes that are read.
        sizes: Only so many bytes of each input, which may grow meanwhile; None: those they have now.
        follow: Passes the blocks on that are read; sees each of them.
        parameters: Also keep what messages have at the places of their templates.
        templates: Of an earlier log, which messages are matched with; None mines those of this one.
        block_bytes: Bytes per block; results do not depend on it.

    Raises:
        ConfigError: a field that makes events or labels is none of the lines'.
        DataError: files name different columns, too many lines do not match the parser, no row has a
            time where lines should, the parser does not keep its contract, or the labels cannot be read.
    """
    import polars as pl

    paths = [one.path for one in raw.inputs]
    parser = prepared_parser(dataset, template, paths)
    masker = masker_of(template)
    first_line = 0 if dataset.line_range is None else dataset.line_range[0]
    # Categories of their own: those of the process would number our texts after everybody's.
    categories = SharedCategories(*(pl.Categorical(pl.Categories.random()) for _ in range(2)))
    placed = placed_labels(dataset, raw)
    alive = [pl.Series([""]).cast(category) for category in categories]
    values = MaskedValues(template, categories.shape) if parameters else None
    with (
        ThreadPoolExecutor(1) as aside,
        EventWriter(directory, parser, first_line, placed) as events,
        nullcontext() if values is None else ParameterWriter(directory, values) as writer,
    ):
        labels = aside.submit(read_labels, dataset, raw, categories.entity)
        blocks = read_blocks(paths, block_bytes, dataset.line_range, sizes, record_begin(parser))
        reading = Reading(parser, masker, template.with_fields, keep_messages=parameters)
        size = _bytes(paths, sizes)
        parsed = parsed_log(follow(blocks), reading, categories, dataset.build, size, values)
        for part in _with_progress(parsed, paths, dataset.line_range is None, progress):
            events.add(part)
            if writer is not None and part.taken_apart is not None:
                writer.add(part.taken_apart)
    check_parsed(dataset, parser, raw.inputs, events)
    if parser.reads_times and events.counts["rows_without_time"] > events.counts["rows"] // 2:
        check_times(dataset, raw.inputs, events, directory)
    if templates is None:  # an earlier log may have had services that are silent in this one
        events.fields.refuse_none(parser.fields)
    check_labels(dataset, events.counts, placed)

    shapes = events.shapes.texts(categories.shape).to_list()
    kept: dict[str, Any] = {}
    if templates is None:
        mined, template_of_shape = Templates.mine_shapes(shapes, template)
        # Pinned templates that no message is of stand at the end.
        texts = mined.mined[: int(template_of_shape.max(initial=-1)) + 1]
        write_mined(directory, mined)
    else:
        texts, template_of_shape = templates.match_and_mine(shapes)
    with ThreadPoolExecutor(1) as aside:
        written = None
        if writer is not None:  # entities keep one core busy
            numbers = events.shapes.numbers()
            written = aside.submit(writer.write, texts, template, numbers, template_of_shape)
        events.write_lines()
        entities = events.entities.texts(categories.entity)
        del alive
        entity_label, unknown = entity_labels(
            dataset, raw, labels.result(), events.entities, entities
        )
        sources = [one.name for one in raw.inputs]
        write_vocabularies(
            directory,
            templates=texts,
            sources=sources,
            entities=entities,
            entity_label=entity_label,
        )
        if written is not None:
            kept["parameters"] = written.result()
    events.write_templates(template_of_shape)
    if templates is not None:
        codes = np.load(directory / "template.npy", mmap_mode="r")
        kept["rows_unknown"] = int(np.count_nonzero(codes >= templates.unknown))
    if template.pinned:
        codes = np.load(directory / "template.npy", mmap_mode="r")
        kept["pinned"] = pinned_facts(template, texts, codes)
    manifest = {
        **facts(),
        **events.facts(raw.inputs),
        "fields": _field_facts(parser, events),
        **label_facts(entity_label),
        "labels_unknown_entities": unknown,
        "templates": len(texts),
        "sources": sources,
        **kept,
    }
    write_json(directory / "manifest.json", manifest)


def _bytes(paths: Sequence[Path], sizes: Sequence[int] | None) -> int:
    return sum(path.stat().st_size for path in paths) if sizes is None else sum(sizes)


def _with_progress(
    parsed: Iterable[ParsedBlock], paths: Sequence[Path], whole: bool, progress: Progress
) -> Iterator[ParsedBlock]:
    # Where a range of lines begins and ends in bytes is known when it has been read.
    total = sum(path.stat().st_size for path in paths) if whole else None
    done = source = 0
    title = f"reading {paths[0].name if len(paths) == 1 else f'{len(paths)} files'}"
    with progress.stage(title, total, "B") as advance:
        for part in parsed:
            if part.block.source != source:
                done, source = 0, part.block.source
            # The byte-order mark of a whole file counts with its first block.
            advance(part.block.end - done if whole else part.block.size)
            done = part.block.end
            yield part


def _field_facts(parser: Parser, events: EventWriter) -> dict[str, Any]:
    """What the manifest says of fields: which make events, with how many values, and which do not.

    Where lines may hold fields of any name, those of the first lines are listed.
    """
    make = {name: len(values) for name, values in events.fields.values.items()}
    level = [LEVEL] if sum(events.levels.values()) else []
    others = [name for name in dict.fromkeys([*level, *parser.fields]) if name not in make]
    return {"make_events": make, "make_none": others}
