"""Messages that are taken apart while a log is read: put together again, they are the messages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.data.templates.masked_values import MaskedValues
from anomalog_exp.data.templates.pinning import masker_of
from anomalog_exp.data.templates.value_sources import ValueSources
from tests.composed import composed

WORDS = st.sampled_from(
    ["0", "17", "a1b", "10.0.0.1:80", "blk_-5", "/a/b/7", "user", "é9", "x=3,", "(", "()", "at"]
)
SPACES = st.sampled_from([" ", "  ", "", "\t", ", "])
MESSAGES = st.lists(st.tuples(WORDS, SPACES), max_size=6).map(
    lambda parts: "".join(word + space for word, space in parts)
)


class Taking:
    """Takes messages apart by the masks of a config, and puts them together again."""

    def __init__(self, *overrides: str) -> None:
        self.config = composed(*overrides).template
        self.category = pl.Categorical(pl.Categories.random())
        self.alive = pl.Series([""]).cast(self.category)
        self.values = MaskedValues(self.config, self.category)

    def shapes(self, messages: pl.Series) -> np.ndarray:
        codes = masker_of(self.config).fast(messages).cast(self.category).to_physical()
        return codes.cast(pl.Int64).to_numpy()

    def take(self, messages: list[str]) -> tuple[list[str | None], list[str]]:
        """The messages that were taken apart, None where one waits, and those that wait."""
        series = pl.Series(messages, dtype=pl.String)
        shape = self.shapes(series)
        parts = self.values.take_apart(series, shape)
        around = [["", "read"]] * (int(shape.max(initial=0)) + 1)  # every one is read
        sources = ValueSources(self.values.shapes, around, self.values.vocabulary)
        together = iter(sources.messages(shape[~parts.waits], parts.numbers))
        found = [None if waits else next(together) for waits in parts.waits]
        return found, parts.messages.to_list()


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(MESSAGES, min_size=1, max_size=4))
def test_messages_put_together_are_the_messages(texts):
    taking = Taking()
    messages = [text for text in texts for _ in range(9)]
    found, waiting = taking.take(messages)
    left = iter(waiting)
    assert [next(left) if one is None else one for one in found] == messages
    assert next(left, None) is None


def test_messages_of_a_shape_wait_until_there_are_enough_of_it():
    taking = Taking()
    found, waiting = taking.take([f"took {n} ms" for n in range(7)] + ["to 1"] * 8)
    assert found == [None] * 7 + ["to 1"] * 8
    assert waiting == [f"took {n} ms" for n in range(7)]
    assert taking.take(["took 8 ms", "at 5"]) == (["took 8 ms", None], ["at 5"])
    assert [count for count in taking.values.rows.tolist() if count] == [8, 8, 1]


def test_the_numbers_are_those_of_the_masked_values():
    taking = Taking()
    series = pl.Series(["from 10.0.0.1:80 to blk_-5", "from 10.0.0.2:80 to blk_-5"] * 4)
    parts = taking.values.take_apart(series, taking.shapes(series))
    texts = taking.values.vocabulary.texts(parts.numbers).to_list()
    assert texts == ["10.0.0.1:80", "blk_-5", "10.0.0.2:80", "blk_-5"] * 4


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ((), "it took {n} ms" + " and more" * 500),  # longer than patterns of templates may read
        ((), "from {n} () on"),  # an empty value
        (("template.masking=none",), "it took {n} ms"),
        (("template.extra_masks=[{name: u, pattern: 'x\\w+', token: '<U>'}]",), "x1 took {n} ms"),
    ],
)
def test_messages_that_wait(overrides, message):
    messages = [message.format(n=n % 2) for n in range(20)]
    assert Taking(*overrides).take(messages) == ([None] * 20, messages)


def test_messages_that_wait_hold_no_others():
    taking = Taking()
    others = [f"took {n} ms for {'x' * 100}" for n in range(10_000)]
    series = pl.Series([*others, "a message that waits, with 5 of 6 words"])
    parts = taking.values.take_apart(series, taking.shapes(series))
    assert len(parts.messages) == 1
    assert parts.messages.estimated_size() < 1000


def test_threads_count_every_message():
    taking = Taking()
    series = [
        pl.Series([f"step {n} of {'abc'[k % 3]}" for n in range(2000)] + [f"once {k} {'x' * k}"])
        for k in range(24)
    ]
    shapes = list(map(taking.shapes, series))
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(taking.values.take_apart, series, shapes))
    assert taking.values.rows.sum() == 24 * 2001
    for k, part in enumerate(parts):
        texts = taking.values.vocabulary.texts(part.numbers[:2000]).to_list()
        assert texts == [f"{n}" for n in range(2000)], k
