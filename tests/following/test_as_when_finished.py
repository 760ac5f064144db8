"""One pass over a file that grows gives the scores of the finished log, for every detector and grouping."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from anomalog_exp.following.follow import follow
from anomalog_exp.models import model_names
from anomalog_exp.results.scorer import load_bundle
from tests.backends import unless_missing
from tests.following.judges import assert_same, followed, options, trained

SESSIONS = "sequence.window_size"
WAYS = {
    "lines": ["sequence=line", "model=rare_event"],
    "windows": ["sequence=fixed", f"{SESSIONS}=20", "sequence.step=5", "model=markov"],
    "windows apart": ["sequence=fixed", f"{SESSIONS}=20", "sequence.step=30", "model=ngram"],
    "raw lines": [
        "sequence=fixed",
        f"{SESSIONS}=20",
        "sequence.window_basis=raw_positions",
        "sequence.window_alignment_offset=7",
        "model=event_count_vector",
    ],
    "times": ["sequence=time", "sequence.time_span_ms=60000", "model=rate"],
    "times that overlap": [
        "sequence=time",
        "sequence.time_span_ms=60000",
        "sequence.step=7000",
        "model=rate",
    ],
    "silence": [
        "sequence=time",
        "sequence.time_span_ms=500",
        "sequence.emit_empty=true",
        "model=rate",
    ],
    "stream": ["sequence=stream", "sequence.chunk_size=50", "model=ngram", "split=prefix_fraction"],
    "timing of a stream": [
        "sequence=stream",
        "sequence.chunk_size=50",
        "model=event_timing",
        "split=prefix_fraction",
    ],
    "cut sessions": [f"{SESSIONS}=5", "sequence.continuous_context=true", "model=markov"],
    "cut sessions that overlap": [f"{SESSIONS}=5", "sequence.step=2", "model=ngram"],
    "training mined": ["template.fit_on=train", "model=new_value"],
    "fields": ["template.with_fields=[level]", "model=naive_bayes"],
}
"""Ways of grouping and reading, each with a detector that notices what is done otherwise."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("followed")


@pytest.fixture
def small_pieces(monkeypatch):
    """Pieces of a few lines: sequences are then complete at many different moments."""
    monkeypatch.setattr("anomalog_exp.following.tail.PIECE_BYTES", 20_000)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=unless_missing("model", name)) for name in model_names()]
)
def test_every_detector_scores_sessions_as_when_the_log_is_finished(name, folder, tmp_path):
    way = ["sequence=time", "sequence.time_span_ms=60000"] if name == "value_rate" else []
    expected = trained(folder, f"model={name}", *way)
    found = followed(expected.bundle, options(expected.log, tmp_path / "found.jsonl"))
    assert_same(found, expected)
    flagged = np.count_nonzero(expected.outcome.predicted)
    assert sum(one["predicted"] for one in found if one["kind"] == "sequence") == flagged


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("small_pieces")
def test_every_grouping_gives_the_sequences_of_the_finished_log(way, folder, tmp_path):
    expected = trained(folder, *WAYS[way])
    found = followed(expected.bundle, options(expected.log, tmp_path / "found.jsonl"))
    assert_same(found, expected)


@pytest.mark.parametrize("model", ["rare_event", "new_value", "ensemble"])
def test_what_fits_no_template_weighs_as_when_the_log_is_finished(model, folder, tmp_path):
    expected = trained(folder, f"model={model}")
    new = [
        f"081109 20360{i} 26 {text} of blk_{i}\n"
        for i, text in enumerate(
            ["INFO x: new", "ERROR x: new", "INFO x: it has failed", "INFO x: 5"]
        )
    ]
    (log := tmp_path / "new.log").write_bytes(
        b"".join(expected.lines()[:400]) + "".join(new).encode()
    )
    found = followed(expected.bundle, options(log, tmp_path / "found.jsonl"))
    frame = load_bundle(expected.bundle.directory).score(log)
    finished = dict(zip(frame["entity"], frame["score"], strict=True))
    assert {one["entity"]: one["score"] for one in found if one["kind"] == "sequence"} == finished
    if model == "rare_event":
        assert finished["blk_1"] > finished["blk_2"] > finished["blk_0"]


@pytest.mark.parametrize(
    ("way", "left_out"),
    [
        (["sequence=entity"], ", 10 without entity"),
        (["sequence=time", "sequence.time_span_ms=10000"], ""),
        (["sequence=fixed", "sequence.window_size=10"], ""),
    ],
)
def test_events_without_an_entity_are_counted_once_where_an_entity_is_asked_for(
    folder, tmp_path, way, left_out
):
    log = tmp_path / "app.log"
    own = [f"order-{i // 3} is sent" if i % 6 else "nothing is sent" for i in range(60)]
    log.write_text("".join(f"10:00:{i:02} {text}\n" for i, text in enumerate(own)))
    expected = trained(
        folder,
        *("dataset=custom", f"dataset.source.path={log}", "model=oov", *way),
        "dataset.structured_parser.format='<Time> <Content>'",
        "dataset.structured_parser.time_fields=[Time]",
        "dataset.structured_parser.time_format='%H:%M:%S'",
        "dataset.structured_parser.year=2024",
        "dataset.structured_parser.entity_pattern='order-[0-9]+'",
    )
    said: list[str] = []
    follow(expected.bundle, options(log, tmp_path / "found.jsonl"), said.append)
    assert said[-1].partition(" finding")[2].lstrip("s") == left_out


@pytest.mark.parametrize(
    ("model", "before"), [("rate", ""), ("new_event", ""), ("rate", "web-1 | ")]
)
@pytest.mark.usefixtures("small_pieces")
def test_lines_of_several_formats_are_read_as_when_the_log_is_finished(
    model, before, folder, tmp_path
):
    log = folder / f"services{len(before)}.log"
    begin = datetime(2025, 12, 31, 22, tzinfo=UTC)
    lines = []
    for i in range(2000):
        at = begin + timedelta(seconds=7 * i)
        lines += [
            f'{{"ts": "{at:%Y-%m-%dT%H:%M:%SZ}", "msg": "step {i % 7} done"}}',
            f"{at:%b %d %H:%M:%S} web1 cron{i % 3}[{i}]: job {i} ran",
            f"{at:%Y-%m-%d %H:%M:%S},000 ERROR [main] shop.Cart - no owner",
            "java.lang.IllegalStateException: no owner",
            f"\tat shop.Cart.owner{i % 5}(Cart.java:88)",
        ]
    log.write_text("\n".join(f"{before}{line}" for line in lines) + "\n")
    prefix = [r"dataset.structured_parser.prefix='[\w-]+ \| '"] if before else []
    expected = trained(
        folder, "dataset=custom", f"dataset.source.path={log}", "dataset/structured_parser=several",
        "dataset.structured_parser.parsers=[json,{syslog: {year: 2025}},log4j]", *prefix,
        "sequence=time", "sequence.time_span_ms=60000", f"model={model}",
    )  # fmt: skip
    # Two hours before New Year, and two hours after it.
    assert len(expected.outcome.scores) == 234
    found = followed(expected.bundle, options(log, tmp_path / "found.jsonl"))
    assert_same(found, expected)
