"""Mortal: its process is killed while it is trained, as on a machine that runs out of memory.

The processes that trained it are the lines of `trained-by-DEATHS` in the working folder.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Literal

from anomalog_exp.detection.contract import ExperimentModelConfig
from anomalog_exp.models.sequence_length import SequenceLengthDetector
from anomalog_exp.sequences.sequence_set import SequenceSet


class Config(ExperimentModelConfig):
    """Options of the detector."""

    name: Literal["mortal"]
    deaths: int

    def build_detector(self) -> MortalDetector:
        return MortalDetector(self)


class MortalDetector(SequenceLengthDetector):
    """Judges by the length, if it comes to that."""

    config: Config

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        trained_by = Path(f"trained-by-{self.config.deaths}")
        with trained_by.open("a") as file:
            file.write(f"{os.getpid()}\n")
        begun = len(trained_by.read_text().splitlines())
        while self.config.deaths < 0 and begun == 1:
            time.sleep(1)
        if begun <= self.config.deaths:
            os.kill(os.getpid(), signal.SIGKILL)
        super().fit(train, valid)
