"""A document of sections, each with notes, a table and excerpts of a log, as text in five formats.

CSV is for programs: one table, a row per run, with all figures. LaTeX is for a paper: the tables,
without what a log says. Whatever comes from a log or a config is escaped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from anomalog_exp.text_table import text_table

__all__ = ["FORMATS", "Document", "Excerpt", "Section"]

Row = Mapping[str, object]


@dataclass(frozen=True)
class Excerpt:
    """Lines of a log, as they are, under a heading that says what they are of."""

    heading: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Section:
    """What is shown under one title.

    Attributes:
        title: A few words.
        columns: Of the table; none where there is no table.
        rows: The table's rows; a column that one lacks is empty.
        notes: Sentences below the table.
        excerpts: Below the notes.
    """

    title: str
    columns: Sequence[str] = ()
    rows: Sequence[Row] = ()
    notes: Sequence[str] = ()
    excerpts: Sequence[Excerpt] = ()


@dataclass(frozen=True)
class Document:
    """Sections under a title, and the same figures as one table.

    Attributes:
        title: What it is about.
        sections: In the order of reading.
        records: One row per run, every figure with all its digits.
    """

    title: str
    sections: Sequence[Section]
    records: Sequence[Row]


def _text(document: Document) -> str:
    parts = []
    for section in document.sections:
        parts.append(f"{section.title}\n{'=' * len(section.title)}")
        if section.columns:
            parts.append(text_table(section.rows, section.columns))
        if section.notes:
            parts.append("\n".join(section.notes))
        parts += [
            "\n".join([one.heading, *(f"    {line}" for line in one.lines)])
            for one in section.excerpts
        ]
    return "\n\n".join(parts) + "\n"


def _markdown(document: Document) -> str:
    parts = [f"# {_in_markdown(document.title)}"]
    for section in document.sections:
        parts.append(f"## {_in_markdown(section.title)}")
        if section.columns:
            head = [_in_markdown(column) for column in section.columns]
            rule = ["--:" if right else "---" for right in _numeric(section)]
            body = [[_in_markdown(cell) for cell in row] for row in _cells(section)]
            parts.append("\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *body]))
        parts += [_in_markdown(note) for note in section.notes]
        for one in section.excerpts:
            # Four spaces make a block of code that no text inside can end.
            parts.append(_in_markdown(one.heading))
            parts.append("\n".join(f"    {line}" for line in one.lines))
    return "\n\n".join(part for part in parts if part) + "\n"


def _csv(document: Document) -> str:
    columns = list(dict.fromkeys(column for row in document.records for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(document.records)
    return text.getvalue()


def _latex(document: Document) -> str:
    parts = [r"% Needs \usepackage{booktabs}"]
    for section in document.sections:
        if not section.columns:
            continue
        kinds = "".join("r" if right else "l" for right in _numeric(section))
        head, *body = (
            f"{' & '.join(map(_in_latex, row))} \\\\"
            for row in [list(section.columns), *_cells(section)]
        )
        notes = [f"\\par\\small {_in_latex(' '.join(section.notes))}"] if section.notes else []
        parts.append(
            "\n".join(
                [
                    r"\begin{table}",
                    r"\centering",
                    rf"\caption{{{_in_latex(section.title)}}}",
                    rf"\begin{{tabular}}{{{kinds}}}",
                    r"\toprule",
                    head,
                    r"\midrule",
                    *body,
                    r"\bottomrule",
                    r"\end{tabular}",
                    *notes,
                    r"\end{table}",
                ]
            )
        )
    return "\n\n".join(parts) + "\n"


def _html(document: Document) -> str:
    parts = [f"<h1>{escape(document.title)}</h1>"]
    for section in document.sections:
        parts.append(f"<h2>{escape(section.title)}</h2>")
        if section.columns:
            numeric = _numeric(section)
            rows = [_html_row("th", section.columns, numeric)]
            rows += [_html_row("td", row, numeric) for row in _cells(section)]
            parts.append("<div><table>\n" + "\n".join(rows) + "\n</table></div>")
        parts += [f"<p>{escape(note)}</p>" for note in section.notes]
        for one in section.excerpts:
            lines = escape("\n".join(one.lines))
            parts.append(f"<p>{escape(one.heading)}</p>\n<pre>{lines}</pre>")
    return _PAGE.format(title=escape(document.title), body="\n".join(parts))


def _html_row(tag: str, cells: Sequence[str], numeric: Sequence[bool]) -> str:
    shown = (
        f"<{tag}{' class=number' if right else ''}>{escape(cell)}</{tag}>"
        for cell, right in zip(cells, numeric, strict=True)
    )
    return f"<tr>{''.join(shown)}</tr>"


def _cells(section: Section) -> list[list[str]]:
    return [[_cell(row.get(column)) for column in section.columns] for row in section.rows]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value).replace("\n", " ")


def _numeric(section: Section) -> list[bool]:
    """Which columns hold numbers."""
    return [
        any(isinstance(row.get(column), int | float) for row in section.rows)
        for column in section.columns
    ]


def _in_markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", " ".join(text.split()))


_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{character: f"\\{character}" for character in "&%$#_"},
}


def _in_latex(text: str) -> str:
    # A bracket at the start of a row would be taken for an argument of the line break before it.
    escaped = "".join(_LATEX.get(character, character) for character in text)
    return f"{{{escaped}}}" if escaped.startswith("[") else escaped


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }}
div {{ overflow-x: auto; }}
table {{ border-collapse: collapse; }}
th, td {{ border-bottom: 1px solid #8886; padding: .3rem .8rem .3rem 0; text-align: left; }}
.number {{ font-variant-numeric: tabular-nums; text-align: right; }}
pre {{ background: #8882; overflow-x: auto; padding: .6rem; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""

FORMATS: dict[str, Callable[[Document], str]] = {
    "text": _text,
    "markdown": _markdown,
    "csv": _csv,
    "latex": _latex,
    "html": _html,
}
"""Name -> what writes a document so."""
