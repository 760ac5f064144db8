"""Which files of a folder the commands take as its logs, and what they say of the others."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from anomalog_exp.commands import run_command
from anomalog_exp.commands._folder_logs import logs_in, logs_of_folders, others_in

LINES = "".join(
    f"2024-05-01 10:{i // 60:02d}:{i % 60:02d} INFO shop: order {i} sent\n" for i in range(900)
)
NO_PAGE = "report.page=false"


@pytest.fixture
def system(folder) -> Path:
    """Logs by several names, and what stands beside them."""
    root = folder / "system"
    for name in (
        "app.log",
        "syslog",
        "web/access.log.1",
        "web/stdout",
        "web/events.jsonl",
        "web/error_log",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(LINES)
    (root / "messages-20240430.gz").write_bytes(gzip.compress(LINES.encode()))
    for name in ("README.md", "metrics.csv", ".hidden.log"):
        (root / name).write_text("some words\n")
    (root / "wtmp").write_bytes(b"\0\1\2")
    (root / "nothing").write_text("")
    return root


def test_files_are_logs_by_their_ending_or_by_a_name_that_logs_have(system):
    names = {str(path.relative_to(system)) for path in logs_in(system)}
    assert names == {"app.log", "syslog", "web/access.log.1", "web/stdout", "web/events.jsonl", "web/error_log",
                     "messages-20240430.gz"}  # fmt: skip
    # Neither what is hidden, nor what is no text or empty, is a loss.
    assert [path.name for path in others_in(system)] == ["README.md", "metrics.csv"]


def test_where_nothing_is_named_as_a_log_all_files_are_taken(folder):
    (folder / "x").mkdir()
    for name in ("a", "b.cfg"):
        (folder / "x" / name).write_text(LINES)
    assert [path.name for path in logs_in(folder / "x")] == ["a", "b.cfg"]
    assert others_in(folder / "x") == []


@pytest.mark.parametrize("name", ["app.log", "syslog"])
def test_a_folder_of_one_log_is_that_log_whatever_it_is_called(folder, capsys, name):
    (folder / "one").mkdir()
    (folder / "one" / name).write_text(LINES)
    paths, _ = logs_of_folders(folder / "one")
    assert paths == ([folder / "one"] if name == "app.log" else [folder / "one" / "**"])
    assert run_command("analyze", "one", NO_PAGE) == 0
    assert f"{name}: 900 lines" in capsys.readouterr().out


def test_logs_of_one_name_in_several_folders_are_several(folder, capsys):
    for pod in ("a", "b", "c"):
        (folder / "pods" / pod).mkdir(parents=True)
        (folder / "pods" / pod / "app.log").write_text(LINES)
    assert run_command("analyze", "pods", NO_PAGE) == 0
    assert "3 files: 2,700 lines" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["analyze", "inspect", "templates", "diff"])
def test_what_is_not_read_is_named(system, folder, capsys, command):
    (folder / "other.log").write_text(LINES)
    arguments = {"diff": ("other.log", "--", "system", NO_PAGE), "analyze": ("system", NO_PAGE)}
    assert run_command(command, *arguments.get(command, ("system",))) == 0
    shown = " ".join(capsys.readouterr().out.split())
    said = "2 files are not named as logs: system/README.md, system/metrics.csv. Name them, too,"
    assert said in shown.replace(f"{folder}/", "")


def test_all_logs_of_a_folder_are_read(system, capsys):
    assert run_command("templates", "system") == 0
    assert " 6300 " in capsys.readouterr().out
