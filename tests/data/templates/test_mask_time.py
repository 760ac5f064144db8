"""No mask reads a word over and over: eight times the length takes about eight times as long."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import permutations, product

import polars as pl
import pytest

from anomalog_exp.data.templates import masking
from anomalog_exp.data.templates.masking import Masker

SHORT, LONG = 1_000, 8_000
LINEAR = 24
"""Times as long at most; reading on from each character takes 64 times as long."""

UNITS = ("a", "0", "/", "-", ".", ":", " ", "<*>", ">", "blk_", "dead-", "@", "\\", "com.", "May ")
BEGINS = ("", "<*>", "a://")
ENDS = ("!", "/", "<*>-")


def words(length: int) -> Iterator[str]:
    """Words of one character or two in turn, with a beginning and an end that may fit nothing."""
    for units in [*((one,) for one in UNITS), *permutations(UNITS, 2)]:
        unit = "".join(units)
        for begin, end in product(BEGINS, ENDS):
            yield begin + unit * (length // len(unit)) + end
    for first, second in permutations(UNITS, 2):
        yield first * (length // 2 // len(first)) + second * (length // 2 // len(second)) + "!"


def seconds(work, text: str) -> float:
    begin = time.thread_time()
    work(text)
    return time.thread_time() - begin


def is_linear(work, short: str, long: str) -> bool:
    """Whether the least times of some attempts show it: what else the machine does only adds."""
    least_short = least_long = float("inf")
    for _ in range(10):
        least_short = min(least_short, seconds(work, short))
        least_long = min(least_long, seconds(work, long))
        # Calls take some microseconds whatever they do.
        if least_long <= LINEAR * max(least_short, 2e-5):
            return True
    return False


@pytest.mark.parametrize("number", range(len(masking._FINISH)))
def test_the_time_of_a_mask_grows_as_a_word_does(number):
    pattern = masking._COMPILED[number][1]
    pairs = zip(words(SHORT), words(LONG), strict=True)
    slow = [long[:12] for short, long in pairs if not is_linear(_with(pattern), short, long)]
    assert slow == []


def _with(pattern: re.Pattern[str]):
    return lambda text: pattern.sub("", text)


def test_the_masks_of_every_message_are_linear_too():
    def work(text: str) -> None:
        Masker("general").fast(pl.Series([text]))

    pairs = zip(words(SHORT), words(LONG), strict=True)
    assert [long[:12] for short, long in pairs if not is_linear(work, short, long)] == []


@pytest.mark.parametrize("pattern", [r"[\w-]*0", r"[\w-]*/[\w-]+/"])
def test_a_mask_that_reads_a_word_again_and_again_is_told(pattern):
    compiled = re.compile(pattern)
    # Half the length of the others, as each of ten attempts takes the square of it.
    assert not is_linear(_with(compiled), "a-a" * (SHORT // 6), "a-a" * (LONG // 6))


def test_a_word_of_a_million_characters_is_masked_within_seconds():
    word = "a" * 1_000_000
    message = f"GET {word}/{word} {word}"
    begin = time.process_time()
    masker = Masker("general")
    assert masker.finish(masker.fast(pl.Series([message])).to_list()) == [message]
    assert time.process_time() - begin < 10


PART = r"(?:[\w.$@~%+-]|<\*>)"
# Two masks as they would be if they did not know where a part of unknown length begins.
PLAIN = (r"\w*0\w*", rf"{PART}*/{PART}+/(?:{PART}|[/:?&=](?=[\w/<]))*")


@pytest.mark.parametrize("plain", PLAIN)
def test_a_mask_finds_what_it_would_find_if_it_tried_every_character(plain):
    """Every short word over the characters that matter, and the same spans in all of them."""
    (pattern,) = (one for _, one, _ in masking._COMPILED if one.pattern.endswith(")" + plain))
    slow = re.compile(plain, re.ASCII)
    for length in range(7):
        for parts in product(("a", "0", "/", "<*>", ">", ":", " "), repeat=length):
            word = "".join(parts)
            found = [match.span() for match in pattern.finditer(word)]
            assert found == [match.span() for match in slow.finditer(word)], word
