from __future__ import annotations

import random

import numpy as np
import pytest

from anomalog_exp.data.templates.miners.drain import DrainMiner
from anomalog_exp.data.templates.miners.identity import IdentityMiner

WILD = "<*>"


def slow_drain(messages, depth, threshold, max_children):
    """Drain as its paper words it, message by message: the cluster of each message."""
    leaves: dict[tuple[str, ...], list[int]] = {}
    children: dict[tuple[str, ...], list[str]] = {}
    templates: list[list[str]] = []
    clusters = []
    for message in messages:
        tokens = message.split()
        path = (str(len(tokens)),)
        for token in tokens[: depth - 2]:
            known = children.setdefault(path, [])
            if token not in known:
                if len(known) < max_children:
                    known.append(token)
                else:
                    token = WILD
            path = (*path, token)
        best, best_rank = None, (-1, -1)
        for cluster in leaves.setdefault(path, []):
            pairs = list(zip(templates[cluster], tokens, strict=True))
            same = sum(a == b and a != WILD for a, b in pairs)
            rank = (same, sum(a == WILD for a, _ in pairs))
            if rank > best_rank:
                best, best_rank = cluster, rank
        if best is None or best_rank[0] < threshold * len(tokens):
            best = len(templates)
            templates.append(tokens)
            leaves[path].append(best)
        else:
            pairs = zip(templates[best], tokens, strict=True)
            templates[best] = [a if a == b else WILD for a, b in pairs]
        clusters.append(best)
    return clusters, [" ".join(template) for template in templates]


def random_messages(seed: int) -> list[str]:
    rng = random.Random(seed)
    words = ["open", "close", "file", "user", "node", WILD, "x", "y", "z", "done", "failed"]
    texts = [" ".join(rng.choices(words, k=rng.randint(0, 6))) for _ in range(400)]
    return list(dict.fromkeys(texts))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("depth", "threshold", "max_children"), [(4, 0.5, 100), (3, 0.4, 2), (5, 0.8, 3)]
)
def test_clusters_are_those_of_the_slow_reference(seed, depth, threshold, max_children):
    messages = random_messages(seed)
    clusters, texts = slow_drain(messages, depth, threshold, max_children)
    found, codes = DrainMiner(depth, threshold, max_children, max_words=1).mine(messages)
    # Only clusters whose texts end up the same are one template here.
    assert [found[code] for code in codes] == [texts[cluster] for cluster in clusters]


def test_few_words_in_one_place_are_the_statement_and_many_are_a_parameter():
    miner = DrainMiner(4, 0.5, 100, max_words=3)
    few = [f"worker pool state is {word}" for word in ("up", "down", "lost")]
    many = [f"job queue owner is {word}" for word in ("ann", "bob", "cid", "dan")]
    mixed = [f"disk unit tray is {word}" for word in ("in", WILD)]
    texts, codes = miner.mine(few + many + mixed)
    assert texts == [*few, f"job queue owner is {WILD}", f"disk unit tray is {WILD}"]
    assert codes.tolist() == [0, 1, 2, 3, 3, 3, 3, 4, 4]
    assert codes.dtype == np.int32


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("worker pool state is down", "worker pool state is down"),
        ("worker pool state is crashed", None),  # a word that the statement does not have
        ("job queue owner is zoe", f"job queue owner is {WILD}"),
        ("job queue owner is", None),
        ("disk unit tray is ejected", f"disk unit tray is {WILD}"),
    ],
)
def test_a_message_that_was_not_mined_must_have_the_words_of_its_template(message, template):
    miner = DrainMiner(4, 0.5, 100, max_words=3)
    mined = [f"worker pool state is {word}" for word in ("up", "down", "lost")]
    mined += [f"job queue owner is {word}" for word in ("ann", "bob", "cid", "dan")]
    mined += [f"disk unit tray is {word}" for word in ("in", WILD)]
    texts, _ = miner.mine(mined)
    found = miner.matcher(texts)(message)
    assert (None if found is None else texts[found]) == template


def test_templates_are_numbered_by_first_appearance_and_a_second_time_the_same():
    messages = random_messages(1)
    texts, codes = DrainMiner(4, 0.5, 100, 5).mine(messages)
    assert codes[np.sort(np.unique(codes, return_index=True)[1])].tolist() == list(
        range(len(texts))
    )
    assert len(set(texts)) == len(texts)
    again = DrainMiner(4, 0.5, 100, 5).mine(messages)
    assert again[0] == texts
    assert np.array_equal(again[1], codes)


def test_no_messages_give_no_templates():
    texts, codes = DrainMiner(4, 0.5, 100, 5).mine([])
    assert texts == []
    assert codes.tolist() == []


def test_identity_keeps_every_message():
    texts, codes = IdentityMiner().mine(["b", "a", "b"])
    assert texts == ["b", "a"]
    assert codes.tolist() == [0, 1, 0]
