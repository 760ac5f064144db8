"""What a person meets who looks at units from the highest score down.

Units of one score have no order among them. Figures are the expected values over all their orders (as
McSherry and Najork, ECIR 2008, do for rankings with ties), so that a detector that scores everything the
same gets what drawing lots would get.
"""

from __future__ import annotations

import numpy as np

from anomalog_exp.detection.ranking import Steps
from anomalog_exp.metric_terms import Figure

__all__ = ["findings_to_see", "precision_at", "review_figures"]

_PER_LINES = 1000
_MOST_PERCENT = 90
_AT = {Figure.PRECISION_AT_10: 10, Figure.PRECISION_AT_100: 100}


def precision_at(ranked: Steps, k: int) -> float:
    """The share of anomalous units among the `k` of highest score; there are at least `k` units."""
    return float(np.interp(k, ranked.tp + ranked.fp, ranked.tp)) / k


def findings_to_see(ranked: Steps, percent: int) -> float:
    """How many units it takes to see that many per cent of the anomalous ones; at least one is.

    Among `g` units of one score, of which `a` are anomalous, the `j`-th anomalous one is expected at
    place j (g + 1) / (a + 1).
    """
    wanted = -(-int(ranked.tp[-1]) * percent // 100)  # rounded up
    tied = int(np.searchsorted(ranked.tp, wanted))  # the first step that holds as many
    seen = ranked.tp + ranked.fp
    alike, anomalous = seen[tied] - seen[tied - 1], ranked.tp[tied] - ranked.tp[tied - 1]
    missing = wanted - ranked.tp[tied - 1]
    return float(seen[tied - 1] + missing * (alike + 1) / (anomalous + 1))


def review_figures(ranked: Steps, lines: int) -> tuple[dict[str, float], float]:
    """The headline figures of reviewing, and the number of findings behind the workload.

    Args:
        ranked: Units of both classes.
        lines: Events that the units hold, each counted once.

    Returns:
        Precision among the first 10 and 100 units, where there are as many, and among the first R, for R
        anomalous ones; the units to look at for each 1,000 events, until 90 % of the anomalous ones are
        seen, if any unit holds an event. Then how many units these are.
    """
    units, anomalies = int(ranked.tp[-1] + ranked.fp[-1]), int(ranked.tp[-1])
    figures: dict[str, float] = {
        name: precision_at(ranked, k) for name, k in _AT.items() if k <= units
    }
    figures[Figure.R_PRECISION] = precision_at(ranked, anomalies)
    findings = findings_to_see(ranked, _MOST_PERCENT)
    if lines:
        figures[Figure.WORKLOAD_90] = findings / lines * _PER_LINES
    return figures, findings
