"""Following a log: read what is there, judge what is complete, keep the place, wait for more.

A signal ends it between two pieces: what is read is judged as far as it is complete, and the state keeps
the rest. Only where the log itself ends, as standard input does, are open sequences judged as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.data.places import Places
from anomalog_exp.data.reading.prepared import parser_of_lines
from anomalog_exp.data.reading.records import last_record
from anomalog_exp.data.reading.years import YearsPassed
from anomalog_exp.data.sources.piped import is_pipe
from anomalog_exp.following.clock import LogClock
from anomalog_exp.following.complete import Complete
from anomalog_exp.following.grouping import open_sequences
from anomalog_exp.following.incoming import Batch, Incoming
from anomalog_exp.following.judging import FollowJudge
from anomalog_exp.following.kept import Kept
from anomalog_exp.following.options import FollowOptions
from anomalog_exp.following.output import Output
from anomalog_exp.following.pieces import Piece
from anomalog_exp.following.pipe import Pipe
from anomalog_exp.following.tail import Tail
from anomalog_exp.following.tally import Tally
from anomalog_exp.results.bundle import Bundle
from anomalog_exp.stopping import stop_signal, stops_wait

if TYPE_CHECKING:
    import polars as pl

__all__ = ["follow"]

_BURST: Final = 32
"""Pieces whose categories are shared; memory for their texts is free behind them."""

_FIRST_LINES: Final = 20
"""Lines that are kept for a restart, when the file with which the log began may be gone."""


def follow(bundle: Bundle, options: FollowOptions, say: Callable[[str], None]) -> int:
    """Follow a log until it ends; how many findings there were, those before a restart among them.

    Args:
        bundle: What judges.
        options: Which log, and how.
        say: Takes lines for people: how far it is, and warnings.

    Raises:
        ConfigError: the log or the state cannot be used, or the grouping cannot be followed.
        SystemExit: a signal asked for the end.
    """
    kept = Kept(bundle, options.path, options.output, options.state, fresh=options.fresh)
    with kept.locked():
        follower = _Follower(bundle, options, kept, say)
        try:
            with stops_wait():
                follower.run()
        finally:
            follower.say()
            follower.close()
    return follower.tally.counts["findings"]


class _Follower:
    """One process that follows a log."""

    def __init__(
        self, bundle: Bundle, options: FollowOptions, kept: Kept, say: Callable[[str], None]
    ) -> None:
        self._bundle, self._options, self._kept, self._say = bundle, options, kept, say
        self.tally = Tally(bundle, say)
        shown = bundle.judge.vocabulary.shown(bundle.templates.texts)
        self._open = open_sequences(
            bundle.manifest.sequence,
            shown,
            idle_ms=round(1000 * options.idle_s),
            delay_ms=round(1000 * options.flush_s),
            most=options.most_open,
        )
        self._judge = FollowJudge(bundle, every=options.every)
        self._clock = LogClock()
        self._inputs: list[dict[str, Any]] = []
        self._first_lines: list[str] | None = None
        self._output = Output(options.output)
        self._source = (Pipe if is_pipe(options.path) else Tail)(options.path)
        self._said = self._awake = time.monotonic()
        self._incoming = self._made_ready()

    def _made_ready(self) -> Incoming:
        """The reader of lines, which knows the first ones; it goes on where the state says."""
        import polars as pl

        earlier = self._kept.read()
        state = earlier[0] if earlier else {}
        lines = state.get("first_lines")
        head = None if lines is None else pl.Series(lines, dtype=pl.String)
        while head is None:
            head = self._source.first_lines()
            if head is None and (self._source.ended or self._options.once):
                break
            if head is None:
                self._source.wait()
        templates = self._bundle.templates
        config = self._bundle.manifest.dataset.structured_parser
        parser = parser_of_lines(config, templates.config, head)
        if head is not None:
            self._first_lines = head.head(_FIRST_LINES).to_list()
        self._source.last_record = last_record(parser)
        reads_values = self._bundle.judge.config.reads_parameters
        incoming = Incoming(parser, templates, messages=reads_values)
        if earlier is not None:
            self._restore(incoming, *earlier)
        return incoming

    def run(self) -> None:
        """Read until the end, or until a signal."""
        self._kept.begins(self._options.path)
        self._save()  # who is killed after the first finding and before the next state finds this one
        while stop_signal() is None:
            if self._take(self._source.pieces(_BURST)):
                self._awake = time.monotonic()
                continue
            if self._source.ended or self._options.once:
                self._take([piece for piece in [self._source.finish()] if piece is not None])
                self._write(self._open.end())
                self.tally.check()
                break
            piece = self._source.flush(self._options.flush_s)
            if piece is not None:
                self._take([piece])
            now = time.monotonic()
            self._clock.passes(now - self._awake)
            self._awake = now
            self._write(self._open.passed(self._clock.ms))
            self._now_and_then()
            self._source.wait()
        self._save()

    def _take(self, pieces: Iterable[Piece]) -> bool:
        """Judge what is complete with some pieces; whether there were any."""
        some = False
        for batch in self._incoming.batches(pieces):
            some = True
            self._take_batch(batch)
            if stop_signal() is not None:
                break
        return some

    def _take_batch(self, batch: Batch) -> None:
        source = batch.piece.input
        if not self._inputs or self._inputs[-1]["number"] != source.number:
            self._inputs.append(
                {
                    "number": source.number,
                    "name": source.path.name,
                    "first_line": batch.first_line,
                }
            )
        self.tally.add(batch)
        clock = self._clock.over(batch.rows["time_ms"].to_numpy())
        self._write(self._open.add(batch, clock))
        self._kept.has_read(batch.piece)
        self._now_and_then()

    def _write(self, complete: Complete | None) -> None:
        if complete is None or not len(complete.start):
            return
        found = self._judge.findings(complete, Places({"inputs": self._inputs}))
        self.tally.counts["judged"] += len(complete.start)
        self.tally.counts["findings"] += sum(one["predicted"] for one in found)
        self._output.write(found)
        self._kept.has_written()

    def _now_and_then(self) -> None:
        if self._kept.is_due():
            self._save()
        if self._options.stats_s and time.monotonic() - self._said >= self._options.stats_s:
            self.say()

    def say(self) -> None:
        """Say on standard error how far it is."""
        dropped = dict(self._open.counts) | {"cuts": self._source.cuts}
        self._say(self.tally.line(self._open.size, dropped))
        self._said = time.monotonic()

    def close(self) -> None:
        """Close what is read and written."""
        self._source.close()
        self._output.close()

    def _save(self) -> None:
        held = self._open.held
        lines = held["line"].min() if len(held) else self._incoming.lines
        while len(self._inputs) > 1 and self._inputs[1]["first_line"] <= lines:
            self._inputs.pop(0)
        self._kept.write(
            {
                "lines": self._incoming.lines,
                "years": self._incoming.years.so_far,
                "clock": self._clock.so_far,
                "inputs": self._inputs,
                "first_lines": self._first_lines,
                "open": self._open.state(),
                "left_out": dict(self._open.counts),
                "tally": self.tally.state(),
                "output_bytes": self._output.size,
            },
            held,
        )

    def _restore(self, incoming: Incoming, state: dict[str, Any], held: pl.DataFrame) -> None:
        incoming.lines = state["lines"]
        incoming.years = YearsPassed(*state["years"])
        self._clock = LogClock(*state["clock"])
        self._inputs = state["inputs"]
        self._open.restore(state["open"], held)
        self._open.counts.update(state["left_out"])
        self.tally.restore(state["tally"])
        if state["output_bytes"] is not None and self._options.output is not None:
            self._output.cut_back(state["output_bytes"])
        mark = self._kept.mark
        if not isinstance(self._source, Tail) or mark is None:
            return
        if not self._source.go_on(mark, self._inputs[-1]["number"] if self._inputs else 0):
            self._source.cuts += 1
            self._say(
                "warning: no file has what was read before: what was written between that and the "
                "file that is there now is lost"
            )
