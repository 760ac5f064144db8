"""LogRobust knows an event that training never showed by its words."""

from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.detection.contract import Detector
from anomalog_exp.sequences.sequence_set import SequenceSet
from tests.backends import unless_missing
from tests.detectors import fitted

pytestmark = [
    pytest.mark.parametrize("attention", ["softmax", "tanh"]),
    *unless_missing("model", "logrobust"),
]

OPENED = "Opened session <*> for user <*>"
READ = ["Read block <*> from <*>", "Served block <*> to <*> within <*> ms"]
CLOSED = "Closed session <*>"
FAILED = ["Exception while reading block <*>", "writeBlock <*> received Exception"]


def trained(attention: str, test: list[list[str]]) -> tuple[Detector, SequenceSet]:
    random = np.random.default_rng(0)
    train = [
        [OPENED, *random.choice(READ, random.integers(1, 6)).tolist(), CLOSED] for _ in range(60)
    ]
    labels = (np.arange(60) % 3 == 0).astype(int).tolist()
    for events, label in zip(train, labels, strict=True):
        if label:
            events.insert(int(random.integers(1, len(events))), str(random.choice(FAILED)))
    return fitted(
        "logrobust",
        train,
        test,
        f"attention={attention}",
        "width=32",
        "units=8",
        "layers=1",
        "epochs=25",
        "learning_rate=0.02",
        "batch_size=16",
        labels=labels,
    )


def test_a_changed_statement_is_judged_by_the_words_that_it_kept(attention):
    changed = ["Exception <*> while reading the block <*>", "Served block <*> to <*> in <*> ms"]
    detector, test = trained(
        attention, [[OPENED, READ[0], one, READ[1], CLOSED] for one in (*changed, FAILED[0])]
    )
    failed, served, as_trained = detector.score(test)
    assert served < 0 < failed
    assert as_trained > 0


def test_unknown_events_say_nothing_and_what_training_showed_still_tells(attention):
    detector, test = trained(
        attention,
        [
            [OPENED, READ[0], "<unknown>", CLOSED],
            [OPENED, FAILED[0], "<unknown>", CLOSED],
            ["<unknown>"] * 3,
        ],
    )
    scores = detector.score(test)
    assert scores[0] < 0 < scores[1]
    assert np.isfinite(scores).all()
