"""`python -m anomalog_exp.experiments`: the named experiments, listed, shown, selected and run.

    python -m anomalog_exp.experiments list [--group GROUP ...]
    python -m anomalog_exp.experiments show NAME
    python -m anomalog_exp.experiments run [NAME ...] [--group GROUP ...] [OVERRIDE ...]

An experiment is one file in conf/experiment, with the settings of single detectors in it beside it in
conf/experiment/tuned. A selection is run experiment by experiment, each as the sweep it describes with
its members in parallel, and ends with one table of all of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from anomalog_exp.config.compose import quoted, sweep_members
from anomalog_exp.config.load import load_run_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.ending import ExitCode
from anomalog_exp.launch.sweep_table import print_sweep, write_sweep
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.listing import conf_dir, option_names
from anomalog_exp.options.mistakes import did_you_mean
from anomalog_exp.text_table import text_table

__all__ = ["Experiment", "experiments", "main", "select"]

_PLACES = ("paths.", "tracking")
_WITH_TABLE = (ExitCode.DONE, ExitCode.FAILED, ExitCode.SKIPPED)
"""How a sweep ends that has come to its table; in any other way it has said why."""


@dataclass(frozen=True)
class Experiment:
    """A named experiment.

    Attributes:
        name: Of its file.
        description: What it measures.
        groups: Names to select it by.
        swept: Keys it sweeps over, and their values as they are typed.
    """

    name: str
    description: str
    groups: tuple[str, ...]
    swept: dict[str, str]

    def members(self) -> list[list[str]]:
        """The overrides of each run that the experiment sweeps over, in the order of the sweep."""
        return sweep_members([f"{key}={values}" for key, values in self.swept.items()])


def experiments() -> list[Experiment]:
    """All named experiments, by name."""
    return [_read(name) for name in option_names("experiment")]


def select(*, names: Sequence[str] = (), groups: Sequence[str] = ()) -> list[Experiment]:
    """The experiments of these names, and those of all of these groups; all if neither is given.

    Raises:
        ConfigError: there is no such name or group.
    """
    known = experiments()
    for kind, wanted, there in (
        ("experiment", names, [one.name for one in known]),
        ("group", groups, sorted({group for one in known for group in one.groups})),
    ):
        for name in wanted:
            if name not in there:
                raise ConfigError.of(
                    kind,
                    name,
                    problem=f"there is no such {kind}",
                    allowed=", ".join(there),
                    fix=did_you_mean(name, there, "choose one of them"),
                )
    if not names and not groups:
        return known
    in_groups = {one.name for one in known if groups and set(groups) <= set(one.groups)}
    return [one for one in known if one.name in names or one.name in in_groups]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and say how it ended."""
    parser = ArgumentParser(prog="python -m anomalog_exp.experiments", description=__doc__)
    parser.add_argument("action", choices=("list", "show", "run"))
    parser.add_argument("names", nargs="*", metavar="NAME or OVERRIDE")
    parser.add_argument("--group", action="append", default=[], dest="groups")
    given = parser.parse_intermixed_args(arguments)
    overrides = [argument for argument in given.names if "=" in argument or argument[0] == "~"]
    names = [argument for argument in given.names if argument not in overrides]
    try:
        chosen = select(names=names, groups=given.groups)
        if given.action == "run":
            if not names and not given.groups:
                parser.error("say which: names, --group, or both")
            return _run(chosen, overrides)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(_listed(chosen) if given.action == "list" else _shown(chosen))
    return 0


def _read(name: str) -> Experiment:
    text = (conf_dir() / "experiment" / f"{name}.yaml").read_text(encoding="utf-8")
    values: dict[str, Any] = yaml.safe_load(text)
    swept = {key: str(value) for key, value in values["hydra"]["sweeper"]["params"].items()}
    return Experiment(name, values["description"], tuple(values["groups"]), swept)


def _listed(chosen: Sequence[Experiment]) -> str:
    rows = [
        {"experiment": one.name, "groups": ", ".join(one.groups), "description": one.description}
        for one in chosen
    ]
    return text_table(rows, ["experiment", "groups", "description"])


def _shown(chosen: Sequence[Experiment]) -> str:
    files = [conf_dir() / "experiment" / f"{one.name}.yaml" for one in chosen]
    return "\n".join(path.read_text(encoding="utf-8").rstrip() for path in files)


def _run(chosen: Sequence[Experiment], overrides: Sequence[str]) -> int:
    """Run one after the other, then tell of all together."""
    # What is swept cannot be read as one run; where things are kept can.
    config = load_run_config([one for one in overrides if one.startswith(_PLACES)])
    name = stable_fingerprint([[one.name for one in chosen], list(overrides)])[:8]
    folder = config.paths.output_dir / "sweeps" / f"selection-{name}"
    records: list[dict[str, Any]] = []
    for one in chosen:
        print(f"== {one.name}: {one.description}", flush=True)
        own = [f"experiment={one.name}", *overrides, f"hydra.sweep.dir={quoted(str(folder))}"]
        code = subprocess.run([sys.executable, "-m", "anomalog_exp", *own]).returncode
        if code not in _WITH_TABLE:  # it was stopped, or nothing of it could be run
            return code
        records += _members(folder, one.name)
    numbered = [record | {"index": index} for index, record in enumerate(records)]
    if len(chosen) == 1:
        return code
    write_sweep(folder, numbered)
    print(f"\n== {len(chosen)} experiments")
    return print_sweep(folder, numbered, config.tracking)


def _members(folder: Path, name: str) -> list[dict[str, Any]]:
    """Members of the sweep of one experiment, marked with its name."""
    (found,) = folder.glob(f"{name}-????????/results.json")
    members = json.loads(found.read_text(encoding="utf-8"))["members"]
    return [
        {**member, "overrides": [f"experiment={name}", *_without(member["overrides"])]}
        for member in sorted(members, key=lambda member: int(member["index"]))
    ]


def _without(overrides: Sequence[str]) -> list[str]:
    return [one for one in overrides if not one.startswith(("experiment=", "hydra."))]
