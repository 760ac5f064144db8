"""The named experiments: listed, shown, selected and run.

  python -m anomalog_exp experiments list                         names, groups, what they measure
  python -m anomalog_exp experiments list --group hdfs            also what is published under them
  python -m anomalog_exp experiments show hdfs_first_100k         their files
  python -m anomalog_exp experiments published                    what others published, beside our runs
  python -m anomalog_exp experiments run demo_models model=markov one or several, one table at the end
  python -m anomalog_exp experiments run --group demo seed=1

An experiment is one file in conf/experiment, with the settings of single detectors in it beside it in
conf/experiment/tuned; searches of a detector's options stand in conf/experiment/tune. A selection is run
experiment by experiment, each as the sweep it describes with its members in parallel, and ends with one
table of all of them. Exit code 1 if a member failed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomalog_exp.commands._published_text import published_text
from anomalog_exp.commands._usage import CommandParser, use_plugins_named
from anomalog_exp.config.arguments import DETACH, DETACHED
from anomalog_exp.config.compose import sweep_members, without_intervals
from anomalog_exp.config.explain import COMPOSING_ERRORS, explained
from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.published import Published
from anomalog_exp.config.search_path import quoted, with_plugins
from anomalog_exp.config.words import is_word
from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.ending import ExitCode
from anomalog_exp.launch.sweep_table import print_sweep, write_sweep
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.mistakes import did_you_mean
from anomalog_exp.options.names import option_files
from anomalog_exp.options.yaml_file import read_yaml
from anomalog_exp.text_table import text_table

__all__ = ["Experiment", "experiments", "main", "read_experiment", "select"]

_ACTIONS = ("list", "show", "published", "run")
_TUNE = "tune"
"""The folder of experiments that search."""

_PLACES = ("paths.", "tracking", "sweep.")
_WITH_TABLE = (ExitCode.DONE, ExitCode.FAILED, ExitCode.SKIPPED)
"""How a sweep ends that has come to its table; in any other way it has said why."""


@dataclass(frozen=True)
class Experiment:
    """A named experiment.

    Attributes:
        name: Of its file.
        file: Where it stands.
        description: What it measures; empty where the file does not say.
        groups: Names to select it by.
        version: Of its protocol; None where the file gives none.
        published: What others published under the same protocol.
        swept: Keys it sweeps over, and their values as they are typed; none for a single run.
    """

    name: str
    file: Path
    description: str
    groups: tuple[str, ...]
    version: int | None
    published: tuple[Published, ...]
    swept: dict[str, str]

    def members(self) -> list[list[str]]:
        """The overrides of each run that the experiment sweeps over, in the order of the sweep.

        Of a search those of runs that it could choose, with one number of each interval.
        """
        swept = [f"{key}={values}" for key, values in self.swept.items()]
        return sweep_members(without_intervals(swept))


def experiments() -> list[Experiment]:
    """All named experiments, by name.

    Raises:
        ConfigError: a file is none that could run.
    """
    searches = {
        f"{_TUNE}/{name}": file for name, file in option_files(f"experiment/{_TUNE}").items()
    }
    files = option_files("experiment") | searches
    return [read_experiment(name, file) for name, file in sorted(files.items())]


def select(*, names: Sequence[str] = (), groups: Sequence[str] = ()) -> list[Experiment]:
    """The experiments of these names, and those of all of these groups; all without either.

    Raises:
        ConfigError: there is no such name or group.
    """
    everything = experiments()
    for kind, asked, there in (
        ("experiment", names, [one.name for one in everything]),
        ("group", groups, sorted({group for one in everything for group in one.groups})),
    ):
        for name in asked:
            if name not in there:
                raise ConfigError.of(
                    kind,
                    name,
                    problem=f"there is no such {kind}",
                    allowed=", ".join(there),
                    fix=did_you_mean(name, there, "choose one of them"),
                )
    if not names and not groups:
        return everything
    in_groups = {one.name for one in everything if groups and set(groups) <= set(one.groups)}
    return [one for one in everything if one.name in names or one.name in in_groups]


def main(arguments: Sequence[str]) -> int:
    """List, show or run; the exit code."""
    parser = CommandParser(
        __name__,
        "list|show|published|run [NAME ...] [--group GROUP ...] [--plugins FOLDER ...] [KEY=VALUE ...]",
    )
    parser.add_argument("action", nargs="?", choices=_ACTIONS, help="what to do with them")
    parser.add_argument("rest", nargs="*", metavar="NAME or KEY=VALUE", help="which, and overrides")
    parser.add_argument(
        "--group", action="append", default=[], dest="groups", help="all of a group"
    )
    parser.takes_plugins()
    options = parser.parse_intermixed_args(arguments)
    if options.action is None:
        parser.error(f"say what to do: {', '.join(_ACTIONS)}")
    use_plugins_named(options.plugins)
    overrides = with_plugins([one for one in options.rest if not is_word(one)])
    names = [one for one in options.rest if is_word(one)]
    chosen = select(names=names, groups=options.groups)
    if options.action == "run":
        if not names and not options.groups:
            parser.error("say which: names, --group, or both")
        return _run(chosen, overrides)
    if options.action == "show":
        print(_texts(chosen))
        return 0
    published = [(one.name, one.version, one.published) for one in chosen]
    if options.action == "list":
        print(_table(chosen))
        # Those of all experiments fill many screens.
        if not (names or options.groups) or not any(one.published for one in chosen):
            return 0
        print()
    print(published_text(published, load_run_config(overrides).paths.output_dir))
    return 0


def read_experiment(name: str, file: Path) -> Experiment:
    """The experiment that a file describes.

    Raises:
        ConfigError: it could not run.
    """
    try:
        values: Any = read_yaml(file) or {}
    except COMPOSING_ERRORS as error:
        raise explained(error, ()) from error
    if not isinstance(values, dict):
        raise _unusable(file, values, "the file holds no keys with values")
    description = values.get("description") or ""
    groups = values.get("groups") or []
    swept: Any = values
    for key in ("hydra", "sweeper", "params"):
        swept = swept.get(key) or {} if isinstance(swept, dict) else swept
    if not isinstance(description, str):
        raise _unusable(file, description, "its `description` is no text")
    if not (isinstance(groups, list) and all(isinstance(group, str) for group in groups)):
        raise _unusable(file, groups, "its `groups` are no list of names")
    if not isinstance(swept, dict):
        raise _unusable(file, swept, "its `hydra.sweeper.params` are no keys with values")
    swept = {str(key): _typed(value) for key, value in swept.items()}
    version, published = values.get("experiment_version"), values.get("published") or []
    if not (version is None or (isinstance(version, int) and version > 0)):
        raise _unusable(file, version, "its `experiment_version` is no number from 1 on")
    if not isinstance(published, list):
        raise _unusable(file, published, "its `published` is no list of sources")
    sources = tuple(
        Published.of(one, f"{file}: published.{at}") for at, one in enumerate(published)
    )
    return Experiment(name, file, description, tuple(groups), version, sources, swept)


def _typed(value: object) -> str:
    """A value of YAML as it would be typed: `null`, `true`."""
    return value if isinstance(value, str) else json.dumps(value)


def _unusable(file: Path, value: object, problem: str) -> ConfigError:
    return ConfigError.of(
        str(file),
        value,
        problem=f"this experiment cannot be used: {problem}",
        allowed="a file like those in conf/experiment",
        fix="mend the file",
    )


def _table(chosen: Sequence[Experiment]) -> str:
    rows = [
        {
            "experiment": one.name,
            "groups": ", ".join(one.groups),
            "version": one.version,
            "published": sum(len(source.figures) for source in one.published) or None,
            "description": one.description,
        }
        for one in chosen
    ]
    return text_table(rows, list(rows[0]) if rows else ["experiment"])


def _texts(chosen: Sequence[Experiment]) -> str:
    return "\n".join(one.file.read_text(encoding="utf-8").rstrip() for one in chosen)


def _run(chosen: Sequence[Experiment], overrides: Sequence[str]) -> int:
    """Run one after the other, then show all together."""
    if f"{DETACHED}=true" in overrides:
        raise ConfigError.of(
            DETACHED,
            "true",
            problem="the table of these experiments is made when all of them have ended",
            allowed="experiments that this command waits for",
            fix=f"send each by itself: python -m anomalog_exp experiment={chosen[0].name} -m "
            f"hydra/launcher=slurm {DETACH}",
        )
    # What is swept cannot be read as one run; where things are kept can.
    config = load_run_config([one for one in overrides if one.startswith(_PLACES)])
    name = stable_fingerprint([[one.name for one in chosen], list(overrides)])[:8]
    folder = config.paths.output_dir / "sweeps" / f"selection-{name}"
    records: list[dict[str, Any]] = []
    for one in chosen:
        print(f"== {one.name}: {one.description}", flush=True)
        # An experiment that sweeps over nothing is a sweep of one: so each leaves a table.
        own = ["-m", f"experiment={one.name}", *overrides, f"hydra.sweep.dir={quoted(str(folder))}"]
        code = subprocess.run([sys.executable, "-m", "anomalog_exp", *own]).returncode
        if code not in _WITH_TABLE:  # it was stopped, or nothing of it could be run
            return code
        records += _members(folder, one.name)
    numbered = [record | {"index": index} for index, record in enumerate(records)]
    if len(chosen) == 1:
        return code
    write_sweep(folder, numbered, config.sweep)
    print(f"\n== {len(chosen)} experiments")
    return print_sweep(folder, numbered, config)


def _members(folder: Path, name: str) -> list[dict[str, Any]]:
    """Members of the sweep that has just ended in the folder, marked with its experiment's name."""
    latest = max(folder.glob("*/results.json"), key=lambda path: path.stat().st_mtime_ns)
    members = json.loads(latest.read_text(encoding="utf-8"))["members"]
    return [
        {**member, "overrides": [f"experiment={name}", *_without(member["overrides"])]}
        for member in sorted(members, key=lambda member: int(member["index"]))
    ]


def _without(overrides: Sequence[str]) -> list[str]:
    return [one for one in overrides if not one.startswith(("experiment=", "hydra."))]
