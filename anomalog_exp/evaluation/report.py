"""The metric report of a run, as it is computed and as it is read back from `metrics.json`.

The file is stable, byte for byte; the types are what code reads. `to_json` and `from_json` stand between
the two, so no other place knows a key of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from anomalog_exp.evaluation.as_json import as_json
from anomalog_exp.evaluation.block import MetricBlock
from anomalog_exp.evaluation.task import TaskMetadata
from anomalog_exp.evaluation.validation import ValidationReport
from anomalog_exp.metric_terms import (
    PRIMARY_FIGURES,
    VALIDATION,
    EvaluationUnit,
    MetricScope,
    Objective,
)

__all__ = ["MetricReport", "PrimaryMetric"]


class PrimaryMetric(NamedTuple):
    """The one figure by which runs are ranked; more of it is better."""

    figure: str
    value: float


@dataclass(frozen=True)
class MetricReport:
    """What was measured, without times and paths: equal results have equal reports.

    Attributes:
        task: What the figures belong to.
        evaluation_unit: What a verdict is about, for this data set.
        primary_scope: The scope that leads.
        secondary_scopes: Other scopes that are usable, best first.
        blocks: One for every scope.
        validation: Figures of the validation part; None where there is none.
    """

    task: TaskMetadata
    evaluation_unit: EvaluationUnit
    primary_scope: MetricScope
    secondary_scopes: tuple[MetricScope, ...]
    blocks: Mapping[MetricScope, MetricBlock]
    validation: ValidationReport | None = None

    @property
    def primary(self) -> MetricBlock:
        """The block that leads."""
        return self.blocks[self.primary_scope]

    @property
    def primary_metric(self) -> PrimaryMetric | None:
        """The figure to rank runs by; None where the block that leads does not have it."""
        figure = PRIMARY_FIGURES.get(self.primary_scope)
        headline = self.primary.headline or {}
        if figure is None or figure not in headline:
            return None
        return PrimaryMetric(figure, headline[figure])

    def ranked_by(self, objective: Objective | None) -> PrimaryMetric | None:
        """The figure of the validation part that a search asks for; without one, the primary metric.

        None where the part does not have it: no figure of the test part ever stands for it.
        """
        if objective is None:
            return self.primary_metric
        found = self.validation and self.validation.objective(objective)
        return PrimaryMetric(f"{VALIDATION}{found[0]}", found[1]) if found else None

    @property
    def decisions(self) -> MetricBlock:
        """The block whose decisions lead: the primary one, or sequences where that only predicts."""
        if self.primary.diagnostics.flagged is not None:
            return self.primary
        return self.blocks[MetricScope.SEQUENCE_LEVEL_DETECTION]

    def to_json(self) -> dict[str, Any]:
        """What `metrics.json` holds."""
        return dict(as_json(self))

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> MetricReport:
        """The report that a `metrics.json` holds; its floats have the digits of the file.

        Raises:
            pydantic.ValidationError: (a ValueError) it is no report.
        """
        return _reader().validate_python(payload)


@cache
def _reader() -> TypeAdapter[MetricReport]:
    return TypeAdapter(MetricReport)
