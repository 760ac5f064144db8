"""Following as a process of its own: killed, stopped, and while the log is rotated under it."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command import environment
from tests.following.judges import Trained, followed, options, trained
from tests.following.lines import FORM, line, usual

BY_WINDOWS = ["sequence.window_size=5", "sequence.continuous_context=true", "model=markov"]


@pytest.fixture(scope="module")
def judge(tmp_path_factory) -> Trained:
    """Windows of five events of a session: complete at many moments, and whatever the clock shows."""
    return trained(tmp_path_factory.mktemp("judge"), *BY_WINDOWS)


@pytest.fixture
def start(judge):
    """Starts the command; what runs is killed behind the test."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(
        log: Path | str, *arguments: str, bundle: Trained = judge, stdin: int | None = None
    ) -> subprocess.Popen[bytes]:
        words = [str(bundle.bundle.directory), str(log), "--follow", "--all", "--idle", "1e9"]
        process = subprocess.Popen(
            [sys.executable, "-m", "anomalog_exp", "score", *words, *arguments],
            env=environment(),
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is so; fail where it does not come to be."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def until_changed(file: Path) -> None:
    """Wait until a file is written to, or cut."""
    before = file.stat().st_mtime_ns
    until(lambda: file.stat().st_mtime_ns != before)


def size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def found_in(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.read_text().splitlines()]


def without_places(found: list[dict[str, Any]]) -> Counter[str]:
    """What was found, whatever the files were called and wherever in them it stood."""
    keys = ("entity", "events", "begin_ms", "end_ms", "score", "reasons")
    texts = [
        [{key: line[key] for key in ("time_ms", "text", "template")} for line in one["lines"]]
        for one in found
    ]
    return Counter(
        json.dumps([{key: one[key] for key in keys}, lines])
        for one, lines in zip(found, texts, strict=True)
    )


def append(log: Path, text: bytes) -> None:
    with log.open("ab") as file:
        file.write(text)


def test_who_is_killed_again_and_again_neither_repeats_nor_loses(judge, start, tmp_path):
    draw = random.Random(5)
    data, log, output = judge.log.read_bytes(), tmp_path / "HDFS.log", tmp_path / "found.jsonl"
    written = 0
    for _ in range(4):
        process, before = start(log, "--output", str(output)), size(output)
        append(log, data[written : (written := written + draw.randrange(50_000))])
        if before == 0:
            until(lambda: size(output) > 0)
        else:
            # It cuts its output back first, or reads on.
            until_changed(output)
        for _ in range(draw.randrange(8)):
            append(log, data[written : (written := written + draw.randrange(9_000))])
            time.sleep(draw.random() / 8)
        process.send_signal(signal.SIGKILL)
        process.wait()
    append(log, data[written:])
    state = tmp_path / "found.jsonl.state"
    followed(judge.bundle, options(log, output, state=state))
    once = tmp_path / "once.jsonl"
    followed(judge.bundle, options(judge.log, once))
    assert sorted(output.read_text().splitlines()) == sorted(once.read_text().splitlines())


def test_a_half_written_state_goes_and_the_files_of_others_stay(judge, tmp_path):
    output, state = tmp_path / "found.jsonl", tmp_path / "found.jsonl.state"
    half, other = tmp_path / ".found.jsonl.state.a1b2c3d4", tmp_path / ".letters.a1b2c3d4"
    for path in (half, other):
        path.write_bytes(b"x")
    followed(judge.bundle, options(judge.log, output, state=state))
    assert not half.exists()
    assert other.exists()


def test_a_log_is_followed_through_renaming_and_copying_while_killed(judge, start, tmp_path):
    lines, log, output = judge.lines(), tmp_path / "app.log", tmp_path / "found.jsonl"
    parts = [b"".join(lines[begin : begin + 400]) for begin in range(0, len(lines), 400)]
    process = start(log, "--output", str(output))  # the file is not there yet

    def rename(nth: int) -> None:
        if log.exists():
            log.rename(tmp_path / f"app.log.{nth}")

    def copy(nth: int) -> None:
        shutil.copyfile(log, tmp_path / f"app.log.{nth}")
        with log.open("rb+") as file:
            file.truncate(0)

    append(log, parts[0])
    until(lambda: size(output) > 0)
    for nth, part in enumerate(parts[1:], 1):
        # Its last line is written in two halves, on both sides of the rotation for who reads slowly.
        append(log, part[:-30])
        append(log, part[-30:])
        if nth == 2:
            process.kill()
            process.wait()
        if nth % 2 and nth < 6:
            # The older a part, the larger its number.
            (rename if nth in (1, 5) else copy)(9 - nth)
            append(log, b"")
        if nth == 3:
            process = start(log, "--output", str(output))
            until_changed(output)
        time.sleep(0.15)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    followed(judge.bundle, options(log, output, state=tmp_path / "found.jsonl.state"))
    once = followed(judge.bundle, options(judge.log, tmp_path / "once.jsonl"))
    assert without_places(found_in(output)) == without_places(once)


def test_a_pipe_gives_findings_while_it_is_written_and_ends_with_it(judge, start, tmp_path):
    data, output = judge.log.read_bytes(), tmp_path / "found.jsonl"
    process = start("-", "--output", str(output), stdin=subprocess.PIPE)
    process.stdin.write(data[: len(data) // 2])
    process.stdin.flush()
    until(lambda: size(output) > 0)
    process.stdin.write(data[len(data) // 2 :].rstrip(b"\n"))
    process.stdin.close()
    assert process.wait(30) == 0
    once = followed(judge.bundle, options(judge.log, tmp_path / "once.jsonl"))
    assert without_places(found_in(output)) == without_places(once)
    assert found_in(output)[0]["first"].startswith("stdin:")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_between_lines_and_keeps_the_place(judge, start, tmp_path, number, code):
    data, log, output = judge.log.read_bytes(), tmp_path / "HDFS.log", tmp_path / "found.jsonl"
    append(log, data[:200_000])
    process = start(log, "--output", str(output))
    until(lambda: size(output) > 0)
    begun = time.monotonic()
    process.send_signal(number)
    _, told = process.communicate(timeout=10)
    assert process.returncode == code
    assert time.monotonic() - begun < 3
    assert b"Traceback" not in told
    assert b"sequences judged" in told
    append(log, data[200_000:])
    followed(judge.bundle, options(log, output, state=tmp_path / "found.jsonl.state"))
    once = tmp_path / "once.jsonl"
    followed(judge.bundle, options(judge.log, once))
    assert sorted(output.read_text().splitlines()) == sorted(once.read_text().splitlines())


def test_while_nothing_comes_the_wall_clock_completes_sessions_and_records(start, tmp_path):
    (tmp_path / "usual.log").write_text(usual())
    read = [*FORM, f"dataset.source.path={tmp_path / 'usual.log'}", "model=new_event"]
    sessions, lines = trained(tmp_path, *read), trained(tmp_path, *read, "sequence=line")
    log, outputs = tmp_path / "app.log", [tmp_path / "sessions.jsonl", tmp_path / "lines.jsonl"]
    for judge, output in zip((sessions, lines), outputs, strict=True):
        start(log, "--output", str(output), "--idle", "0.5", "--flush", "0.2", bundle=judge)
    append(log, f"{line(0)}{line(0, text='failed')}Traceback\n  of it\n{line(5)[:-1]}".encode())
    # The line without its newline waits, the record before it does not.
    until(lambda: all(size(output) > 0 for output in outputs))
    until(lambda: len(found_in(outputs[1])) == 2)
    shown = found_in(outputs[1])[1]["lines"][0]
    assert shown["more"] == ["Traceback", "  of it"]
    assert [one["events"] for one in found_in(outputs[0])] == [2]
    append(log, b"\n")
    until(
        lambda: all(len(found_in(output)) == n for output, n in zip(outputs, (2, 3), strict=True))
    )
