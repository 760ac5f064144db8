"""Corruption.

Every file that the program reads of its own accord is spoilt: flipped bits, a zeroed page, garbled
bytes, cut off, made longer, emptied, removed, a folder in its place, a dangling link in its place.
Survived: the command ends with 0 and the results are byte for byte those of sound files, or it ends
with an error that says which key, which value, what is allowed and what to do. A built data set is made
again, with a word about it. A damaged page is no damaged result: no figure comes from it, and `report`
draws it again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from reliability_damage import DAMAGES, damage
from reliability_process import Ended, Job
from reliability_row import Arena, Verdict, attack
from reliability_state import (
    DEMO,
    MODELS,
    NO_TRACKER,
    after,
    copied,
    fresh,
    results,
    same_metrics,
)

from anomalog_exp.files import content_digest
from tests.archives import PACKERS
from tests.tiny import tiny

_RUN = [*DEMO, NO_TRACKER]
_SWEEP = [*DEMO, NO_TRACKER, MODELS, "-m", "hydra.launcher.n_jobs=1"]
_SAME_EVERY_TIME = ("metrics.json", "model_manifest.json", "anomalies.txt", "config.yaml")

Judge = Callable[[Path, Ended], str | None]
Case = tuple[str, str, int]
"""A file, the damage, and the number of the try."""


def spoilt(
    arena: Arena,
    state: Path,
    files: Sequence[Path],
    arguments: Sequence[str],
    judge: Judge,
    *,
    short: int,
    tries: int = 1,
    first: Sequence[str] | None = None,
    tracker: bool = False,
) -> Iterator[Verdict]:
    """Verdicts on a command that meets one spoilt file.

    Args:
        arena: Where.
        state: What the command finds.
        files: Those that are spoilt, one at a time.
        arguments: Of the command.
        judge: What is wrong with how it ended.
        short: How many cases the short form takes.
        tries: How often a damage that depends on chance is made.
        first: A command that runs in the copy of the state before the damage is done.
        tracker: MLflow is used.
    """
    cases = [
        (str(file.relative_to(state)), how, number)
        for file in files
        for how in DAMAGES
        for number in range(tries if how in DAMAGES[:4] else 1)
        if how != "removed" or file.is_file()  # a whole folder of the cache may be removed
    ]

    def one(case: Case) -> Verdict:
        file, how, _ = case
        folder = copied(state, arena.new_folder())
        if first is not None:
            (ended,) = arena.run(Job(folder, first), tracker=tracker)
            assert ended.code == 0, ended.err
        (place,) = folder.glob(file) if "*" in file else [folder / file]
        damage(place, how, arena.chance(*case))
        (ended,) = arena.run(Job(folder, arguments), tracker=tracker)
        wrong = ended.fault or judge(folder, ended)
        return Verdict(wrong and f"{how}: {_general(file)}: {wrong}")

    return arena.spread(arena.some(cases, short), one)


def _general(file: str) -> str:
    return Path(file).name


def refused_or(ended: Ended, wrong: str | None) -> str | None:
    """Nothing where the command was refused in four parts; else what is wrong with its result."""
    if ended.code == 0:
        return wrong
    return None if ended.refused else f"it ends with {ended.code} without saying what to do"


def _rebuilt(sound: Path) -> Judge:
    """A judge of a command that met a spoilt data set."""

    def judge(folder: Path, ended: Ended) -> str | None:
        if ended.code != 0:
            return f"it ends with {ended.code} instead of building the data set again"
        if wrong := same_metrics(folder, sound):
            return wrong
        built = {path.name for path in sound.glob(".cache/*/*") if path.is_dir()}
        if not any(name in ended.err for name in built):
            return "nobody hears of it"
        for path in sound.glob(".cache/*/*/*"):
            there = folder / path.relative_to(sound)
            if not there.is_file():
                return f"{path.name} is missing"
            # These two name the folder of the log.
            named = path.name in ("manifest.json", "seal.json")
            if not named and there.read_bytes() != path.read_bytes():
                return f"{path.name} stays spoilt"
        return None

    return judge


def _built(arena: Arena, arguments: Sequence[str], *, short: int, tries: int) -> Iterator[Verdict]:
    """Verdicts on a run whose built data set is spoilt: each file of it, and its folder."""
    state = after(arena, [*arguments, "model=oov"])
    sound = copied(state, arena.new_folder())
    (whole,) = arena.run(Job(sound, arguments))
    assert whole.code == 0, whole.err
    (folder,) = (path for path in state.glob(".cache/*/*") if path.is_dir())
    files = [folder, *sorted(folder.iterdir())]
    return spoilt(arena, state, files, arguments, _rebuilt(sound), short=short, tries=tries)


@attack("each file of a built data set: lines")
def built_of_lines(arena: Arena) -> Iterator[Verdict]:
    return _built(arena, _RUN, short=6, tries=2)


@attack("each file of a built data set: labelled lines")
def built_of_labelled_lines(arena: Arena) -> Iterator[Verdict]:
    log = tiny("bgl", arena.new_folder() / "log")
    overrides = ["dataset=bgl", *log, "evaluation.bootstrap_samples=20", NO_TRACKER]
    return _built(arena, overrides, short=2, tries=1)


@attack("each file of a built data set: session files")
def built_of_sessions(arena: Arena) -> Iterator[Verdict]:
    log = tiny("openstack_sessions", arena.new_folder() / "log")
    overrides = ["dataset=openstack_sessions", *log, "split=predefined", "template=event_ids"]
    return _built(
        arena, [*overrides, "evaluation.bootstrap_samples=20", NO_TRACKER], short=2, tries=1
    )


@attack("what is known of digests")
def digests(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_RUN, "model=oov"])
    sound = copied(state, arena.new_folder())
    first = [*_RUN, "model=sequence_length"]
    for arguments in (first, _RUN):
        (whole,) = arena.run(Job(sound, arguments))
        assert whole.code == 0, whole.err

    def judge(folder: Path, ended: Ended) -> str | None:
        return refused_or(ended, same_metrics(folder, sound))

    files = [state / ".cache/demo/digests.json"]
    return spoilt(arena, state, files, _RUN, judge, short=2, tries=3, first=first)


def _result_judge(sound: Path) -> Judge:
    """A judge of a command that leaves a run dir as it must be, or refuses it."""

    def judge(folder: Path, ended: Ended) -> str | None:
        wrong = same_metrics(folder, sound)
        for path in sound.glob("outputs/*/*/*"):
            there = folder / path.relative_to(sound)
            if path.name not in _SAME_EVERY_TIME:
                continue
            if not there.is_file():
                wrong = wrong or f"{path.name} is missing"
            elif _without(there, folder, sound) != _without(path, folder, sound):
                wrong = wrong or f"another {path.name}"
        return refused_or(ended, wrong)

    return judge


def _without(path: Path, *folders: Path) -> bytes:
    """A file's content where the names of these folders do not matter."""
    content = path.read_bytes()
    for folder in folders:
        content = content.replace(str(folder).encode(), b"FOLDER")
    return content


