from __future__ import annotations

import pytest

from anomalog_exp.data.cache import load_dataset
from anomalog_exp.errors import NotApplicable
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.composed import composed


def parts(log, folder, *overrides):
    """The training and the test part of windows of ten lines."""
    given = ["dataset=custom", f"dataset.source.path={log}", "sequence=fixed"]
    config = composed(*given, "sequence.window_size=10", "model=value_rate", *overrides)
    roots = {"data_dir": folder / "data", "cache_dir": folder / "cache"}
    dataset = load_dataset(
        config.dataset, config.template, parameters=True, progress=SILENT, **roots
    )
    sequences = config.sequence.apply(dataset, config.split)
    return config.model.build_detector(), sequences.part(Split.TRAIN), sequences.part(Split.TEST)


def test_a_burst_of_one_value_is_seen_though_its_template_is_that_of_the_others(tmp_path):
    lines = [f"request {i} ended with {[200, 200, 404][i % 3]} in {i % 97} ms" for i in range(800)]
    lines[700:710] = [f"request {i} ended with 404 in 5 ms" for i in range(700, 710)]
    (tmp_path / "a.log").write_text("\n".join(lines) + "\n")
    detector, train, test = parts(tmp_path / "a.log", tmp_path)
    detector.fit(train)
    scores = detector.score(test)
    assert scores.argmax() == 30
    assert scores[30] > 2 * sorted(scores)[-2]
    texts = [text for text, _ in detector.explain(test.take(slice(30, 31)), 2)[0]]
    template = '"request <*> ended with <*> in <*> ms"'
    assert texts == [
        f"0 events with 200 as 2nd value of {template}, usually 7",
        f"10 events with 404 as 2nd value of {template}, usually 3",
    ]
    assert detector.manifest() == {"places": 1, "values": 2}


def test_without_a_place_of_few_values_it_does_not_apply(tmp_path):
    lines = [f"request {i} ended" for i in range(200)]
    (tmp_path / "a.log").write_text("\n".join(lines) + "\n")
    detector, train, _ = parts(tmp_path / "a.log", tmp_path)
    with pytest.raises(NotApplicable, match="2 to 20 values"):
        detector.fit(train)
