"""Kills.

The process kills itself by SIGKILL at its n-th operation on a file (to open, make, rename, remove one),
or gets SIGKILL or SIGTERM at a moment of chance. Survived: the same command again ends with 0; every
`metrics.json` is byte for byte that of a run that nothing disturbed, and every page is whole; MLflow
holds the same runs, all of them ended; no file, folder or process is left over.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from reliability_process import Job
from reliability_row import Arena, Verdict, attack
from reliability_state import (
    DEMO,
    MODELS,
    NO_TRACKER,
    after,
    copied,
    fresh,
    judged,
    without_charts,
)

from tests.archives import PACKERS

_RUN = [*DEMO, NO_TRACKER]
_MIRRORED = [*DEMO]
_SWEEP = [*DEMO, NO_TRACKER, MODELS, "-m", "hydra.launcher.n_jobs=1"]
_SEARCH = [
    *(*DEMO, NO_TRACKER, "model=markov", "split.validation_fraction=0.3", "-m"),
    *("hydra/sweeper=optuna", "hydra.sweeper.n_trials=3", "hydra/launcher=basic"),
    "model.smoothing=interval(0.1,10.0)",
]


def at_operations(
    arena: Arena,
    state: Path,
    arguments: Sequence[str],
    *,
    short: int,
    every: int = 1,
    tracker: bool = False,
) -> Iterator[Verdict]:
    """Verdicts on a command that dies at its n-th operation, beginning with a copy of a state."""
    undisturbed = copied(state, arena.new_folder())
    (whole,) = arena.run(Job(undisturbed, arguments, counts=True), tracker=tracker)
    assert whole.code == 0, whole.err
    assert whole.operations

    def judge(number: int) -> Verdict:
        folder = copied(state, arena.new_folder())
        (killed,) = arena.run(Job(folder, arguments, act_at=number), tracker=tracker)
        (again,) = arena.run(Job(folder, arguments), tracker=tracker)
        return judged(folder, undisturbed, again, killed)

    return arena.spread(arena.some(range(0, whole.operations, every), short), judge)


def at_moments(
    arena: Arena,
    state: Path,
    arguments: Sequence[str],
    moments: int,
    *,
    by: int = signal.SIGKILL,
    tracker: bool = False,
) -> Iterator[Verdict]:
    """The same where the kill comes from outside, at a moment of chance."""
    undisturbed = copied(state, arena.new_folder())
    (whole,) = arena.run(Job(undisturbed, arguments), tracker=tracker)
    assert whole.code == 0, whole.err
    chance = arena.chance("moments", by, *arguments)
    parts = [(place + chance.random()) / moments for place in range(moments)]

    def judge(part: float) -> Verdict:
        folder = copied(state, arena.new_folder())
        killed_after = Job(folder, arguments, kill_after=part * whole.seconds, kill_by=by)
        (killed,) = arena.run(killed_after, tracker=tracker)
        (again,) = arena.run(Job(folder, arguments), tracker=tracker)
        return judged(folder, undisturbed, again, killed)

    return arena.spread(parts, judge)


@attack("a first run, at every operation")
def first_run(arena: Arena) -> Iterator[Verdict]:
    return at_operations(arena, fresh(arena), _RUN, short=4)


@attack("a run of a built data set, at every third operation")
def warm_run(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_RUN, "model=oov"])
    return at_operations(arena, state, _RUN, short=2, every=3)


@attack("a run that puts the library of charts together, at every fortieth operation")
def charts(arena: Arena) -> Iterator[Verdict]:
    state = without_charts(after(arena, [*_RUN, "model=oov"]))
    return at_operations(arena, state, _RUN, short=1, every=40)


@attack("a run that replaces an older result, at every third operation")
def forced_run(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, _RUN)
    return at_operations(arena, state, [*_RUN, "force=true"], short=2, every=3)


@attack("a run that writes predictions, at every third operation")
def predicting_run(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_RUN, "model=oov"])
    return at_operations(arena, state, [*_RUN, "write_predictions=true"], short=2, every=3)


@attack("a sweep, at every ninth operation")
def sweep(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_RUN, "model=sequence_length"])
    return at_operations(arena, state, _SWEEP, short=2, every=9)


@attack("a sweep with workers, at moments of chance")
def sweep_with_workers(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_RUN, "model=sequence_length"])
    arguments = [*_SWEEP[:-1], "hydra.launcher.n_jobs=2"]
    return at_moments(arena, state, arguments, arena.number(short=1, long=24))


@attack("a search by Optuna, at every eleventh operation")
def search(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_RUN, "model=sequence_length"])
    return at_operations(arena, state, _SEARCH, short=2, every=11)


@attack("an archive that is unpacked, at every operation")
def unpacking(arena: Arena) -> Iterator[Verdict]:
    state = fresh(arena)
    log = b"".join(b"2024-01-01 00:00:%02d event %d of 9\n" % (n % 60, n) for n in range(300))
    (state / "logs.tar.gz").write_bytes(PACKERS["a.tar.gz"]({"a/b/app.log": log, "c/d.txt": b"x"}))
    arguments = [
        *("dataset=custom", "dataset/source=local_zip", "dataset.source.zip_path=logs.tar.gz"),
        *("sequence=fixed", "sequence.window_size=10", NO_TRACKER),
    ]
    return at_operations(arena, state, arguments, short=2)


@attack("a run that is mirrored to MLflow, at every fifth operation")
def mirroring(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_MIRRORED, "model=oov"], tracker=True)
    return at_operations(arena, state, _MIRRORED, short=2, every=5, tracker=True)


@attack("a run that is mirrored to MLflow, at moments of chance")
def mirroring_at_moments(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_MIRRORED, "model=oov"], tracker=True)
    number = arena.number(short=2, long=40)
    return at_moments(arena, state, _MIRRORED, number, tracker=True)


@attack("the store of MLflow that is made, at moments of chance")
def making_the_store(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, _RUN)
    return at_moments(arena, state, _MIRRORED, arena.number(short=2, long=40), tracker=True)


@attack("a sweep that is mirrored to MLflow, at moments of chance")
def mirrored_sweep(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_MIRRORED, "model=sequence_length"], tracker=True)
    arguments = [*_MIRRORED, MODELS, "-m", "hydra.launcher.n_jobs=1"]
    return at_moments(arena, state, arguments, arena.number(short=1, long=20), tracker=True)


@attack("a first run that gets SIGTERM, at moments of chance")
def asked_to_stop(arena: Arena) -> Iterator[Verdict]:
    number = arena.number(short=2, long=40)
    return at_moments(arena, fresh(arena), _RUN, number, by=signal.SIGTERM)
