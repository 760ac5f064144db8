from __future__ import annotations

import random

import pytest

from anomalog_exp.data.templates.miners.spell import SpellMiner

WILD = "<*>"


def slow_lcs(a: list[str], b: list[str]) -> list[int]:
    """Places in `a` of one longest common subsequence."""
    length = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            step = length[i + 1][j + 1] + 1 if a[i] == b[j] else 0
            length[i][j] = max(step, length[i + 1][j], length[i][j + 1])
    places, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            places.append(i)
            i, j = i + 1, j + 1
        elif length[i + 1][j] >= length[i][j + 1]:
            i += 1
        else:
            j += 1
    return places


def test_templates_worked_out_by_hand():
    messages = [
        "Temperature too high on node <*>",
        "Temperature exceeds limit on node <*>",
        "Command has completed successfully",
        "Command <*> aborted",
        "Command has completed with errors",
    ]
    texts, codes = SpellMiner(0.5).mine(messages)
    assert texts == [
        "Temperature <*> on node <*>",
        "Command has completed <*>",
        "Command <*> aborted",
    ]
    assert codes.tolist() == [0, 0, 1, 2, 1]


def test_messages_of_wildcards_alone_are_one_template():
    texts, codes = SpellMiner(0.5).mine(["a b", WILD, f"{WILD} {WILD}", "c d"])
    assert texts == ["a b", WILD, "c d"]
    assert codes.tolist() == [0, 1, 1, 2]
    assert SpellMiner(0.5).mine([])[0] == []


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("Temperature is odd on node <*>", "Temperature <*> on node <*>"),
        ("Command has now completed", "Command has completed"),  # three of four tokens
        ("Command has not yet been completed", None),  # three of six
        ("Command has", None),  # a word of every template is missing
        (f"{WILD} {WILD}", None),
        ("", None),
    ],
)
def test_a_message_that_was_not_mined_must_hold_the_words_of_its_template(message, template):
    texts = ["Temperature <*> on node <*>", "Command has completed", "Command <*> was aborted"]
    found = SpellMiner(0.5).matcher(texts)(message)
    assert (None if found is None else texts[found]) == template


def test_a_message_of_wildcards_alone_matches_only_such_a_template():
    match = SpellMiner(0.5).matcher(["a b", WILD])
    assert [match(WILD), match(f"{WILD} {WILD}"), match("c")] == [1, 1, None]
    assert SpellMiner(0.5).matcher([])("a") is None


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tau", [0.4, 0.5, 0.8])
def test_every_message_holds_enough_of_its_template_and_in_its_order(seed, tau):
    rng = random.Random(seed)
    messages = list(
        dict.fromkeys(" ".join(rng.choices("abcdefgh", k=rng.randint(1, 7))) for _ in range(150))
    )
    texts, codes = SpellMiner(tau).mine(messages)
    for message, code in zip(messages, codes, strict=True):
        words = [token for token in texts[code].split() if token != WILD]
        # A template only ever loses tokens, so it stays a subsequence of all its messages.
        assert len(slow_lcs(words, message.split())) == len(words)
    assert codes[0] == 0
    assert len(set(texts)) == len(texts)
    again = SpellMiner(tau).mine(messages)
    assert again[0] == texts
    assert again[1].tolist() == codes.tolist()
