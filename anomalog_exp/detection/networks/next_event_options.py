"""The options of detectors that predict the next event; `next_event_detector` says what they do."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from anomalog_exp.detection.networks.candidates import CandidatesConfig
from anomalog_exp.detection.networks.window_detector import WindowConfig

__all__ = ["NextEventConfig"]

_POWERS: Final = {"counts": 1.0, "roots": 0.5, "ones": 0.0}


class NextEventConfig(WindowConfig, CandidatesConfig):
    """Options of such detectors."""

    short_sessions: Literal["pad", "skip", "predict"] = Field(
        description="what becomes of sequences with no more events than the history"
    )
    end_of_session: bool | Literal["auto"] = Field(
        description="with short_sessions=predict, predict the end, too; auto: where no event has a time"
    )
    unknown_events: Literal["anomalous", "anomalous_after", "ignored"] = Field(
        description="what becomes of events that normal training never showed"
    )
    window_weights: Literal["counts", "roots", "ones"] = Field(
        description="what a different window weighs in training, by how often it happened"
    )

    @property
    def weight_power(self) -> float:
        """A window that happened n times weighs n to this power."""
        return _POWERS[self.window_weights]
