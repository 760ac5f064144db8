"""Detectors and how they run; the detectors themselves are imported when they are asked for."""

from __future__ import annotations

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.plan import ProgressHint, RunProgressPlan
from anomalog_exp.detection.run import run_model
from anomalog_exp.detection.summary import ModelRunSummary, SequenceSummary
from anomalog_exp.metric_terms import EvaluationUnit, MetricScope, MetricStatus
from anomalog_exp.options.listing import option_names, option_type

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
    config_type = option_type("model", name)
    assert issubclass(config_type, ExperimentModelConfig)
    return config_type
