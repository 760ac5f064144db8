"""Bundles.

What a run has learned judges another log, at once (`score`) and while it grows (`--follow`). Files of
the bundle are spoilt, and the command is killed. Survived: a spoilt bundle is refused by an error that
says which key, which value, what is allowed and what to do, or judges as the sound one does, byte for
byte. After a kill the same command ends with 0, with the results of one that nothing disturbed; what
follows a log has neither lost nor repeated a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reliability_process import Ended, Job
from reliability_row import Arena, Verdict, attack
from reliability_state import DEMO, NO_TRACKER, after, copied, judged, results, same_results

from attacks.corruption import refused_or, spoilt
from attacks.kills import at_operations

_FOUND = "found.jsonl"


def _trained(arena: Arena) -> tuple[Path, str]:
    """A folder with a run that keeps a bundle and a log to judge; the run dir in it."""
    state = after(arena, [*DEMO, NO_TRACKER, "model=markov"])
    (log,) = state.glob("data/demo/*/HDFS.log")
    lines = log.read_bytes().splitlines(keepends=True)
    (state / "new.log").write_bytes(b"".join(lines[len(lines) // 2 :]))
    (run_dir,) = results(state)
    return state, run_dir


@attack("each file of a bundle: a log that is scored")
def spoilt_bundle(arena: Arena) -> Iterator[Verdict]:
    state, run_dir = _trained(arena)
    arguments = ["score", run_dir, "new.log", NO_TRACKER]
    sound = copied(state, arena.new_folder())
    (whole,) = arena.run(Job(sound, arguments))
    assert whole.code == 0, whole.err

    def judge(folder: Path, ended: Ended) -> str | None:
        return refused_or(ended, same_results(folder, sound if ended.code == 0 else state))

    files = [path for path in sorted((state / run_dir / "bundle").rglob("*")) if path.is_file()]
    return spoilt(arena, state, files, arguments, judge, short=3, tries=4)


@attack("a log that is scored, at every third operation")
def scored(arena: Arena) -> Iterator[Verdict]:
    state, run_dir = _trained(arena)
    arguments = ["score", run_dir, "new.log", NO_TRACKER]
    return at_operations(arena, state, arguments, short=2, every=3)


@attack("a log that is followed, at every operation")
def followed(arena: Arena) -> Iterator[Verdict]:
    state, run_dir = _trained(arena)
    arguments = ["score", run_dir, "new.log", "--follow", "--once", "--all", "--output", _FOUND]
    sound = copied(state, arena.new_folder())
    (whole,) = arena.run(Job(sound, arguments, counts=True))
    assert whole.code == 0, whole.err
    assert whole.operations
    assert _findings(sound)

    def judge(number: int) -> Verdict:
        folder = copied(state, arena.new_folder())
        (killed,) = arena.run(Job(folder, arguments, act_at=number))
        (again,) = arena.run(Job(folder, arguments))
        verdict = judged(folder, sound, again, killed)
        differ = _findings(folder) != _findings(sound)
        wrong = "findings are lost or repeated" if differ else None
        return Verdict(verdict.wrong or wrong, verdict.left)

    return arena.spread(arena.some(range(whole.operations), 2), judge)


def _findings(folder: Path) -> Sequence[str]:
    return sorted((folder / _FOUND).read_text().splitlines())
