"""What cannot be followed is refused in four parts, and nothing of the user's is changed by that."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.command import command
from tests.following.judges import Trained, trained


@pytest.fixture(scope="module")
def judge(tmp_path_factory) -> Trained:
    return trained(tmp_path_factory.mktemp("judge"), "model=new_event")


def score(judge: Trained, folder: Path, *words: str, code: int = 2) -> str:
    """What the command says on standard error."""
    done = command("score", str(judge.bundle.directory), *words, cwd=folder)
    assert done.returncode == code, done.stderr
    return done.stderr


def refused(judge: Trained, folder: Path, *words: str) -> str:
    said = score(judge, folder, *words)
    assert "\n  allowed: " in said
    assert "\n  to do: " in said
    assert "Traceback" not in said
    return said


@pytest.fixture
def begun(judge, tmp_path) -> Path:
    """A folder with a log that was followed once."""
    (tmp_path / "app.log").write_bytes(b"".join(judge.lines()[:500]))
    score(judge, tmp_path, "app.log", "--follow", "--once", "--output", "out.jsonl", code=0)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["app.log", "--idle", "5"], "--idle means nothing without --follow"),
        (["app.log", "--follow", "--write", "x.csv"], "--write is for a log that is finished"),
        (["app.log", "--follow", "name=x"], "--follow takes no overrides, such as name=x"),
        (["app.log", "--follow", "--idle", "-1"], "'-1' is no number of seconds"),
        (["app.log", "other.log", "--follow"], "one process follows one log"),
        ([".", "--follow"], "one process follows one log"),
        (["gone/app.log", "--follow"], "its folder is not there"),
        (["gone.log", "--follow", "--once"], "it is not there"),
        (["-", "--follow", "--state", "s"], "what came through a pipe cannot be read again"),
        (["app.log.gz", "--follow", "--once"], "it is compressed by gzip"),
        (["wide.log", "--follow", "--once"], "its text is in utf-16-le"),
        (["prose.txt", "--follow", "--once"], "40 of 40 lines do not match the parser"),
    ],
)
def test_what_cannot_be_followed_is_refused(judge, tmp_path, words, problem):
    text = b"".join(judge.lines()[:100])
    (tmp_path / "app.log").write_bytes(text)
    (tmp_path / "app.log.gz").write_bytes(gzip.compress(text))
    (tmp_path / "wide.log").write_text(text.decode(), encoding="utf-16-le")
    (tmp_path / "prose.txt").write_text("it was a dark night\n" * 40)
    assert problem in refused(judge, tmp_path, *words)


def test_a_state_is_of_one_bundle_log_and_output(judge, begun, tmp_path_factory):
    follows = ["app.log", "--follow", "--once", "--output", "out.jsonl"]
    other = trained(tmp_path_factory.mktemp("other"), "model=oov")
    assert "it is of another bundle" in refused(other, begun, *follows)
    (begun / "other.log").write_bytes((begun / "app.log").read_bytes())
    assert "it is of another log" in refused(judge, begun, "other.log", *follows[1:])
    elsewhere = [*follows[:-1], "other.jsonl", "--state", "out.jsonl.state"]
    assert "it is of another output" in refused(judge, begun, *elsewhere)


def test_an_output_that_was_cut_is_refused_unless_one_begins_anew(judge, begun):
    follows = ["app.log", "--follow", "--once", "--output", "out.jsonl", "--all"]
    with (begun / "app.log").open("ab") as log:
        log.write(b"".join(judge.lines()[500:600]))
    score(judge, begun, *follows, code=0)
    whole = (begun / "out.jsonl").read_bytes()
    assert whole
    (begun / "out.jsonl").write_bytes(whole[:-10])
    assert "when the state was kept" in refused(judge, begun, *follows)
    assert (begun / "out.jsonl").read_bytes() == whole[:-10]
    (begun / "out.jsonl").unlink()
    score(judge, begun, *follows, "--fresh", code=0)
    assert len((begun / "out.jsonl").read_bytes()) > len(whole)


def test_a_state_that_is_damaged_is_refused(judge, begun):
    state = begun / "out.jsonl.state"
    state.write_bytes(state.read_bytes()[:-100])
    follows = ["app.log", "--follow", "--once", "--output", "out.jsonl"]
    assert "--state: it cannot be read" in refused(judge, begun, *follows)


def test_a_file_that_is_not_what_was_read_is_told(judge, begun):
    (begun / "app.log").write_bytes(b"".join(judge.lines()[600:700]))
    follows = ["app.log", "--follow", "--once", "--output", "out.jsonl"]
    said = score(judge, begun, *follows, code=0)
    assert "warning: no file has what was read before" in said
    assert "600 lines" in said


def test_a_finding_makes_an_exit_code(judge, tmp_path):
    new = "081109 203600 26 INFO dfs.Other: something new of blk_1\n"
    (tmp_path / "app.log").write_text(new)
    follows = ["app.log", "--follow", "--once", "--fail-on-anomaly"]
    done = command("score", str(judge.bundle.directory), *follows, cwd=tmp_path)
    assert done.returncode == 3
    assert '"predicted": true' in done.stdout
    assert "1 finding\n" in done.stderr
    assert not list(tmp_path.glob("*.state"))
