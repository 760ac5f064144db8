"""What `templates` prints: a table of figures, and what is wrong or may be."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from anomalog_exp.commands._judged import FIGURES, Judged
from anomalog_exp.commands._judged_logs import OtherLines
from anomalog_exp.data.templates.doubt import Doubt
from anomalog_exp.data.templates.missed import Missed, Part
from anomalog_exp.plural import how_many
from anomalog_exp.text_table import text_table

__all__ = ["figures_table", "findings_text", "notes"]

_WIDTH: Final = 110
_COLUMNS: Final = (
    *("log", "truth", "configuration", "lines", "true", "exact", "found", "masked"),
    *(figure.upper() for figure in FIGURES),
    *("seconds", "lines/s"),
)
_SHOWN_PARTS: Final = 3
_PROBLEMS: Final = {
    "split": "split into {templates} templates",
    "merged": "merged with others",
    "split and merged": "split into {templates} templates, and merged with others",
    "other text": "its lines are found, with another text",
}


def figures_table(rows: Sequence[Judged]) -> str:
    """A row per log, version of the truth and configuration; columns that say nothing are left out."""
    cells = [_cells(row) for row in rows]
    shown = [name for name in _COLUMNS if any(cell[name] not in (None, "") for cell in cells)]
    return text_table(cells, shown)


def notes(rows: Sequence[Judged]) -> list[str]:
    """Of each log, once: what was not read of it, and which lines are no message of their own."""
    found = []
    for row in {row.log: row for row in rows}.values():
        if row.about_lines is not None:
            found.append(
                f"of {row.log} stretches were read; it has about {row.about_lines:,} lines"
            )
        if row.other_lines is not None and row.other_lines.count:
            found += _other_lines(row.log, row.other_lines)
    return found


def _other_lines(log: str, other: OtherLines) -> Iterator[str]:
    kinds = (
        (other.continuing, "continue one"),
        (other.unparsed, "do not fit the parser"),
        (other.empty, "are empty"),
        (other.without_message, "have no message"),
    )
    parts = [how_many(number, "line", does) for number, does in kinds if number]
    yield f"{log}, not counted: {', '.join(parts)}"
    if other.first is not None:
        yield _line(2, f"the first that does not fit: {other.first}")


def findings_text(row: Judged, most: int) -> str:
    """The missed and the doubtful templates of one row, at most so many of a kind; empty if none."""
    by = f" by {row.configuration}" if row.configuration else ""
    lines = []
    if row.missed:
        lines.append(f"{row.log}{by}, truth {row.truth}: true templates that lose most lines")
        lines += [line for missed in row.missed for line in _missed(missed)]
    for kind, group in groupby(row.doubts, key=lambda doubt: doubt.kind):
        doubts = list(group)
        more = f", {most} of {len(doubts)}" if len(doubts) > most else ""
        lines.append(f"{row.log}{by}: perhaps {kind}{more}")
        lines += [line for doubt in doubts[:most] for line in _doubt(doubt)]
    return "\n".join(lines)


def _cells(row: Judged) -> dict[str, object]:
    figures = {name.upper(): row.figures.get(name) for name in FIGURES}
    plain = {name: getattr(row, name, None) for name in _COLUMNS if name.islower()}
    return plain | figures | {"lines/s": row.lines_per_second}


def _missed(missed: Missed) -> Iterator[str]:
    yield _line(2, f"{how_many(missed.lines, 'line')}  {missed.template}")
    yield _line(6, _PROBLEMS[missed.problem].format(templates=missed.templates))
    for part in missed.parts[:_SHOWN_PARTS]:
        yield from _part(part)
    if (more := missed.templates - _SHOWN_PARTS) > 0:
        yield _line(8, f"and {more:,} more")
    yield from (_line(6, f"> {sample}") for sample in missed.samples)


def _part(part: Part) -> Iterator[str]:
    yield _line(8, f"{part.lines:,} in  {part.text}")
    yield from (
        _line(12, f"with {lines:,} of  {text}") for text, lines in part.merged[:_SHOWN_PARTS]
    )
    if (more := part.merged_templates - _SHOWN_PARTS) > 0:
        yield _line(12, f"and those of {more:,} more")


def _doubt(doubt: Doubt) -> Iterator[str]:
    first, *others = doubt.templates[:_SHOWN_PARTS]
    yield _line(2, f"{how_many(doubt.lines, 'line')}  {first}")
    yield from (_line(8, text) for text in others)
    if (more := len(doubt.templates) - _SHOWN_PARTS) > 0:
        yield _line(8, f"and {more:,} more")
    yield from (_line(6, line) for line in textwrap.wrap(doubt.reason, _WIDTH - 6))
    yield from (_line(6, f"> {sample}") for sample in doubt.samples)


def _line(indent: int, text: str) -> str:
    """A line as a terminal shows it: cut, and control characters as escapes."""
    room = _WIDTH - indent
    shown = "".join(one if one.isprintable() else repr(one)[1:-1] for one in text[: room + 1])
    return " " * indent + (shown if len(shown) <= room else f"{shown[: room - 3]}...")
