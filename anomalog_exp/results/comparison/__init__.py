"""Runs compared: read from their dirs, tested against each other, written as text in several formats."""

from anomalog_exp.results.comparison.compare import comparison
from anomalog_exp.results.comparison.formats import FORMATS, Document
from anomalog_exp.results.comparison.runs import ComparedRun, named_runs

__all__ = ["FORMATS", "ComparedRun", "Document", "comparison", "named_runs"]
