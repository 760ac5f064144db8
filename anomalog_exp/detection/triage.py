"""Triage: events fall into clusters that a person looks at once, instead of at every event.

A detector that groups training events by their context (DeepCASE: van Ede et al., IEEE S&P 2022) has
clusters, of each of which a person rates some events. An event that is judged falls into one of them and
has its risk, or into none, for a reason; a person then looks at the event itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["UNRATED", "NoCluster", "Triage", "TriagedEvents"]

UNRATED = -1.0
"""The risk of a cluster of which nobody says whether its events are anomalous."""


class NoCluster(IntEnum):
    """Why an event is in no cluster; the numbers are those of the method's authors."""

    NOT_CONFIDENT = -1
    UNKNOWN_EVENT = -2
    NOTHING_NEAR = -3


@dataclass(frozen=True, eq=False)
class Triage:
    """The cluster of each event, and what training says of the clusters.

    Attributes:
        cluster: (events,) int64 of what is judged, sequence by sequence: the number of its cluster from
            0, or a value of `NoCluster`.
        size: (clusters,) int64 training events in each, at least one.
        risk: (clusters,) float64 what their labels say: from 0, normal, to 1, anomalous; or `UNRATED`.
        trained: How many events training had, in clusters or not.
    """

    cluster: NDArray[np.int64]
    size: NDArray[np.int64]
    risk: NDArray[np.float64]
    trained: int

    def check(self, name: str, events: int) -> None:
        """See that it is of so many events, and says what it may.

        Args:
            name: Of the detector, for the message.
            events: How many are judged.

        Raises:
            TypeError: the detector breaks the contract.
        """
        clusters = len(self.size)
        problems = {
            f"give a cluster, int64, for each of {events} events": self.cluster.shape != (events,)
            or self.cluster.dtype != np.int64,
            f"number clusters from 0 to {clusters - 1}, or say why there is none": bool(
                ((self.cluster < min(NoCluster)) | (self.cluster >= clusters)).any()
            ),
            "count at least one training event in each cluster, and no more than there are": bool(
                (self.size < 1).any() or self.size.sum() > self.trained
            ),
            "give each cluster a risk from 0 to 1, or UNRATED": self.risk.shape != (clusters,)
            or not bool(((self.risk == UNRATED) | ((self.risk >= 0) & (self.risk <= 1))).all()),
        }
        for promise, broken in problems.items():
            if broken:
                raise TypeError(f"the triage of {name} must {promise}")


@dataclass(frozen=True, eq=False)
class TriagedEvents:
    """A triage of events that are evaluated.

    Attributes:
        rows: (events,) int64 their dataset rows, as often as sequences show them.
        triage: Of these events.
    """

    rows: NDArray[np.int64]
    triage: Triage
