"""Results as data frames: all runs below a folder, and the units of one run.

Both are polars; `.to_pandas()` makes them pandas.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from anomalog_exp.config.run_config import TAKEN_NAMES
from anomalog_exp.errors import DataError
from anomalog_exp.results.figures import run_figures
from anomalog_exp.results.flat import flat
from anomalog_exp.results.read import read_run
from anomalog_exp.results.sweep_dir import is_sweep_dir, sweep_members

if TYPE_CHECKING:
    import polars as pl

__all__ = ["run_dirs", "runs_frame", "scores_frame"]

_OPTIONS = {
    "detector": "model.name",
    "dataset": "dataset.name",
    "sequence": "sequence.name",
    "split": "split.name",
    "template": "template.name",
    "seed": "seed",
}
"""Columns of every frame, and the keys that they show."""

_FIGURES = {
    "primary_metric": str,
    "primary_value": float,
    "scope": str,
    "f1_low": float,
    "f1_high": float,
    "flagged": int,
    "judged": int,
    "oracle": bool,
    "caveat": str,
    "seconds": float,
}
"""Columns of every frame besides the headline figures, which differ by scope."""

_PLACES = ("entity", "events", "line_ranges", "first_time_ms", "last_time_ms")
_EVENT_PLACES = ("line", "time_ms", "template")


@dataclass(frozen=True)
class _Run:
    """One run dir, as far as it can be read."""

    run_dir: Path
    status: str
    problem: str | None
    config: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)


def runs_frame(folder: Path | str) -> pl.DataFrame:
    """One row for each run below a folder, or for each member of a sweep where it is a sweep's folder.

    A run without a result has nulls for its figures. One that lasts still or was cut off is `running`,
    one whose files are not as it wrote them `damaged`; `problem` says more. Older attempts are left out.

    Args:
        folder: Such as `outputs`.

    Returns:
        `name`, `fingerprint`, `status` and `problem`; `detector`, `dataset`, `sequence`, `split`,
        `template`, `seed`; each further key whose values differ, under its dotted name;
        `primary_metric`, `primary_value`, `scope`; the headline figures of that scope by name; `f1_low`
        and `f1_high`, the 95 % interval of F1; `flagged` of `judged` units, `oracle`, `caveat`
        of the split, `seconds`;
        `run_dir`.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    import polars as pl

    root = Path(folder).absolute()
    if not root.is_dir():
        raise FileNotFoundError(f"{folder} is no folder")
    runs = [_read(run_dir) for run_dir in run_dirs(root)]
    columns: dict[str, tuple[list[Any], type]] = {
        "name": ([one.run_dir.parent.name for one in runs], str),
        "fingerprint": ([one.run_dir.name for one in runs], str),
        "status": ([one.status for one in runs], str),
        "problem": ([one.problem for one in runs], str),
    }
    for column, key in _OPTIONS.items():
        columns[column] = ([one.config.get(key) for one in runs], int if key == "seed" else str)
    for key in _differing([one.config for one in runs if one.config]):
        columns[key] = _alike([one.config.get(key) for one in runs])
    for name, kind in _figures(runs).items():
        columns[name] = ([one.figures.get(name) for one in runs], kind)
    columns["run_dir"] = ([str(one.run_dir) for one in runs], str)
    return pl.DataFrame(
        {name: values for name, (values, _) in columns.items()},
        schema={name: kind for name, (_, kind) in columns.items()},
    )


def scores_frame(
    run_dir: Path | str, *, of: Literal["sequences", "events"] = "sequences"
) -> pl.DataFrame:
    """One row for each test unit of a run, in order.

    Args:
        run_dir: The run's folder.
        of: Sequences, or the single events that a detector judged.

    Returns:
        `unit`, `label` (0, 1, null where it is not labelled), `score` (higher = more anomalous),
        `predicted` and, of detectors that may abstain, `abstained`. Where the run wrote its predictions,
        what they say of the place too: of sequences `entity`, `events`, `line_ranges` (from 0, first and
        last), `first_time_ms`, `last_time_ms`; of events `line`, `time_ms`, `template`.

    Raises:
        FileNotFoundError: the folder holds no run.
        DataError: the run has no such scores, or its files are not as it wrote them.
    """
    import polars as pl

    stored = read_run(run_dir)
    units = stored.scores.sequences if of == "sequences" else stored.scores.events
    if units is None:
        raise DataError.of(
            "of",
            of,
            problem=f"the detector of {run_dir} judged no single events",
            allowed="sequences",
            fix="leave `of` out, or name a run whose detector judges events",
        )
    frame = pl.DataFrame(
        {
            "unit": pl.Series(range(len(units.score)), dtype=pl.Int64),
            "label": pl.Series(units.label, dtype=pl.Int8).replace(-1, None),
            "score": units.score,
            "predicted": units.predicted,
            **({} if units.abstained is None else {"abstained": units.abstained}),
        }
    )
    paths = stored.paths
    place = paths.predictions_path if of == "sequences" else paths.event_predictions_path
    if place.name not in stored.status["files"]:
        return frame
    table = stored.predictions if of == "sequences" else stored.event_predictions
    return frame.hstack(table.select(_PLACES if of == "sequences" else _EVENT_PLACES))


def run_dirs(root: Path) -> list[Path]:
    """The run dirs below a folder; the tracker's copies and older attempts are none."""
    if is_sweep_dir(root):
        return [one.run_dir for one in sweep_members(root) if one.run_dir and one.run_dir.is_dir()]
    found = []
    for name, folders, files in os.walk(root):
        if "status.json" in files:
            found.append(Path(name))
            folders.clear()
        folders[:] = [one for one in folders if one not in TAKEN_NAMES and one[0] != "."]
    return sorted(found)


def _read(run_dir: Path) -> _Run:
    try:
        run = read_run(run_dir)
        status = run.status
        if "files" not in status:
            lasts = "it lasts still, or it was cut off"
            older = "an earlier version wrote it, without digests"
            return _Run(
                run_dir, status["status"], lasts if status["status"] == "running" else older
            )
        config = flat(run.config.identity())
        if status["status"] != "done":
            return _Run(run_dir, status["status"], status["reason"], config)
        figures = run_figures(run.report, run.environment, run.config.split.caveat)
        return _Run(run_dir, "done", None, config, figures)
    except (ValueError, OSError) as error:
        return _Run(run_dir, "damaged", _said(error))


def _said(error: Exception) -> str:
    return str(error).split("\n")[0]


def _differing(configs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The keys, besides those that every frame has, whose values are not all the same."""
    for key in dict.fromkeys(key for one in configs for key in one):
        if key not in _OPTIONS.values() and any(
            one.get(key) != configs[0].get(key) for one in configs
        ):
            yield key


def _figures(runs: Sequence[_Run]) -> dict[str, type]:
    """Names and types of the figures, in the order of the columns."""
    first, last = (dict(list(_FIGURES.items())[part]) for part in (slice(3), slice(3, None)))
    names = dict.fromkeys(name for one in runs for name in one.figures)
    return first | {name: float for name in names if name not in _FIGURES} | last


def _alike(values: Sequence[Any]) -> tuple[list[Any], type]:
    """Values of one type: their own, or text where they are of several or no single values."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        kinds = {float}
    if len(kinds) == 1 and (kind := kinds.pop()) in (bool, int, float, str):
        return list(values), kind
    as_text = [
        value if value is None or isinstance(value, str) else json.dumps(value) for value in values
    ]
    return as_text, str
