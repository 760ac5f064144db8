"""The page of an attack on the program: `docs/reliability.md`."""

from __future__ import annotations

import inspect
import platform
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

from reliability_row import Row

__all__ = ["page", "total"]

_HEAD = """\
# Reliability

`scripts/reliability.py` attacks the program: it kills it, damages its files, fills its disk, feeds it
rubbish. This page is what the script wrote{form}.

    python scripts/reliability.py --long
    python scripts/reliability.py --short --only kills

Every case has a number and the seed decides what it is, so a case can be repeated. *Survived* means
that nothing was lost, nothing was wrong and nothing was left over. What that is exactly stands above
each table. Everywhere a hang, a traceback and an end by a signal of its own are wrong; so is a result
that differs by one byte.
"""


def page(rows: Sequence[Row], *, seed: int, long: bool) -> str:
    """The rows as Markdown, one table per kind."""
    form = "" if long else " in its short form"
    parts = [_HEAD.format(form=form)]
    names = ("numpy", "polars", "scikit-learn", "hydra-core", "mlflow", "filelock")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    machine = f"Python {platform.python_version()} on {platform.system()}, {versions}"
    everything = total(rows)
    parts.append(f"Seed {seed}, {everything.seconds / 60:.0f} minutes. {machine}.\n")
    parts.append(_table([everything], first="all"))
    for kind in dict.fromkeys(row.kind for row in rows):
        title, _, text = (inspect.getdoc(import_module(f"attacks.{kind}")) or kind).partition("\n")
        parts.append(f"## {title.rstrip('.')}\n\n{text.strip()}\n")
        parts.append(_table([row for row in rows if row.kind == kind], first="attack"))
    return "\n".join(parts)


def total(rows: Sequence[Row]) -> Row:
    """All rows in one."""
    sums = (sum(row[place] for row in rows) for place in range(2, 6))
    return Row("", "all of them", *sums, note="", seconds=sum(row.seconds for row in rows))


def _table(rows: Sequence[Row], *, first: str) -> str:
    lines = [[first, "tried", "survived", "lost or wrong", "left over", "what went wrong"]]
    lines.append(["---"] + ["---:"] * 4 + ["---"])
    for row in rows:
        numbers = [f"{number:,}" for number in row[2:6]]
        lines.append([row.what, *numbers, _cell(row.note)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    plain = " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
    return plain if len(plain) <= 600 else f"{plain[:600]} ..."
