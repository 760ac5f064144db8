from __future__ import annotations

import logging
import time

from anomalog_exp import progress as module
from anomalog_exp.progress import SILENT, Progress


def test_a_bar_on_a_terminal_counts_to_its_total(capsys):
    with Progress(bars=True).stage("reading a.log", 200, "B") as advance:
        time.sleep(0.2)  # a bar is drawn ten times a second at most
        advance(50)
    told = capsys.readouterr().err
    assert "reading a.log:  25%" in told
    assert "50.0/200" in told


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


def test_short_stages_and_silent_progress_say_nothing(caplog):
    with caplog.at_level(logging.INFO):
        for progress in (Progress(bars=False), SILENT):
            with progress.stage("short", None, "B") as advance:
                advance(1)
    assert caplog.messages == []
