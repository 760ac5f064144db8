"""Whether a built data set is still what was built: a seal over its files, and ranges of its numbers.

A disk, a copy or a hand can change a file, and one bit in a column of labels changes a result. So the
last file of a build, `seal.json`, names every other file with its size and its digest. They are compared
once in a process, at the speed of memory; a file that nobody has touched since is not read again. Ranges
are compared because other code indexes with codes: scipy writes wherever a code out of range points to.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import COLUMNS, Column
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.digest import FileState
from anomalog_exp.data.parameters import NO_VALUE, Parameters
from anomalog_exp.data.value_kinds import KINDS
from anomalog_exp.errors import DataError
from anomalog_exp.files import content_digest, write_json

__all__ = ["forget", "in_range", "seal", "what_does_not_fit"]

_SEAL = "seal.json"
_CHUNK = 1 << 22

_fitting: set[tuple[Path, str, str]] = set()
"""What this process has compared: path, what of it, and the identity of the file at that time."""


def seal(directory: Path) -> None:
    """Write the size and the digest of every file of a build; it is complete."""
    files = {path.name: _described(path) for path in sorted(directory.iterdir())}
    write_json(directory / _SEAL, files)


def what_does_not_fit(directory: Path) -> str | None:
    """The first difference between a build and its seal, in a few words; None if there is none."""
    try:
        sealed = json.loads((directory / _SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"{_SEAL} is not readable"
    if not isinstance(sealed, dict):
        return f"{_SEAL} is not readable"
    try:
        # File systems of networks keep removed files under hidden names.
        there = {path.name for path in directory.iterdir() if path.name[0] != "."}
        for name in sorted(sealed.keys() ^ (there - {_SEAL})):
            return f"{name} is missing" if name in sealed else f"{name} does not belong to it"
        for name, described in sealed.items():
            if not _fits(directory / name, described):
                return f"{name} has changed"
    except OSError as error:
        return f"{Path(str(error.filename)).name} is not readable"
    return None


def forget(folder: Path) -> None:
    """Forget what was compared of builds below a folder that is to be removed."""
    _fitting.difference_update([one for one in tuple(_fitting) if one[0].is_relative_to(folder)])


def _fits(path: Path, described: Any) -> bool:
    identity = FileState.of(path).identity  # before it is read: an edit meanwhile gives another one
    known = (path, str(described), identity)
    if known in _fitting:
        return True
    if described != _described(path):
        return False
    _fitting.add(known)
    return True


def _described(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "xxh3_128": content_digest(path)}


def in_range(dataset: LogDataset) -> LogDataset:
    """The same data set, whose columns hold only what they may hold; they are read once in a process.

    Raises:
        DataError: they do not: a parser or a miner has given codes that stand for nothing.
    """
    known = (dataset.directory, "ranges", FileState.of(dataset.directory / _SEAL).identity)
    if known in _fitting:
        return dataset
    problem = next(filter(None, (_out_of_range(dataset, name) for name in COLUMNS)), None)
    if problem is None and not _ascending(dataset.line):
        problem = "line: the numbers do not ascend"
    if problem is None and dataset.parameters is not None:
        problem = _wrong_parameters(dataset, dataset.parameters)
    if problem is not None:
        raise DataError.of(
            "dataset.structured_parser, template",
            dataset.directory,
            problem=f"the columns that they gave cannot be used ({problem})",
            allowed="codes that stand for something, and lines in order",
            fix="mend the parser or the miner; `python -m anomalog_exp check FOLDER` tries a plugin's",
        )
    _fitting.add(known)
    return dataset


def _out_of_range(dataset: LogDataset, name: str) -> str | None:
    """What is wrong with a column, in a few words."""
    values, column = getattr(dataset, name), COLUMNS[name]
    if len(values) != dataset.n_events:
        return f"{name}: {len(values):,} values for {dataset.n_events:,} events"
    allowed = _allowed(dataset, column)
    if allowed is None or not len(values):
        return None
    low, high = int(values.min()), int(values.max())
    missing = allowed[0] if column.missing is None else column.missing
    if low < min(allowed[0], missing) or high > allowed[1]:
        return (
            f"{name}: {low:,} to {high:,}, of which {allowed[0]} to {allowed[1]:,} mean something"
        )
    return None


def _wrong_parameters(dataset: LogDataset, parameters: Parameters) -> str | None:
    """What is wrong with the parameters, in a few words."""
    code, places = parameters.code, parameters.places
    if len(places) != len(dataset.templates) or places.min(initial=0) < 0:
        return f"places: {len(places):,} templates, of which there are {len(dataset.templates):,}"
    kind = parameters.kind
    if len(kind) != int(places.sum()):
        return f"place_kinds: {len(kind):,} kinds for {int(places.sum()):,} places"
    low, high = int(kind.min(initial=0)), int(kind.max(initial=0))
    if low < 0 or high >= len(KINDS):
        return f"place_kinds: {low} to {high}, of which 0 to {len(KINDS) - 1} mean something"
    count = np.bincount(dataset.template, minlength=len(places))
    if len(code) != int(count @ places):
        return f"parameter: {len(code):,} values for {int(count @ places):,} places of events"
    low, high = int(code.min(initial=0)), int(code.max(initial=NO_VALUE))
    if low < NO_VALUE or high >= len(parameters.texts):
        known = len(parameters.texts)
        return f"parameter: {low:,} to {high:,}, of which 0 to {known - 1:,} mean something"
    return None


def _allowed(dataset: LogDataset, column: Column) -> tuple[int, int] | None:
    """The smallest and the largest value of a column, besides the missing one; None if any will do."""
    if column.vocabulary == "entities":
        return 0, dataset.n_entities - 1  # their texts stay on disk
    if column.vocabulary:
        return 0, len(getattr(dataset, column.vocabulary)) - 1
    return column.allowed


def _ascending(values: NDArray[np.int64]) -> bool:
    """From 0 on, none smaller than the one before; compared in chunks, as columns may be large."""
    if len(values) and values[0] < 0:
        return False
    chunks = (values[start : start + _CHUNK + 1] for start in range(0, len(values), _CHUNK))
    return all(bool((chunk[:-1] <= chunk[1:]).all()) for chunk in chunks)
