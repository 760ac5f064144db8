"""Templates: what mining learned of a log, kept as one object that can be asked again.

It holds the masks, the template texts and every masked message that was mined with its template. So a
message that was mined is found again exactly, whatever miner it was; only one that was not goes by the
miner's rule for texts (`TemplateMiner.matcher`), and what fits no text is `<unknown>`. The texts are
all that the rule needs, which makes the state plain JSON. The price is memory for the distinct masked
messages; a log has few.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.event_fields import parted, with_values
from anomalog_exp.data.templates.masking import Masker
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig, dense_codes
from anomalog_exp.data.templates.pinning import masker_of, mined_but_pinned, titles_of
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.listing import open_option

if TYPE_CHECKING:
    import polars as pl

__all__ = ["UNKNOWN_TEMPLATE", "Templates"]

UNKNOWN_TEMPLATE: Final = "<unknown>"
"""What stands for every message that fits no template."""

_STATE: Final = ("config", "mined", "messages", "codes")
"""The keys of `to_json`."""


@dataclass(frozen=True, eq=False)
class Templates:
    """Templates of a log.

    Attributes:
        config: The miner, the masks, and what is pinned.
        mined: Template texts, in the order of their codes; pinned templates of no message at the end.
        known: Masked message -> code of its template, of the messages that were mined.
    """

    config: TemplateMinerConfig
    mined: tuple[str, ...]
    known: Mapping[str, int]

    @classmethod
    def mine(
        cls,
        messages: Sequence[str] | pl.Series,
        config: TemplateMinerConfig,
        values: pl.DataFrame | None = None,
    ) -> tuple[Self, NDArray[np.int32]]:
        """Learn templates.

        Args:
            messages: Raw messages in the order of the log, without nulls.
            config: The miner and its masks.
            values: (messages,) of the fields that make events, a String column each; None: of none.

        Returns:
            The templates in order of first appearance, and (messages,) int32 codes into them.
        """
        shapes, shape_of = _shapes(messages, masker_of(config), values)
        templates, codes = cls.mine_shapes(shapes, config)
        return templates, codes[shape_of]

    @classmethod
    def mine_shapes(
        cls, shapes: Sequence[str], config: TemplateMinerConfig
    ) -> tuple[Self, NDArray[np.int32]]:
        """Learn templates from distinct results of `Masker.fast`, with the values of fields behind them.

        Returns:
            The templates, and (shapes,) int32 codes into them.
        """
        masked, masked_of_shape = dense_codes(
            _finished(shapes, masker_of(config), config.with_fields)
        )
        templates, codes = cls.mine_masked(masked, config)
        return templates, codes[masked_of_shape]

    @classmethod
    def mine_masked(
        cls, masked: Sequence[str], config: TemplateMinerConfig
    ) -> tuple[Self, NDArray[np.int32]]:
        """Learn templates from distinct messages with all masks applied; a code per message."""
        texts, codes = _mined(masked, config)
        known = dict(zip(masked, codes.tolist(), strict=True))
        # A pinned template is one, whether or not a message was of it; its values of fields are unknown.
        for title in [] if config.with_fields else titles_of(config):
            if title not in known:
                known[title] = len(texts)
                texts.append(title)
        return cls(config, tuple(texts), known), codes

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that a code of `match` can mean: those mined, and `<unknown>` at the end."""
        return (*self.mined, UNKNOWN_TEMPLATE)

    @cached_property
    def digest(self) -> str:
        """64 hex digits that name the whole state."""
        return stable_fingerprint(self.to_json())

    @property
    def unknown(self) -> int:
        """The code of `<unknown>`."""
        return len(self.mined)

    def match(
        self, messages: Sequence[str] | pl.Series, values: pl.DataFrame | None = None
    ) -> NDArray[np.int32]:
        """(messages,) int32 codes into `texts` of raw messages, without nulls; nothing is learned.

        Where the training part alone was mined (`fit_on`), a message that it did not show is unknown,
        whatever wildcards would cover: see `sequences/training_templates.py`.

        Args:
            messages: As for `mine`.
            values: As for `mine`.
        """
        shapes, shape_of = _shapes(messages, self._masker, values)
        return self.match_shapes(shapes)[shape_of]

    def match_shapes(self, shapes: Sequence[str]) -> NDArray[np.int32]:
        """(shapes,) int32 codes into `texts` of distinct results of `Masker.fast`; see `mine_shapes`."""
        finished = _finished(shapes, self._masker, self.config.with_fields)
        if self.config.fit_on == "train":
            return self.known_codes(finished)
        return np.array([self._code(masked) for masked in finished], dtype=np.int32)

    def match_and_mine(self, shapes: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """Codes of `match_shapes`, but what fits no template has templates of its own.

        They stand behind `<unknown>`, mined among themselves, for people to read: to a judge all of
        them are unknown. One with the text of a known template would pass for it: it is `<unknown>`.

        Args:
            shapes: As for `mine_shapes`.

        Returns:
            Texts, those of `texts` at first, and (shapes,) int32 codes into them.
        """
        codes = self.match_shapes(shapes)
        new = np.flatnonzero(codes == self.unknown)
        masked = _finished(
            [shapes[shape] for shape in new.tolist()], self._masker, self.config.with_fields
        )
        distinct, message_of = dense_codes(masked)
        mined, template_of = _mined(distinct, self.config)
        known = frozenset(self.texts)
        others, other_of = dense_codes([text for text in mined if text not in known])
        code_of = np.full(len(mined), self.unknown, dtype=np.int32)
        code_of[[text not in known for text in mined]] = other_of + len(self.texts)
        codes[new] = code_of[template_of[message_of]]
        return (*self.texts, *others), codes

    def known_codes(self, masked: Sequence[str]) -> NDArray[np.int32]:
        """(masked,) int32 codes into `texts` of masked messages; what was not mined is unknown."""
        codes = [self.known.get(message, self.unknown) for message in masked]
        return np.array(codes, dtype=np.int32)

    def to_json(self) -> str:
        """The whole state as JSON; what `from_json` makes of it gives the same codes."""
        state = {
            "config": self.config.model_dump(mode="json"),
            "mined": self.mined,
            "messages": list(self.known),
            "codes": list(self.known.values()),
        }
        return json.dumps(state, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The templates that `to_json` wrote.

        Raises:
            ConfigError: there is no miner of that name, or its options do not fit.
            ValueError: it is no JSON, or not that of templates.
        """
        return cls.from_state(json.loads(text))

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """The templates of what is in the JSON that `to_json` writes; see `from_json`."""
        if not isinstance(state, dict) or state.keys() != set(_STATE):
            raise ValueError(f"its keys are not {', '.join(_STATE)}")
        described, mined, messages, codes = (state[key] for key in _STATE)
        for key, texts in (("mined", mined), ("messages", messages)):
            if not _are(str, texts):
                raise ValueError(f"{key} is no list of texts")
        if not _are(int, codes) or len(codes) != len(messages):
            raise ValueError("codes are no whole numbers, one for each of messages")
        if codes and not 0 <= min(codes) <= max(codes) < len(mined):
            raise ValueError(f"codes are beyond the {len(mined):,} templates in mined")
        if isinstance(described, dict) and isinstance(described.get("pinned"), str):
            raise ValueError("pinned names a file, and templates hold their own")
        config = open_option("template", described)
        assert isinstance(config, TemplateMinerConfig)
        known = dict(zip(messages, codes, strict=True))
        if len(known) < len(messages):
            raise ValueError("a message stands there twice")
        return cls(config, tuple(mined), known)

    def _code(self, masked: str) -> int:
        code = self.known.get(masked)
        if code is None:
            message, values = parted(masked, self.config.with_fields)
            statement = None if message in self._titles else self._matcher(message)
            if statement is not None:
                code = self._code_of.get(self._statements[statement] + values)
        return self.unknown if code is None else code

    @cached_property
    def _code_of(self) -> dict[str, int]:
        return {text: code for code, text in enumerate(self.mined)}

    @cached_property
    def _statements(self) -> list[str]:
        """The texts that the miner gave, without the values of fields."""
        statements = [parted(text, self.config.with_fields)[0] for text in self.mined]
        return dense_codes([one for one in statements if one not in self._titles])[0]

    @cached_property
    def _masker(self) -> Masker:
        return masker_of(self.config)

    @cached_property
    def _titles(self) -> frozenset[str]:
        return frozenset(titles_of(self.config))

    @cached_property
    def _matcher(self) -> Callable[[str], int | None]:
        return self.config.build_miner().matcher(self._statements)


def _are(kind: type, values: Any) -> bool:
    """Whether it is a list of values of exactly this type: True is no number."""
    return isinstance(values, list) and {kind}.issuperset(map(type, values))


def _mined(
    masked: Sequence[str], config: TemplateMinerConfig
) -> tuple[list[str], NDArray[np.int32]]:
    """Template texts and a code per masked message; values of fields are not mined."""
    miner = config.build_miner()
    if not config.with_fields or not masked:
        return mined_but_pinned(miner.mine, masked, config)
    messages, values = zip(*(parted(one, config.with_fields) for one in masked), strict=True)
    distinct, message_of = dense_codes(messages)
    statements, statement_of = mined_but_pinned(miner.mine, distinct, config)
    of_each = statement_of[message_of]
    return dense_codes([statements[s] + v for s, v in zip(of_each, values, strict=True)])


def _finished(shapes: Sequence[str], masker: Masker, fields: Sequence[str]) -> list[str]:
    """Shapes with all masks applied, but for the values of fields."""
    if not fields:
        return masker.finish(shapes)
    parts = [parted(shape, fields) for shape in shapes]
    messages = masker.finish([message for message, _ in parts])
    return [message + values for message, (_, values) in zip(messages, parts, strict=True)]


def _shapes(
    messages: Sequence[str] | pl.Series, masker: Masker, values: pl.DataFrame | None
) -> tuple[list[str], NDArray[np.int32]]:
    """Distinct results of the masks that run on every message, and the shape of each message."""
    import polars as pl

    raw = pl.Series(messages, dtype=pl.String)
    shaped = masker.fast(raw)
    if values is not None:
        shaped = with_values(shaped, values)
    shapes = shaped.unique(maintain_order=True)
    number = pl.int_range(len(shapes), dtype=pl.Int32, eager=True)
    # Of no messages polars gives no codes but the texts themselves.
    codes = shaped.replace_strict(shapes, number).cast(pl.Int32)
    return shapes.to_list(), codes.to_numpy()
