"""What a sweep tells while it runs: as log lines, and on a real terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from typing import Any

import pytest

from tests.command import SMALL_DEMO, command, environment

SWEEP = [SMALL_DEMO, "tracking=none", "report.page=false", "model=markov,oov", "-m"]
SWEEP += ["sequence.window_size=null,-1"]


def test_without_a_terminal_each_member_gets_a_line(tmp_path):
    done = command(*SWEEP, "hydra/launcher=basic", cwd=tmp_path)
    told = [line.partition(" INFO ")[2] for line in done.stderr.splitlines()]
    ended = {line.partition(": ")[2] for line in told if " of 4: " in line}
    assert [line[:6] for line in told if " of 4: " in line] == [f"{i} of 4" for i in range(1, 5)]
    failed = "window -1 failed: sequence.window_size: this value does not fit"
    assert {line for line in ended if "failed" in line} == {f"markov · {failed}", f"oov · {failed}"}
    assert {line.partition(" done, f1 0.")[0] for line in ended if "done" in line} == {
        "markov · window null", "oov · window null",
    }  # fmt: skip


def on_a_terminal(arguments: list[str], **options: Any) -> str:
    """What a command writes on a terminal of 120 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "anomalog_exp", *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment(), **options,
    ):  # fmt: skip
        os.close(theirs)
        told = b""
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # how Linux says that nobody writes any more
                break
            if not piece:
                break
            told += piece
    os.close(ours)
    return told.decode()


@pytest.mark.skipif(sys.platform != "linux", reason="terminals end otherwise elsewhere")
def test_on_a_terminal_one_bar_counts_the_members(tmp_path):
    told = on_a_terminal(SWEEP, cwd=tmp_path)
    assert "0 of 4 ended, about ? left" in told
    assert "4 of 4 ended, 2 failed, about 00:00 left" in told
    lines = told.replace("\r", "\n").splitlines()
    assert sum(line.rstrip().endswith("this value does not fit") for line in lines) == 3
    assert sum("markov · window null done, f1 0." in line for line in lines) == 1
    assert "4 members: 2 done, 2 failed. The best F1 is" in told
    # A member's log line takes the place of the bar, which comes again though no member has ended since.
    logged = [line for line in lines if " INFO " in line and "INFO sweep of" not in line]
    assert logged
    assert all(line.startswith("\x1b[K") for line in logged)
    assert told.count("0 of 4 ended") > 2
