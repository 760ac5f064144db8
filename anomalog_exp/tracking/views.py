"""Ready views of MLflow's run list and charts: an address opens them, and nobody has to click.

MLflow keeps a view that somebody shares as a tag of the experiment, which holds the state of the page as
JSON; the parameter `viewStateShareKey` of an address names the tag. MLflow describes that state nowhere:
the names here are those of its user interface, read from it and tried in a browser with MLflow 3.17.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from anomalog_exp.metric_terms import PRIMARY_FIGURES, Figure, MetricScope, shown_metrics

__all__ = ["EXPERIMENT_VIEW", "View", "compared_metrics", "in_scope", "view_address"]

EXPERIMENT_VIEW: Final = "runs"
"""The view of all runs of an experiment; those of sweeps bear the names of the sweeps."""

_FLAGGED: Final = ("flagged_share", "flagged")
"""What there is to compare without labels."""

_NOT_IN_TAGS: Final = re.compile(r"[^\w\-./ :]", re.ASCII)
_PRIMARY: Final = "mlflow.experiment.primaryMetric"
_SHARED: Final = "mlflow.sharedViewState."
_COMPARED_RUNS: Final = 100
_SECTION: Final = "compared"
_RUN_NAME: Final = "attributes.`Run Name`"
_NAME_PIXELS: Final = 280


@dataclass(frozen=True)
class View:
    """What a page of runs shows.

    Attributes:
        key: Its name in the address.
        search: MLflow's filter of runs.
        metrics: Columns, the first of which orders the rows, largest first.
        params: Columns; the lines of the parallel coordinates pass through them.
    """

    key: str
    search: str
    metrics: Sequence[str]
    params: Sequence[str]

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the experiment that make MLflow know the view and the figure to rank by."""
        tags = {f"{_SHARED}{_allowed(self.key)}": json.dumps(self._state())}
        if self.metrics and not self.metrics[0].endswith(_FLAGGED):
            tags |= {f"{_PRIMARY}.name": self.metrics[0], f"{_PRIMARY}.greaterIsBetter": "true"}
        return tags

    def _state(self) -> dict[str, Any]:
        metrics = [_column("metrics", name) for name in _with_intervals(self.metrics)]
        shown = [*metrics, *(_column("params", name) for name in self.params)]
        charts = list(self._charts())
        return {
            "selectedColumns": shown,
            "columnOrder": [_RUN_NAME, *shown],
            "columnWidths": {_RUN_NAME: _NAME_PIXELS},
            "searchFilter": self.search,
            "orderByKey": metrics[0] if metrics else _column("attributes", "Date"),
            "orderByAsc": False,
            "runsHiddenMode": "SHOW_ALL",
            "compareRunSections": [
                {
                    "uuid": _SECTION,
                    "name": "Compared",
                    "display": True,
                    "isReordered": True,
                    "cardHeight": 340,
                    "columns": 2,
                }
            ],
            "isAccordionReordered": True,
            "compareRunCharts": [
                {
                    "uuid": f"{self.key}-{place}",
                    "metricSectionId": _SECTION,
                    "deleted": False,
                    "isGenerated": False,
                    "runsCountToCompare": _COMPARED_RUNS,
                    **chart,
                }
                for place, chart in enumerate(charts)
            ],
        }

    def _charts(self) -> Iterable[dict[str, Any]]:
        """The charts, most telling first."""
        if self.params and self.metrics:
            yield {
                "type": "PARALLEL",
                "selectedParams": list(self.params),
                "selectedMetrics": [self.metrics[0]],
                "showAllRuns": True,
            }
        for name in self.metrics[:1]:
            yield {"type": "BAR", "metricKey": name}
        axes = [self._metric(name) for name in (Figure.RECALL, Figure.PRECISION)]
        if None not in axes:
            across, up = axes
            yield {
                "type": "SCATTER",
                "xaxis": {"key": across, "type": "METRIC"},
                "yaxis": {"key": up, "type": "METRIC"},
            }
        for name in self.metrics[1:]:
            yield {"type": "BAR", "metricKey": name}

    def _metric(self, figure: Figure) -> str | None:
        """The metric that holds a figure, if one does."""
        return next((name for name in self.metrics if name.endswith(f"/{figure}")), None)


def in_scope(scope: str, name: str) -> str:
    """The metric in MLflow that holds a figure of a scope: `sequence/f1`."""
    return f"{scope.removesuffix('_level_detection').removesuffix('_prediction')}/{name}"


def compared_metrics(scope: str, headline: Mapping[str, float]) -> list[str]:
    """The metrics by which runs of a scope are compared; without labels, how much they flag."""
    names = shown_metrics(headline)
    primary = PRIMARY_FIGURES.get(MetricScope(scope))
    if primary in names:
        names.sort(key=lambda name: name != primary)
    return [in_scope(scope, name) for name in names or _FLAGGED]


def _allowed(key: str) -> str:
    """A key as MLflow takes it in the name of a tag: that of a sweep over data sets has a `+`."""
    return _NOT_IN_TAGS.sub("-", key)


def view_address(experiment: str, view: str) -> str:
    """The part of an address behind the server's that opens a view: a sweep's with its charts."""
    shown = {
        "workflowType": "machine_learning",
        "viewStateShareKey": _allowed(view),
        "compareRunsMode": "TABLE" if view == EXPERIMENT_VIEW else "CHART",
    }
    return f"/#/experiments/{quote(experiment)}/runs?{urlencode(shown)}"


def _with_intervals(metrics: Iterable[str]) -> Iterable[str]:
    """The metrics, and behind F1 the ends of its interval."""
    for name in metrics:
        yield name
        if name.endswith(f"/{Figure.F1}"):
            yield from (f"{name}_interval_{end}" for end in ("low", "high"))


def _column(kind: str, name: str) -> str:
    return f"{kind}.`{name}`"
