"""How intervals of F1 are found: by resampling, with a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from anomalog_exp.evaluation.metrics import Confusion, f1_interval

__all__ = ["Resampling"]

Ends = tuple[float, float] | tuple[None, None]


@dataclass(frozen=True)
class Resampling:
    """What every interval of a report is found with.

    Attributes:
        samples: Resamples; 0 leaves intervals out.
        seed: Their seed.
    """

    samples: int
    seed: int

    def f1_interval(self, cells: Confusion) -> Ends:
        """The ends of the 95 % interval of F1 of units."""
        return self.ends(lambda samples, seed: f1_interval(cells, samples, seed))

    def ends(self, interval: Callable[[int, int], tuple[float, float] | None]) -> Ends:
        """Those that a function of samples and seed finds; None where there is none."""
        found = interval(self.samples, self.seed) if self.samples else None
        return found or (None, None)
