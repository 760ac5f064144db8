"""The score of templates without labels, compared with a slow and plain version."""

from __future__ import annotations

import random

import numpy as np
import pytest

from anomalog_exp.data.templates.quality import medoid_silhouette


def distance(a: list[str], b: list[str]) -> int:
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def slow(messages: list[str], codes: list[int], templates: list[str]) -> float:
    scores = []
    for message, code in zip(messages, codes, strict=True):
        words = message.split()
        far = [distance(words, t.split()) / max(len(words), len(t.split()), 1) for t in templates]
        own, near = far[code], min(far[:code] + far[code + 1 :])
        score = (near - own) / max(own, near) if max(own, near) else 0.0
        scores.append(0.0 if codes.count(code) == 1 else score)
    return sum(scores) / len(scores)


def test_the_score_is_that_of_the_plain_version():
    order = random.Random(3)
    templates = [" ".join(order.choices("abcdef", k=order.randint(1, 7))) for _ in range(12)]
    templates = list(dict.fromkeys(templates))
    codes = [order.randrange(len(templates)) for _ in range(200)]
    messages = [
        " ".join(word if order.random() < 0.8 else str(order.randrange(3)) for word in templates[c].split())
        for c in codes
    ]  # fmt: skip
    codes[:3] = [0, 0, 0]
    messages[:3] = ["", "a", "x y z"]
    expected = slow(messages, codes, templates)
    assert medoid_silhouette(messages, np.array(codes), templates) == pytest.approx(expected)


def test_good_templates_score_higher_than_ones_that_mix_or_split():
    messages = [f"opened file {n}" for n in range(50)] + [
        f"lost link to host {n}" for n in range(50)
    ]
    good = medoid_silhouette(
        messages, np.repeat([0, 1], 50), ["opened file <*>", "lost link to host <*>"]
    )
    split = medoid_silhouette(messages, np.arange(100), messages)
    mixed = medoid_silhouette(
        messages, np.tile([0, 1], 50), ["opened file <*>", "lost link to host <*>"]
    )
    assert (split, mixed) == (0, pytest.approx(0))
    assert good == pytest.approx((2 / 3 + 4 / 5) / 2 - 0.05, abs=0.06)


def test_one_template_has_nothing_to_be_compared_with():
    assert medoid_silhouette(["a", "b"], np.array([0, 0]), ["<*>"]) is None
    assert medoid_silhouette([], np.array([], dtype=int), []) is None
