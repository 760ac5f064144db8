"""The forms that learned attributes have: how each becomes plain data, is checked, and comes back.

An annotation says the form: `Annotated[NDArray[np.int64], "transitions"]` is an array with one axis,
`Annotated[csr_matrix, "templates", "phrases"]` a sparse matrix, `Annotated[list[str], "phrases"]` and
`int` are values, `Annotated[Estimator, "sklearn.svm._classes.OneClassSVM"]` is an estimator, and
`Weights` are those of a network.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from scipy.sparse import csr_matrix

from anomalog_exp.detection.state import DetectorState

__all__ = ["Estimator", "EstimatorForm", "Form", "Misfit", "Weights", "form_of"]

_ESTIMATOR = "an estimator"
_WEIGHTS = "the weights of a network"

Estimator = Annotated[Any, _ESTIMATOR]
"""A fitted estimator of scikit-learn; beside it stand its full type and those that it consists of."""

Weights = Annotated[dict[str, NDArray[np.float32]], _WEIGHTS]
"""The weights of a network: name -> float32 array; which names and shapes, the network itself says."""

_VALUES = (bool, int, float, str, list, dict, Literal, Union, UnionType)
_SPARSE = ("data", "indices", "indptr", "shape")


class Misfit(Exception):
    """A state is not what is declared: (name inside the attribute, what is there, what is declared)."""


@dataclass(frozen=True)
class Form(ABC):
    """The form of one attribute that is learned.

    Attributes:
        axes: The names of its axes; those of one name are equally long in all that a class declares.
    """

    axes: tuple[str, ...]

    @abstractmethod
    def pack(self, value: Any) -> DetectorState:
        """The attribute's value as plain data."""

    @abstractmethod
    def shape(self, state: DetectorState) -> tuple[int, ...]:
        """How long the axes of a value are that came as plain data.

        Raises:
            Misfit: no value of this form has such a state.
        """

    @abstractmethod
    def build(self, state: DetectorState) -> Any:
        """The value again, from a state that `shape` has passed."""

    def _only(
        self, things: Mapping[str, Any], names: Sequence[str], state: DetectorState
    ) -> list[Any]:
        """What stands under these names, where the state holds no others."""
        if state.names != sorted(names) or things.keys() != set(names):
            raise Misfit("", ", ".join(state.names) or "(nothing)", str(self))
        return [things[name] for name in names]


@dataclass(frozen=True)
class _Array(Form):
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        return f"{self.dtype} of shape ({', '.join(self.axes)})"

    def pack(self, value: Any) -> DetectorState:
        return DetectorState(arrays={"": value})

    def shape(self, state: DetectorState) -> tuple[int, ...]:
        (array,) = self._only(state.arrays, [""], state)
        if array.dtype != self.dtype or array.ndim != len(self.axes):
            raise Misfit("", f"{array.dtype} of shape {array.shape}", str(self))
        return array.shape

    def build(self, state: DetectorState) -> NDArray[Any]:
        return state.arrays[""]


@dataclass(frozen=True)
class _Sparse(Form):
    def __str__(self) -> str:
        return f"a sparse float64 matrix of shape ({', '.join(self.axes)})"

    def pack(self, value: Any) -> DetectorState:
        shape = np.array(value.shape, dtype=np.int64)
        parts = (value.data, value.indices, value.indptr, shape)
        return DetectorState(arrays=dict(zip(_SPARSE, parts, strict=True)))

    def shape(self, state: DetectorState) -> tuple[int, ...]:
        data, *places = self._only(state.arrays, _SPARSE, state)
        if data.dtype != np.float64 or any(part.dtype.kind != "i" for part in places):
            raise Misfit("", f"a matrix of {data.dtype}", str(self))
        try:
            # scipy reads and writes out of bounds where columns are.
            matrix = self.build(state)
            matrix.check_format(full_check=True)
        except (ValueError, TypeError) as error:
            raise Misfit("", f"no matrix: {error}", str(self)) from error
        return matrix.shape

    def build(self, state: DetectorState) -> csr_matrix:
        data, indices, indptr, shape = (state.arrays[name] for name in _SPARSE)
        return csr_matrix((data, indices, indptr), shape=tuple(shape.tolist()))


@dataclass(frozen=True)
class _Value(Form):
    annotation: Any

    def __str__(self) -> str:
        if isinstance(self.annotation, type) and not get_args(self.annotation):
            return self.annotation.__name__
        return str(self.annotation).replace("typing.", "")

    def pack(self, value: Any) -> DetectorState:
        return DetectorState(values={"": value})

    def shape(self, state: DetectorState) -> tuple[int, ...]:
        (value,) = self._only(state.values, [""], state)
        try:
            self._typed(value)
        except ValidationError as error:
            raise Misfit("", f"{value!r} ({error.errors()[0]['msg']})", str(self)) from error
        return (len(value),) if self.axes else ()

    def build(self, state: DetectorState) -> Any:
        return self._typed(state.values[""])

    def _typed(self, value: Any) -> Any:
        """The value; a whole number where a float belongs becomes one."""
        return TypeAdapter(self.annotation).validate_python(value, strict=True)


@dataclass(frozen=True)
class EstimatorForm(Form):
    """An estimator.

    Attributes:
        types: The full name of its own type, and those of all types that it consists of.
    """

    types: tuple[str, ...]

    def __str__(self) -> str:
        return self.types[0]

    def pack(self, value: Any) -> DetectorState:
        return DetectorState(estimators={"": value})

    def shape(self, state: DetectorState) -> tuple[int, ...]:
        (estimator,) = self._only(state.estimators, [""], state)
        cls = type(estimator)
        if f"{cls.__module__}.{cls.__name__}" != self.types[0]:
            raise Misfit("", f"{cls.__module__}.{cls.__name__}", str(self))
        return ()

    def build(self, state: DetectorState) -> Any:
        return state.estimators[""]


@dataclass(frozen=True)
class _Weights(Form):
    def __str__(self) -> str:
        return "float32 arrays of finite numbers, by name"

    def pack(self, value: Any) -> DetectorState:
        return DetectorState(weights=value)

    def shape(self, state: DetectorState) -> tuple[int, ...]:
        if state.names != sorted(state.weights):
            raise Misfit("", ", ".join(state.names), str(self))
        for name, array in state.weights.items():
            if array.dtype != np.float32 or not np.isfinite(array).all():
                raise Misfit(name, f"{array.dtype} of shape {array.shape}", str(self))
        return ()

    def build(self, state: DetectorState) -> dict[str, NDArray[np.float32]]:
        return dict(state.weights)


def form_of(annotation: Any) -> Form | None:
    """The form that an annotation says, if it says one."""
    names: tuple[Any, ...] = ()
    if get_origin(annotation) is Annotated:
        annotation, *rest = get_args(annotation)
        names = tuple(rest)
    if names[:1] == (_ESTIMATOR,):
        return EstimatorForm((), names[1:])
    if names == (_WEIGHTS,):
        return _Weights(())
    origin = get_origin(annotation) or annotation
    if origin is np.ndarray:
        (scalar,) = get_args(get_args(annotation)[1])
        return _Array(names, np.dtype(scalar))
    if origin is csr_matrix:
        return _Sparse(names)
    if origin in _VALUES:
        return _Value(names, annotation)
    return None
