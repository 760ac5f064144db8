"""No mining: the masked message is the template. For event ids, and as the ablation's zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.miners.base import TemplateMiner, TemplateMinerConfig, dense_codes

__all__ = ["Config", "IdentityMiner"]


class Config(TemplateMinerConfig):
    """Options of the identity miner: the masks alone."""

    name: Literal["identity"]

    def build_miner(self) -> IdentityMiner:
        return IdentityMiner()


class IdentityMiner(TemplateMiner):
    """Every masked message is a template."""

    def mine(self, messages: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
        return dense_codes(messages)

    def matcher(self, texts: Sequence[str]) -> Callable[[str], int | None]:
        return {text: code for code, text in enumerate(texts)}.get
