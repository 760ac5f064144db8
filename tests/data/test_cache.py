from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.digest import FollowingSha256
from anomalog_exp.data.reading.blocks import Block
from anomalog_exp.errors import DataError
from anomalog_exp.progress import SILENT, Progress
from tests.data.reading.test_build import LABELS, LOG

CLEAN = b"\n".join(x for x in LOG[3:].splitlines() if not x.startswith(b"not"))


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "raw/preprocessed").mkdir(parents=True)
    (tmp_path / "raw/HDFS.log").write_bytes(CLEAN)
    (tmp_path / "raw/preprocessed/anomaly_label.csv").write_text(LABELS)
    return tmp_path


def load(
    folder: Path, *overrides: str, progress: Progress = SILENT, parameters: bool = False
) -> LogDataset:
    source = ["dataset=hdfs", "dataset/source=local_dir", f"dataset.source.path={folder / 'raw'}"]
    places = [f"paths.data_dir={folder / 'data'}", f"paths.cache_dir={folder / 'cache'}"]
    config = _config(*source, *places, *overrides)
    paths = {"data_dir": config.paths.data_dir, "cache_dir": config.paths.cache_dir}
    return load_dataset(
        config.dataset, config.template, **paths, progress=progress, parameters=parameters
    )


@cache  # composing takes longer than reading so small a log
def _config(*overrides: str) -> RunConfig:
    return load_run_config(overrides)


def builds(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.glob("cache/hdfs_v1/*/manifest.json")}


def test_a_data_set_is_built_once_and_then_mapped(folder):
    first = load(folder)
    stamp = (first.directory / "manifest.json").stat().st_mtime_ns
    second = load(folder)
    assert second.directory == first.directory
    assert (second.directory / "manifest.json").stat().st_mtime_ns == stamp
    assert isinstance(second.template, np.memmap)
    assert len(builds(folder)) == 1


def test_values_in_messages_are_another_build_that_leaves_the_one_without_as_it_is(folder):
    without = load(folder)
    files = {path.name: path.read_bytes() for path in without.directory.iterdir()}
    with_them = load(folder, parameters=True)
    assert without.parameters is None
    assert with_them.parameters.texts.to_list()[:2] == ["blk_1", "/10.0.0.1:5"]
    again = load(folder, parameters=True)
    assert again.directory == with_them.directory != load(folder).directory == without.directory
    assert len(builds(folder)) == 2
    assert files == {path.name: path.read_bytes() for path in without.directory.iterdir()}
    # Nothing but the seal and the manifest differs in what both have.
    for name in files.keys() - {"seal.json", "manifest.json"}:
        assert (with_them.directory / name).read_bytes() == files[name], name
    more = {path.name for path in with_them.directory.iterdir()} - files.keys()
    assert more == {"parameter.npy", "places.npy", "place_kinds.npy", "parameter_texts.parquet"}


@pytest.mark.parametrize(
    "override",
    [
        "template.similarity_threshold=0.9",
        "template=identity",
        "template.masking=none",
        "dataset.label_reader.missing_label=0",
        "dataset.max_unparsed_fraction=0.5",
        "dataset.line_range=[0,3]",
    ],
)
def test_another_way_of_reading_is_another_build(folder, override):
    assert load(folder).directory != load(folder, override).directory
    assert len(builds(folder)) == 2


@pytest.mark.parametrize(
    "override",
    ["dataset.description=other", "dataset.evaluation_unit=event", "seed=5", "model=markov"],
)
def test_what_reading_does_not_depend_on_builds_nothing(folder, override):
    assert load(folder).directory == load(folder, override).directory


