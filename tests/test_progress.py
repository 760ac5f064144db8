from __future__ import annotations

import logging
import time

from anomalog_exp import progress as module
from anomalog_exp.progress import SILENT, OwnLine, Progress


def test_a_bar_on_a_terminal_counts_to_its_total(capsys):
    with Progress(bars=True).stage("reading a.log", 200, "B") as advance:
        time.sleep(0.2)  # a bar is drawn ten times a second at most
        advance(50)
    told = capsys.readouterr().err
    assert "reading a.log:  25%" in told
    assert " 50/200 " in told
    assert " B/s]" in told


def test_a_bar_of_a_large_total_is_scaled(capsys):
    with Progress(bars=True).stage("reading a.log", 2_000_000, "B"):
        pass
    assert "0.00/2.00M" in capsys.readouterr().err


def test_lines_elsewhere_say_how_far_a_long_stage_is(caplog, monkeypatch):
    clock = iter([0.0, 5.0, 11.0, 12.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with caplog.at_level(logging.INFO):
        with Progress(bars=False).stage("fitting", 1000, "sequences") as advance:
            advance(100)
            advance(400)
    assert caplog.messages == [
        "fitting: 500 of 1,000 sequences (50%)",
        "fitting: 500 of 1,000 sequences (50%) in 12.0 s",
    ]


def test_what_is_done_at_once_is_said_once(caplog, monkeypatch):
    monkeypatch.setattr(module.time, "monotonic", iter([0.0, 12.0, 12.0]).__next__)
    with caplog.at_level(logging.INFO):
        with Progress(bars=False).stage("fitting", 1000, "sequences") as advance:
            advance(1000)
    assert caplog.messages == ["fitting: 1,000 of 1,000 sequences (100%) in 12.0 s"]


def test_short_stages_and_silent_progress_say_nothing(caplog):
    with caplog.at_level(logging.INFO):
        for progress in (Progress(bars=False), SILENT):
            with progress.stage("short", None, "B") as advance:
                advance(1)
    assert caplog.messages == []


def test_lines_of_a_member_say_whose_they_are(caplog, monkeypatch):
    monkeypatch.setattr(module.time, "monotonic", iter([0.0, 11.0, 12.0]).__next__)
    with caplog.at_level(logging.INFO):
        with Progress(bars=False, of="member 3").stage("training", 30, "epochs") as advance:
            advance(20)
    assert caplog.messages[0] == "member 3: training: 20 of 30 epochs (67%)"


def test_a_log_line_takes_the_place_of_a_bar_on_a_terminal_alone(monkeypatch):
    record = logging.makeLogRecord({"msg": "a line"})
    assert OwnLine().format(record) == "a line"
    monkeypatch.setattr(module.sys.stderr, "isatty", lambda: True)
    assert OwnLine().format(record) == "\r\x1b[Ka line"
