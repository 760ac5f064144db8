"""A table as aligned text: for terminals, logs and files alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["text_table"]


def text_table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """The rows' columns, left-aligned text and right-aligned numbers, under their names.

    Floats show four digits, None shows a dash.

    Examples:
        >>> rows = [{"model": "markov", "f1": 0.5}, {"model": "pca", "f1": None}]
        >>> print(text_table(rows, ["model", "f1"]))
        model       f1
        ------  ------
        markov  0.5000
        pca          -
    """
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [
        max(len(column), *(len(line[i]) for line in cells)) if cells else len(column)
        for i, column in enumerate(columns)
    ]
    numeric = [any(isinstance(row.get(column), int | float) for row in rows) for column in columns]

    def line(texts: Sequence[str]) -> str:
        aligned = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(texts, widths, numeric, strict=True)
        ]
        return "  ".join(aligned).rstrip()

    ruler = ["-" * width for width in widths]
    return "\n".join(line(texts) for texts in [list(columns), ruler, *cells])


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}"
    return str(value).replace("\n", " ")
