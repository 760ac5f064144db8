"""Every detector can be kept and asked again in another process; a new one is tested by being there."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as of_safetensors

from anomalog_exp.detection.contract import Detector
from anomalog_exp.detection.state import DetectorState, load, save
from anomalog_exp.errors import DataError, NotApplicable
from anomalog_exp.models import model_names
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.backends import unless_missing
from tests.detectors import model_config
from tests.keeping import arrays_of, demo, keep, words_of

ROOT = Path(__file__).resolve().parents[2]

AVAILABLE = [name for name in model_names() if not unless_missing("model", name)]

pytestmark = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=unless_missing("model", name)) for name in model_names()],
)


class Kept:
    """Fitted detectors, the folder of their states, and what they score."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sequences = demo(folder)
        self.train = sequences.part(Split.TRAIN)
        self.test: SequenceSet = sequences.part(Split.TEST).unlabelled()
        self.detectors: dict[str, Detector] = {}
        for name in AVAILABLE:
            self.detectors[name] = model_config(name).build_detector()
            self.detectors[name].fit(self.train)
        keep(folder, self.detectors)


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Kept:
    return Kept(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def detector(name, kept) -> Detector:
    """The fitted one."""
    return kept.detectors[name]


@pytest.fixture(scope="module")
def said(kept) -> Path:
    """What all of them say in a process of their own."""
    command = [sys.executable, "-m", "tests.keeping", str(kept.folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return kept.folder / "said"


def assert_equal(found, wanted, tolerance: float) -> None:
    """The same, to the last bit where the detector declares no tolerance."""
    if isinstance(wanted, np.ndarray):
        assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
        if tolerance == 0:
            assert found.tobytes() == wanted.tobytes()
        else:
            assert np.allclose(found, wanted, rtol=tolerance, atol=tolerance)
    elif isinstance(wanted, float) and tolerance > 0:
        assert found == pytest.approx(wanted, rel=tolerance, abs=tolerance)
    elif isinstance(wanted, dict | list):
        assert len(found) == len(wanted)
        keys = wanted if isinstance(wanted, dict) else range(len(wanted))
        for key in keys:
            assert_equal(found[key], wanted[key], tolerance)
    else:
        assert found == wanted
        assert str(found) == str(wanted)


def test_in_a_fresh_process_it_says_the_same_to_the_last_bit(name, detector, kept, said):
    with np.load(said / name / "arrays.npz") as archive:
        assert_equal(dict(archive), arrays_of(detector, kept.test), type(detector).tolerance)
    words = json.loads((said / name / "words.json").read_text())
    assert_equal(words, words_of(detector, kept.test), type(detector).tolerance)
    assert len(words["explanations"]) == len(kept.test)


def test_the_same_comes_from_the_state_in_memory_which_it_then_has_itself(name, detector, kept):
    again = type(detector).from_state(detector.config, detector.state())
    assert_equal(arrays_of(again, kept.test), arrays_of(detector, kept.test), 0.0)
    state, same = detector.state(), again.state()
    assert same.names == state.names
    assert_equal(dict(same.arrays), dict(state.arrays), 0.0)
    assert same.values == state.values


def windows(train: SequenceSet) -> SequenceSet:
    """Each sequence, and the second half of each."""
    middle = train.start + train.lengths // 2
    twice = np.tile(np.arange(len(train)), 2)
    return replace(train.take(twice), start=np.concatenate((train.start, middle)))


ODD_TRAININGS = {
    "windows that overlap": windows,
    "some empty": lambda train: replace(
        train, stop=np.where(np.arange(len(train)) % 5, train.stop, train.start)
    ),
    "one alone": lambda train: train.take(np.array([0])),
    "all alike": lambda train: train.take(np.zeros(9, dtype=np.int64)),
    "all empty": lambda train: replace(train, stop=train.start.copy()),
    "single events": lambda train: replace(
        train, train_events=np.arange(train.dataset.n_events) % 3 > 0, origin=train.start.copy()
    ),
}


@pytest.mark.parametrize("training", ODD_TRAININGS)
def test_whatever_trained_it_is_kept_and_scores_alike(name, detector, training, kept, tmp_path):
    fitted = type(detector)(detector.config)
    try:
        fitted.fit(ODD_TRAININGS[training](kept.train))
    except NotApplicable as outcome:
        assert str(outcome).startswith(f"{name} needs ")
        return
    save(fitted.state(), tmp_path)
    again = type(detector).from_state(detector.config, load(tmp_path, detector.trusted_types))
    assert_equal(arrays_of(again, kept.test), arrays_of(fitted, kept.test), detector.tolerance)
    assert_equal(words_of(again, kept.test), words_of(fitted, kept.test), detector.tolerance)


def test_it_can_be_fitted_again_after_it_was_restored(name, detector, kept):
    again = type(detector).from_state(detector.config, detector.state())
    again.fit(kept.train)
    assert_equal(arrays_of(again, kept.test), arrays_of(detector, kept.test), 0.0)


def test_it_is_not_kept_before_it_is_fitted(name, detector, kept):
    with pytest.raises(AttributeError, match="object has no attribute"):
        type(detector)(detector.config).state()


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a folder, and those inside archives."""
    for file in path.iterdir():
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                yield from ((member, archive.read(member)) for member in archive.namelist())
        else:
            yield file.name, file.read_bytes()


def test_its_files_are_small_and_hold_arrays_of_numbers_and_json_alone(name, detector, kept):
    # The largest are 100 trees, of 256 sequences each, and networks of 200,000 weights.
    folder = kept.folder / "states" / name
    most = 1_000_000 if detector.state().weights else 500_000
    assert sum(file.stat().st_size for file in folder.iterdir()) < most
    for member, content in members(folder):
        if member.endswith(".npy"):
            array = np.load(io.BytesIO(content), allow_pickle=False)
            assert array.dtype.kind in "biufV"
            assert array.dtype.kind != "V" or not array.dtype.hasobject
        elif member == "weights.safetensors":
            assert all(array.dtype == np.float32 for array in of_safetensors(content).values())
        else:
            assert member in ("values.json", "schema.json")
            json.loads(content)


def without(state: DetectorState, name: str) -> DetectorState:
    return DetectorState(
        *(
            {key: thing for key, thing in things.items() if key != name}
            for things in (state.arrays, state.values, state.estimators, state.weights)
        )
    )


def test_a_state_that_lacks_something_or_holds_more_is_refused(name, detector, kept):
    state = detector.state()
    assert state.names
    for lost in state.names:
        with pytest.raises(DataError, match="this is not what such a detector learns"):
            detector.restore(without(state, lost))
        more = replace(state, arrays={**state.arrays, f"{lost}.x": np.zeros(1)})
        with pytest.raises(DataError, match="this is not what such a detector learns"):
            detector.restore(more)
    with pytest.raises(DataError, match=r"(?s)more: this is not .*value:   something of this name"):
        detector.restore(replace(state, values={**state.values, "more": 1}))
    with pytest.raises(DataError, match=r"value:   \(nothing\)"):
        detector.restore(DetectorState())


def test_arrays_of_other_types_and_axes_and_values_of_other_types_are_refused(name, detector, kept):
    state = detector.state()
    for key, array in state.arrays.items():
        for other in (array.astype(np.float32), array[None]):
            arrays = {**state.arrays, key: other}
            with pytest.raises(DataError, match="this is not what such a detector learns"):
                detector.restore(replace(state, arrays=arrays))
    for key, value in state.values.items():
        values = {
            **state.values,
            key: [1.5] if isinstance(value, list) else "text" if value != "text" else 1,
        }
        with pytest.raises(DataError, match="this is not what such a detector learns"):
            detector.restore(replace(state, values=values))
    for key in state.estimators:
        estimators = {**state.estimators, key: detector}
        with pytest.raises(DataError, match="this is not what such a detector learns"):
            detector.restore(replace(state, estimators=estimators))
    for key, array in state.weights.items():
        for other in (array.astype(np.float64), array[None], np.full_like(array, np.nan)):
            with pytest.raises(DataError, match="this is not what such a detector learns"):
                detector.restore(replace(state, weights={**state.weights, key: other}))


def test_the_state_of_another_detector_is_refused(name, detector, kept):
    state = detector.state()
    others = [other for other in kept.detectors.values() if other.state().names != state.names]
    assert len(others) > 20
    for other in others:
        with pytest.raises(DataError, match="this is not what such a detector learns"):
            other.restore(state)


def test_estimators_need_the_types_that_it_names(name, detector, kept):
    folder = kept.folder / "states" / name
    assert bool(detector.state().estimators) == bool(detector.trusted_types)
    assert load(folder, detector.trusted_types).names == detector.state().names
    for needed in detector.trusted_types:
        others = [other for other in detector.trusted_types if other != needed]
        with pytest.raises(DataError, match=f"it holds {needed}, which this detector"):
            load(folder, others)
