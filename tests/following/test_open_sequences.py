"""When sequences are complete: by the times of the log, by what is there, by what memory allows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anomalog_exp.data.places import Places
from anomalog_exp.following import follow
from anomalog_exp.following.complete import no_rows
from anomalog_exp.following.grouping import open_sequences
from anomalog_exp.following.judging import FollowJudge
from tests.following.judges import Trained, figures_of, followed, options, trained
from tests.following.lines import BEGIN, FORM, line, usual


@pytest.fixture
def train(tmp_path):
    """Trains on the usual log, with more overrides."""

    def train(*overrides: str) -> Trained:
        (tmp_path / "usual.log").write_text(usual())
        return trained(tmp_path, *FORM, f"dataset.source.path={tmp_path / 'usual.log'}", *overrides)

    return train


@pytest.fixture
def told() -> list[str]:
    """What is said to people."""
    return []


def run(judge: Trained, folder: Path, text: str, told: list[str], **chosen) -> list[dict]:
    log = folder / "app.log"
    log.write_text(text)
    output = folder / f"found-{len(told)}.jsonl"
    follow(judge.bundle, options(log, output, **chosen), told.append)
    return followed(judge.bundle, options(log, folder / f"again-{len(told)}.jsonl", **chosen))


def events(found: list[dict]) -> list[tuple[str, int]]:
    return [(one["entity"], one["events"]) for one in found]


@pytest.mark.parametrize("piece", [60, 1000, 1_000_000])
def test_a_session_ends_when_the_log_goes_on_without_it_however_bytes_arrive(
    train, tmp_path, told, monkeypatch, piece
):
    monkeypatch.setattr("anomalog_exp.following.tail.PIECE_BYTES", piece)
    judge = train("model=sequence_length")
    text = (
        line(0, "a") + line(1, "b") + line(5, "a") + line(30, "b") + line(31, "b")
        + line(32, "a") + line(33, "a") + line(34, "b")
    )  # fmt: skip
    found = run(judge, tmp_path, text, told, idle_s=20)
    # The first session of b ends before that of a, which began before it.
    assert events(found) == [("b", 1), ("a", 2), ("a", 2), ("b", 3)]
    assert [one["first"] for one in found] == [
        "app.log:2", "app.log:1", "app.log:6", "app.log:4",
    ]  # fmt: skip
    assert found[1]["last"] == "app.log:3"


def test_one_damaged_time_ends_no_other_session(train, tmp_path, told):
    judge = train("model=sequence_length")
    text = line(0) + line(1, "b") + line(10**8, "b") + line(2) + line(3, "b") + line(4)
    found = run(judge, tmp_path, text, told, idle_s=20)
    assert sorted(events(found)) == [("a", 3), ("b", 1), ("b", 2)]


def test_too_many_events_that_wait_are_judged_and_counted_and_none_is_lost(
    train, tmp_path, told, monkeypatch
):
    monkeypatch.setattr("anomalog_exp.following.tail.PIECE_BYTES", 500)
    judge = train("model=sequence_length")
    found = run(judge, tmp_path, usual(100), told, most_open=50)
    assert sum(count for _, count in events(found)) == 400
    assert {entity for entity, _ in events(found)} == {f"e{n}" for n in range(100)}
    assert len(found) <= 110
    assert "sessions cut" in told[-1]


def test_of_too_many_events_one_session_that_holds_most_of_them_goes_first(
    train, tmp_path, told, monkeypatch
):
    monkeypatch.setattr("anomalog_exp.following.tail.PIECE_BYTES", 500)
    judge = train("model=sequence_length")
    text = line(0, "quiet") + "".join(line(n, "loud") for n in range(100)) + line(100, "quiet")
    found = run(judge, tmp_path, text, told, most_open=50)
    assert ("quiet", 2) in events(found)
    assert sum(count for entity, count in events(found) if entity == "loud") == 100


def test_a_late_event_is_counted_and_in_no_window(train, tmp_path, told):
    judge = train("sequence=time", "sequence.time_span_ms=10000", "model=rate")
    lines = [line(second) for second in range(0, 60, 2)]
    on_time = [*lines[:5], line(8.5), *lines[5:6], line(9), *lines[6:]]
    found = run(judge, tmp_path, "".join(on_time), told)
    assert [one["events"] for one in found] == [7, 5, 5, 5, 5, 5]
    assert " late" not in told[-1]
    late = [*lines[:20], line(9), line(27), *lines[20:]]
    found = run(judge, tmp_path, "".join(late), told)
    assert [one["events"] for one in found] == [5, 5, 5, 5, 5, 5]
    assert "2 late" in told[-1]


def test_windows_begin_at_the_earliest_time_of_the_first_one(train, tmp_path, told):
    judge = train("sequence=time", "sequence.time_span_ms=10000", "model=rate")
    text = "".join(map(line, [3, 1, 2, 9, 10.5, 12, 14, 25, 30, 50]))
    found = run(judge, tmp_path, text, told)
    assert [one["begin_ms"] / 1000 - BEGIN.timestamp() for one in found] == [1, 11, 21, 41]


@pytest.mark.parametrize("piece", [90, 1_000_000])
def test_a_record_is_read_as_a_whole_and_its_lines_are_shown(
    train, tmp_path, told, monkeypatch, piece
):
    monkeypatch.setattr("anomalog_exp.following.tail.PIECE_BYTES", piece)
    judge = train("sequence=line", "model=new_event")
    trace = "Traceback (most recent call last):\n  File x\n\n  in y\nKeyError: 'z'\n  a\n  b\n"
    found = run(judge, tmp_path, line(0) + line(1, text="failed") + trace + line(2), told)
    assert [one["predicted"] for one in found] == [False, True, False]
    (shown,) = found[1]["lines"]
    assert (shown["place"], shown["template"]) == ("app.log:2", "<unknown>")
    assert shown["text"] == line(1, text="failed").rstrip("\n")
    assert shown["more"] == [one for one in trace.split("\n")[:4] if one]
    assert found[2]["first"] == "app.log:10"


def test_raw_lines_are_counted_whether_they_are_parsed_or_not(train, tmp_path, told):
    judge = train(
        "sequence=fixed",
        "sequence.window_size=4",
        "sequence.window_basis=raw_positions",
        "dataset.structured_parser.multiline=null",
        "dataset.max_unparsed_fraction=0.9",
        "model=event_count_vector",
    )
    text = "".join(line(n) if n % 5 else "nothing\n" for n in range(13))
    found = run(judge, tmp_path, text, told)
    assert [one["events"] for one in found] == [3, 3, 3]
    assert len(figures_of(found)) == 3
    assert "3 lines unparsed" in told[-1]


@pytest.mark.parametrize("piece", [50, 1_000_000])
def test_a_table_whose_cells_span_lines_is_read_as_a_whole(tmp_path, told, monkeypatch, piece):
    monkeypatch.setattr("anomalog_exp.following.tail.PIECE_BYTES", piece)
    rows = [f'2024-05-06T12:00:{n:02},INFO,"step {n}\nof all"\n' for n in range(40)]
    text = "time,level,message\n" + "".join(rows)
    (tmp_path / "usual.csv").write_text(text)
    read = ["dataset/structured_parser=csv", f"dataset.source.path={tmp_path / 'usual.csv'}"]
    lines = trained(tmp_path, "dataset=custom", *read, "sequence=line", "model=new_event")
    found = run(lines, tmp_path, text + text[19:].replace("step", "other"), told)
    assert [one["predicted"] for one in found] == [False] * 40 + [True] * 40
    assert found[40]["lines"][0]["more"] == ['of all"']
    assert found[40]["first"] == "app.log:82"


def test_silence_is_judged_while_nothing_comes(train, tmp_path):
    judge = train(
        "sequence=time", "sequence.time_span_ms=10000", "sequence.emit_empty=true", "model=rate"
    )
    windows = open_sequences(
        judge.bundle.manifest.sequence, np.zeros(9, dtype=np.int64), idle_ms=0, delay_ms=0, most=9
    )
    windows.restore({"t0": 0, "earliest": 0, "next": 2, "shows": 20_000}, no_rows())
    silent = windows.passed(45_000)
    assert silent.times.tolist() == [[20_000, 30_000], [30_000, 40_000]]
    found = FollowJudge(judge.bundle, every=True).findings(silent, Places({}))
    assert [(one["events"], one["first"], one["begin_ms"]) for one in found] == [
        (0, None, 20_000), (0, None, 30_000),
    ]  # fmt: skip


def test_where_raw_lines_take_too_much_memory_templates_stand_for_common_ones(
    train, tmp_path, told, monkeypatch
):
    monkeypatch.setattr("anomalog_exp.following.open_sequences._TEXT_BYTES", 1000)
    judge = train("model=new_event")
    lines = [line(n, "a") for n in range(30)]
    found = run(judge, tmp_path, "".join([*lines, line(30, "a", "failed"), *lines]), told)
    shown = [(one["text"], one["template"]) for one in found[0]["lines"]]
    assert (line(30, "a", "failed").rstrip(), "<unknown>") in shown
    assert ("step done", "step done") in shown
