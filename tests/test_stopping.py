"""A signal ends the command, wherever it meets it and whatever becomes of its exception."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.command import SMALL_DEMO, charts_at_hand, command, environment, run_dirs

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
OFFSETS = [0.04, 0.08, 0.12, 0.16, 0.2, 0.24, 0.28, 0.32, 0.36, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0]
"""Seconds from the first line of our own code: imports, composing, running, taking leave."""

ENTRANCE = """
import sys, time
from anomalog_exp.__main__ import main
print("here", flush=True)
sys.exit(main())
"""


@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
def test_a_signal_at_any_time_ends_the_command_in_a_line(tmp_path, number):
    arguments = [SMALL_DEMO, "tracking=none", "force=true"]
    assert command(*arguments, cwd=tmp_path).returncode == 0
    codes = []
    for offset in OFFSETS:
        process = subprocess.Popen(
            [sys.executable, "-c", ENTRANCE, *arguments],
            cwd=tmp_path, env=environment(), stdout=-1, stderr=-1, text=True,
        )  # fmt: skip
        process.stdout.readline()
        time.sleep(offset)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
        codes.append(process.returncode)
        assert "Traceback" not in stderr, offset
        assert "error" not in stderr, offset
        # Where the interpreter takes leave, the signal ends it as it ends any process.
        assert process.returncode in (CODES[number], 0, -number), (offset, stderr)
        if process.returncode == CODES[number]:
            assert stderr.splitlines()[-1].startswith("stopped"), offset
    assert codes[:5] == [CODES[number]] * 5


SWALLOWED = """
import os, signal, sys, time
from anomalog_exp.stopping import raise_stop, stop_heard, stop_on_signals, stop_signal
stop_on_signals()

class Gone:
    def __del__(self):
        os.kill(os.getpid(), {number})

def swallowing():
    try:
        os.kill(os.getpid(), {number})
    except BaseException:
        pass

def turning():
    try:
        os.kill(os.getpid(), {number})
    except BaseException as error:
        raise ValueError("an error of its own") from error

try:
    {how}
    time.sleep(20)
    print("nobody heard it")
except SystemExit as stop:
    print("stop", stop.code, stop_signal())
except ValueError:
    print("turned", stop_signal())
    stop_heard()
    time.sleep(1.3)  # it is heard, and not raised again
    try:
        raise_stop()
    except SystemExit as stop:
        print("stop", stop.code)
"""


@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
@pytest.mark.parametrize("how", ["swallowing()", "Gone()", "turning()"])
def test_a_stop_that_somebody_swallows_or_turns_is_no_less_a_stop(how, number):
    code = SWALLOWED.format(number=int(number), how=how)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    told = [f"stop {CODES[number]} {int(number)}"]
    if how == "turning()":
        told = [f"turned {int(number)}", f"stop {CODES[number]}"]
    assert done.stdout.splitlines() == told
    assert done.stderr == ""


EARLY = """
import os, runpy, signal, sys

class Sent:
    def find_spec(self, name, path=None, target=None):
        if name == "anomalog_exp.errors":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Sent())
sys.argv = ["anomalog_exp", "--version"]
runpy.run_module("anomalog_exp", run_name="__main__", alter_sys=True)
"""


def python(code: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, check=False)


def test_ctrl_c_before_the_command_can_answer_ends_it_without_a_word(tmp_path):
    ended = python(EARLY, tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, b"", b"")


def test_the_package_itself_imports_nothing(tmp_path):
    """Ctrl-C would end in a traceback meanwhile."""
    code = (
        "import sys; were = {*sys.modules}; import anomalog_exp; print(*sys.modules.keys() - were)"
    )
    assert python(code, tmp_path).stdout.split() == [b"anomalog_exp"]


def test_a_command_in_the_background_of_a_shell_leaves_ctrl_c_alone():
    code = (
        "import os, signal; from anomalog_exp.stopping import stop_on_signals; stop_on_signals();"
        "os.kill(os.getpid(), signal.SIGINT); print('goes on')"
    )
    ignoring = f"trap '' INT; exec {sys.executable} -c \"{code}\""
    done = subprocess.run(["sh", "-c", ignoring], capture_output=True, text=True, timeout=60)
    assert done.stdout == "goes on\n", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="terminals end otherwise elsewhere")
def test_ctrl_c_while_a_network_trains_ends_the_command_in_a_line(tmp_path):
    pytest.importorskip("torch")
    terminal, other_end = pty.openpty()
    termios.tcsetwinsize(other_end, (30, 100))
    arguments = [SMALL_DEMO, "model=deeplog", "model.epochs=900", "tracking=none"]
    with charts_at_hand(tmp_path), os.fdopen(terminal, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            [sys.executable, "-m", "anomalog_exp", *arguments],
            cwd=tmp_path, env=environment(), stdout=other_end, stderr=other_end,
        )  # fmt: skip
        os.close(other_end)
        shown = b""
        training = re.compile(rb"training deeplog: .*[1-9]\d*/900 ")
        with suppress(OSError):  # nobody writes to the terminal any more
            while part := screen.read(4096):
                shown += part
                if training and training.search(shown):
                    process.send_signal(signal.SIGINT)
                    training = None
    assert process.wait(60) == 130, shown
    assert shown.split()[-1] == b"stopped"
    assert b"Traceback" not in shown
    (run_dir,) = run_dirs(tmp_path / "outputs")
    status = json.loads((run_dir / "status.json").read_bytes())
    assert (status["status"], status["reason"]) == ("killed", "SIGINT")
