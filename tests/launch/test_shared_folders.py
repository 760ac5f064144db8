"""Runs on a file system whose locks are missing or mean nothing, as on some network mounts.

A library that is loaded first answers `flock` as such a file system does: it grants every lock (NFS with
`nolock` or `local_lock`), it has none (ENOSYS), or its server keeps none (ENOLCK).
"""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import SMALL_DEMO, cold_command, command, environment, run_dirs

FLOCK = """
#include <errno.h>
#include <stdlib.h>
int flock(int file, int operation) {
    (void)file, (void)operation;
    errno = atoi(getenv("FLOCK_ERRNO"));
    return errno ? -1 : 0;
}
"""
RUN = [SMALL_DEMO, "tracking=none", "report.page=false", "evaluation.bootstrap_samples=0"]
GRANTED = 0


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs a C compiler on Linux")
    folder = tmp_path_factory.mktemp("flock")
    (folder / "flock.c").write_text(FLOCK)
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", "flock.so", "flock.c"], cwd=folder, check=True
    )
    return folder / "flock.so"


def twice(folder: Path, library: Path, answer: int) -> list[subprocess.CompletedProcess[str]]:
    """One run, begun by two processes at once."""
    folder.mkdir()
    shell = environment(LD_PRELOAD=str(library), FLOCK_ERRNO=str(answer))
    line = [sys.executable, "-m", "anomalog_exp", *RUN]
    processes = [
        subprocess.Popen(line, cwd=folder, env=shell, stdout=-1, stderr=-1, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in processes]
    return [
        subprocess.CompletedProcess(line, process.returncode, *texts)
        for process, texts in zip(processes, said, strict=True)
    ]


def metrics(folder: Path) -> bytes:
    (run_dir,) = run_dirs(folder / "outputs")
    return (run_dir / "metrics.json").read_bytes()


def test_without_locks_the_same_run_twice_spoils_nothing(library, tmp_path):
    alone, both = tmp_path / "alone", tmp_path / "both"
    alone.mkdir()
    assert command(*RUN, cwd=alone).returncode == 0
    for process in twice(both, library, GRANTED):
        # They may meet in a file that both make; then one of them says so, or both.
        assert process.returncode in (0, 2), process.stderr
        assert "Traceback" not in process.stderr
    again = command(*RUN, cwd=both)
    assert again.returncode == 0, again.stderr
    assert metrics(both) == metrics(alone)


def test_lock_files_stand_in_where_there_are_no_locks(library, tmp_path):
    ended = twice(tmp_path / "both", library, errno.ENOSYS)
    assert [process.returncode for process in ended] == [0, 0], ended
    assert sum("(reused: same config, data and code)" in process.stdout for process in ended) == 1


def test_a_server_without_locks_is_named_by_what_the_system_says(library, tmp_path):
    done = cold_command(*RUN, cwd=tmp_path, LD_PRELOAD=str(library), FLOCK_ERRNO=str(errno.ENOLCK))
    assert done.returncode == 2
    assert "error: a file or folder: No locks available\n" in done.stderr