def _result_files(state: Path) -> list[Path]:
    return [path for path in sorted(state.glob("outputs/*/*/*")) if path.is_file()]


@attack("each file of a run dir: the same command again")
def reused(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_RUN, "write_predictions=true"])
    arguments = [*_RUN, "write_predictions=true"]
    judge = _result_judge(state)
    return spoilt(arena, state, _result_files(state), arguments, judge, short=5, tries=2)


@attack("each file of a run dir: rerun")
def rerun(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, _RUN)
    (run_dir,) = results(state)

    def judge(folder: Path, ended: Ended) -> str | None:
        says = "differs in" in ended.out
        return None if says else refused_or(ended, same_metrics(folder, state))

    # The config in a run dir names its folders: they are where the command is typed from here on.
    config = state / run_dir / "config.yaml"
    written = content_digest(config)
    config.write_text(config.read_text().replace(str(state), "."))
    status = state / run_dir / "status.json"
    status.write_text(status.read_text().replace(written, content_digest(config)))
    (whole,) = arena.run(Job(copied(state, arena.new_folder()), ["rerun", run_dir]))
    assert whole.code == 0, whole.err
    files = _result_files(state)
    return spoilt(arena, state, files, ["rerun", run_dir], judge, short=3, tries=2)


@attack("each file of a run dir: mirrored to MLflow")
def mirrored(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*DEMO, "model=oov"], _RUN, tracker=True)
    sound = copied(state, arena.new_folder())
    (whole,) = arena.run(Job(sound, DEMO), tracker=True)
    assert whole.code == 0, whole.err

    def judge(folder: Path, ended: Ended) -> str | None:
        wrong = same_metrics(folder, sound)
        if wrong is None and _figures(folder) != _figures(sound):
            wrong = "MLflow holds other figures"
        return refused_or(ended, wrong)

    files = [path for path in _result_files(state) if "-oov" not in str(path)]
    return spoilt(arena, state, files, DEMO, judge, short=2, tries=1, tracker=True)


