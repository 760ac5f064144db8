"""What is saved comes back as it was, and what was not saved so is refused."""

from __future__ import annotations

import io
import json
import pickle
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.svm import OneClassSVM
from sklearn.tree import DecisionTreeClassifier

from anomalog_exp.detection.state import DetectorState, load, save
from anomalog_exp.errors import DataError

SVM = "sklearn.svm._classes.OneClassSVM"
POINTS = np.arange(12.0).reshape(6, 2)

ARRAYS = {
    "floats": np.array([0.1, -0.0, np.inf, np.nan, 5e-324]),
    "integers": np.array([[1, -(2**63)], [2**63 - 1, 0]]),
    "truth": np.array([True, False]),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "none.of.them": np.zeros((0, 4), dtype=np.int32),
}
VALUES = {
    "float": 0.1 + 0.2,
    "negative zero": -0.0,
    "whole": 2**70,
    "texts": ["ä\x00\r\n\u2028", "", "\ufffe"],
    "nested": {"a": [1, None, True]},
}


def test_arrays_and_values_come_back_bit_by_bit(tmp_path):
    save(DetectorState(ARRAYS, VALUES), tmp_path / "state")
    back = load(tmp_path / "state")
    assert back.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert back.arrays[name].dtype == array.dtype
        assert back.arrays[name].shape == array.shape
        assert back.arrays[name].tobytes("A") == array.tobytes("A")
        assert back.arrays[name].flags.f_contiguous == array.flags.f_contiguous
    assert back.values == VALUES
    assert str(back.values["negative zero"]) == "-0.0"
    assert back.estimators == {}


def test_an_estimator_comes_back_and_scores_alike(tmp_path):
    svm = OneClassSVM(gamma=0.3).fit(POINTS)
    save(DetectorState(estimators={"a.svm": svm}), tmp_path)
    (back,) = load(tmp_path, [SVM]).estimators.items()
    assert back[0] == "a.svm"
    wanted = svm.decision_function(POINTS)
    assert back[1].decision_function(POINTS).tobytes() == wanted.tobytes()


