"""What a template miner is: distinct masked messages in, templates and a code per message out.

A miner is two files: a module here with a `Config`, and a YAML in conf/template. What it leaves behind
are template texts alone, so that templates are plain to read, to compare and to store; how a message
that was never mined finds one of them is the miner's to say.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.templates.masking import MaskConfig, Masking
from anomalog_exp.data.templates.pinned import PinnedTemplates
from anomalog_exp.options.base import Names, Options

__all__ = ["TemplateMiner", "TemplateMinerConfig", "dense_codes"]


class TemplateMiner(ABC):
    """Groups masked messages by the statement that wrote them."""

    @abstractmethod
    def mine(self, messages: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
        """Mine templates.

        Args:
            messages: Distinct masked messages, in the order in which a log first shows them.

        Returns:
            The distinct template texts in order of first appearance, and (messages,) int32 codes.
        """

    @abstractmethod
    def matcher(self, texts: Sequence[str]) -> Callable[[str], int | None]:
        """The rule by which a message that was not mined finds its template.

        Args:
            texts: What `mine` gave.

        Returns:
            A function from a masked message to the place of its template in `texts`, None where no
            template fits. It learns nothing.
        """


class TemplateMinerConfig(Options):
    """Base of the miners' configs."""

    added_since: ClassVar[dict[str, Any]] = {"with_fields": (), "pinned": ()}

    name: str
    masking: Masking
    extra_masks: Annotated[tuple[MaskConfig, ...], Field(strict=False)]
    fit_on: Literal["all", "train"] = Field(description="rows that templates are mined from")
    with_fields: Names = Field(description="fields whose values make events, with the template")
    pinned: PinnedTemplates = Field(
        description="templates that a person has written: a file or a list"
    )

    def build_miner(self) -> TemplateMiner:
        """The miner that this config describes."""
        raise NotImplementedError(f"{type(self).__module__} does not build a miner")


def dense_codes(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
    """Distinct texts in order of first appearance, and the code of each text.

    Examples:
        >>> dense_codes(["stop", "start", "stop"])
        (['stop', 'start'], array([0, 1, 0], dtype=int32))
    """
    code: dict[str, int] = {}
    codes = np.array([code.setdefault(text, len(code)) for text in texts], dtype=np.int32)
    return list(code), codes
