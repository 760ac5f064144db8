"""Many at once.

Processes that begin with nothing and want the same, sweeps side by side, one sweep typed twice.
Survived: each ends with 0, or says in four parts who works there; the results are byte for byte those
of one process alone, no member of a sweep is lost, MLflow holds the same runs, nothing is left over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from reliability_process import Job
from reliability_row import Arena, Verdict, attack
from reliability_state import DEMO, MODELS, NO_TRACKER, after, copied, judged

_RUN = [*DEMO, NO_TRACKER]
_IN_TURN = ["-m", "hydra.launcher.n_jobs=1"]


def _together(
    folder: Path,
    sound: Path,
    arena: Arena,
    commands: Sequence[tuple[float, Sequence[str]]],
    *,
    tracker: bool = False,
) -> Verdict:
    """The verdict on commands that start after so many seconds, and on the first of them again."""
    jobs = [Job(folder, arguments, start_after=after) for after, arguments in commands]
    ended = arena.run(*jobs, tracker=tracker)
    wrong = next((f"ends with {one.code}" for one in ended if one.code and not one.refused), None)
    wrong = wrong or _lost(folder)
    (again,) = arena.run(Job(folder, commands[0][1]), tracker=tracker)
    verdict = judged(folder, sound, again, *ended)
    return Verdict(verdict.wrong or wrong, verdict.left)


def _lost(folder: Path) -> str | None:
    """A member of a sweep that has no result."""
    for table in folder.glob("outputs/sweeps/*/results.csv"):
        with table.open(newline="") as file:
            for row in csv.DictReader(file):
                if row["status"] not in ("done", "reused"):
                    return f"a member is {row['status']}"
    return None


@attack("processes that begin with nothing and want the same")
def cold(arena: Arena) -> Iterator[Verdict]:
    number = arena.number(short=4, long=16)
    sound = after(arena, _RUN)

    def judge(_: int) -> Verdict:
        return _together(arena.new_folder(), sound, arena, [(0.0, _RUN)] * number)

    return arena.spread(range(arena.number(short=1, long=4)), judge)


@attack("processes that begin with nothing and are mirrored to MLflow")
def cold_with_tracker(arena: Arena) -> Iterator[Verdict]:
    number = arena.number(short=3, long=16)
    sound = after(arena, DEMO, tracker=True)

    def judge(_: int) -> Verdict:
        commands = [(0.0, DEMO)] * number
        return _together(arena.new_folder(), sound, arena, commands, tracker=True)

    return arena.spread(range(arena.number(short=1, long=3)), judge)


@attack("two sweeps side by side")
def two_sweeps(arena: Arena) -> Iterator[Verdict]:
    one = [*_RUN, "model=template_frequency,markov,oov", *_IN_TURN]
    other = [*_RUN, "model=oov,markov,naive_bayes", *_IN_TURN]
    sound = after(arena, one, other, one)

    def judge(number: int) -> Verdict:
        return _together(arena.new_folder(), sound, arena, [(0.0, one), (number * 0.1, other)])

    return arena.spread(range(arena.number(short=1, long=10)), judge)


def _twice(
    arena: Arena, arguments: Sequence[str], *, short: int, long: int, tracker: bool
) -> Iterator[Verdict]:
    state = after(arena, [*arguments[: len(DEMO) + 1], "model=sequence_length"], tracker=tracker)
    sound = copied(state, arena.new_folder())
    (whole,) = arena.run(Job(sound, arguments), tracker=tracker)
    assert whole.code == 0, whole.err
    number = arena.number(short=short, long=long)
    chance = arena.chance("twice", *arguments)
    parts = [(place + chance.random()) / number for place in range(number)]

    def judge(part: float) -> Verdict:
        folder = copied(state, arena.new_folder())
        commands = [(0.0, arguments), (part * whole.seconds, arguments)]
        return _together(folder, sound, arena, commands, tracker=tracker)

    return arena.spread(parts, judge)


@attack("one sweep typed twice, the second time at any moment of the first")
def one_sweep_twice(arena: Arena) -> Iterator[Verdict]:
    return _twice(arena, [*_RUN, MODELS, *_IN_TURN], short=2, long=40, tracker=False)


@attack("one sweep typed twice, with workers and MLflow")
def one_mirrored_sweep_twice(arena: Arena) -> Iterator[Verdict]:
    arguments = [*DEMO, "tracking=mlflow", MODELS, "-m", "hydra.launcher.n_jobs=2"]
    return _twice(arena, arguments, short=1, long=12, tracker=True)
