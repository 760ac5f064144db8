"""Faults of the machine.

The disk is full at the size of every file that is written (a limit of the size of files, and a real
disk of a few pages where one may be mounted), folders cannot be written, the network breaks off, files
change while they are read. Survived: the command ends with 0 and the right result, or with an error
that says which key, which value, what is allowed and what to do; and when the fault is gone, the same
command ends with 0 and the result of a run that nothing disturbed, with nothing left over.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from reliability_process import Ended, Job
from reliability_row import Arena, Verdict, attack
from reliability_state import (
    DEMO,
    MODELS,
    NO_TRACKER,
    after,
    copied,
    fresh,
    judged,
    results,
    same_metrics,
    same_results,
    without_charts,
)

from tests.archives import PACKERS
from tests.tiny import tiny
from tests.web import Behaviour, Handler, serving

_RUN = [*DEMO, NO_TRACKER]
_NOBODY = 65534
_PAGE = 4096


def _verdict(folder: Path, sound: Path, met: Ended, again: Ended) -> Verdict:
    """On a command that met a fault, and on the same command after it."""
    verdict = judged(folder, sound, again, met)
    if verdict.wrong is None and met.code not in (0, -9) and not met.refused:
        return Verdict(f"it ends with {met.code} without saying what to do", verdict.left)
    return verdict


def _full(
    arena: Arena,
    state: Path,
    arguments: Sequence[str],
    *,
    short: int,
    tracker: bool = False,
    files: str = "*",
) -> Iterator[Verdict]:
    """Verdicts on a command that can write no file beyond a size, for every size that decides.

    Sizes are those of the files of a name that it writes where nothing disturbs it.
    """
    sound = copied(state, arena.new_folder())
    (whole,) = arena.run(Job(sound, arguments), tracker=tracker)
    assert whole.code == 0, whole.err
    old = {path.relative_to(state) for path in state.rglob("*")}
    new = [path for path in sound.rglob(files) if path.is_file()]
    sizes = {path.stat().st_size for path in new if path.relative_to(sound) not in old}
    limits = sorted({0, 1, *(max(0, size - 1) for size in sizes), *(size // 2 for size in sizes)})

    def judge(limit: int) -> Verdict:
        folder = copied(state, arena.new_folder())
        (met,) = arena.run(Job(folder, arguments, most_bytes=limit), tracker=tracker)
        wrong = met.code == 0 and same_metrics(folder, sound)
        (again,) = arena.run(Job(folder, arguments), tracker=tracker)
        verdict = _verdict(folder, sound, met, again)
        return Verdict(wrong, verdict.left) if wrong else verdict

    return arena.spread(arena.some(limits, short), judge)


@attack("a full disk: a first run")
def full_first_run(arena: Arena) -> Iterator[Verdict]:
    return _full(arena, fresh(arena), [*_RUN, "write_predictions=true"], short=2)


@attack("a full disk: a run that replaces an older result")
def full_forced_run(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, _RUN)
    # Without the page: where it finds no room the run is done all the same.
    return _full(arena, state, [*_RUN, "force=true", "report.page=false"], short=1)


@attack("a full disk: a sweep")
def full_sweep(arena: Arena) -> Iterator[Verdict]:
    state = after(arena, [*_RUN, "model=sequence_length"])
    sound = copied(state, arena.new_folder())
    arguments = [*_RUN, MODELS, "-m", "hydra.launcher.n_jobs=1"]
    (whole,) = arena.run(Job(sound, arguments))
    assert whole.code == 0, whole.err
    limits = [0, 10, 100, 300, 1000, 3000, 5000, 10_000, 30_000]

    def judge(limit: int) -> Verdict:
        folder = copied(state, arena.new_folder())
        (met,) = arena.run(Job(folder, arguments, most_bytes=limit))
        (again,) = arena.run(Job(folder, arguments))
        # Members fail one by one, and the table says why: that is code 1.
        told = met if met.code != 1 else again
        return _verdict(folder, sound, told, again)

    return arena.spread(arena.some(limits, 1), judge)


@attack("a full disk: the library of charts that is put together")
def full_charts(arena: Arena) -> Iterator[Verdict]:
    state = without_charts(after(arena, [*_RUN, "model=oov"]))
    return _full(arena, state, _RUN, short=1, files="*.js")


@attack("a full disk: an archive that is unpacked")
def full_unpacking(arena: Arena) -> Iterator[Verdict]:
    state = fresh(arena)
    log = b"".join(b"2024-01-01 00:00:%02d event %d of 9\n" % (n % 60, n) for n in range(300))
    (state / "logs.zip").write_bytes(PACKERS["deflated.zip"]({"app.log": log, "c/d.txt": b"xy"}))
    arguments = [
        *("dataset=custom", "dataset/source=local_zip", "dataset.source.zip_path=logs.zip"),
        *("sequence=fixed", "sequence.window_size=10", NO_TRACKER),
    ]
    return _full(arena, state, arguments, short=1)


@attack("a full disk: a run that is mirrored to MLflow")
def full_mirroring(arena: Arena) -> Iterator[Verdict]:
    return _full(arena, fresh(arena), DEMO, short=1, tracker=True)


@attack("a full disk: a real one of a few pages")
def full_disk(arena: Arena) -> Iterator[Verdict]:
    state, sound = fresh(arena), after(arena, _RUN)
    begun, needed = (
        sum(path.stat().st_size // _PAGE + 1 for path in one.rglob("*")) for one in (state, sound)
    )
    pages = list(range(begun + 4, needed, 2))

    def judge(number: int) -> Verdict:
        folder = arena.new_folder()
        with _disk(folder, number) as disk:
            if disk is None:
                return Verdict()
            copied(state, folder)
            (met,) = arena.run(Job(folder, _RUN))
            subprocess.run([*disk, "-o", "remount,size=100m", folder], check=True)
            (again,) = arena.run(Job(folder, _RUN))
            return _verdict(folder, sound, met, again)

    return arena.spread(arena.some(pages, 1) if _may_mount(arena) else [], judge)


@contextlib.contextmanager
def _disk(folder: Path, pages: int) -> Iterator[list[str] | None]:
    """A disk of so many pages, mounted on a folder; the beginning of a command that changes it."""
    size = f"size={pages * _PAGE}"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "none", folder], capture_output=True, check=False
    )
    if made.returncode:
        yield None
        return
    try:
        yield ["mount"]
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _may_mount(arena: Arena) -> bool:
    with _disk(arena.new_folder(), 4) as disk:
        return disk is not None


@attack("folders that cannot be written")
def read_only(arena: Arena) -> Iterator[Verdict]:
    begun = fresh(arena)
    for name in ("outputs", ".cache", "data"):
        (begun / name).mkdir(exist_ok=True)
    states = {
        "begun": begun,
        "built": after(arena, [*_RUN, "model=oov"]),
        "done": after(arena, _RUN),
    }
    sound = {}
    for name, state in states.items():
        sound[name] = copied(state, arena.new_folder())
        (whole,) = arena.run(Job(sound[name], _RUN))
        assert whole.code == 0, whole.err
    cases = [(name, locked) for name in states for locked in ("outputs", ".cache", "data", "")]

    def judge(case: tuple[str, str]) -> Verdict:
        name, locked = case
        folder = copied(states[name], arena.new_folder())
        paths = [folder, *folder.rglob("*")]
        for path in paths:
            path.chmod(0o777 if path.is_dir() else 0o666)
        below = folder / locked
        for path in [below, *below.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        user = _NOBODY if os.geteuid() == 0 else None
        (met,) = arena.run(Job(folder, _RUN, user=user))
        wrong = met.code == 0 and same_metrics(folder, sound[name])
        for path in [folder, *folder.rglob("*")]:
            with contextlib.suppress(PermissionError):
                path.chmod(0o777 if path.is_dir() else 0o666)
        (again,) = arena.run(Job(folder, _RUN))
        verdict = _verdict(folder, sound[name], met, again)
        return Verdict(wrong, verdict.left) if wrong else verdict

    return arena.spread(arena.some(cases, 2), judge)


@attack("a network that breaks off while an archive comes")
def network(arena: Arena) -> Iterator[Verdict]:
    log = b"".join(b"event %d of 9\n" % (n % 9) for n in range(2000))
    archive = PACKERS["stored.zip"]({"app.log": log})
    arguments = [
        *("dataset=custom", "dataset/source=remote_zip", "sequence=fixed"),
        *("sequence.window_size=10", NO_TRACKER),
    ]
    cases: list[tuple[str, int]] = [
        (how, len(archive) * part // 8)
        for how in ("closed", "reset", "too short", "an error", "no answer")
        for part in range(8)
    ]

    def judge(case: tuple[str, int]) -> Verdict:
        how, size = case
        folder, sound = fresh(arena), fresh(arena)
        with serving(_breaking(archive, how, size)) as server:
            named = [*arguments, f"dataset.source.url={server.url('logs.zip')}"]
            call = "attacks.faults:impatient"
            (met,) = arena.run(Job(folder, [named], call=call))
            server.behaviour = lambda handler: handler.send(archive, ETag='"1"')
            (again,) = arena.run(Job(folder, [named], call=call))
            (whole,) = arena.run(Job(sound, [named], call=call))
        assert whole.code == 0, whole.err
        return _verdict(folder, sound, met, again)

    return arena.spread(arena.some(cases, 2), judge)


def impatient(arguments: list[str]) -> int:
    """The command, with no time between the attempts of a download."""
    from anomalog_exp.__main__ import main
    from anomalog_exp.data.sources import download

    download._PAUSE_S = 0.01
    return main(arguments)


def _breaking(archive: bytes, how: str, size: int) -> Behaviour:
    """A server that sends a part of the archive each time, and then breaks off."""

    def behaviour(handler: Handler) -> None:
        if how == "no answer":
            handler.close_connection = True
        elif how == "an error":
            handler.send(archive[:size], status=503)
        elif how == "too short":
            handler.send(archive[:size], ETag='"1"')
        else:
            handler.send(archive[:size], length=len(archive), ETag='"1"')
            if how == "reset":
                linger = struct.pack("ii", 1, 0)
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.close_connection = True

    return behaviour


@attack("a log that changes while it is read")
def changing_log(arena: Arena) -> Iterator[Verdict]:
    state = fresh(arena)
    tiny("hdfs", state / "log")
    arguments = [
        *("dataset=hdfs", "dataset/source=local_dir", "dataset.source.path=log", NO_TRACKER),
        *("evaluation.bootstrap_samples=20", "dataset.source.raw_logs_relpath=HDFS.log"),
    ]
    return _changing(arena, state, "log/HDFS.log", arguments, short=2)


@attack("labels that change while they are read")
def changing_labels(arena: Arena) -> Iterator[Verdict]:
    state = fresh(arena)
    tiny("hdfs", state / "log")
    arguments = [
        *("dataset=hdfs", "dataset/source=local_dir", "dataset.source.path=log", NO_TRACKER),
        *("evaluation.bootstrap_samples=20", "dataset.source.raw_logs_relpath=HDFS.log"),
    ]
    return _changing(
        arena, state, "log/preprocessed/anomaly_label.csv", arguments, short=2, every=4
    )


@attack("a session file that changes while it is read")
def changing_sessions(arena: Arena) -> Iterator[Verdict]:
    state = fresh(arena)
    tiny("openstack_sessions", state / "log")
    arguments = [
        *("dataset=openstack_sessions", "dataset/source=local_dir", "dataset.source.path=log"),
        *("split=predefined", "template=event_ids", NO_TRACKER, "evaluation.bootstrap_samples=20"),
    ]
    return _changing(arena, state, "log/openstack_test_normal", arguments, short=2, every=4)


def _changing(
    arena: Arena, state: Path, file: str, arguments: Sequence[str], *, short: int, every: int = 1
) -> Iterator[Verdict]:
    """Verdicts on a command one of whose files changes at each, or at every n-th, of its operations.

    A command that ends with 0 must have the result of the file as it was, or as it is then.
    """
    sound = copied(state, arena.new_folder())
    (whole,) = arena.run(Job(sound, arguments, counts=True))
    assert whole.code == 0, whole.err
    changed: dict[str, tuple[Path, Ended]] = {}
    for how in ("truncate", "empty", "append", "remove"):
        folder = copied(state, arena.new_folder())
        # Nothing of the program has been done yet at the first operation.
        (ended,) = arena.run(Job(folder, arguments, act_at=0, act=(how, str(folder / file))))
        changed[how] = (folder, ended)
    numbers = range(1, whole.operations or 0, every)
    cases = [(number, how) for number in numbers for how in changed]

    def judge(case: tuple[int, str]) -> Verdict:
        number, how = case
        folder = copied(state, arena.new_folder())
        act = (how, str(folder / file))
        (met,) = arena.run(Job(folder, arguments, act_at=number, act=act))
        wrong = met.fault
        if wrong is None and met.code == 0:
            found = list(results(folder).values())
            if found not in ([*results(sound).values()], [*results(changed[how][0]).values()]):
                wrong = "a result of neither the file before nor the file after"
        elif wrong is None and not met.refused:
            wrong = f"it ends with {met.code} without saying what to do"
        (again,) = arena.run(Job(folder, arguments))
        wrong = wrong or again.fault
        if wrong is None and again.code != changed[how][1].code:
            wrong = f"the same command again ends with {again.code}, not {changed[how][1].code}"
        if wrong is None and again.code == 0:
            wrong = same_results(folder, changed[how][0])
        return Verdict(wrong and f"{how}: {wrong}")

    # The log is opened some dozens of times; every third operation tells as much.
    return arena.spread(arena.some(cases[:: 3 if arena.long else 1], short), judge)