def test_equal_states_make_equal_files(tmp_path):
    for folder in ("one", "other"):
        save(DetectorState(ARRAYS, VALUES), tmp_path / folder)
    for file in ("arrays.npz", "values.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_nothing_is_left_of_a_state_that_was_there_before(tmp_path):
    svm = OneClassSVM().fit(POINTS)
    save(DetectorState(ARRAYS, VALUES, {"svm": svm}), tmp_path)
    save(DetectorState(values={"a": 1}), tmp_path)
    assert load(tmp_path).names == ["a"]
    save(DetectorState(arrays={"b": np.zeros(1)}), tmp_path)
    assert load(tmp_path).names == ["b"]


def test_states_are_joined_under_names_and_taken_apart_again():
    one = DetectorState({"": np.zeros(1), "x": np.ones(2)}, {"y": 1})
    two = DetectorState(values={"": 2}, estimators={"z": "svm"})
    whole = DetectorState.joined({"a": one, "ab": two})
    assert whole.names == ["a", "a.x", "a.y", "ab", "ab.z"]
    assert whole.part("a").names == ["", "x", "y"]
    assert whole.part("a").values == {"y": 1}
    assert whole.part("ab").estimators == {"z": "svm"}
    assert whole.part("b").names == []
    assert DetectorState.joined({"c": whole}).part("c").names == whole.names


@pytest.mark.parametrize(
    "array",
    [
        np.array([{}], dtype=object),
        np.array(["text"]),
        np.array([b"bytes"]),
        np.array([1j]),
        np.zeros(1, dtype="datetime64[s]"),
        np.zeros(1, dtype=[("a", "i4")]),
    ],
)
def test_only_numbers_are_kept_in_arrays(array, tmp_path):
    with pytest.raises(TypeError, match=r"thing holds .*, and only numbers are kept"):
        save(DetectorState(arrays={"thing": array}), tmp_path)
    assert list(tmp_path.iterdir()) == []
    np.savez(tmp_path / "arrays.npz", thing=array)
    with pytest.raises(DataError, match=r"cannot be read: (thing is no array|Object arrays)"):
        load(tmp_path)


def test_only_json_is_kept_in_values(tmp_path):
    for value in (np.float32(1), {1, 2}, b"", float("nan")):
        with pytest.raises((TypeError, ValueError), match="JSON"):
            save(DetectorState(values={"thing": value}), tmp_path)
    assert not (tmp_path / "values.json").exists()


class Bomb:
    """Would tell on being unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_dot_", "."), content)
    return stream.getvalue()


def npy(array, **options) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def too_long() -> bytes:
    """An array of a quadrillion numbers that are not there."""
    stream = io.BytesIO()
    header = {"shape": (10**15,), "fortran_order": False, "descr": "<f8"}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + bytes(64)


OBJECTS = np.array([Bomb()], dtype=object)

HOSTILE = {
    "a pickle": ("arrays.npz", pickle.dumps({"a": Bomb()})),
    "a bare array": ("arrays.npz", npy(np.zeros(3))),
    "a pickle in the archive": ("arrays.npz", zipped(a_dot_npy=pickle.dumps(Bomb()))),
    "an array of objects": ("arrays.npz", zipped(a_dot_npy=npy(OBJECTS))),
    "a member that is none": ("arrays.npz", zipped(a=b"import os")),
    "an array cut off": ("arrays.npz", zipped(a_dot_npy=npy(np.zeros(30))[:-9])),
    "an array of too much": ("arrays.npz", zipped(a_dot_npy=too_long())),
    "nothing": ("arrays.npz", b""),
    "no json": ("values.json", b"{'a': 1}"),
    "json cut off": ("values.json", b'{"a": 1'),
    "a list": ("values.json", b"[1]"),
    "not a number": ("values.json", b'{"a": NaN}'),
    "no unicode": ("values.json", b'{"a": "\xff"}'),
    "a deep nest": ("values.json", b'{"a": ' + b"[" * 100_000),
    "a pickle for json": ("values.json", pickle.dumps(Bomb())),
    "a pickled estimator": ("estimators.skops", pickle.dumps(Bomb())),
    "no schema": ("estimators.skops", zipped(a_dot_npy=npy(np.zeros(3)))),
    "an empty schema": ("estimators.skops", zipped(schema_dot_json=b"{}")),
    "no archive": ("estimators.skops", b"skops"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_was_not_saved_so_is_refused_and_runs_nothing(kind, tmp_path):
    file, content = HOSTILE[kind]
    (tmp_path / file).write_bytes(content)
    with pytest.raises(DataError) as error:
        load(tmp_path, [SVM])
    first, value, allowed, fix = (
        str(error.value).splitlines()[:1] + str(error.value).splitlines()[-3:]
    )
    assert first.startswith("state of a detector: it cannot be read: ")
    assert value == f"  value:   {tmp_path / file}"
    assert allowed == "  allowed: what was saved, as it was saved"
    assert fix == "  to do:   fit the detector again and save it"


@pytest.mark.parametrize("file", ["arrays.npz", "values.json", "estimators.skops"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_refused(file, share, tmp_path):
    svm = OneClassSVM().fit(POINTS)
    save(DetectorState(ARRAYS, VALUES, {"svm": svm}), tmp_path)
    content = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=rf"{re.escape(file)}"):
        load(tmp_path, [SVM])


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"there is no such folder\n  value:   .*/nowhere"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize("estimator", [KMeans(2).fit(POINTS), DecisionTreeClassifier()])
def test_an_estimator_of_another_type_is_refused_though_it_is_of_scikit_learn(estimator, tmp_path):
    save(DetectorState(estimators={"svm": estimator}), tmp_path)
    name = f"{type(estimator).__module__}.{type(estimator).__name__}"
    with pytest.raises(DataError, match=f"it holds .*{re.escape(name)}.*, which this detector"):
        load(tmp_path, [SVM])
    with pytest.raises(DataError, match="which this detector does not consist of"):
        load(tmp_path)


def edited(path: Path, *changes: tuple[str, str]) -> None:
    """Change the schema of a skops file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = members["schema.json"].decode()
    for old, new in changes:
        assert old in schema
        schema = schema.replace(old, new)
    json.loads(schema)
    members["schema.json"] = schema.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("changes", "foreign"),
    [
        ([('"OneClassSVM"', '"SVC"')], "sklearn.svm._classes.SVC"),
        (
            [('"OneClassSVM"', '"Popen"'), ('"sklearn.svm._classes"', '"subprocess"')],
            "subprocess.Popen",
        ),
        (
            [
                ('"OneClassSVM"', '"system"'),
                ('"sklearn.svm._classes"', '"os"'),
                ('"ObjectNode"', '"FunctionNode"'),
            ],
            "os.system",
        ),
        ([('"ndarray"', '"load"')], "numpy.load"),
    ],
)
def test_a_schema_that_names_other_types_or_functions_is_refused(changes, foreign, tmp_path):
    save(DetectorState(estimators={"svm": OneClassSVM().fit(POINTS)}), tmp_path)
    edited(tmp_path / "estimators.skops", *changes)
    with pytest.raises(DataError, match=rf"it holds {re.escape(foreign)}, which this detector"):
        load(tmp_path, [SVM])


def test_a_method_of_a_trusted_type_is_refused_too(tmp_path):
    svm = OneClassSVM().fit(POINTS)
    save(DetectorState(estimators={"svm": svm.fit}), tmp_path)
    with pytest.raises(DataError, match=r"it cannot be read: .*OneClassSVM\.fit"):
        load(tmp_path, [SVM])
