"""What a folder of data, caches and results holds: copied, compared, looked through for leftovers."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from reliability_process import Ended, Job, processes_of
from reliability_row import Arena, Verdict

from anomalog_exp.report.bundle import chart_library

__all__ = [
    "DEMO",
    "MODELS",
    "NO_TRACKER",
    "after",
    "copied",
    "fresh",
    "judged",
    "left_over",
    "mirrored_runs",
    "results",
    "same_metrics",
    "same_results",
    "without_charts",
]

DEMO = ["dataset.source.lines=1000", "evaluation.bootstrap_samples=20"]
"""A demo that takes no time."""

NO_TRACKER = "tracking=none"
MODELS = "model=template_frequency,markov,naive_bayes,oov"

_NAMES = ((r"[0-9a-f]{32}", "<run>"), (r"(?<=logs-)[0-9a-f]{12}", "<archive>"))
"""Names that differ from folder to folder: of MLflow's runs, of unpacked archives."""


def fresh(arena: Arena) -> Path:
    """A folder in which nothing has run, but the library that draws charts is there.

    Each first run would take three seconds to put it together, four times what it takes else.
    """
    folder = arena.new_folder("state")
    chart_library(folder / ".cache")
    return folder


def without_charts(state: Path) -> Path:
    """The folder itself, where the next run puts the library together."""
    shutil.rmtree(state / ".cache/report")
    return state


def after(arena: Arena, *commands: Sequence[str], tracker: bool = False) -> Path:
    """A folder in which commands have run."""
    folder = fresh(arena)
    for arguments in commands:
        (ended,) = arena.run(Job(folder, arguments), tracker=tracker)
        assert ended.code == 0, ended.err
    return folder


def copied(state: Path, folder: Path) -> Path:
    """A copy of a state, links as links; a store of MLflow names absolute paths, which follow."""
    shutil.copytree(state, folder, symlinks=True, dirs_exist_ok=True)
    store = folder / "outputs/mlflow/mlflow.db"
    if store.is_file():
        with closing(sqlite3.connect(store)) as database:
            for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
                moved = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"
                database.execute(moved, (str(state), str(folder)))
            database.commit()
    return folder


def results(folder: Path) -> dict[str, bytes]:
    """The metrics of every run dir below a folder, by the run dir."""
    return {
        str(path.parent.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.glob("outputs/*/*/metrics.json"))
    }


def same_results(folder: Path, undisturbed: Path) -> str | None:
    """What is wrong with the results and pages in a folder, beside those of an undisturbed run."""
    return same_metrics(folder, undisturbed) or _page_that_is_not_whole(folder, undisturbed)


def same_metrics(folder: Path, undisturbed: Path) -> str | None:
    """What is wrong with the results alone: a page that cannot be written costs a run a warning only."""
    found, wanted = results(folder), results(undisturbed)
    if missing := sorted(wanted.keys() - found.keys()):
        return f"no metrics.json in {missing[0]}"
    if more := sorted(found.keys() - wanted.keys()):
        return f"a metrics.json too many in {more[0]}"
    differing = [name for name, content in found.items() if content != wanted[name]]
    if differing:
        return f"another metrics.json in {differing[0]}"
    return None


def _page_that_is_not_whole(folder: Path, undisturbed: Path) -> str | None:
    """A page of a run or a sweep that an undisturbed run has, and that is cut off or missing here."""
    for page in sorted(undisturbed.glob("outputs/*/*/report.html")):
        name = page.relative_to(undisturbed)
        here = folder / name
        if not here.is_file() or not here.read_bytes().rstrip().endswith(b"</html>"):
            return f"no whole page in {name.parent}"
    return None


def left_over(folder: Path, undisturbed: Path) -> str | None:
    """A file or folder that an undisturbed run does not leave; locks are none.

    Neither is an older result: a run that was disturbed when it was done leaves one more.
    """
    more = sorted(_names(folder) - _names(undisturbed) - _older_results(folder))
    return f"left over: {more[0]}" if more else None


def _older_results(folder: Path) -> set[str]:
    """The names of all that is in whole results of earlier attempts."""
    results = [path for path in folder.glob("outputs/*/*/attempts/*") if _is_done(path)]
    files = (path for result in results for path in (result, *result.rglob("*")))
    return {str(path.relative_to(folder)) for path in files}


def _is_done(result: Path) -> bool:
    try:
        return bool(json.loads((result / "status.json").read_bytes())["status"] == "done")
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _names(folder: Path) -> set[str]:
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix != ".lock"}
    for pattern, general in _NAMES:
        names = {re.sub(pattern, general, name) for name in names}
    return names


def mirrored_runs(folder: Path) -> list[str]:
    """The status of every run in the store of MLflow."""
    store = folder / "outputs/mlflow/mlflow.db"
    if not store.is_file():
        return []
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        return sorted(status for (status,) in database.execute("SELECT status FROM runs"))


def judged(folder: Path, undisturbed: Path, last: Ended, *earlier: Ended) -> Verdict:
    """The verdict on a folder where processes were disturbed, and the last one was not.

    Args:
        folder: What they left.
        undisturbed: What one process left that nothing disturbed.
        last: The same command again; it must end well.
        earlier: Those that were disturbed.
    """
    wrong = next((one.fault for one in earlier if one.fault), None)
    if wrong is None and last.code != 0:
        line = (last.err.strip().splitlines() or [""])[0]
        wrong = last.fault or f"the same command again ends with {last.code} ({line[:200]})"
    wrong = wrong or last.fault or same_results(folder, undisturbed)
    if wrong is None:
        found, wanted = mirrored_runs(folder), mirrored_runs(undisturbed)
        if found != wanted:
            wrong = f"MLflow holds {found} instead of {wanted}"
    running = processes_of([one.process for one in (*earlier, last)])
    left = running[0] if running else left_over(folder, undisturbed)
    return Verdict(wrong, left)
