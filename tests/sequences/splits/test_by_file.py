"""split=by_file: named inputs train, others are judged, and no sequence holds rows of both."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.config import load_run_config
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.listing import option_names
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import Split
from tests.grouping import grouped, rows_of, splits_of
from tests.logs import log_dataset
from tests.sequencing import LOG_ROWS

SMALL = {
    "entity": {"window_size": 3, "step": 2, "continuous_context": True},
    "fixed": {"window_size": 4, "step": 3},
    "time": {"time_span_ms": 2, "emit_empty": True},
    "stream": {"chunk_size": 4, "continuous_context": True},
}
ENTITIES = ["a", "b", "a", "b", "a", "b"]
FILES = ["old/x.log", "old/y.log", "new/x.log", "old/x.log", "old/y.log", "new/x.log"]
ROWS = [(entity, "t", time, 0) for time, entity in enumerate(ENTITIES)]


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        (
            "split_partial_sequences",
            [([0, 4], "train"), ([1, 3], "train"), ([2], "test"), ([5], "test")],
        ),
        ("assign_by_first_event", [([0, 2, 4], "train"), ([1, 3, 5], "train")]),
        ("assign_by_last_event", [([0, 2, 4], "train"), ([1, 3, 5], "test")]),
    ],
)
def test_each_policy_worked_out_by_hand(policy, wanted):
    given = {"train": ["old/*"], "straddling_group_policy": policy}
    dataset = log_dataset(ROWS, sources=FILES)
    if policy == "assign_by_first_event":
        with pytest.raises(ConfigError, match=r"^split.test: no sequence is made .* 2 events"):
            sequences(dataset, "entity", given)
        return
    found = sequences(dataset, "entity", given)
    assert list(zip(rows_of(found), splits_of(found), strict=True)) == wanted
    assert found.report["straddlers"] == 2
    assert found.report["files_by_part"]["train"] == 2
    assert found.report["rows_by_part"]["train"] == 4


def sequences(dataset, sequence, split, **options):
    return grouped(dataset, sequence, "by_file", split_options=split, **options)


@pytest.mark.parametrize("grouping", option_names("sequence"))
@settings(max_examples=40, deadline=None)
@given(rows=LOG_ROWS, seed=st.integers(0, 99))
def test_each_group_is_cut_into_the_rows_of_each_side(grouping, rows, seed):
    side = np.random.default_rng(seed).integers(0, 3, len(rows))
    files = np.array(["old", "new", "other"])[side].tolist()
    given = {"train": ["old"], "test": ["new"]}
    if not {"old", "new"} <= set(files):
        return
    dataset = log_dataset(rows, sources=files)
    options = SMALL.get(grouping, {})
    try:
        whole = grouped(dataset, grouping, "all", **options).part(Split.TRAIN)
        found = sequences(dataset, grouping, given, **options)
    except ConfigError as error:
        assert len(str(error).splitlines()) == 4
        return
    wanted = [
        (part.name.lower(), piece)
        for part, name in ((Split.TRAIN, "old"), (Split.TEST, "new"), (Split.IGNORED, "other"))
        for group in rows_of(whole)
        if (piece := [row for row in group if files[row] == name])
    ]
    pieces = zip(splits_of(found), rows_of(found), strict=True)
    assert [(part, rows) for part, rows in pieces if rows] == wanted
    if found.origin is not None:
        # What a sequence carries on from is of its own side.
        for begin, stop, part in zip(found.origin, found.stop, splits_of(found), strict=True):
            name = {"train": "old", "test": "new", "ignored": "other"}[part]
            assert {files[row] for row in found.order[begin:stop]} <= {name}


def test_silence_within_a_side_belongs_to_it():
    rows = [(None, "t", time, 0) for time in (0, 40, 50, 90)]
    dataset = log_dataset(rows, sources=["old", "old", "new", "new"])
    given = {"train": ["old"]}
    found = sequences(dataset, "time", given, time_span_ms=10, emit_empty=True)
    assert splits_of(found) == ["train"] * 5 + ["test"] * 5
    assert found.times[:, 0].tolist() == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]


@pytest.mark.parametrize(
    ("key", "pattern", "fix"),
    [
        ("train", "old/x.lgo", "did you mean 'old/x.log'"),
        ("train", "nowhere*", "name inputs"),
        ("test", "new/y.log", "did you mean"),
    ],
)
def test_a_name_that_no_input_has_is_refused(key, pattern, fix):
    given = {"train": ["old/*"]} | {key: [pattern]}
    with pytest.raises(ConfigError, match="no input is named so") as caught:
        sequences(log_dataset(ROWS, sources=FILES), "line", given)
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith(f"split.{key}:")
    assert fix in lines[3]


def test_a_real_log_in_two_files_is_split_as_its_first_rows_are(shared_data, tmp_path):
    with zipfile.ZipFile(shared_data / "hdfs_v1_2pct.zip") as packed:
        name = next(one for one in packed.namelist() if one.endswith("HDFS.log"))
        lines = packed.read(name).splitlines(keepends=True)[:40_000]
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "one/all.log").write_bytes(b"".join(lines))
    (tmp_path / "two/a.log").write_bytes(b"".join(lines[:25_000]))
    (tmp_path / "two/b.log").write_bytes(b"".join(lines[25_000:]))
    by_rows = scored(tmp_path, "one/*", "split=prefix_count", "split.train_entry_count=25000")
    by_files = scored(tmp_path, "two/*", "split=by_file", "split.train=[a.log]")
    assert by_files == by_rows
    assert len(by_rows) > 1000


def scored(folder: Path, files: str, *split: str) -> list[tuple[list[int], str, float]]:
    """Rows, part and score of every sequence, those that train first."""
    config = load_run_config(
        [
            "dataset=hdfs",
            "dataset/source=local_dir",
            f"dataset.source.path={folder / files}",
            "dataset.label_reader=null",
            "sequence=entity",
            "model=ngram",
            *split,
        ]
    )
    dataset = load_dataset(
        config.dataset,
        config.template,
        data_dir=folder / "data",
        cache_dir=folder / "cache",
        progress=SILENT,
    )
    found = config.sequence.apply(dataset, config.split)
    detector = config.model.build_detector()
    detector.fit(found.part(Split.TRAIN).unlabelled())
    scores = detector.score(found.unlabelled())
    together = zip(rows_of(found), splits_of(found), scores.tolist(), strict=True)
    return sorted(together, key=lambda one: (one[1], one[0]))
