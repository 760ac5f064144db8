"""Measuring results: metric blocks per scope."""

from anomalog_exp.evaluation.report import evaluate, primary_block

__all__ = ["evaluate", "primary_block"]
