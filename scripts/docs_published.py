"""Published figures beside ours on the pages, made of experiments' files and of what was measured.

`docs/published.json` holds what `scripts/measure_published.py` measured, by experiment: the version of
its protocol, the log, and our figures by source and method. Those of an older version are not shown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from anomalog_exp.commands.experiments import Experiment, experiments
from anomalog_exp.config.published import Published
from anomalog_exp.report.published import Beside

__all__ = ["MEASURED", "published_sections"]

MEASURED = Path(__file__).resolve().parents[1] / "docs" / "published.json"


def published_sections() -> str:
    """A section for each experiment under whose protocol something is published."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    return "\n\n".join(
        _section(one, measured.get(one.name)) for one in experiments() if one.published
    )


def _section(experiment: Experiment, measured: dict[str, Any] | None) -> str:
    if measured is not None and measured["version"] != experiment.version:
        measured = None
    lines = [
        f"### `{experiment.name}` {{#{experiment.name}}}",
        f"{experiment.description} Version {experiment.version}.",
        f"Ours: {measured['log']}." if measured else "Ours: not run here.",
    ]
    for at, source in enumerate(experiment.published):
        lines.append(_source(source, (measured or {"f1": {}})["f1"].get(str(at), {})))
    return "\n\n".join(lines)


def _source(source: Published, ours: dict[str, str]) -> str:
    oracle = (
        " **Their thresholds were chosen by the test labels (oracle).**" if source.oracle else ""
    )
    head = (
        f"[{source.source}]({source.url}), {source.table}: {source.protocol}.{oracle} What ours does "
        f"otherwise: {source.differs}."
    )
    rows = ["| method | published F1 | our F1 | our runs |", "|---|---|---|---|"]
    for figure in source.figures:
        row = Beside(source, figure, None)
        runs = f"`{row.settings}`" if figure.run else ""
        rows.append(
            f"| {figure.method} | {row.theirs} | {ours.get(figure.method, row.ours_shown)} | {runs} |"
        )
    return f"{head}\n\n" + "\n".join(rows)