@pytest.mark.parametrize("file", ["HDFS.log", "preprocessed/anomaly_label.csv"])
def test_changed_bytes_are_read_again_even_with_the_old_time_stamp(folder, file):
    first = load(folder)
    path = folder / "raw" / file
    stat = path.stat()
    path.write_bytes(path.read_bytes().replace(b"blk_1", b"blk_7"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    second = load(folder)
    assert second.directory != first.directory
    assert second.digest != first.digest


def test_the_same_bytes_elsewhere_are_the_same_build(folder):
    first = load(folder)
    (folder / "raw").rename(folder / "moved")
    (folder / "raw").symlink_to(folder / "moved")
    assert load(folder).directory == first.directory


class Stages(Progress):
    """Keeps the names of stages."""

    def __init__(self) -> None:
        super().__init__(bars=False)
        self.titles: list[str] = []

    @contextmanager
    def stage(self, title, total, unit):
        self.titles.append(title)
        with super().stage(title, total, unit) as advance:
            yield advance


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"])
def test_a_log_of_a_size_never_seen_is_hashed_while_it_is_built(folder, begin):
    log = folder / "raw/HDFS.log"
    log.write_bytes(begin + CLEAN)
    stages = Stages()
    first = load(folder, progress=stages)
    assert stages.titles == ["checking anomaly_label.csv", "reading HDFS.log"]
    sha256 = hashlib.sha256(begin + CLEAN).hexdigest()
    assert first.manifest["raw_log"]["sha256"] == sha256
    assert first.manifest["files_sha256"] == {str(log): sha256}

    stages = Stages()
    assert load(folder, "template=identity", progress=stages).digest == first.digest
    assert stages.titles == ["reading HDFS.log"]


def test_a_log_that_may_be_known_is_hashed_before_it_is_built_again(folder):
    first = load(folder)
    log = folder / "raw/HDFS.log"
    log.unlink()
    log.write_bytes(CLEAN)
    stages = Stages()
    assert load(folder, progress=stages).directory == first.directory
    assert stages.titles == ["checking HDFS.log"]


def test_digests_forgotten_cost_a_build_that_changes_nothing(folder):
    first = load(folder)
    built = (first.directory / "manifest.json").stat().st_mtime_ns
    (folder / "cache/hdfs_v1/digests.json").unlink()
    assert load(folder).directory == first.directory
    assert (first.directory / "manifest.json").stat().st_mtime_ns == built
    assert not list(folder.glob("cache/hdfs_v1/.making-*"))


def test_a_log_that_becomes_shorter_while_it_is_hashed_is_an_error(folder):
    log = folder / "raw/HDFS.log"
    following = FollowingSha256(log)
    blocks = list(following.follow([Block(log, 0, log.stat().st_size + 1)]))
    assert len(blocks) == 1
    with pytest.raises(DataError, match="became shorter"):
        following.hexdigest()


def test_a_failed_build_leaves_nothing(folder):
    (folder / "raw/HDFS.log").write_bytes(b"nonsense\n" * 10)
    advice = (
        r"to do: .*`python -m anomalog_exp inspect .*HDFS.log` .*(\n +HDFS.log:[123]: nonsense){3}$"
    )
    with pytest.raises(DataError, match=f"(?s)do not match the parser.*{advice}"):
        load(folder)
    assert [p.name for p in (folder / "cache/hdfs_v1").iterdir() if p.is_dir()] == []


def _load_in_process(folder: Path, results) -> None:
    dataset = load(folder)
    results.put((dataset.directory.name, dataset.template.tolist()))


def test_four_processes_on_an_empty_cache_share_one_build(folder):
    (folder / "raw/HDFS.log").write_bytes((CLEAN + b"\n") * 2000)
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    processes = [spawn.Process(target=_load_in_process, args=(folder, results)) for _ in range(4)]
    for process in processes:
        process.start()
    found = [results.get(timeout=100) for _ in processes]
    for process in processes:
        process.join()
    assert all(one == found[0] for one in found)
    assert len(builds(folder)) == 1


def test_a_killed_build_leaves_nothing_that_is_taken_for_a_data_set(folder):
    (folder / "raw/HDFS.log").write_bytes((CLEAN + b"\n") * 200_000)
    code = (
        "import sys; from pathlib import Path; from tests.data.test_cache import load;"
        "load(Path(sys.argv[1]))"
    )
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=root)
    give_up = time.monotonic() + 60
    while not list(folder.glob("cache/hdfs_v1/.making-*/line.npy")):
        assert process.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert builds(folder) == {
        path.name
        for path in folder.glob("cache/hdfs_v1/.making-*")
        if (path / "manifest.json").is_file()
    }
    assert load(folder).n_events == 200_000 * 5
    assert not list(folder.glob("cache/hdfs_v1/.making-*"))


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (b"May 1 12:00:00 host cron: job\n" * 9, "none of the first 9 lines of .*HDFS.log matches"),
        (b"May 1 12:00:00 host cron: job\n" * 9 + CLEAN, "there is no such file in .*raw"),
        (b"", "there is no such file in .*raw"),
    ],
)
def test_labels_that_are_missing_are_no_matter_where_the_log_is_another_one(folder, log, message):
    (folder / "raw/HDFS.log").write_bytes(log)
    (folder / "raw/preprocessed/anomaly_label.csv").unlink()
    with pytest.raises(DataError, match=message):
        load(folder)
