"""The runs that are compared: which folders name them, and whether they judged the same units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.evaluation import MetricReport
from anomalog_exp.metric_terms import MetricScope
from anomalog_exp.results.flat import flat
from anomalog_exp.results.members import marked
from anomalog_exp.results.read import StoredRun, read_run
from anomalog_exp.results.scores import RunScores, ScoredUnits
from anomalog_exp.results.sweep_dir import is_sweep_dir, sweep_members

__all__ = ["ComparedRun", "named_runs", "refuse_other_test_parts", "shared_units"]

_READING = ("line_range", "label_reader", "structured_parser")
"""Keys of the data set that decide which lines are events, and of which label."""


@dataclass(frozen=True)
class ComparedRun:
    """One run; its files are read when they are first asked for.

    Attributes:
        letter: What it is called: A for the first.
        stored: Its run dir.
    """

    letter: str
    stored: StoredRun

    @cached_property
    def status(self) -> dict[str, Any]:
        return self.stored.status

    @cached_property
    def config(self) -> RunConfig:
        return self.stored.config

    @cached_property
    def report(self) -> MetricReport:
        return self.stored.report

    @cached_property
    def scores(self) -> RunScores:
        return self.stored.scores

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return self.stored.dataset_manifest

    @property
    def run_dir(self) -> Path:
        return self.stored.paths.run_dir

    @property
    def title(self) -> str:
        """The letter, and what is unfair about its figures."""
        return marked(self.letter, self.report.task.decision.oracle, self.config.split.caveat)


def named_runs(folders: Sequence[Path]) -> tuple[list[ComparedRun], list[str]]:
    """The runs in some folders, and why members of a sweep are not among them; each run once.

    Raises:
        ConfigError: a folder holds neither a run nor a sweep, or there are not two runs.
    """
    found: dict[Path, StoredRun] = {}
    left_out: list[str] = []
    for folder in folders:
        for run_dir in _run_dirs(folder, left_out):
            stored = read_run(run_dir)
            found.setdefault(run_dir.resolve(), stored)
    if len(found) < 2:
        raise ConfigError.of(
            "RUN_OR_SWEEP",
            ", ".join(map(str, folders)),
            problem=f"a comparison needs two runs, and {'this is one' if found else 'there is none'}"
            + (f" ({left_out[0]})" if left_out else ""),
            allowed="two or more run dirs, or the folder of a sweep, which stands for its members",
            fix="name another run as well",
        )
    runs = [ComparedRun(_letter(number), stored) for number, stored in enumerate(found.values())]
    return runs, left_out


def refuse_other_test_parts(first: ComparedRun, others: Iterable[ComparedRun]) -> None:
    """Refuse runs whose test units are not those of the first.

    Raises:
        DataError: decisions about different units do not compare.
    """
    for other in others:
        if reason := _other_test_part(first, other):
            raise DataError.of(
                "RUN_OR_SWEEP",
                other.run_dir,
                problem=f"this run and {first.run_dir} have different test parts: {reason}",
                allowed="runs of the same data, sequence and split, with the same labels of test units",
                fix="add --metrics-only for their metrics side by side without the tests, or leave this "
                "run out",
            )


def shared_units(runs: Sequence[ComparedRun]) -> tuple[list[ScoredUnits], str]:
    """The decisions of each run about the same units, and what those are.

    They are single events where each run is led by its events, and sequences otherwise.
    """
    if all(run.report.decisions.scope == MetricScope.EVENT_LEVEL_DETECTION for run in runs):
        events = [run.scores.events for run in runs]
        return [units for units in events if units is not None], "events"
    return [run.scores.sequences for run in runs], "sequences"


def _run_dirs(folder: Path, left_out: list[str]) -> list[Path]:
    """The run dirs that a folder stands for; members without a result go into `left_out`."""
    if (folder / "status.json").is_file():
        return [folder]
    if not is_sweep_dir(folder):
        raise ConfigError.of(
            "RUN_OR_SWEEP",
            folder,
            problem="this folder holds neither a run nor a sweep",
            allowed="outputs/<run name>/<fingerprint>, the folder of a run, and outputs/sweeps/<name>",
            fix="name the folder that a run prints as `run dir`, or the one that holds a sweep's table",
        )
    run_dirs = []
    for member in sweep_members(folder):
        if member.status == "done" and member.run_dir is not None:
            run_dirs.append(member.run_dir)
        else:
            reason = (member.reason or "no reason is recorded").split("\n")[0]
            left_out.append(f"member {member.index} of {folder} {member.status}: {reason}")
    return run_dirs


def _other_test_part(first: ComparedRun, other: ComparedRun) -> str | None:
    """Why two runs have different test parts; None where they have the same."""
    if first.status["data_digest"] != other.status["data_digest"]:
        names = [run.config.dataset.name for run in (first, other)]
        which = "" if names[0] == names[1] else f" ({names[1]} here, {names[0]} there)"
        return f"the bytes of the data differ{which}"
    here, there = (_decides_test_part(run.config) for run in (first, other))
    for key in dict.fromkeys([*here, *there]):
        if here.get(key) != there.get(key):
            return f"{key} is {there.get(key)} here and {here.get(key)} there"
    (one, two), units = shared_units([first, other])
    if len(one.label) != len(two.label):
        return f"there are {len(two.label):,} test {units} here and {len(one.label):,} there"
    if not np.array_equal(one.label, two.label):
        return f"the labels of {int((one.label != two.label).sum()):,} test {units} differ"
    return None


def _decides_test_part(config: RunConfig) -> dict[str, Any]:
    whole = config.model_dump(mode="json")
    dataset = {key: whole["dataset"][key] for key in _READING}
    return flat({"dataset": dataset, "sequence": whole["sequence"], "split": whole["split"]})


def _letter(number: int) -> str:
    """A to Z, then AA and so on."""
    before, last = divmod(number, len(ascii_uppercase))
    return (_letter(before - 1) if before else "") + ascii_uppercase[last]
