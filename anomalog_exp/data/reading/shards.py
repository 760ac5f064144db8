"""Shards: runs of blocks that one worker parses, and what it sends back of them.

A worker numbers texts by itself, and sends each text once. Its numbers become those of the categories
that all share where shards come in the order of the log. A row takes about 22 bytes on the way.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_ENTITY
from anomalog_exp.data.reading.blocks import Block
from anomalog_exp.data.reading.codes import FirstAppearance
from anomalog_exp.data.reading.parsed import ParsedBlock, Reading, SharedCategories, parse_block
from anomalog_exp.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ParsedShard", "parse_shard", "placed_blocks", "shards_of"]


@dataclass(frozen=True)
class ParsedShard:
    """The blocks of a shard as columns.

    Attributes:
        parts: The blocks; their codes and their numbers of lines take 32 bits.
        entities: (entities,) String, what the codes of entities stand for.
        shapes: (shapes,) String, the same of masked messages.
    """

    parts: list[ParsedBlock]
    entities: pl.Series
    shapes: pl.Series


def shards_of(blocks: Iterable[Block], shard_bytes: int) -> Iterator[list[Block]]:
    """Runs of consecutive blocks; one ends where all so far have a multiple of `shard_bytes`."""
    shard, done, shards = list[Block](), 0, 0
    for block in blocks:
        shard.append(block)
        done += block.size
        if done >= (shards + 1) * shard_bytes:
            yield shard
            shard, shards = [], done // shard_bytes
    if shard:
        yield shard


def parse_shard(shard: Sequence[Block], reading: Reading) -> ParsedShard:
    """The blocks of a shard as columns, with numbers of its own.

    Raises:
        DataError: this machine does not see a file, or the parser does not keep its contract.
    """
    import polars as pl

    for path, end in {block.path: block.end for block in shard}.items():
        if not path.is_file() or path.stat().st_size < end:
            raise DataError.of(
                "dataset.source.path",
                path,
                problem=f"a worker on {platform.node()} does not see this file, or sees less of it",
                allowed="files that all machines of the cluster see by the same path",
                fix="put the log on a file system that they share; or dataset.build.engine=local",
            )
    categories = SharedCategories(*(pl.Categorical(pl.Categories.random()) for _ in range(2)))
    alive = [pl.Series([""]).cast(category) for category in categories]
    entities, shapes = FirstAppearance(), FirstAppearance()
    parts = []
    for block in shard:
        part = parse_block(block, reading, categories)
        parts.append(
            replace(
                part,
                row=part.row.astype(np.int32),
                entity=entities.add(part.entity).astype(np.int32),
                shape=shapes.add(part.shape).astype(np.int32),
            )
        )
    parsed = ParsedShard(parts, entities.texts(categories.entity), shapes.texts(categories.shape))
    del alive
    return parsed


def placed_blocks(shard: ParsedShard, categories: SharedCategories) -> Iterator[ParsedBlock]:
    """The blocks of a shard with the codes of categories that all share."""
    entity = np.append(_codes(shard.entities, categories.entity), NO_ENTITY)  # -1 reads the last
    shape = _codes(shard.shapes, categories.shape)
    for part in shard.parts:
        yield replace(
            part,
            row=part.row.astype(np.int64),
            entity=entity[part.entity],
            shape=shape[part.shape],
        )


def _codes(texts: pl.Series, category: pl.Categorical) -> NDArray[np.int64]:
    import polars as pl

    return texts.cast(category).to_physical().cast(pl.Int64).to_numpy()
