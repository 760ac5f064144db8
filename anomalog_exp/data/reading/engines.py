"""Who parses the blocks of a log: threads of this process, or tasks of Ray. What comes is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from anomalog_exp.data.build_config import BuildConfig
from anomalog_exp.data.reading.blocks import Block
from anomalog_exp.data.reading.in_order import in_order
from anomalog_exp.data.reading.parsed import ParsedBlock, Reading, SharedCategories, parsed_blocks
from anomalog_exp.data.reading.ray_tasks import ray_tasks
from anomalog_exp.data.reading.shards import parse_shard, placed_blocks, shards_of
from anomalog_exp.data.templates.masked_values import MaskedValues

__all__ = ["parsed_log"]

_SHARD_BYTES: Final = 64 << 20
"""A task takes about a second for so much, and what it sends back is small beside its memory."""


def parsed_log(
    blocks: Iterable[Block],
    reading: Reading,
    categories: SharedCategories,
    build: BuildConfig,
    size: int,
    values: MaskedValues | None = None,
) -> Iterator[ParsedBlock]:
    """The blocks as columns, in their order.

    Args:
        blocks: Of the log.
        reading: How they become columns.
        categories: What codes stand for.
        build: Who parses.
        size: Bytes of the log.
        values: Takes messages apart, in this process.

    Raises:
        ConfigError: Ray cannot be used so.
        DataError: the parser does not keep its contract, or a worker does not see the log.
    """
    if build.engine == "local":
        yield from parsed_blocks(blocks, reading, categories, values)
        return
    shard_bytes = _SHARD_BYTES if build.shards is None else max(1, -(-size // build.shards))
    with ray_tasks(build, shard_bytes) as tasks:
        work = partial(parse_shard, reading=reading)
        for shard in in_order(tasks, work, shards_of(blocks, shard_bytes), tasks.ahead):
            placed = placed_blocks(shard, categories)
            yield from (part.with_taken_apart(values) for part in placed)
