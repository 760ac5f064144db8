"""Templates that may hold more than one statement.

A template of several messages is **too general** by one of three signs:

- at most a quarter of its words have a letter outside of wildcards: nothing says what happened;
- a wildcard stands for 2 to 5 plain words, each on several lines, and for nothing else: a place of few
  values that repeat is rather part of the statement (the rule by which IPLoM, Makanju et al., KDD 2009,
  splits, and `max_words` of miners here);
- its longest message has twice the words of its shortest and at least five more: one text fits both only
  because a wildcard stands for any number of words.

The figures in the rules are ours. Values are read from at most 200 distinct messages of a template,
spread over all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from anomalog_exp.data.templates.doubt import SAMPLES, Doubt, Mined
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.place_patterns import by_patterns
from anomalog_exp.data.templates.wildcards import Wildcards

if TYPE_CHECKING:
    import polars as pl

__all__ = ["too_general"]

_MOST_MESSAGES: Final = 200
_LETTERED_SHARE: Final = 0.25
_MOST_VALUES: Final = 5
_FEWEST_LINES: Final = 2
_TIMES_LONGER: Final = 2
_WORDS_LONGER: Final = 5
_WORD: Final = r"^\p{L}{2,}$"


class _Sign(NamedTuple):
    code: int
    reason: str
    samples: Sequence[str]


def too_general(mined: Mined, config: TemplateMinerConfig) -> list[Doubt]:
    """Doubts about templates that are too general, those of most lines first.

    Args:
        mined: The templates.
        config: Of the miner that found them.
    """
    wildcards = Wildcards(config)
    constants = [wildcards.constants(text) for text in mined.texts]
    messages = _messages(mined)
    signs: dict[int, list[_Sign]] = {}
    for found in (
        _repeated_words(messages, constants),
        _lengths(messages),
        _bare(messages, constants),
    ):
        for sign in found:
            signs.setdefault(sign.code, []).append(sign)
    return [
        Doubt(
            "too general",
            (mined.texts[code],),
            int(mined.lines[code]),
            "; ".join(sign.reason for sign in signs[code]),
            tuple(signs[code][0].samples),
        )
        for code in sorted(signs, key=lambda code: (-mined.lines[code], code))
    ]


def _messages(mined: Mined) -> pl.DataFrame:
    """Some distinct messages of each template that has several: `code`, `message` and `lines`."""
    import polars as pl

    every = pl.len().cast(pl.Int64).over("code")
    number = pl.int_range(pl.len()).over("code")
    return (
        pl.DataFrame({"code": mined.codes.astype(np.int32), "message": mined.messages})
        .group_by("code", "message", maintain_order=True)
        .agg(lines=pl.len())
        .filter((every > 1) & (number % -(-every // _MOST_MESSAGES) == 0))
    )


def _repeated_words(messages: pl.DataFrame, constants: Sequence[Sequence[str]]) -> Iterator[_Sign]:
    """Places that stand for a few words."""
    import polars as pl

    tables = [
        some.with_columns(pl.lit(place).alias("place"), values.alias("value"))
        for some in messages.partition_by("code", maintain_order=True)
        for around in [constants[some["code"][0]]]
        if len(around) > 1
        for place, values in enumerate(by_patterns(some["message"], around))
    ]
    if not tables:
        return
    found = (
        pl.concat(tables)
        .sort("code", "place", maintain_order=True)
        .group_by("code", "place", "value", maintain_order=True)
        .agg(pl.col("message").first(), pl.col("lines").sum())
        .group_by("code", "place", maintain_order=True)
        .agg("value", "message", "lines", words=pl.col("value").str.contains(_WORD).all())
        .filter(
            pl.col("words")
            & pl.col("value").list.len().is_between(2, _MOST_VALUES)
            & (pl.col("lines").list.min() >= _FEWEST_LINES)
        )
    )
    for one in found.iter_rows(named=True):
        shown = ", ".join(one["value"])
        reason = f"wildcard {one['place'] + 1} stands for {shown} alone, which repeat"
        yield _Sign(one["code"], reason, one["message"][:SAMPLES])


def _lengths(messages: pl.DataFrame) -> Iterator[_Sign]:
    """Messages of very different lengths."""
    import polars as pl

    words = pl.col("message").str.count_matches(r"\S+")
    found = (
        messages.group_by("code", maintain_order=True)
        .agg(
            least=words.min(),
            most=words.max(),
            shortest=pl.col("message").sort_by(words).first(),
            longest=pl.col("message").sort_by(words).last(),
        )
        .filter(
            (pl.col("most") >= _TIMES_LONGER * pl.col("least"))
            & (pl.col("most").cast(pl.Int64) - pl.col("least") >= _WORDS_LONGER)
        )
    )
    for one in found.iter_rows(named=True):
        reason = f"its messages have from {one['least']} to {one['most']} words"
        yield _Sign(one["code"], reason, [one["shortest"], one["longest"]])


def _bare(messages: pl.DataFrame, constants: Sequence[Sequence[str]]) -> Iterator[_Sign]:
    """Texts of hardly anything but wildcards."""
    firsts = messages.group_by("code", maintain_order=True).head(SAMPLES)
    for (code,), some in firsts.group_by("code", maintain_order=True):
        assert isinstance(code, int)
        words = "0".join(constants[code]).split()
        lettered = sum(any(map(str.isalpha, word)) for word in words)
        if lettered <= _LETTERED_SHARE * len(words):
            reason = "hardly a word of it is no wildcard, so that nothing says what happened"
            yield _Sign(code, reason, some["message"].to_list())