def _figures(folder: Path) -> list[tuple[str, float]]:
    query = "SELECT key, value FROM metrics WHERE key LIKE 'sequence/%' ORDER BY key, value"
    with closing(sqlite3.connect(folder / "outputs/mlflow/mlflow.db")) as store:
        return list(store.execute(query))


@attack("the store of MLflow and its artifacts")
def store(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*DEMO, "model=oov"], tracker=True)
    sound = copied(state, arena.new_folder())
    arena.run(Job(sound, DEMO), tracker=True)

    def judge(folder: Path, ended: Ended) -> str | None:
        if ended.seconds > 20:
            return f"it takes {ended.seconds:.0f} s"
        return refused_or(ended, same_metrics(folder, sound))

    files = [state / "outputs/mlflow/mlflow.db", state / "outputs/mlflow"]
    return spoilt(arena, state, files, DEMO, judge, short=2, tries=5, tracker=True)


@attack("each file of a sweep: the same sweep again")
def sweep(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, _SWEEP)
    files = [path for path in sorted(state.glob("outputs/sweeps/**/*")) if path.name != ".lock"]
    (table,) = state.glob("outputs/sweeps/*/results.csv")
    wanted = table.read_text().count("\n")

    def judge(folder: Path, ended: Ended) -> str | None:
        wrong = same_metrics(folder, state)
        again = folder / table.relative_to(state)
        if wrong is None and (not again.is_file() or again.read_text().count("\n") != wanted):
            wrong = "the table has other rows"
        return refused_or(ended, wrong)

    return spoilt(arena, state, files, _SWEEP, judge, short=2, tries=1)


@attack("archives of every kind, before they are unpacked")
def archives(arena: Arena) -> Iterator[Verdict]:
    log = b"".join(b"2024-01-01 00:00:%02d event %d of 9\n" % (n % 60, n % 9) for n in range(300))
    state = fresh(arena)
    chosen = [name for name in PACKERS if not name.endswith(".tar")]  # those with checksums
    for name in chosen:
        (state / f"logs-{name}").write_bytes(PACKERS[name]({"a/app.log": log, "b/c.txt": b"x"}))
    options = ["dataset=custom", "dataset/source=local_zip", "sequence=fixed", NO_TRACKER]

    def arguments(name: str) -> list[str]:
        return [*options, "sequence.window_size=10", f"dataset.source.zip_path=logs-{name}"]

    for name in chosen if arena.long else arena.chance("archives").sample(chosen, 2):
        sound = copied(state, arena.new_folder())
        (whole,) = arena.run(Job(sound, arguments(name)))
        assert whole.code == 0, whole.err

        def judge(folder: Path, ended: Ended, sound: Path = sound) -> str | None:
            return refused_or(ended, same_metrics(folder, sound))

        files = [state / f"logs-{name}"]
        yield from spoilt(arena, state, files, arguments(name), judge, short=1, tries=4)
