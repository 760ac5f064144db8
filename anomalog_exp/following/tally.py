"""What was read and found so far, in one line; and warnings, each given once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.errors import DataError
from anomalog_exp.following.incoming import Batch
from anomalog_exp.plural import how_many
from anomalog_exp.results.bundle import Bundle
from anomalog_exp.results.likeness import Likeness

__all__ = ["Tally"]

_ENOUGH: Final = 1000
"""Lines, or events, after which a log is compared with what was expected."""


class Tally:
    """Counts.

    Attributes:
        counts: Of lines, rows, sequences and findings, by name.
        templates: (templates,) int64 events of each.
    """

    def __init__(self, bundle: Bundle, say: Callable[[str], None]) -> None:
        """Args:
        bundle: What judges.
        say: Takes warnings.
        """
        self._bundle, self._say = bundle, say
        self._trained = bundle.judge.vocabulary.shown(bundle.templates.texts)
        self.counts = Counter[str]()
        self.templates: NDArray[np.int64] = np.zeros(len(self._trained), dtype=np.int64)
        self._said = set[str]()
        self._sample: str | None = None

    def add(self, batch: Batch) -> None:
        """Count the lines and rows of a batch.

        Raises:
            DataError: most of the first thousand lines do not match the parser: it is the wrong one.
        """
        if self._sample is None and batch.samples:
            line, text = batch.samples[0]
            self._sample = f"line {batch.first_line + line + 1}: {text[:120]}"
        begun = self.counts["lines_total"] >= _ENOUGH
        self.counts.update({name: n for name, n in batch.counts.items() if n})
        template = batch.rows["template"].to_numpy()
        self.templates += np.bincount(template, minlength=len(self.templates))
        if self.counts["lines_total"] >= _ENOUGH:
            self.check(refuses=not begun)

    def check(self, *, refuses: bool = True) -> None:
        """Compare the log so far with what the bundle expects.

        Args:
            refuses: Whether lines that do not match are refused; they are warned of else.

        Raises:
            DataError: too many lines do not match the parser.
        """
        reading = self._bundle.manifest.dataset
        records = self.counts["rows"] + self.counts["lines_unparsed"]
        if self.counts["lines_unparsed"] > reading.max_unparsed_fraction * records:
            problem = (
                f"{self.counts['lines_unparsed']:,} of {records:,} lines do not match the parser of "
                f"the bundle, as {self._sample}"
            )
            if refuses:
                raise DataError.of(
                    "BUNDLE",
                    reading.structured_parser.name,
                    problem=problem,
                    allowed=f"at most {reading.max_unparsed_fraction:.0%} of the lines",
                    fix="follow a log of the kind that trained, or train on one of this kind",
                )
            self._warn("unparsed", problem)
        self._compare()

    def _compare(self) -> None:
        if self.templates.sum() < _ENOUGH:
            return
        here, trained = Likeness.of(self._trained, self.templates), self._bundle.manifest.trained
        halves = Likeness(trained.halves_unknown, trained.halves_divergence)
        if here.lacks_more_than(halves):
            self._warn(
                "unlike",
                f"{here.unknown:.1%} of the events so far fit no template of training, and between the "
                f"halves of training {halves.unknown:.1%}: this log is another one, or a "
                "version has changed; consider to train on it",
            )
        elif here.spreads_more_than(halves):
            self._warn(
                "unlike",
                "the shares of templates so far are far from those of training (a divergence of "
                f"{here.divergence:.2f}, and {halves.divergence:.2f} between the halves of "
                "training): what is usual there may not be usual here",
            )

    def _warn(self, key: str, text: str) -> None:
        if key not in self._said:
            self._said.add(key)
            self._say(f"warning: {text}")

    def line(self, open_sequences: int, dropped: Mapping[str, int]) -> str:
        """All of it in one line."""
        counts, events = self.counts, int(self.templates.sum())
        unknown = int(self.templates[self._trained == 0].sum())
        share = unknown / events if events else 0.0
        parts = [
            how_many(counts["lines_total"], "line"),
            f"{how_many(events, 'event')} ({share:.2%} of unknown templates)",
            f"{how_many(counts['judged'], 'sequence')} judged",
            f"{open_sequences:,} open",
            how_many(counts["findings"], "finding"),
        ]
        names = {
            "lines_unparsed": "lines unparsed",
            "rows_without_entity": "without entity",
            "rows_without_time": "without time",
            "rows_late": "late",
            "sessions_cut": "sessions cut",
            "cuts": "parts of the log lost",
        }
        # Events without an entity or a time are left out only where the grouping asks for these.
        left_out = {"lines_unparsed": counts["lines_unparsed"], **dropped}
        parts += [
            f"{left_out[name]:,} {words}" for name, words in names.items() if left_out.get(name)
        ]
        return ", ".join(parts)

    def state(self) -> dict[str, Any]:
        """What another one goes on with, as JSON."""
        return {"counts": dict(self.counts), "templates": self.templates.tolist()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where another one was."""
        self.counts = Counter(state["counts"])
        self.templates = np.array(state["templates"], dtype=np.int64)
