"""Whether options keep what their kind promises: detectors, parsers, miners, data sets, experiments.

  python -m anomalog_exp check FOLDER     the options of a plugin's folder
  python -m anomalog_exp check            those of the package

Each option is composed, built and tried on the demo log: scores of the promised shape and kind, equal
for equal training, blind to the labels of what is scored; columns as a parser promises them, whatever
the line; templates as a miner promises them. Lines that a parser must read may stand beside its YAML, in
a file of the same name that ends in .log. Prints a line per option; exit code 1 if one fails. What
needs an extra that is not installed is not tried.
"""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from yaml import YAMLError

from anomalog_exp.commands._about import module_of
from anomalog_exp.commands._contracts import Broken, Sample, check_option, demo_sample
from anomalog_exp.commands._log import is_override
from anomalog_exp.commands._usage import CommandParser, use_plugins_named
from anomalog_exp.commands.list import GROUPS
from anomalog_exp.config.explain import COMPOSING_ERRORS, explained
from anomalog_exp.errors import ConfigError, MissingExtra
from anomalog_exp.options.groups import OPEN_GROUPS, conf_dir
from anomalog_exp.options.names import option_files

__all__ = ["main"]

_NOT_TRIED: Final = "it is not tried:"


def main(arguments: Sequence[str]) -> int:
    """Print a line for each option; the exit code."""
    parser = CommandParser(__name__, "[FOLDER]")
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="a plugin's folder")
    folder: Path | None = parser.parse_args(arguments).folder
    if folder is not None and is_override(str(folder)):
        raise ConfigError.of(
            "the command check",
            str(folder),
            problem="it tries all options of a folder, and takes no key=value",
            allowed=str(parser.usage),
            fix=f"leave it out, or run it: python -m anomalog_exp {folder}",
        )
    use_plugins_named([folder] if folder else [])
    home = conf_dir() if folder is None else folder.absolute() / "conf"
    problems: list[str | None] = []
    untried = 0
    with tempfile.TemporaryDirectory() as place:
        sample = demo_sample(Path(place))
        for group, name in _options(home):
            problem, remark = tried(group, name, sample)
            problems.append(problem)
            untried += remark.startswith(_NOT_TRIED)
            _print(f"{group}={name}", problem, remark)
    for module in _without_yaml(home.parent) if folder else []:
        problems.append(f"no YAML in conf/ has `name: {module.stem}`, so nobody can choose it")
        _print(str(module), problems[-1])
    failed = len(problems) - problems.count(None)
    not_tried = f", {untried} not tried" if untried else ""
    print(f"\n{len(problems)} options, {failed} failed{not_tried}")
    return 1 if failed else 0


def _print(option: str, problem: str | None, remark: str = "") -> None:
    status = "ok" if problem is None else "FAILED"
    if problem is None and remark.startswith(_NOT_TRIED):
        status = "skipped"
    text = (problem or remark).replace("\n", "\n          ")
    print(f"{status:8}{option}{': ' if text else ''}{text}", flush=True)


def _options(home: Path) -> Iterator[tuple[str, str]]:
    """Group and name of every option whose YAML stands below a folder of configuration."""
    for group in GROUPS.values():
        for name, file in option_files(group).items():
            if file.parent == home / group:
                yield group, name


def tried(group: str, name: str, sample: Sample) -> tuple[str | None, str]:
    """What is wrong with an option, if anything is, and a remark."""
    try:
        return None, check_option(group, name, sample)
    except MissingExtra as error:
        problem, *_, advice = str(error).splitlines()
        return None, f"{_NOT_TRIED} {problem}\n{advice.strip()}"
    except (Broken, ConfigError) as error:
        return str(error), ""
    except COMPOSING_ERRORS as error:
        return str(explained(error, [f"{group}={name}"])), ""
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the option's own code raises, polars' panics too
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({frame.filename}, line {frame.lineno})", ""


def _without_yaml(folder: Path) -> list[Path]:
    """Modules of a plugin that are options and that no YAML configures."""
    lone = []
    for group, package in OPEN_GROUPS.items():
        configured = set(_modules_of(group))
        for module in sorted((folder / package.rpartition(".")[2]).glob("[!_]*.py")):
            is_option = "class Config(" in module.read_text(encoding="utf-8")
            lone += [module] if is_option and module.stem not in configured else []
    return lone


def _modules_of(group: str) -> Iterator[str]:
    """Modules that the YAML files of a group configure."""
    for name, file in option_files(group).items():
        try:
            yield module_of(group, file)
        except YAMLError:  # a line of its own says so
            yield name
