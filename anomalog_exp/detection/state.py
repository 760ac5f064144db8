"""A fitted detector as plain data, and the folder that keeps it.

Arrays are kept without pickles in one .npz file, values in one of JSON, where floats are exact.
Scikit-learn's estimators go through skops, which writes what they consist of by the names of its types:
loading makes objects of the types that the detector names, and of no others. Nothing is ever unpickled:
a file from elsewhere runs no code.

An estimator is kept where a detector cannot score from arrays alone to the last bit. That is a price:
scikit-learn promises equal scores under the version that fitted it only (and warns of another one), and
follows the numbers of an estimator without looking; those of trees are checked (`detection/trees.py`).
The weights of networks are kept by safetensors, which holds names, shapes and numbers and nothing else.
"""

from __future__ import annotations

import io
import json
import os
import sys
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, Self
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.archives import MOST_BYTES, refuse_unsound
from anomalog_exp.errors import DataError
from anomalog_exp.files import replaced, write_json
from anomalog_exp.options.foreign import MOST_JSON, foreign_json, opened_file

__all__ = ["DetectorState", "load", "save"]

_ARRAYS, _VALUES, _ESTIMATORS = "arrays.npz", "values.json", "estimators.skops"
_WEIGHTS = "weights.safetensors"

_SCHEMA = "schema.json"
"""The member of a skops file that says what the others are."""

_NUMBERS = "biuf"
"""Kinds of arrays that are kept: truth values, integers and floats."""

_SPARSE = "scipy.sparse._csr.csr_matrix"
_PLAIN_TYPES = frozenset(
    [f"builtins.{name}" for name in ("dict", "list", "str", "tuple")]
    + [f"numpy.{name}" for name in ("ndarray", "bool", "int64", "uint64", "float32", "float64")]
    + [_SPARSE]
)
"""Types that hold data and do nothing, of which every estimator may consist."""

_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ImportError,
    MemoryError,
    RuntimeError,
    BadZipFile,
    zlib.error,
)
"""What libraries raise over a file that is cut off, made up, or of another version."""


_KINDS = ("arrays", "values", "estimators", "weights")
"""The fields of a state, in their order."""


@dataclass(frozen=True, eq=False)
class DetectorState:
    """What a detector has learned; arrays are shared with it, not copied.

    Attributes:
        arrays: Name -> array of numbers or truth values.
        values: Name -> what JSON holds.
        estimators: Name -> fitted scikit-learn estimator.
        weights: Name -> float32 array of a network.
    """

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    estimators: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @classmethod
    def joined(cls, parts: Mapping[str, DetectorState]) -> Self:
        """One state of several: `part` gives each of them back by its name, which holds no dot."""
        return cls(
            *(
                {
                    f"{name}.{inner}" if inner else name: thing
                    for name, part in parts.items()
                    for inner, thing in getattr(part, kind).items()
                }
                for kind in _KINDS
            )
        )

    def part(self, name: str) -> Self:
        """The state that was joined under this name; an empty one if none was."""
        return type(self)(
            *(
                {
                    key.removeprefix(name).removeprefix("."): thing
                    for key, thing in things.items()
                    if key == name or key.startswith(f"{name}.")
                }
                for things in (getattr(self, kind) for kind in _KINDS)
            )
        )

    def refuse_others(self, *parts: str) -> None:
        """See that it was joined of these parts and holds nothing else.

        Raises:
            DataError: it holds something else.
        """
        for name in self.names:
            if name.partition(".")[0] not in parts:
                raise DataError.of(
                    name,
                    "something of this name",
                    problem="this is not what such a detector learns",
                    allowed=f"only {', '.join(parts)}",
                    fix="fit the detector again and save it",
                )

    @property
    def names(self) -> list[str]:
        """The names of everything, sorted."""
        return sorted(name for kind in _KINDS for name in getattr(self, kind))


