"""Trees from a file are followed only where they are trees."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from anomalog_exp.detection.state import load, save
from anomalog_exp.errors import DataError
from tests.counting import config, fit

TRAIN = ["ab", "aab", "abb", "b", "a", "bbb"] * 3
LABELS = [0, 1, 0, 1, 0, 1] * 3
OPTIONS = {
    "decision_tree": [],
    "random_forest": ["model.trees=3"],
    "isolation_forest": ["model.trees=3"],
    "gradient_boosting": ["model.trees=3", "model.min_leaf=1"],
}
FIELDS = {
    "child": ["left_child", "left"],
    "other child": ["right_child", "right"],
    "feature": ["feature", "feature_idx"],
}


def tampered(content: bytes, field: str, value: int) -> bytes:
    """A skops file whose first node of each tree has another number in this field."""
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    changed = 0
    with zipfile.ZipFile(target, "w") as archive:
        for member in source.namelist():
            kept = source.read(member)
            if member.endswith(".npy"):
                array = np.load(io.BytesIO(kept), allow_pickle=False)
                for name in FIELDS[field]:
                    if name in (array.dtype.names or ()):
                        array[name][0] = value
                        changed += 1
                stream = io.BytesIO()
                np.save(stream, array)
                kept = stream.getvalue()
            archive.writestr(member, kept)
    assert changed
    return target.getvalue()


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("child", 10_000, "a split leads out of its tree, or back"),
        ("child", 0, "a split leads out of its tree, or back"),
        ("other child", 10_000, "a split leads out of its tree, or back"),
        ("other child", 0, "a split leads out of its tree, or back"),
        ("feature", 7, "a split asks for a feature beyond the"),
    ],
)
def test_a_split_that_leads_elsewhere_is_refused(name, field, value, problem, tmp_path):
    detector, test = fit(TRAIN, ["ab"], f"model={name}", *OPTIONS[name], labels=LABELS)
    save(detector.state(), tmp_path)
    again = config(f"model={name}", *OPTIONS[name]).build_detector()
    again.restore(load(tmp_path, again.trusted_types))
    assert again.score(test).tolist() == detector.score(test).tolist()

    path = tmp_path / "estimators.skops"
    path.write_bytes(tampered(path.read_bytes(), field, value))
    with pytest.raises(DataError, match=f"state of {name}: {problem}"):
        again.restore(load(tmp_path, again.trusted_types))
