"""A disk that is full while a data set is built: a limit of the size of files stands for it."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.command import environment


def run_with_little_room(folder: Path, bytes_allowed: int, *arguments: str) -> str:
    """What a run says that may write no file larger than that; it must fail, and leave no build."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_allowed, bytes_allowed))

    ended = subprocess.run(
        [sys.executable, "-m", "anomalog_exp", "tracking=none", *arguments],
        cwd=folder,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(folder.glob(".cache/*/.making-*"))
    assert not list(folder.glob(".cache/*/*/line.npy"))
    return ended.stderr


@pytest.mark.parametrize(
    ("log", "kind", "what"),
    [
        ("ab\n" * 40_000, "a column", "File too large"),
        (
            "".join(f"{Random(n).randbytes(1000).hex()} b\n" for n in range(200)),
            "texts",
            "File too large",
        ),
    ],
)
def test_a_log_whose_columns_find_no_room(tmp_path, log, kind, what):
    (tmp_path / "a.log").write_text(log)
    entity = [r"dataset.structured_parser.entity_pattern='\S+'"] if kind == "texts" else []
    arguments = ["dataset=custom", "dataset.source.path=a.log", "model=rarity", "sequence=fixed"]
    told = run_with_little_room(tmp_path, 100_000, *arguments, *entity)
    assert f"a file or folder: {what}" in told
    assert f"value:   {tmp_path}/.cache/" in told


def test_session_files_whose_columns_find_no_room(tmp_path):
    (tmp_path / "hdfs_train").write_text("5 5 22 7\n" * 20_000)
    (tmp_path / "hdfs_test_normal").write_text("5 7\n")
    (tmp_path / "hdfs_test_abnormal").write_text("9\n")
    arguments = ["dataset=hdfs_sessions", f"dataset.source.path={tmp_path}", "model=rarity"]
    told = run_with_little_room(
        tmp_path, 10_000, *arguments, "template=event_ids", "split=predefined"
    )
    assert "a file or folder: not all of it could be written" in told
    assert f"value:   {tmp_path}/.cache/hdfs_sessions" in told
