"""Two sides that paths name, as runs: which files belong together, and which are repeated.

A folder is one run, with all logs below it; where its sub-folders hold logs of the same names, each of
these is one. Of files that are named by themselves, those of one folder are a run where another folder
has files of the same names; else each file is one.
"""

from __future__ import annotations

import glob
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anomalog_exp.commands._folder_logs import log_names, logs_in, others_in, paths_of
from anomalog_exp.data.sources.rotation import log_name
from anomalog_exp.errors import ConfigError, DataError

__all__ = ["ComparedFiles", "compared_files"]

_SHOWN: Final = 10


@dataclass(frozen=True)
class _Run:
    """Files that belong together; `folder` is None where a file stands alone."""

    files: tuple[Path, ...]
    folder: Path | None

    @property
    def paths(self) -> list[str]:
        """What names its files to `dataset.source.path`, in few words."""
        return [*map(str, self.files)] if self.folder is None else paths_of(self.folder, self.files)


@dataclass(frozen=True)
class ComparedFiles:
    """The files of two sides.

    Attributes:
        files: Those of both sides, run by run, each once.
        before: The runs of the first side.
        after: Those of the second side.
        others: Files of text in its folders that are not named as logs, and are left out.
    """

    files: tuple[Path, ...]
    before: tuple[_Run, ...]
    after: tuple[_Run, ...]
    others: tuple[Path, ...]

    @property
    def paths(self) -> list[str]:
        """What names the files to `dataset.source.path`."""
        return [path for run in (*self.before, *self.after) for path in run.paths]

    def patterns(self, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
        """A pattern for each run of both sides, as `split=by_file` takes them.

        Args:
            names: Real path of a file -> its name as an input.
        """
        before, after = (
            [_pattern(run, names) for run in side] for side in (self.before, self.after)
        )
        return before, after


def compared_files(before: Sequence[str], after: Sequence[str]) -> ComparedFiles:
    """The files that the paths of both sides name.

    Args:
        before: Files, folders and patterns of the first side, at least one.
        after: The same of the second side.

    Raises:
        ConfigError: something is not there, holds no log, or is on both sides.
        DataError: all files of a side are empty.
    """
    named = [list(_named(side, key)) for side, key in ((before, "BEFORE"), (after, "AFTER"))]
    folders, alone = [], []
    for side in named:
        folders.append([run for path in side if path.is_dir() for run in _of_folder(path)])
        alone.append([path for path in side if not path.is_dir()])
    held = [{path.parent for path in side} for side in alone]
    repeated = Counter(
        name for group in _by_folder([*alone[0], *alone[1]]) for name in log_names(group)
    )
    sides = []
    for runs, files in zip(folders, alone, strict=True):
        for group in _by_folder(files):
            several = len(group) > 1 and any(repeated[name] > 1 for name in log_names(group))
            if several and group[0].parent not in held[0] & held[1]:
                runs.append(_Run(tuple(group), group[0].parent))
            else:
                runs += [_Run((path,), None) for path in group]
        sides.append(tuple(runs))
    real = [{os.path.realpath(path) for run in side for path in run.files} for side in sides]
    if both := sorted(real[0] & real[1]):
        raise ConfigError.of(
            "BEFORE and AFTER",
            ", ".join(both[:_SHOWN]),
            problem="a file is on both sides",
            allowed="files of one side each",
            fix="name it on one side of -- only",
        )
    for key, runs_of_side in zip(("BEFORE", "AFTER"), sides, strict=True):
        _refuse_empty(key, [path for run in runs_of_side for path in run.files])
    files = [path for side in sides for run in side for path in run.files]
    folders_named = [path for side in named for path in side if path.is_dir()]
    others = tuple(other for folder in folders_named for other in others_in(folder))
    return ComparedFiles(tuple(files), sides[0], sides[1], others)


def _refuse_empty(key: str, files: Sequence[Path]) -> None:
    if all(path.is_file() and not path.stat().st_size for path in files):
        raise DataError.of(
            key,
            ", ".join(map(str, files[:_SHOWN])),
            problem="there is not one line on this side, so that nothing can be compared",
            allowed="files of which one at least has lines",
            fix="see whether the program that wrote them still runs, or name other files",
        )


def _named(paths: Sequence[str], key: str) -> Iterator[Path]:
    """The files and folders that paths and patterns name."""
    for path in paths:
        if Path(path).exists():
            yield Path(path)
            continue
        matches = [Path(one) for one in sorted(glob.glob(path, recursive=True))]  # noqa: PTH207
        if not matches:
            raise DataError.of(
                key,
                path,
                problem="there is no such file or folder",
                allowed="log files, folders of them, or patterns such as 'runs/healthy*'",
                fix="mend the path",
            )
        # Of a folder and what is in it, the folder is enough.
        yield from (one for one in matches if not set(one.parents) & set(matches))


def _of_folder(folder: Path) -> list[_Run]:
    """The runs in a folder."""
    files = logs_in(folder)
    if not files:
        raise DataError.of(
            "BEFORE or AFTER",
            folder,
            problem="the folder holds no log",
            allowed="a folder with log files, in it or below it",
            fix="name the folder that holds them",
        )
    inner = [path.relative_to(folder) for path in files]
    tops: dict[str, list[Path]] = defaultdict(list)
    for path, within in zip(files, inner, strict=True):
        tops[within.parts[0] if len(within.parts) > 1 else ""].append(path)
    names = Counter(
        name
        for top, group in tops.items()
        for name in {path.relative_to(folder / top).with_name(log_name(path)) for path in group}
    )
    if "" not in tops and len(tops) > 1 and max(names.values()) > 1:
        return [_Run(tuple(group), folder / top) for top, group in tops.items()]
    return [_Run(tuple(files), folder)]


def _by_folder(files: Sequence[Path]) -> list[list[Path]]:
    groups: dict[Path, list[Path]] = defaultdict(list)
    for path in files:
        groups[path.parent].append(path)
    return list(groups.values())


def _pattern(run: _Run, names: Mapping[str, str]) -> str:
    """What names the inputs of a run."""
    own = [names[os.path.realpath(path)] for path in run.files]
    if run.folder is None or len(own) == 1:
        return own[0]
    inner = run.files[0].relative_to(run.folder).parts
    top = "/".join(own[0].split("/")[: -len(inner)])
    return f"{glob.escape(top)}/*" if top else "*"
