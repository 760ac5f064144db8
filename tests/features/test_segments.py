"""Sums of segments do not depend on what stands around them."""

from __future__ import annotations

import numpy as np

from anomalog_exp.features.segments import segment_sums


def test_a_sum_is_the_same_whatever_segments_come_before_and_behind():
    values = np.random.default_rng(0).random(24_000)
    offsets = np.arange(0, 24_001, 24)
    every = segment_sums(values, offsets)
    alone = [segment_sums(one, np.array([0, 24]))[0] for one in values.reshape(-1, 24)]
    assert every.tobytes() == np.array(alone).tobytes()


def test_a_segment_may_be_empty():
    assert segment_sums(np.array([1.0, 2.0]), np.array([0, 0, 2, 2])).tolist() == [0.0, 3.0, 0.0]
