"""From shapes to templates: the last masks and the miner, on distinct messages only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.masking import Masker
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig, dense_codes

__all__ = ["mine_shapes"]


def mine_shapes(
    shapes: Sequence[str], config: TemplateMinerConfig
) -> tuple[list[str], NDArray[np.int32]]:
    """Templates of a log, and the template of each of its shapes.

    Args:
        shapes: Distinct results of `Masker.fast`, in the order in which the log first shows them.
        config: The miner and its masks.

    Returns:
        Template texts in order of first appearance, and (shapes,) int32 codes into them.
    """
    finished = Masker(config.masking, config.extra_masks).finish(shapes)
    messages, message_of_shape = dense_codes(finished)
    templates, template_of_message = config.build_miner().mine(messages)
    return templates, template_of_message[message_of_shape]
