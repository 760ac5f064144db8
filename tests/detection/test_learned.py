"""What a class declares that it learns is what is kept, and nothing else comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import OneClassSVM

from anomalog_exp.detection.forms import Estimator
from anomalog_exp.detection.learned import restored, state_of, types_of_estimators
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.errors import DataError

SVM = "sklearn.svm._classes.OneClassSVM"


@dataclass
class Inner:
    places: Annotated[NDArray[np.int64], "places"]
    name: str

    def __post_init__(self) -> None:
        self.first = int(self.places[0])


class Learner:
    """One of everything."""

    config: dict[str, object]
    shown: ClassVar[int] = 3
    _weight: Annotated[NDArray[np.float64], "templates"]
    _seen: Annotated[NDArray[np.bool_], "templates"]
    _table: Annotated[NDArray[np.int32], "clusters", "templates"]
    _matrix: Annotated[csr_matrix, "templates", "phrases"]
    _phrases: Annotated[list[str], "phrases"]
    _bias: float
    _count: int
    _way: Literal["up", "down"] | None
    _named: dict[str, list[int]]
    _inner: Inner
    _svm: Annotated[Estimator, SVM, "numpy.random.mtrand.RandomState"]


def fitted() -> Learner:
    learner = Learner()
    learner.config = {}
    learner._weight = np.array([0.5, -0.0, 2.0])
    learner._seen = np.array([True, False, True])
    learner._table = np.arange(6, dtype=np.int32).reshape(2, 3)
    learner._matrix = csr_matrix(np.array([[1.0, 0], [0, 2], [0, 0]]))
    learner._phrases = ["a", "b"]
    learner._bias, learner._count, learner._way = 0.1, 3, None
    learner._named = {"x": [1]}
    learner._inner = Inner(np.array([7, 8]), "inner")
    learner._svm = OneClassSVM().fit(np.eye(3))
    return learner


def changed(**changes: Any) -> DetectorState:
    """The state of the fitted learner with other things under some names; None takes them away."""
    state = state_of(fitted())
    kinds = [dict(state.arrays), dict(state.values), dict(state.estimators)]
    for name, thing in changes.items():
        name = name.replace("__", ".")
        for things in kinds:
            things.pop(name, None)
        if isinstance(thing, np.ndarray):
            kinds[0][name] = thing
        elif isinstance(thing, OneClassSVM | Learner):
            kinds[2][name] = thing
        elif thing is not None:
            kinds[1][name] = thing
    return DetectorState(*kinds)


def test_what_is_declared_is_kept_under_its_name_and_built_again():
    learner = fitted()
    state = state_of(learner)
    assert sorted(state.arrays) == [
        "inner.places",
        *(f"matrix.{part}" for part in ("data", "indices", "indptr", "shape")),
        "seen",
        "table",
        "weight",
    ]
    assert state.values == {
        "phrases": ["a", "b"],
        "bias": 0.1,
        "count": 3,
        "way": None,
        "named": {"x": [1]},
        "inner.name": "inner",
    }
    assert list(state.estimators) == ["svm"]
    again = restored(Learner, state)
    assert again.keys() == {name for name in Learner.__annotations__ if name.startswith("_")}
    assert again["_weight"].tobytes() == learner._weight.tobytes()
    assert again["_matrix"].toarray().tolist() == learner._matrix.toarray().tolist()
    assert again["_inner"].first == 7
    assert again["_svm"] is learner._svm
    assert types_of_estimators(Learner) == (SVM, "numpy.random.mtrand.RandomState")


def test_nothing_is_kept_before_it_is_learned():
    with pytest.raises(AttributeError, match="_weight"):
        state_of(Learner())


@pytest.mark.parametrize(
    ("changes", "name", "there", "declared"),
    [
        ({"weight": None}, "weight", r"\(nothing\)", r"float64 of shape \(templates\)"),
        ({"bias": None}, "bias", r"\(nothing\)", "float"),
        ({"svm": None}, "svm", r"\(nothing\)", SVM),
        ({"inner__name": None}, r"inner\.name", r"\(nothing\)", "str"),
        ({"matrix__indptr": None}, "matrix", "data, indices, shape", "a sparse float64 matrix"),
        ({"more": 1}, "more", "something of this name", "only bias, count, inner, "),
        ({"inner__more": np.zeros(1)}, r"inner\.more", "something of this name", "only name, pl"),
        ({"weight__x": np.zeros(1)}, "weight", ", x", "float64"),
        ({"weight": np.zeros(3, np.float32)}, "weight", r"float32 of shape \(3,\)", "float64 of"),
        ({"weight": np.zeros((3, 1))}, "weight", r"float64 of shape \(3, 1\)", "float64 of shape"),
        ({"weight": 1.0}, "weight", "", r"float64 of shape \(templates\)"),
        ({"weight": np.zeros(4)}, "seen", "3 templates", "4 templates, as in weight"),
        ({"table": np.zeros((9, 4), np.int32)}, "table", "4 templates", "3 templates, as in w"),
        ({"phrases": ["a", "b", "c"]}, "phrases", "3 phrases", "2 phrases, as in matrix"),
        ({"phrases": ["a", 1]}, "phrases", r"\['a', 1\] \(Input should be a valid", r"list\[str\]"),
        ({"count": 3.5}, "count", r"3\.5 \(Input should be a valid integer", "int"),
        ({"count": "3"}, "count", r"'3' \(", "int"),
        ({"count": True}, "count", r"True \(", "int"),
        ({"way": "left"}, "way", r"'left' \(", ".*up.*down"),
        ({"named": {"x": 1}}, "named", r"\{'x': 1\} \(", r"dict\[str, list\[int\]\]"),
        ({"svm": Learner()}, "svm", r".*test_learned\.Learner", SVM),
        ({"matrix__indices": np.array([0, 9], np.int32)}, "matrix", "no matrix: .*", "a sparse"),
        ({"matrix__indices": np.array([0, -1], np.int32)}, "matrix", "no matrix: .*", "a sparse"),
        ({"matrix__indptr": np.array([0, 2, 1, 2], np.int32)}, "matrix", "no matrix: .*", "a sp"),
        ({"matrix__shape": np.array([3])}, "matrix", "no matrix: .*", "a sparse"),
        ({"matrix__data": np.array([1, 2])}, "matrix", "a matrix of int64", "a sparse float64"),
        ({"inner__places": np.zeros(0, np.int64)}, "inner", "index 0 is out of bounds.*", "Inner"),
    ],
)
def test_what_is_not_as_declared_is_refused(changes, name, there, declared):
    with pytest.raises(DataError) as error:
        restored(Learner, changed(**changes))
    lines = str(error.value).splitlines()
    assert len(lines) == 4
    patterns = [
        f"Learner: {name}: this is not what such a detector learns",
        f"  value:   {there}",
        f"  allowed: {declared}",
        "  to do:   fit the detector again and save it",
    ]
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.match(pattern, line), line


def test_learning_something_else_than_is_declared_is_a_defect_of_the_detector():
    learner = fitted()
    learner._weight = np.zeros(3, dtype=np.float32)
    with pytest.raises(TypeError, match=r"Learner: weight is declared as float64 of .*float32"):
        state_of(learner)
    learner = fitted()
    learner._count = np.int64(3)
    with pytest.raises(TypeError, match=r"Learner: count is declared as int, not np\.int64\(3\)"):
        state_of(learner)


class Nothing:
    config: int
    name: ClassVar[str] = ""


class Unkept:
    _rule: Callable[[int], int]


def test_a_class_that_declares_nothing_or_what_cannot_be_kept_is_a_defect_too():
    with pytest.raises(TypeError, match="Nothing declares nothing that it learns"):
        state_of(Nothing())
    with pytest.raises(TypeError, match=r"Unkept\._rule: .*Callable.* is not kept"):
        state_of(Unkept())