def save(state: DetectorState, directory: Path) -> None:
    """Write a state into a folder, in place of one that is there.

    Raises:
        TypeError: an array holds other things than numbers, or a value is not JSON.
    """
    for name, array in state.arrays.items():
        if array.dtype.kind not in _NUMBERS:
            raise TypeError(f"{name} holds {array.dtype}, and only numbers are kept")
    for file in (_ARRAYS, _VALUES, _ESTIMATORS, _WEIGHTS):
        (directory / file).unlink(missing_ok=True)
    if state.arrays:
        with replaced(directory / _ARRAYS) as path, path.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **state.arrays)
    if state.values:
        write_json(directory / _VALUES, state.values)
    if state.estimators:
        with replaced(directory / _ESTIMATORS) as path, path.open("wb") as stream:
            _skops().dump(dict(state.estimators), stream, compression=ZIP_DEFLATED)
    if state.weights:
        from safetensors.numpy import save as as_safetensors

        with replaced(directory / _WEIGHTS) as path:
            path.write_bytes(as_safetensors(dict(state.weights)))


def load(directory: Path, trusted_types: Collection[str] = ()) -> DetectorState:
    """Read the state that a folder holds.

    Args:
        directory: Where it was saved.
        trusted_types: Full names of the types that estimators may consist of, besides plain data.

    Raises:
        DataError: there is no such folder, or a file of it cannot be read, holds pickles, or an
            estimator has a type that is not trusted.
    """
    if not directory.is_dir():
        _refuse(directory, "there is no such folder")
    return DetectorState(
        _read(directory / _ARRAYS, _arrays),
        _read(directory / _VALUES, _values),
        _read(directory / _ESTIMATORS, lambda path: _estimators(path, trusted_types)),
        _read(directory / _WEIGHTS, _weights),
    )


def _read(path: Path, reader: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What a file holds; nothing where there is none."""
    if not os.path.lexists(path):
        return {}
    try:
        return reader(path)
    except _UNREADABLE as error:
        _refuse(path, f"it cannot be read: {error}", error)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with opened_file(path, MOST_BYTES) as stream:
        refuse_unsound(stream)
        with np.load(stream, allow_pickle=False) as archive:
            arrays = dict(archive)
    for name, array in arrays.items():
        if array.dtype.kind not in _NUMBERS:
            raise ValueError(f"{name} is no array of numbers")
    return arrays


def _values(path: Path) -> dict[str, Any]:
    values = foreign_json(path)
    if not isinstance(values, dict):
        raise ValueError("it holds no object")
    return values


def _estimators(path: Path, trusted_types: Collection[str]) -> dict[str, Any]:
    with opened_file(path, MOST_BYTES) as stream:
        refuse_unsound(stream, [_SCHEMA])
        content = stream.read()
    with ZipFile(io.BytesIO(content)) as archive:
        if archive.getinfo(_SCHEMA).file_size > MOST_JSON:
            raise ValueError(f"its {_SCHEMA} is larger than {MOST_JSON:,} bytes")
        schema = json.loads(archive.read(_SCHEMA))
    # skops trusts all of scikit-learn by itself.
    foreign = sorted(set(_types_in(schema)) - _PLAIN_TYPES - set(trusted_types))
    if foreign:
        raise ValueError(f"it holds {', '.join(foreign)}, which this detector does not consist of")
    estimators = _skops().loads(content, trusted=sorted({*trusted_types, _SPARSE}))
    if not isinstance(estimators, dict):
        raise ValueError("it holds no estimators by their names")
    return estimators


class _NoTorch(MetaPathFinder):
    """While it is asked for modules, PyTorch is as if it were not installed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _skops() -> ModuleType:
    """`skops.io`; it walks through all of scikit-learn, which loads PyTorch where there is one."""
    finder = _NoTorch()
    sys.meta_path.insert(0, finder)
    try:
        import skops.io
    finally:
        sys.meta_path.remove(finder)
    return skops.io


def _weights(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load as of_safetensors

    with opened_file(path, MOST_BYTES) as stream:
        content = stream.read()
    try:
        weights: dict[str, Any] = of_safetensors(content)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    return weights


def _types_in(schema: Any) -> Iterator[str]:
    """The full names of all types, functions and methods that a skops file names."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "__class__" in node:
                yield f"{node.get('__module__')}.{node['__class__']}"
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _refuse(path: Path, problem: str, cause: BaseException | None = None) -> NoReturn:
    raise DataError.of(
        "state of a detector",
        path,
        problem=problem,
        allowed="what was saved, as it was saved",
        fix="fit the detector again and save it",
    ) from cause
