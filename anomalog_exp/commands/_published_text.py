"""What `experiments published` prints: figures of others, and beside them what our runs came to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from anomalog_exp.config.published import Published
from anomalog_exp.plural import how_many
from anomalog_exp.report.published import Beside, beside, by_source
from anomalog_exp.results import StoredRun, read_run
from anomalog_exp.results.frames import run_dirs
from anomalog_exp.text_table import text_table

__all__ = ["published_text"]

Named = tuple[str, int | None, tuple[Published, ...]]
"""An experiment: its name, the version of its protocol, what is published under it."""


def published_text(chosen: Sequence[Named], output_dir: Path) -> str:
    """A table for each source of each experiment.

    Args:
        chosen: The experiments.
        output_dir: The folder below which runs of them are looked for.
    """
    chosen = [one for one in chosen if one[2]]
    if not chosen:
        return "none of these experiments has published figures"
    runs, damaged = _experiment_runs(output_dir)
    lines: list[str] = []
    for name, version, published in chosen:
        for source, rows in by_source(beside(published, runs[name, version])):
            lines += [*_about(name, source), _table(rows), ""]
    lines.append(
        f"ours: F1 of the runs below {output_dir}; in brackets its 95 % interval, and of several runs "
        "the lowest and the highest, about their median"
    )
    if damaged:
        lines.append(
            f"{how_many(damaged, 'run', 'are left out')}: not all files are as they were written"
        )
    return "\n".join(lines)


def _about(name: str, source: Published) -> Iterator[str]:
    yield f"== {name}: {source.source}"
    yield f"{source.url}, {source.table}"
    yield f"protocol  {source.protocol}"
    yield f"ours      {source.differs}"
    if source.oracle:
        yield "oracle    their thresholds were chosen by the test labels"


def _table(rows: Sequence[Beside]) -> str:
    columns = ["method", "published", "ours", "our runs"]
    cells = [(row.figure.method, row.theirs, row.ours_shown, row.settings) for row in rows]
    return text_table([dict(zip(columns, one, strict=True)) for one in cells], columns)


def _experiment_runs(
    output_dir: Path,
) -> tuple[dict[tuple[str, int | None], list[StoredRun]], int]:
    """The runs that are done, by experiment and version of its protocol, and how many are damaged."""
    found: dict[tuple[str, int | None], list[StoredRun]] = defaultdict(list)
    damaged = 0
    for run_dir in run_dirs(output_dir):
        try:
            run = read_run(run_dir)
            if run.status["status"] != "done" or run.config.experiment_name is None:
                continue
            assert run.report
        except (ValueError, OSError):
            damaged += 1
            continue
        found[run.config.experiment_name, run.config.experiment_version].append(run)
    return found, damaged
