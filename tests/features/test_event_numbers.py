from __future__ import annotations

from dataclasses import replace
from math import log1p

import numpy as np
import pytest

from anomalog_exp.data.dataset import NO_TIME
from anomalog_exp.features.event_numbers import EventNumbers
from anomalog_exp.features.quantities import Quantities
from anomalog_exp.features.template_histories import TemplateHistories
from anomalog_exp.sequences.sequence_set import SequenceSet
from tests.sequencing import sequence_set
from tests.valued import valued_set


def windows_of(texts, size, step):
    """Windows over all events one after the other, which overlap."""
    whole = sequence_set(["".join(texts)])
    start = np.arange(0, len(whole.order) - size + 1, step)
    chosen = whole.take(np.zeros(len(start), dtype=np.int64))
    return replace(chosen, start=start, stop=start + size)


def slow_histories(sequences: SequenceSet, length: int) -> list[list[int]]:
    """Places of the events of the same template before each event, and its own."""
    template = sequences.dataset.template[sequences.order]
    origin = sequences.start if sequences.origin is None else sequences.origin
    found = []
    for first, start, stop in zip(origin, sequences.start, sequences.stop, strict=True):
        for place in range(start, stop):
            same = [p for p in range(first, place + 1) if template[p] == template[place]]
            found.append(([-1] * (length + 1) + same)[-length - 1 :])
    return found


TEXTS = ["abacaba", "", "bbbbbb", "cab", "aabbaacc"]


@pytest.mark.parametrize(
    "sequences",
    [
        sequence_set(TEXTS),
        windows_of(TEXTS, 5, 2),
        replace(sequence_set(TEXTS), origin=np.zeros(5, dtype=np.int64)),
    ],
    ids=["sequences", "windows that overlap", "state carries over"],
)
@pytest.mark.parametrize("length", [1, 3])
def test_histories_of_one_template_are_those_of_a_slow_search(sequences, length):
    events = np.arange(int(sequences.offsets[-1]))
    places, origin = TemplateHistories(sequences, length).of(events)
    assert places.tolist() == slow_histories(sequences, length)
    first = sequences.start if sequences.origin is None else sequences.origin
    assert origin.tolist() == np.repeat(first, sequences.lengths).tolist()
    backwards, _ = TemplateHistories(sequences, length).of(events[::-2])
    assert backwards.tolist() == places[::-2].tolist()


def timed(sequences: SequenceSet, times: list[int]) -> SequenceSet:
    dataset = replace(sequences.dataset, time_ms=np.array(times, dtype=np.int64))
    return replace(sequences, dataset=dataset)


def read(sequences: SequenceSet, history: int = 1) -> EventNumbers:
    assert sequences.dataset.parameters is not None
    return EventNumbers(sequences.dataset.parameters, sequences, history)


def learned(sequences: SequenceSet, reader: EventNumbers) -> Quantities | None:
    events = np.arange(int(sequences.offsets[-1]))
    parameters = sequences.dataset.parameters
    return Quantities.of(
        reader.of(events), reader.units, sequences.templates, parameters.first_place
    )


def test_quantities_and_vectors_are_those_worked_out_by_hand():
    one = [("a", ["3ms"]), ("b", ["x", "0"]), ("a", ["8ms"]), ("n", [])]
    other = [("b", ["y", "-2"]), ("a", ["7s"])]
    # The unit of one of 20 differs: the place still takes part.
    rest = [[("a", ["3ms"])]] * 17
    sequences = timed(
        valued_set([one, other, *rest], []), [0, 2000, 2000, NO_TIME, 9000, 17_000, *[0] * 17]
    )
    reader = read(sequences)
    quantities = learned(sequences, reader)
    assert quantities is not None
    # Template a is 0, b is 1; the places are a's 0, and b's 1 and 2, of which 1 holds words.
    assert quantities.key.tolist() == [-2, -1, 0, 2]
    assert quantities.unit == ["", "", "ms", ""]
    assert quantities.slot.tolist() == [0, 0, 1, 1]
    assert quantities.owner.tolist() == [1, 0, 0, 1]
    assert quantities.resolution_ms == 2000
    # Events of a stand 0 s and 8 s after the event before, where there is one.
    means = [log1p(1), log1p(4) / 2, (18 * log1p(3) + log1p(8)) / 19, -log1p(2) / 2]
    assert quantities.mean.tolist() == pytest.approx(means)
    assert quantities.deviation.tolist() == pytest.approx(
        [0.1, log1p(4) / 2, np.std([log1p(3)] * 18 + [log1p(8)]), log1p(2) / 2]
    )
    found = reader.windows(quantities, np.array([1, 2, 4, 5]))
    wanted = [
        [[np.nan, np.nan], [0, 1]],
        [[np.nan, (log1p(3) - quantities.mean[2]) / quantities.deviation[2]]]
        + [[-1, (log1p(8) - quantities.mean[2]) / quantities.deviation[2]]],
        # The event before stands in another sequence.
        [[np.nan, np.nan], [np.nan, -1]],
        [[np.nan, np.nan], [1, np.nan]],
    ]
    assert np.allclose(found, wanted, atol=1e-6, equal_nan=True)
    which = np.arange(4)
    values = np.array([2000.0, 8000.0, 8.0, -2.0])
    assert quantities.plain(which, quantities.normalised(which, values)) == pytest.approx(values)


def test_where_no_place_holds_numbers_and_nothing_has_a_time_there_is_no_quantity():
    sequences = timed(valued_set([[("a", ["x"]), ("a", ["1"])]], []), [NO_TIME, NO_TIME])
    assert learned(sequences, read(sequences)) is None
