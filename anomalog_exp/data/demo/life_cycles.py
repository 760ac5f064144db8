"""A log like that of HDFS v1, of any size, with labels: to see the program work, and to measure it.

Blocks are allocated one after the other; three data nodes receive each, acknowledge it and report it;
some are verified, served or replicated, most are deleted. A few blocks get one of `FAULTS`. As in the
real log, exceptions while serving are no fault, some faults are seen by any statement that is rare,
others only by what is missing or by the order of things, and a few healthy blocks show what is
otherwise the sign of a fault: no detector is right about all of it.

Shares and orders follow the sessions of the HDFS v1 log (Xu et al., SOSP 2009); the statements are
those of Hadoop 0.18. The same numbers give the same bytes: blocks are drawn in chunks, each from a
random stream of its own, and lines that are later than the next chunk's first are carried over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FAULTS", "LINES_PER_BLOCK", "STATEMENTS", "Chunk", "Events", "demo_chunks"]

LINES_PER_BLOCK = 18.9
"""Mean over many blocks; the real log has 19.4."""

STATEMENTS = {
    "allocate": "{name_pid} INFO dfs.FSNamesystem: BLOCK* NameSystem.allocateBlock: "
    "/user/root/rand/_temporary/_task_200811092030_0001_m_{task}_0/part-{task}. {block}",
    "receiving": "{pid} INFO dfs.DataNode$DataXceiver: Receiving block {block} "
    "src: /{node}:{port} dest: /{peer}:50010",
    "terminating": "{pid} INFO dfs.DataNode$PacketResponder: PacketResponder {replica} "
    "for block {block} terminating",
    "received": "{pid} INFO dfs.DataNode$PacketResponder: Received block {block} "
    "of size {size} from /{node}",
    "stored": "{name_pid} INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: "
    "blockMap updated: {node}:50010 is added to {block} size {size}",
    "verified": "{name_pid} INFO dfs.DataBlockScanner: Verification succeeded for {block}",
    "serve_failed": "{pid} WARN dfs.DataNode$DataXceiver: {node}:50010:"
    "Got exception while serving {block} to /{peer}:",
    "served": "{pid} INFO dfs.DataNode$DataXceiver: {node}:50010 Served block {block} to /{peer}",
    "ask_copy": "{name_pid} INFO dfs.FSNamesystem: BLOCK* ask {node}:50010 to replicate {block} "
    "to datanode(s) {peer}:50010",
    "start_copy": "{name_pid} INFO dfs.DataNode: {node}:50010 "
    "Starting thread to transfer block {block} to {peer}:50010",
    "copied": "{pid} INFO dfs.DataNode$DataTransfer: {node}:50010:"
    "Transmitted block {block} to /{peer}:50010",
    "got_copy": "{pid} INFO dfs.DataNode$DataXceiver: Received block {block} "
    "src: /{node}:{port} dest: /{peer}:50010 of size {size}",
    "invalidate": "{name_pid} INFO dfs.FSNamesystem: BLOCK* NameSystem.delete: "
    "{block} is added to invalidSet of {node}:50010",
    "deleting": "{name_pid} INFO dfs.FSDataset: Deleting block {block} "
    "file /mnt/hadoop/dfs/data/current/subdir{replica}/{block}",
    "write_failed": "{pid} INFO dfs.DataNode$DataXceiver: writeBlock {block} "
    "received exception java.io.IOException: Could not read from stream",
    "delete_failed": "{name_pid} WARN dfs.FSDataset: Unexpected error trying to delete block "
    "{block}. BlockInfo not found in volumeMap.",
    "redundant": "{name_pid} WARN dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: "
    "Redundant addStoredBlock request received for {block} on {node}:50010 size {size}",
    "no_file": "{name_pid} INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: "
    "addStoredBlock request received for {block} on {node}:50010 size {size} "
    "But it does not belong to any file.",
    "empty_packet": "{pid} INFO dfs.DataNode$BlockReceiver: "
    "Receiving empty packet for block {block}",
    "timeout": "{pid} INFO dfs.DataNode$PacketResponder: PacketResponder {block} {replica} "
    "Exception java.net.SocketTimeoutException: 120000 millis timeout while waiting for channel "
    "to be ready for read. ch : java.nio.channels.SocketChannel[connected "
    "local=/{node}:{port} remote=/{peer}:50010]",
    "interrupted": "{pid} INFO dfs.DataNode$PacketResponder: PacketResponder {replica} "
    "for block {block} Interrupted.",
}
"""Name -> what follows the time in a line; fields in braces."""

FAULTS = {
    "never_acknowledged": 0.25,
    "write_failed": 0.17,
    "delete_failed": 0.20,
    "stored_twice": 0.12,
    "empty_packet": 0.06,
    "out_of_order": 0.12,
    "timed_out": 0.08,
}
"""What goes wrong in a faulty block -> its share of the faulty blocks."""

_KIND = {name: code for code, name in enumerate(STATEMENTS)}
_FAULT = {name: code for code, name in enumerate(FAULTS)}
_HEALTHY = -1
_REPLICAS = 3
_NODES = 203
_CHUNK_BLOCKS = 8192
_GAP_MS = 4000
"""Time between allocations; short of the lives of blocks, so that sessions interleave."""
_MINUTE_MS = 60_000


class Events(NamedTuple):
    """Events as columns of one length.

    Attributes:
        time_ms: int64, since the log began.
        kind: uint8, place in `STATEMENTS`.
        block: int64, number of the block.
        node: int16, the data node that acts.
        peer: int16, the data node at the other end.
        number: int32, a random number that details of the statement are taken from.
        replica: int8, which copy.
    """

    time_ms: NDArray[np.int64]
    kind: NDArray[np.uint8]
    block: NDArray[np.int64]
    node: NDArray[np.int16]
    peer: NDArray[np.int16]
    number: NDArray[np.int32]
    replica: NDArray[np.int8]

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Events:
        """The chosen events (a mask or indices)."""
        return Events._make(column[chosen] for column in self)


class Chunk(NamedTuple):
    """A stretch of the log: its events in order, and blocks that were allocated, with their faults.

    Attributes:
        events: In order of time.
        first_block: Number of the first of the blocks.
        fault: (blocks,) int8, place in `FAULTS`, or -1.
    """

    events: Events
    first_block: int
    fault: NDArray[np.int8]


def demo_chunks(*, blocks: int, seed: int, anomaly_fraction: float) -> Iterator[Chunk]:
    """The log of `blocks` blocks, stretch by stretch."""
    late: Events | None = None
    for first in range(0, blocks, _CHUNK_BLOCKS):
        count = min(_CHUNK_BLOCKS, blocks - first)
        rng = np.random.default_rng([seed, first])
        chunk = _Lives(rng, first, count, anomaly_fraction)
        events = chunk.events()
        if late is not None:
            pairs: Any = zip(late, events, strict=True)
            events = Events._make(np.concatenate(pair) for pair in pairs)
        events = events.take(np.argsort(events.time_ms, kind="stable"))
        border = len(events.time_ms)
        if first + count < blocks:
            border = int(np.searchsorted(events.time_ms, (first + count) * _GAP_MS))
        yield Chunk(events.take(np.arange(border)), first, chunk.fault)
        late = events.take(np.arange(border, len(events.time_ms)))


class _Lives:
    """The lives of some blocks, each statement for all of them at once."""

    def __init__(
        self, rng: np.random.Generator, first: int, count: int, anomaly_fraction: float
    ) -> None:
        self._rng, self._first, self._count = rng, first, count
        faulty = rng.random(count) < anomaly_fraction
        kinds = rng.choice(len(FAULTS), count, p=list(FAULTS.values()))
        self.fault = np.where(faulty, kinds, _HEALTHY).astype(np.int8)
        self._nodes = rng.integers(_NODES, size=(count, _REPLICAS + 1), dtype=np.int16)
        self._pieces: list[tuple[NDArray[Any], ...]] = []

    def events(self) -> Events:
        """All events, in no order."""
        begun = (self._first + np.arange(self._count)) * _GAP_MS + self._between(0, _GAP_MS)
        broken = self._is("never_acknowledged") | self._is("write_failed")
        jumbled = self._is("out_of_order")
        written = begun + self._between(20_000, _MINUTE_MS)
        self._allocate(begun, broken)
        self._acknowledge(np.where(jumbled, begun, written), ~broken)
        gone = written + self._between(20 * _MINUTE_MS, 60 * _MINUTE_MS)
        reported = np.where(jumbled & self._chance(0.5), gone + 30_000, written)
        self._report(reported, ~broken)
        self._use(written, ~broken)
        self._delete(gone, ~broken & self._chance(0.81))
        self._fail(begun, written)
        columns: Any = zip(*self._pieces, strict=True)
        return Events._make(np.concatenate(column) for column in columns)

    def _allocate(self, begun: NDArray[np.int64], broken: NDArray[np.bool_]) -> None:
        self._say("allocate", begun + self._between(0, 600))
        # A write that breaks has seldom reached all replicas.
        reached = np.where(broken, self._between(1, _REPLICAS + 1), _REPLICAS)
        for replica in range(_REPLICAS):
            when = begun + self._between(0, 600)
            self._say("receiving", when, reached > replica, replica)

    def _acknowledge(self, when: NDArray[np.int64], who: NDArray[np.bool_]) -> None:
        for replica in range(_REPLICAS):
            at = when + self._between(0, 900)
            self._say("terminating", at, who, replica)
            self._say("received", at + 1, who, replica)

    def _report(self, when: NDArray[np.int64], who: NDArray[np.bool_]) -> None:
        # Half of the blocks are reported right before they are acknowledged, half right after.
        lead = np.where(self._chance(0.5), -900, 1000)
        for replica in range(_REPLICAS):
            self._say("stored", when + lead + self._between(0, 800), who, replica)

    def _use(self, when: NDArray[np.int64], who: NDArray[np.bool_]) -> None:
        hour = 18 * _MINUTE_MS
        verified = who & self._chance(0.14)
        self._say("verified", when + self._between(2000, hour), verified)
        self._say("verified", when + self._between(2000, hour), verified & self._chance(0.4))
        popular = who & self._chance(0.24)
        for share in (1.0, 0.6, 0.4, 0.3, 0.2):
            read = popular & self._chance(share)
            self._say("served", when + self._between(2000, hour), read & self._chance(0.6), 1)
            self._say("serve_failed", when + self._between(2000, hour), read, 2)
        copied = who & (self._chance(0.003) | self._is("timed_out"))
        at = when + self._between(2000, hour)
        for step, statement in enumerate(
            ("ask_copy", "start_copy", "receiving", "got_copy", "copied", "stored")
        ):
            self._say(statement, at + 400 * step, copied, _REPLICAS)

    def _delete(self, when: NDArray[np.int64], who: NDArray[np.bool_]) -> None:
        for replica in range(_REPLICAS):
            self._say("invalidate", when + replica, who, replica)
            self._say("deleting", when + self._between(1000, 20_000), who, replica)
        # Healthy blocks show this too, now and then.
        surprised = self._is("delete_failed") | (who & self._chance(0.001))
        self._say("delete_failed", when + self._between(1000, 24_000), surprised)

    def _fail(self, begun: NDArray[np.int64], written: NDArray[np.int64]) -> None:
        self._say("write_failed", begun + self._between(700, 5000), self._is("write_failed"))
        twice = self._is("stored_twice")
        redundant = self._chance(0.6)
        self._say("redundant", written + self._between(0, 4000), twice & redundant)
        self._say("no_file", written + self._between(0, 4000), twice & ~redundant)
        empty = self._is("empty_packet")
        for replica in range(_REPLICAS):
            self._say("empty_packet", written - self._between(0, 900), empty, replica)
        late = self._is("timed_out")
        self._say("timeout", begun + self._between(700, 15_000), late & self._chance(0.7))
        self._say("interrupted", begun + self._between(700, 15_000), late & self._chance(0.7), 1)

    def _say(
        self,
        statement: str,
        when: NDArray[np.int64],
        who: NDArray[np.bool_] | None = None,
        replica: int = 0,
    ) -> None:
        """The statement at `when`, said of the blocks `who`, about one of their copies."""
        block = np.arange(self._count) if who is None else np.flatnonzero(who)
        count = len(block)
        self._pieces.append(
            (
                when[block],
                np.full(count, _KIND[statement], dtype=np.uint8),
                block + self._first,
                self._nodes[block, replica],
                self._nodes[block, (replica + 1) % (_REPLICAS + 1)],
                self._rng.integers(1 << 30, size=count, dtype=np.int32),
                np.full(count, replica, dtype=np.int8),
            )
        )

    def _is(self, fault: str) -> NDArray[np.bool_]:
        return self.fault == _FAULT[fault]

    def _chance(self, share: float) -> NDArray[np.bool_]:
        return self._rng.random(self._count) < share

    def _between(self, low: int, high: int) -> NDArray[np.int64]:
        return self._rng.integers(low, high, size=self._count)
