"""Writing pages and figures into the folder of a run or of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.files import write_text
from anomalog_exp.report.bundle import chart_library
from anomalog_exp.report.figures.files import write_figures
from anomalog_exp.report.run_charts import run_charts
from anomalog_exp.report.run_page import run_page
from anomalog_exp.results import StoredRun

__all__ = ["write_run_report"]


def write_run_report(
    stored: StoredRun,
    cache_dir: Path,
    *,
    page: Path | None = None,
    figures: Sequence[str] = (),
) -> None:
    """Write the page of a run that has ended, and its figures as files.

    Args:
        stored: The run.
        cache_dir: Where the library of charts is kept.
        page: The file; None leaves the page out.
        figures: Formats of the figures' files in `figures/` of the run dir: `svg`, `png`.
    """
    if page is not None:
        write_text(page, run_page(stored, chart_library(cache_dir)))
    if figures:
        write_figures(stored.paths.figures_dir, run_charts(stored), figures)
