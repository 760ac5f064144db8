"""Templates that are most likely wrong, found without a truth.

The rules stand in `too_general` and `too_alike`. They say where to look; whether a template is wrong,
whoever knows the log decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.doubt import Doubt, Mined
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.too_alike import too_alike
from anomalog_exp.data.templates.too_general import too_general

if TYPE_CHECKING:
    import polars as pl

__all__ = ["doubtful_templates"]


def doubtful_templates(
    messages: pl.Series,
    codes: NDArray[np.integer],
    texts: Sequence[str],
    config: TemplateMinerConfig,
) -> list[Doubt]:
    """Every doubt about templates, kind by kind; within a kind the strongest first.

    Args:
        messages: (messages,) String, without nulls.
        codes: (messages,) place of each one's template in `texts`.
        texts: Of the templates, without the values of fields; those without a message do not count.
        config: Of the miner that found them.
    """
    used, firsts, own, lines = np.unique(
        codes, return_index=True, return_inverse=True, return_counts=True
    )
    mined = Mined(messages, own, tuple(texts[code] for code in used), lines, firsts)
    alike = sorted(too_alike(mined), key=lambda doubt: doubt.kind == "near-duplicates")
    return [*too_general(mined, config), *alike]
