"""Archives and estimators that somebody has made: refused before they take memory, or are followed."""

from __future__ import annotations

import io
import json
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix, save_npz
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from anomalog_exp.detection.state import DetectorState, load, save
from anomalog_exp.errors import DataError
from tests.counting import config, fit
from tests.limits import memory

TRAIN = ["ab", "aab", "abb", "b", "a", "bbb"] * 3
LABELS = [0, 1, 0, 1, 0, 1] * 3
FOREST, TREE = "sklearn.ensemble._forest.RandomForestClassifier", "sklearn.tree._tree.Tree"


def header(shape: tuple[int, ...], descr: str = "<f8") -> bytes:
    """The begin of an array."""
    stream = io.BytesIO()
    described = {"shape": shape, "fortran_order": False, "descr": descr}
    np.lib.format.write_array_header_1_0(stream, described)
    return stream.getvalue()


def archive(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members:
            target.writestr(name, content)
    return stream.getvalue()


def said_to_inflate(content: bytes, size: int) -> bytes:
    """An archive of one member that says of it that it has another size."""
    changed = bytearray(content)
    for sign, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        begin = changed.index(sign)
        struct.pack_into("<I", changed, begin + place, size)
    return bytes(changed)


ONES = archive(("a.npy", header((4,)) + np.ones(4).tobytes()))
BOMB = archive(("a.npy", header(((3 << 30) // 8,)) + bytes(1 << 20)))
INNER = io.BytesIO()
save_npz(INNER, csr_matrix(np.eye(2)))

UNSOUND: dict[str, tuple[bytes, str]] = {
    "three gigabytes of zeros": (said_to_inflate(BOMB, 3 << 30), "it would inflate to 3,221,225,"),
    "a shape of 10^12": (archive(("a.npy", header((10**6, 10**6)))), "has not the size of float64"),
    "a shape below zero": (archive(("a.npy", header((-1,)))), "it cannot be read: "),
    "more than its shape": (archive(("a.npy", header((1,)) + bytes(16))), "has not the size of"),
    "objects": (archive(("a.npy", header((1,), "|O") + bytes(8))), "but of objects"),
    "a script": (archive(("a.npy", b"import os")), "a is no array of numbers"),
    "an archive in an archive in an archive": (
        archive(("a.npz", archive(("b.npz", ONES)))),
        "b.npz is no array of numbers",
    ),
    "a bomb in an archive": (
        archive(("a.npz", said_to_inflate(BOMB, 3 << 30))),
        "it would inflate to",
    ),
    "members that overlap": (ONES, "its members are larger than itself"),
    "one name twice": (ONES, "two of its members have one name"),
    "another compression": (ONES, "compressed in a way that is not used here"),
}
_CENTRAL = ONES.index(b"PK\x01\x02")
_END = ONES.index(b"PK\x05\x06")


def with_entries(entries: list[bytes]) -> bytes:
    """The archive of ones with another list of members."""
    listed = b"".join(entries)
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(listed), _CENTRAL, 0
    )
    return ONES[:_CENTRAL] + listed + end  # fmt: skip


def entry(name: bytes = b"a.npy", method: int = 8, compressed: int | None = None) -> bytes:
    """A member's entry in the list."""
    changed = bytearray(ONES[_CENTRAL:_END])
    struct.pack_into("<H", changed, 10, method)
    if compressed is not None:
        struct.pack_into("<I", changed, 20, compressed)
    changed[46:] = name
    return bytes(changed)


UNSOUND["members that overlap"] = (
    with_entries([entry(b"%d.npy" % i) for i in range(9)]),
    UNSOUND["members that overlap"][1],
)
UNSOUND["one name twice"] = (with_entries([entry(), entry()]), UNSOUND["one name twice"][1])
UNSOUND["another compression"] = (
    with_entries([entry(method=14)]),
    UNSOUND["another compression"][1],
)


@pytest.mark.parametrize("file", ["arrays.npz", "estimators.skops"])
@pytest.mark.parametrize("kind", UNSOUND)
def test_an_archive_that_is_not_what_it_says_is_refused_before_it_takes_memory(
    kind, file, tmp_path
):
    content, problem = UNSOUND[kind]
    (tmp_path / file).write_bytes(content)
    begun = time.monotonic()
    with memory(256 << 20), pytest.raises(DataError) as error:
        load(tmp_path, [TREE])
    assert problem in str(error.value)
    assert "\n  to do: " in str(error.value)
    assert time.monotonic() - begun < 5


def kept(folder: Path, model: str, *options: str) -> Callable[[], Any]:
    """Saves a detector; what reads it back and asks it."""
    detector, test = fit(TRAIN, ["ab", "b"], f"model={model}", *options, labels=LABELS)
    save(detector.state(), folder)

    def asked() -> Any:
        again = config(f"model={model}", *options).build_detector()
        again.restore(load(folder, again.trusted_types))
        return again.score(test).tolist()

    assert asked() == detector.score(test).tolist()
    return asked


def edited(path: Path, change: Callable[[dict[str, bytes], Any], None]) -> None:
    """Change the members of a skops file and its schema, an object of JSON."""
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    schema = json.loads(members["schema.json"])
    change(members, schema)
    members["schema.json"] = json.dumps(schema).encode()
    path.write_bytes(archive(*members.items()))


def attributes(schema: Any, name: str) -> list[Any]:
    """Every object of a schema that stands under this name."""
    inner = schema.values() if isinstance(schema, dict) else schema
    found = [schema[name]] if isinstance(schema, dict) and name in schema else []
    for one in inner:
        if isinstance(one, dict | list):
            found += attributes(one, name)
    return found


def says(name: str, value: object) -> Callable[[dict[str, bytes], Any], None]:
    """A change of a number or a text that an estimator holds, and not of its options, which are null."""

    def change(members: dict[str, bytes], schema: Any) -> None:
        found = [
            one for one in attributes(schema, name) if one.get("content") not in (None, "null")
        ]
        assert found
        for number, one in enumerate(found):
            # A node is read once for all that have its number, as those of equal values do.
            one |= {"content": json.dumps(value), "__id__": -number - 1}

    return change


TREES = ["model=decision_tree"], ["model=random_forest", "model.trees=3"], ["model=isolation_forest", "model.trees=3"]  # fmt: skip


@pytest.mark.parametrize("options", TREES, ids=lambda options: options[0])
@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("node_count", 0, "it has other nodes than it says"),
        ("max_depth", 0, "it has another depth than it says"),
        ("max_depth", 10**9, "it has another depth than it says"),
    ],
)
def test_a_tree_of_other_sizes_than_it_has_is_refused(options, name, value, problem, tmp_path):
    model = options[0].removeprefix("model=")
    asked = kept(tmp_path, model, *options[1:])

    edited(tmp_path / "estimators.skops", says(name, value))
    with pytest.raises(DataError, match=problem):
        asked()


def test_a_forest_in_the_place_of_a_tree_is_refused(tmp_path):
    asked = kept(tmp_path, "random_forest", "model.trees=3")
    tree = DecisionTreeClassifier().fit(np.eye(4), [0, 1, 0, 1])
    outer = RandomForestClassifier(2).fit(np.eye(4), [0, 1, 0, 1])
    inner = RandomForestClassifier(2).fit(np.eye(4), [0, 1, 0, 1])
    inner.tree_ = tree.tree_
    outer.estimators_ = [inner]
    (tmp_path / "other").mkdir()
    save(DetectorState(estimators={"forest": outer}), tmp_path / "other")
    (tmp_path / "other/estimators.skops").replace(tmp_path / "estimators.skops")
    with pytest.raises(DataError, match="it has other nodes than it says"):
        asked()


@pytest.mark.parametrize(
    ("name", "value"), [("kernel", "precomputed"), ("kernel", "linear"), ("_sparse", True)]
)
def test_a_support_vector_machine_of_another_kind_is_refused(name, value, tmp_path):
    asked = kept(tmp_path, "one_class_svm")
    edited(tmp_path / "estimators.skops", says(name, value))
    with pytest.raises(DataError, match=r"state of one_class_svm: "):
        asked()


def test_arrays_of_a_support_vector_machine_fit_each_other(tmp_path):
    asked = kept(tmp_path, "one_class_svm")
    content = (tmp_path / "estimators.skops").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        names = [name for name in source.namelist() if name.endswith(".npy")]
    refused = 0
    for name in names:

        def shortened(members: dict[str, bytes], schema: Any, name: str = name) -> None:
            array = np.load(io.BytesIO(members[name]))
            stream = io.BytesIO()
            np.save(stream, array[..., :-1] if array.ndim else array)
            members[name] = stream.getvalue()

        (tmp_path / "estimators.skops").write_bytes(content)
        edited(tmp_path / "estimators.skops", shortened)
        try:
            asked()
        except DataError:
            refused += 1
    assert refused >= 5  # the vectors, their places and weights, and what stands beside


def test_a_split_by_categories_is_one_by_numbers(tmp_path):
    asked = kept(tmp_path, "gradient_boosting", "model.trees=3", "model.min_leaf=1")
    before, changed = asked(), []

    def change(members: dict[str, bytes], schema: Any) -> None:
        for name in [one for one in members if one.endswith(".npy")]:
            array = np.load(io.BytesIO(members[name]))
            if "is_categorical" in (array.dtype.names or ()):
                array["is_categorical"], array["bitset_idx"] = 1, 10**6
                stream = io.BytesIO()
                np.save(stream, array)
                members[name] = stream.getvalue()
                changed.append(name)

    edited(tmp_path / "estimators.skops", change)
    assert len(changed) == 3
    assert asked() == before


@pytest.mark.parametrize(("name", "value"), [("_max_features", 1), ("n_jobs", 10**6)])
def test_a_forest_is_asked_with_all_features_by_one_worker(name, value, tmp_path):
    asked = kept(tmp_path, "isolation_forest", "model.trees=3")
    before = asked()
    edited(tmp_path / "estimators.skops", says(name, value))
    assert asked() == before
