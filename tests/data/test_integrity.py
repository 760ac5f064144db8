"""Damage to a built data set: found, named, and mended by building again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from anomalog_exp.data import cache
from anomalog_exp.data.columns import COLUMNS
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.integrity import in_range, seal, what_does_not_fit
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.errors import DataError
from tests.data.test_cache import CLEAN, folder, load
from tests.logs import log_dataset

__all__ = ["folder"]

FILES = (
    *(f"{name}.npy" for name in COLUMNS),
    "blocks.npy",
    "entities.parquet",
    "entity_label.npy",
    "manifest.json",
    "mined.json",
    "seal.json",
    "sources.json",
    "templates.json",
)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def _zero(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(bytes(size - size // 2))


def _become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _dangle(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nothing"))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "a bit": _flip,
    "zeros": _zero,
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "empty": lambda path: os.truncate(path, 0),
    "missing": Path.unlink,
    "a folder": _become_folder,
    "a dangling link": _dangle,
}


def content(dataset: LogDataset) -> dict[str, object]:
    """All that a data set says, but its place."""
    columns = {name: getattr(dataset, name).tolist() for name in COLUMNS}
    texts = {"templates": dataset.templates, "entities": dataset.entities.to_list()}
    labels = {"entity_label": dataset.entity_label.tolist()}
    lines = {"raw": dataset.raw_lines(dataset.line[:3].tolist())}
    return {**columns, **texts, **labels, **lines, "manifest": dataset.manifest}


def test_every_file_of_a_build_is_sealed(folder):
    directory = load(folder).directory
    assert sorted(path.name for path in directory.iterdir()) == sorted(FILES)
    sealed = json.loads((directory / "seal.json").read_text())
    assert sorted(sealed) == sorted(set(FILES) - {"seal.json"})
    assert what_does_not_fit(directory) is None


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_to_any_file_is_named_and_mended(folder, damage, caplog):
    whole = content(load(folder))
    directory = load(folder).directory
    for file in FILES:
        caplog.clear()
        DAMAGES[damage](directory / file)
        mended = load(folder)
        assert (mended.directory, content(mended)) == (directory, whole)
        (warning,) = [r.message for r in caplog.records if r.levelname == "WARNING"]
        assert f"{directory} is damaged ({file} " in warning
        assert what_does_not_fit(directory) is None


def test_a_file_too_many_is_damage(folder, caplog):
    directory = load(folder).directory
    np.save(directory / "unrowed_anomalies.npy", np.array([1]))
    assert load(folder).unrowed_anomalies is None
    assert "unrowed_anomalies.npy does not belong to it" in caplog.text


@pytest.mark.parametrize("damage", ["a file", "an empty folder", "a dangling link"])
def test_a_build_that_is_no_build_is_made_again(folder, damage):
    whole = content(load(folder))
    directory = load(folder).directory
    shutil.rmtree(directory)
    if damage == "a file":
        directory.write_text("nothing")
    elif damage == "an empty folder":
        directory.mkdir()
    else:
        directory.symlink_to(directory.with_name("nothing"))
    assert content(load(folder)) == whole
    # Nobody knows its digest and so its name before it is built.
    (folder / "cache/hdfs_v1/digests.json").unlink()
    _flip(directory / "label.npy")
    assert content(load(folder)) == whole


@pytest.mark.parametrize(
    "damage", [*(name for name in DAMAGES if name != "a folder"), "another digest", "a list"]
)
def test_a_damaged_memory_of_digests_is_forgotten(folder, damage):
    whole = content(load(folder))
    memory = folder / "cache/hdfs_v1/digests.json"
    if damage == "another digest":
        memory.write_text(memory.read_text().replace('"sha256": "', '"sha256": "0'))
    elif damage == "a list":
        memory.write_text("[]")
    else:
        DAMAGES[damage](memory)
    assert content(load(folder)) == whole
    assert json.loads(memory.read_text()).keys() == {
        str(folder / "raw/HDFS.log"),
        str(folder / "raw/preprocessed/anomaly_label.csv"),
    }


def test_files_that_killed_processes_left_in_the_cache_go(folder):
    cache = folder / "cache/hdfs_v1"
    for name in (".making-0123/line.npy", ".digests.json.x2y3"):
        (cache / name).parent.mkdir(parents=True, exist_ok=True)
        (cache / name).write_text("half")
    (cache / ".0123.lock").touch()
    load(folder)
    assert not list(cache.glob(".making-*"))
    assert not [path for path in cache.glob(".digests.json.*") if path.suffix != ".lock"]


@pytest.mark.parametrize("known", [False, True])
def test_a_log_that_grows_is_read_as_far_as_its_digest_goes(folder, known):
    """A thread adds lines all the time, as a server would."""
    log = folder / "raw/HDFS.log"
    log.write_bytes((CLEAN + b"\n") * 20_000)
    if known:  # so that it is hashed before it is read
        load(folder, "template=identity")
        log.write_bytes(log.read_bytes())
    stop = threading.Event()

    def write() -> None:
        with log.open("ab") as file:
            while not stop.wait(0.0005):
                file.write((CLEAN + b"\n") * 40)
                file.flush()

    before = log.stat().st_size
    writer = threading.Thread(target=write)
    writer.start()
    try:
        dataset = load(folder)
    finally:
        stop.set()
        writer.join()
    assert log.stat().st_size > before
    raw = dataset.manifest["raw_log"]
    part = log.read_bytes()[: raw["bytes"]]
    assert raw["bytes"] >= before
    assert hashlib.sha256(part).hexdigest() == raw["sha256"]
    lines = part.count(b"\n") + (not part.endswith(b"\n"))
    assert dataset.n_lines == lines


@pytest.mark.parametrize("name", ["HDFS.log", "preprocessed/anomaly_label.csv"])
def test_a_file_that_changes_while_it_is_read_is_an_error(folder, monkeypatch, name):
    file = folder / "raw" / name

    def seal_after_an_edit(directory: Path) -> None:
        raise AssertionError(f"{directory} must not be sealed")

    def build(*args, **kwargs) -> None:
        build_dataset(*args, **kwargs)
        time.sleep(0.01)
        file.write_bytes(file.read_bytes().replace(b"blk_1", b"blk_7"))

    monkeypatch.setitem(cache._BUILDERS, "lines", build)
    monkeypatch.setattr(cache, "seal", seal_after_an_edit)
    with pytest.raises(DataError, match="the file changed while it was read"):
        load(folder)
    assert not [p for p in (folder / "cache/hdfs_v1").iterdir() if p.is_dir()]


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("entity", 2, r"entity: 0 to 2, of which 0 to 1 mean something"),
        ("entity", -2, r"entity: -2 to 1, of which 0 to 1 mean something"),
        ("template", -1, r"template: -1 to 1, of which 0 to 1 mean something"),
        ("template", 2, r"template: 0 to 2, of which 0 to 1 mean something"),
        ("source", 1, r"source: 0 to 1, of which 0 to 0 mean something"),
        ("label", 2, r"label: -1 to 2, of which 0 to 1 mean something"),
        ("level", 8, r"level: -1 to 8, of which 0 to 7 mean something"),
        ("line", -1, r"line: the numbers do not ascend"),
        ("line", 9, r"line: the numbers do not ascend"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(tmp_path, column, value, problem):
    rows = [("a", "x", 1, 1), ("b", "y", 2, -1), ("b", "y", 2, -1)]
    dataset = _in(tmp_path, log_dataset(rows))
    assert in_range(dataset) is dataset
    (tmp_path / "again").mkdir()
    dataset = _in(tmp_path / "again", log_dataset(rows))
    getattr(dataset, column)[0 if value < 0 or column == "line" else 1] = value
    with pytest.raises(DataError, match=problem):
        in_range(dataset)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"code": [0, 2, 1]}, r"parameter: 0 to 2, of which 0 to 1 mean something"),
        ({"code": [0, -2, 1]}, r"parameter: -2 to 1, of which 0 to 1 mean something"),
        ({"code": [0, 1]}, r"parameter: 2 values for 3 places of events"),
        ({"kind": [0]}, r"place_kinds: 1 kinds for 3 places"),
        ({"kind": [0, 1, 99]}, r"place_kinds: 0 to 99, of which 0 to 15 mean something"),
        ({"places": [1, 1, 1]}, r"places: 3 templates, of which there are 2"),
    ],
)
def test_parameters_that_mean_nothing_are_refused(tmp_path, change, problem):
    rows = [("a", "x", 1, 1), ("b", "y", 2, -1)]
    dataset = _in(tmp_path, log_dataset(rows, values=[["1", "2"], ["1"]]))
    assert in_range(dataset) is dataset
    (tmp_path / "again").mkdir()
    wrong = {name: np.array(values) for name, values in change.items()}
    dataset = replace(dataset, parameters=replace(dataset.parameters, **wrong))
    with pytest.raises(DataError, match=problem):
        in_range(_in(tmp_path / "again", dataset))


def _in(directory: Path, dataset: LogDataset) -> LogDataset:
    seal(directory)
    return replace(dataset, directory=directory, sources=("log",))
