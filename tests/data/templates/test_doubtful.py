"""Templates that look wrong: one planted case of each kind, and what looks like it and is none."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest

from anomalog_exp.data.templates.doubt import Doubt
from anomalog_exp.data.templates.doubtful import doubtful_templates
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from tests.composed import composed

SOUND = [("user <*> logged in", [f"user {i} logged in" for i in range(5)])]


@cache
def config() -> TemplateMinerConfig:
    return composed().template


def doubts(templates: list[tuple[str, list[str]]]) -> list[Doubt]:
    """Of texts, and the messages of each; a text without messages stands before them."""
    pairs = [
        (message, code + 1)
        for code, (_, messages) in enumerate([*SOUND, *templates])
        for message in messages
    ]
    messages, codes = zip(*pairs, strict=True)
    texts = ["user <*> never logged in", *(text for text, _ in [*SOUND, *templates])]
    return doubtful_templates(pl.Series(messages), np.array(codes), texts, config())


def test_sound_templates_raise_no_doubt():
    assert doubts([]) == []


@pytest.mark.parametrize(
    ("text", "messages", "reason"),
    [
        ("<*> <*> <*> of", ["a 1 x of", "b 2 y of"], "hardly a word of it is no wildcard, so that nothing says what happened"),
        ("<*>", ["up 1", "down"], "hardly a word of it is no wildcard, so that nothing says what happened"),
        ("link <*> <*>", ["link 1 up", "link 2 down", "link 3 down", "link 4 up"], "wildcard 2 stands for up, down alone, which repeat"),
        ("hosts <*> gone", ["hosts 1 gone", "hosts 1 2 3 4 5 6 7 gone"], "its messages have from 3 to 9 words"),
    ],
)  # fmt: skip
def test_a_template_may_be_too_general(text, messages, reason):
    assert doubts([(text, messages)]) == [
        Doubt("too general", (text,), len(messages), reason, tuple(messages[:2]))
    ]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        # One message is its own template.
        ("<*>", ["17", "17"]),
        # A word that does not repeat, values with digits, many words, and words beside a number.
        ("link <*> <*>", ["link 1 up", "link 2 down", "link 3 down"]),
        ("link <*>", ["link up1", "link down1"] * 2),
        ("job <*>", [f"job {word}" for word in ("one", "two", "three", "four", "five", "six")] * 2),
        ("link <*> <*>", [f"link 1 {word}" for word in ("up", "down", "7")] * 2),
        # Messages of different lengths, but not by as much.
        ("hosts <*> gone", ["hosts 1 gone", "hosts 1 2 3 4 5 gone"]),
    ],
)  # fmt: skip
def test_a_template_may_look_too_general_and_be_right(text, messages):
    assert doubts([(text, messages)]) == []


def test_words_that_repeat_are_shown_by_a_message_of_each():
    states = ["up", "up", "up", "down", "down", "idle", "idle", "off", "off"]
    (one,) = doubts([("link <*> is <*>", [f"link {i} is {s}" for i, s in enumerate(states)])])
    assert one.samples == ("link 0 is up", "link 3 is down", "link 5 is idle")


def test_templates_seen_once_beside_a_sibling_are_too_specific():
    often = ("session closed for user cyrus", ["session closed for user cyrus"] * 4)
    once = [(f"session closed for user {u}", [f"session closed for user {u}"]) for u in ("a", "b2")]
    (one,) = doubts([once[0], often, once[1]])
    texts = (often[0], once[0][0], once[1][0])
    reason = "2 were seen once, and they differ in one word: cyrus, a, b2"
    assert one == Doubt("too specific", texts, 6, reason, texts)


def test_templates_that_differ_in_one_word_or_in_length_are_near_duplicates():
    word = [
        (f"read of disk {d} failed", [f"read of disk {d} failed"] * n)
        for d, n in [("sda", 2), ("s-b", 3)]
    ]
    row = [
        (f"hosts {row} gone", [f"hosts {row} gone"] * 2)
        for row in ("<*> <*>", "<*>, <*>; <*>", " <*>")
    ]
    plain = [(f"the fan is {w} now", [f"the fan is {w} now"] * 7) for w in ("on", "off")]
    found = doubts([*plain, *word, *row])
    assert {one.kind for one in found} == {"near-duplicates"}
    assert [(one.templates, one.lines, one.reason) for one in found] == [
        (("hosts <*> <*> gone", "hosts <*>, <*>; <*> gone", "hosts  <*> gone"), 6, "they differ only in white space, or in how many wildcards stand in a row"),
        (("read of disk s-b failed", "read of disk sda failed"), 5, "they differ in one word: s-b, sda"),
        # Few plain words may be statements of their own: these come last, however many lines they have.
        (("the fan is on now", "the fan is off now"), 14, "they differ in one word: on, off; one template, if these are values"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "texts",
    [
        ("disk sda failed", "disk sdb failed"),  # too little is the same
        ("read of disk sda failed", "write of disk sdb failed"),  # two words differ
        ("<*> <*> <*> sda <*>", "<*> <*> <*> sdb <*>"),  # what is the same says nothing
        ("<*> <*>", "<*>"),
    ],
)
def test_templates_may_look_alike_and_be_two(texts):
    found = doubts([(text, ["a", "a"]) for text in texts])
    assert [one for one in found if one.kind != "too general"] == []


def test_a_long_list_of_alike_templates_is_one_doubt():
    (one,) = doubts(
        [(f"worker w{i}x took the job", [f"worker w{i}x took the job"] * 2) for i in range(40)]
    )
    assert len(one.templates) == 40
    assert one.reason.endswith("w0x, w1x, w2x, w3x, w4x and 35 more")
    assert len(one.samples) == 3
