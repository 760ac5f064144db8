"""Writing pages and figures into the folder of a run or of a sweep.

All of it can be made again from the other files, so it is no part of a result: what cannot be drawn when
a run or a sweep ends costs a warning and nothing else.
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anomalog_exp.config.settings import ReportConfig
from anomalog_exp.files import write_text
from anomalog_exp.report.bundle import chart_library
from anomalog_exp.report.figures.files import write_figures
from anomalog_exp.report.run_charts import run_charts
from anomalog_exp.report.run_page import run_page
from anomalog_exp.report.sweep_charts import caught_sequences, sweep_charts
from anomalog_exp.report.sweep_page import SweepFacts, sweep_page
from anomalog_exp.results import ResultPaths, StoredRun, read_run
from anomalog_exp.results.members import Member
from anomalog_exp.results.sweep_dir import importance_of_keys

__all__ = ["PAGE", "report_run", "report_sweep", "write_run_report", "write_sweep_report"]

_LOG = logging.getLogger(__name__)

PAGE = "report.html"
"""The page, in the folder of a run or of a sweep."""

_FIGURES = "figures"


def report_run(paths: ResultPaths, asked: ReportConfig, cache_dir: Path, *, again: bool) -> None:
    """Draw what is asked for of a run that has just ended; a killed one is left as it is.

    Args:
        paths: Its run dir.
        asked: What to draw.
        cache_dir: Where the library of charts is kept.
        again: Also draw what is there already.
    """
    with _at_the_end(paths.run_dir):
        stored = read_run(paths.run_dir)
        if stored.status["status"] == "killed":
            return
        page = paths.page_path if asked.page and (again or not paths.page_path.is_file()) else None
        figures = [kind for kind in asked.figures if again or not _any(paths.figures_dir, kind)]
        write_run_report(stored, cache_dir, page=page, figures=figures)


def report_sweep(
    folder: Path,
    records: Sequence[Mapping[str, Any]],
    asked: ReportConfig,
    cache_dir: Path,
    *,
    typed: Sequence[str],
    summarize: Sequence[str],
) -> None:
    """Draw what is asked for of a sweep that has just ended; see `write_sweep_report`."""
    page = folder / PAGE if asked.page else None
    with _at_the_end(folder):
        write_sweep_report(
            folder,
            records,
            cache_dir,
            typed=typed,
            summarize=summarize,
            page=page,
            figures=asked.figures,
        )


def write_run_report(
    stored: StoredRun, cache_dir: Path, *, page: Path | None, figures: Sequence[str]
) -> None:
    """Write the page of a run that has ended, and its figures as files.

    Args:
        stored: The run.
        cache_dir: Where the library of charts is kept.
        page: The file of the page; None leaves it out.
        figures: Formats of the files in `figures/` of the run dir: `svg`, `png`.
    """
    if page is not None:
        write_text(page, run_page(stored, chart_library(cache_dir)))
    if figures:
        write_figures(stored.paths.figures_dir, run_charts(stored), figures)


def write_sweep_report(
    folder: Path,
    records: Sequence[Mapping[str, Any]],
    cache_dir: Path,
    *,
    typed: Sequence[str],
    summarize: Sequence[str] = (),
    page: Path | None,
    figures: Sequence[str],
) -> None:
    """Write the page of a sweep, and its figures as files.

    Args:
        folder: The sweep's.
        records: What its members left there.
        cache_dir: Where the library of charts is kept.
        typed: What the sweep is over, as it was typed.
        summarize: The keys whose values repeat a configuration; none stands for seeds and offsets.
        page: The file of the page; None leaves it out.
        figures: Formats of the files in `figures/` of the folder: `svg`, `png`.
    """
    members = [Member.of(record) for record in records]
    caught = caught_sequences(members)
    charts = sweep_charts(members, caught, importance_of_keys(folder))
    if page is not None:
        facts = SweepFacts(folder.name, members, caught, charts, typed, summarize)
        write_text(page, sweep_page(facts, page.absolute().parent, chart_library(cache_dir)))
    if figures:
        write_figures(folder / _FIGURES, charts, figures)


@contextmanager
def _at_the_end(folder: Path) -> Iterator[None]:
    """What fails in the block is a warning: the result stands without it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, no result may be lost to a picture
        problem = str(error).split("\n")[0]
        _LOG.warning(
            "the page could not be made (%s: %s); to try again: python -m anomalog_exp report %s",
            type(error).__name__,
            problem,
            shlex.quote(str(folder)),
        )
        _LOG.debug("the page could not be made", exc_info=True)


def _any(folder: Path, kind: str) -> bool:
    return next(folder.glob(f"*.{kind}"), None) is not None
