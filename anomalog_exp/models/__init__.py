"""Detectors and how they run; the detectors themselves are imported when they are asked for."""

from __future__ import annotations

from anomalog_exp.config.options import option_names, option_type
from anomalog_exp.models.contract import Detector, ExperimentModelConfig
from anomalog_exp.models.plan import ProgressHint, RunProgressPlan
from anomalog_exp.models.run import run_model
from anomalog_exp.models.summary import ModelRunSummary, SequenceSummary
from anomalog_exp.vocabulary import EvaluationUnit, MetricScope, MetricStatus

__all__ = [
    "Detector",
    "EvaluationUnit",
    "ExperimentModelConfig",
    "MetricScope",
    "MetricStatus",
    "ModelRunSummary",
    "ProgressHint",
    "RunProgressPlan",
    "SequenceSummary",
    "model_names",
    "resolve_model_config_type",
    "run_model",
]


def model_names() -> tuple[str, ...]:
    """Names of the shipped detectors, sorted."""
    return option_names("model")


def resolve_model_config_type(name: str) -> type[ExperimentModelConfig]:
    """The config class of a detector.

    Raises:
        KeyError: there is no such detector.
        ConfigError: it needs a package that is not installed; the message has the command.
    """
    found = option_type("model", name)
    assert issubclass(found, ExperimentModelConfig)
    return found
