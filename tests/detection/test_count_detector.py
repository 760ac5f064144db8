"""What detectors on count features share."""

from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.detection import count_detector
from anomalog_exp.errors import NotApplicable
from tests.composed import composed
from tests.sequencing import sequence_set


@pytest.mark.parametrize("name", ["pca", "logistic_regression", "invariants"])
def test_more_training_vectors_than_memory_has_room_for_are_refused(name, monkeypatch):
    train = sequence_set(["ab", "ba", "abb", "c"], [0, 0, 0, 1])
    detector = composed(f"model={name}").model.build_detector()
    # Three distinct vectors of three templates.
    monkeypatch.setattr(count_detector, "_MOST_CELLS", 9)
    detector.fit(train)
    assert np.isfinite(detector.score(train.unlabelled())).all()
    monkeypatch.setattr(count_detector, "_MOST_CELLS", 8)
    with pytest.raises(NotApplicable, match=rf"{name} needs .* \(3 distinct ones of 3 templates"):
        detector.fit(train)


def test_scores_are_kept_to_twelve_digits_whatever_their_size():
    values = np.array([0.0, 1 / 3, -2e20 / 3, 1e-300, 1.0000000000004, np.pi * 1e-9])
    found = count_detector._steady(values)
    assert found == pytest.approx([float(f"{value:.11e}") for value in values], rel=1e-15)
    assert found[4] == 1.0
