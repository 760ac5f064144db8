from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.data.templates.miners.siblings import SiblingsMiner
from anomalog_exp.data.templates.one_place import without_parameters
from anomalog_exp.data.templates.statement_words import wildcard_word
from anomalog_exp.data.templates.token_rows import WILD

USERS = ["ann", "bob", "cid", "dan", "eve", "fay"]


def mined(messages: list[str], max_words: int = 5) -> list[str]:
    """The template of each message."""
    texts, codes = SiblingsMiner(0.5, max_words).mine(messages)
    assert list(dict.fromkeys(codes.tolist())) == list(range(len(texts)))
    return [texts[code] for code in codes]


def test_many_words_in_one_place_are_a_parameter_and_few_are_the_statement():
    many = [f"session closed for {user} by admin" for user in USERS]
    few = [f"worker pool state is {word}" for word in ("up", "down", "lost")]
    assert mined(many + few) == ["session closed for <*> by admin"] * 6 + few


def test_verbs_are_the_statement_and_users_of_the_same_places_are_not():
    messages = [f"session {verb} for {user}" for verb in ("opened", "closed") for user in USERS]
    assert mined(messages) == ["session opened for <*>"] * 6 + ["session closed for <*>"] * 6


def test_the_first_word_may_be_one_of_twice_as_many():
    verbs = ["Starting", "Started", "Stopping", "Stopped", "Reloading", "Reloaded", "Failed"]
    messages = [f"{verb} the session" for verb in verbs]
    assert mined(messages) == messages
    more = [f"{user}{part} left us" for user in USERS for part in "xy"]
    assert mined(more) == ["<*> left us"] * 12


def test_the_same_words_behind_the_same_word_of_another_statement_are_values():
    users = USERS[:3]
    opened = [f"session opened for user {user} by root" for user in users]
    closed = [f"session closed for user {user}" for user in users]
    assert mined(opened) == opened
    assert mined(opened + closed) == (
        ["session opened for user <*> by root"] * 3 + ["session closed for user <*>"] * 3
    )
    two = [f"session closed for user {user}" for user in users[:2]]
    assert mined(opened + two) == opened + two


def test_what_is_a_value_of_a_parameter_elsewhere_is_one_behind_the_same_word():
    failed = [f"failed password for {user} from home" for user in USERS]
    locked = [f"too many attempts for {user}" for user in USERS[:2]]
    assert mined(locked) == locked
    assert mined(failed + locked)[6:] == ["too many attempts for <*>"] * 2
    others = ["too many attempts for ann", "too many attempts for zoe"]
    assert mined(failed + others)[6:] == others


def test_beside_a_value_any_word_is_one():
    assert mined(["disk unit tray is in", "disk unit tray is <*>"]) == ["disk unit tray is <*>"] * 2
    assert mined(["cd chdir(<*>) failed", "cd chdir(pwd) failed"]) == ["cd chdir(<*>) failed"] * 2


def test_a_value_of_one_statement_makes_no_value_of_another_one_s_word():
    found = ["could not open the <*> error 5", "failed to open the log error 5"]
    assert mined(found) == found
    three = [*found, "could not open the disk error 5"]
    assert mined(three) == [found[0], found[1], found[0]]


def test_messages_that_differ_in_two_places_at_once_are_grouped_by_similarity():
    places = ["office", "home", "train", "beach", "garden", "attic"]
    messages = [f"user {u} logged in from {p}" for u, p in zip(USERS, places, strict=True)]
    assert mined(messages) == ["user <*> logged in from <*>"] * 6


def test_a_statement_is_found_among_a_thousand_messages_that_are_like_no_other():
    rng = random.Random(0)
    word = iter(f"w{''.join(rng.choices('abcdefgh', k=9))}" for _ in range(10_000))
    noise = [" ".join(next(word) for _ in range(6)) for _ in range(1000)]
    ours = [f"user {next(word)} logged in from {next(word)}" for _ in range(30)]
    messages = [*noise, *ours]
    rng.shuffle(messages)
    found = dict(zip(messages, mined(messages), strict=True))
    assert {found[message] for message in ours} == {"user <*> logged in from <*>"}
    assert [found[message] for message in noise] == noise


def test_a_new_message_fits_by_its_words_and_what_brackets_a_value():
    miner = SiblingsMiner(0.5, 5)
    texts, _ = miner.mine([f"login uid={user}, ok" for user in USERS] + ["login is off"])
    assert texts == ["login uid=<*>, ok", "login is off"]
    find = miner.matcher(texts)
    assert find("login uid=zoe, ok") == 0
    assert find("login uid=, ok") is None
    assert find("login zoe ok") is None
    assert find("login is off") == 1


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["uid=root,", "uid=ann,"], "uid=<*>,"),
        (["rhost=<*>", "rhost=a"], "rhost=<*>"),
        (["/home/ann", "/home/bob"], "<*>"),
        (["a.com", "b.com"], "<*>"),
        (["node.", "rack."], "<*>."),
        (["(a)", "(b)"], "(<*>)"),
        (["a", "ab"], "<*>"),
        (["x=1=a", "x=1=b"], "x=1=<*>"),
        (["<*>", "uid=<*>"], "<*>"),
        (["#<*>#-<*>", "#<*>#"], "#<*>"),
        (["a=", "a=b"], "<*>"),
        ([",", "a,"], "<*>"),
    ],
)
def test_what_brackets_all_values_of_a_place_stays(words, text):
    assert wildcard_word(words) == text


def slow_without_parameters(rows, most, value_like):
    """The definition, message by message; all that a round finds is replaced at its end."""
    rows = [tuple(row) for row in rows]
    for _ in range(4):
        distinct, found = set(rows), {}
        for row in distinct:
            new = list(row)
            for place in range(len(row)):
                around = [word for at, word in enumerate(row) if at != place]
                constants = sum(word != WILD for word in around)
                if constants == 0 or 2 * constants < len(around):
                    continue
                words = {
                    one[place]
                    for one in distinct
                    if [word for at, word in enumerate(one) if at != place] == around
                }
                values = any(value_like[word] for word in words)
                if len(words) > most[place] or (values and len(words) > 1):
                    new[place] = WILD
            found[row] = tuple(new)
        rows = [found[row] for row in rows]
    return [list(row) for row in rows]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda length: st.lists(
            st.lists(st.integers(0, 5), min_size=length, max_size=length), min_size=1, max_size=40
        )
    )
)
def test_parameters_are_those_of_the_slow_reference(rows):
    words = np.array(rows, dtype=np.int32)
    most = np.full(words.shape[1], 2)
    value_like = np.array([True, False, False, False, False, True])
    found = without_parameters(words, most, value_like)
    assert found.tolist() == slow_without_parameters(rows, most, value_like)
    order = np.random.default_rng(0).permutation(len(rows))
    assert np.array_equal(without_parameters(words[order], most, value_like), found[order])


@pytest.mark.parametrize(("length", "tried"), [(1 << 12, True), ((1 << 12) + 1, False)])
def test_the_places_of_a_very_long_message_are_not_tried_one_by_one(length, tried):
    words = np.full((7, length), 9, dtype=np.int32)
    words[:, -1] = np.arange(1, 8)
    found = without_parameters(words, np.full(length, 3), np.zeros(10, dtype=bool))
    assert (found[:, -1] == WILD).all() == tried
    assert np.array_equal(found[:, :-1], words[:, :-1])
