"""Writes parsed blocks into the columns of a data set, one after the other, and counts.

Codes of categories become codes in order of first appearance here, where blocks come in the order of
the file. Only vocabularies and counts are held in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import COLUMNS, LEVELS, NO_TIME, UNLABELLED
from anomalog_exp.data.parsers.base import Parser
from anomalog_exp.data.places import Places
from anomalog_exp.data.reading.blocks import INDEX
from anomalog_exp.data.reading.codes import FirstAppearance
from anomalog_exp.data.reading.growing_column import GrowingColumn
from anomalog_exp.data.reading.parsed import SAMPLES, ParsedBlock
from anomalog_exp.data.reading.placed_labels import PlacedLabels
from anomalog_exp.data.reading.time_order import TimeOrder
from anomalog_exp.data.reading.years import YearsPassed
from anomalog_exp.data.sources.base import Input
from anomalog_exp.data.templates.event_fields import FieldValues

__all__ = ["EventWriter"]

_GATHER_ROWS = 1 << 22


class EventWriter:
    """The columns of a data set while blocks are added to them.

    Attributes:
        counts: What the manifest counts, by its names there.
        samples: Number and text of the first lines that do not match.
        continued: The same of the first lines that continue a record.
        levels: How many rows have each level.
        index: Of the blocks; its columns are `anomalog_exp.data.reading.blocks.INDEX`.
        first_lines: Number of the first line of each input that was read.
        entities: The codes of entities.
        shapes: The codes of masked messages, which become templates when all have come.
        fields: The values of the fields that make events.
    """

    def __init__(
        self,
        directory: Path,
        parser: Parser,
        first_line: int,
        labels: PlacedLabels | None = None,
    ) -> None:
        self._directory = directory
        self._years = YearsPassed() if parser.assumes_year else None
        self._date_assumed, self._year_assumed = parser.assumes_date, parser.assumes_year
        self._first_line = first_line
        self._labels = labels
        self._times = TimeOrder()
        self._unrowed: list[NDArray[np.int64]] = []
        self.counts: Counter[str] = Counter()
        self.levels: Counter[str] = Counter()
        self.samples: list[tuple[int, str]] = []
        self.continued: list[tuple[int, str]] = []
        self.index: list[tuple[int, int, int, int]] = []
        self.first_lines: dict[int, int] = {}
        self._lines, self._rows = Counter[int](), Counter[int]()
        self._in_record = False
        self.entities, self.shapes = FirstAppearance(), FirstAppearance()
        self.fields = FieldValues()
        dtypes: dict[str, Any] = {name: column.dtype for name, column in COLUMNS.items()}
        dtypes["shape"] = dtypes.pop("template")  # templates are mined when all shapes have come
        self._columns = {
            name: GrowingColumn(directory / f"{name}.npy", dtype) for name, dtype in dtypes.items()
        }

    def add(self, part: ParsedBlock) -> None:
        """Write the rows of the next block."""
        block, first = part.block, self._first_line + self.counts["lines_total"]
        if block.source not in self.first_lines:
            self.first_lines[block.source] = first - block.lines_before
            self._in_record = False
        values = part.values | {
            "line": part.row + first,
            "entity": self.entities.add(part.entity),
            "shape": self.shapes.add(part.shape),
            "source": np.full(len(part.row), block.source, dtype=COLUMNS["source"].dtype),
        }
        if self._years is not None:
            values["time_ms"] = self._years.dated(values["time_ms"], part.year_assumed)
            if part.year_assumed is not None:
                named = (values["time_ms"] != NO_TIME) & ~part.year_assumed
                self._year_assumed &= not named.any()
        counts, unrowed = part.counts, part.unrowed + first
        if self._labels is not None:
            label = self._labels.of(values["line"], values["time_ms"])
            values["label"] = label
            counts = counts | {
                "events_anomalous": int(np.count_nonzero(label == 1)),
                "events_labelled": int(np.count_nonzero(label != UNLABELLED)),
            }
            end = first + counts["lines_total"]
            unrowed = np.setdiff1d(self._labels.anomalous_lines(first, end), values["line"])
        self.fields.add(part.fields)
        for name, column in self._columns.items():
            column.append(values[name])
        self.index.append((first, block.source, block.offset, block.size))
        self.counts.update(counts)
        self._lines[block.source] += counts["lines_total"]
        self._rows[block.source] += len(part.row)
        self._count_before(part, first)
        _add_samples(self.samples, part.unparsed, first)
        _add_samples(self.continued, part.continued, first)
        self._unrowed.append(unrowed)
        for code, level in enumerate(LEVELS):  # eight passes over bytes, faster than one bincount
            self.levels[level] += int(np.count_nonzero(values["level"] == code))
        time_ms, line = values["time_ms"], values["line"]
        if part.counts["rows_without_time"]:
            timed = time_ms != NO_TIME
            time_ms, line = time_ms[timed], line[timed]
        self._times.add(block.source, line, time_ms)

    def _count_before(self, part: ParsedBlock, first: int) -> None:
        """Count the lines before the first record of a block: does a record go on in them?"""
        if self._in_record:
            self.counts["lines_continued"] += part.lines_before
            self.counts["lines_not_in_messages"] += part.lines_before
        else:
            self.counts["lines_unparsed"] += part.lines_before
            _add_samples(self.samples, part.before, first)
        self._in_record |= part.has_records

    def write_templates(self, template_of_shape: NDArray[np.int32]) -> None:
        """Replace the column of shapes by that of their templates; all blocks are added."""
        shapes = self._directory / "shape.npy"
        shape = np.load(shapes, mmap_mode="r")
        path = self._directory / "template.npy"
        with GrowingColumn(path, COLUMNS["template"].dtype) as column:
            for start in range(0, len(shape), _GATHER_ROWS):
                column.append(template_of_shape[shape[start : start + _GATHER_ROWS]])
        del shape
        shapes.unlink()

    def write_lines(self) -> None:
        """Write where blocks begin, and which anomalous lines are no rows."""
        index = np.array(self.index, dtype=np.int64).reshape(-1, len(INDEX))
        np.save(self._directory / "blocks.npy", index)
        if any(map(len, self._unrowed)):
            np.save(self._directory / "unrowed_anomalies.npy", np.concatenate(self._unrowed))

    def inputs(self, inputs: Sequence[Input]) -> list[dict[str, Any]]:
        """What the manifest says of the inputs."""
        return [
            {
                **one.facts(),
                "first_line": self.first_lines.get(source),
                "lines": self._lines[source],
                "rows": self._rows[source],
                "first_time_ms": first_ms,
                "last_time_ms": last_ms,
            }
            for source, one in enumerate(inputs)
            for first_ms, last_ms in [self._times.spans.get(source, (None, None))]
        ]

    def facts(self, inputs: Sequence[Input]) -> dict[str, Any]:
        """What the manifest says of the inputs, the lines and the rows."""
        described = self.inputs(inputs)
        places, spans = Places({"inputs": described}), self._times.spans.values()
        return {
            "inputs": described,
            **self.counts,
            "first_line": self._first_line,
            "unparsed_samples": _shown(self.samples, places),
            "continued_samples": _shown(self.continued, places),
            "first_time_ms": min((first for first, _ in spans), default=None),
            "last_time_ms": max((last for _, last in spans), default=None),
            "date_assumed": self._date_assumed,
            "year_assumed": self._year_assumed,
            "times_fall_back": self._times.facts(places),
            "levels": {level: count for level, count in self.levels.items() if count},
            "shapes": self.shapes.size,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for column in self._columns.values():
            column.close()


def _add_samples(
    samples: list[tuple[int, str]], found: Sequence[tuple[int, str]], first: int
) -> None:
    room = SAMPLES - len(samples)
    samples += [(first + number, text) for number, text in found[:room]]


def _shown(samples: Sequence[tuple[int, str]], places: Places) -> list[dict[str, Any]]:
    return [
        {"line": number, "place": str(places.of(number)), "text": text} for number, text in samples
    ]
