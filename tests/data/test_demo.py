from __future__ import annotations

import csv
import re
from collections import defaultdict

import numpy as np
import pytest

from anomalog_exp.data.demo.life_cycles import FAULTS, demo_chunks
from anomalog_exp.data.demo.text import LABELS, LOG, write_demo_log
from anomalog_exp.progress import SILENT
from tests.data.parsers.test_parsers import HDFS

SIZE = {"lines": 40_000, "seed": 3, "anomaly_fraction": 0.2}


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    write_demo_log(folder, **SIZE, progress=SILENT)
    return folder


def test_lines_are_hdfs_lines_in_order_of_time_each_with_one_block(log):
    lines = (log / LOG).read_text().splitlines()
    assert abs(len(lines) / SIZE["lines"] - 1) < 0.1
    found = [HDFS.match(line) for line in lines]
    assert all(found)
    times = [match.group(1) for match in found]
    assert times == sorted(times)
    assert all(len(set(re.findall(r"blk_-?\d+", line))) == 1 for line in lines)


def test_every_block_is_labelled_once_and_about_the_share_that_was_asked_for_is_anomalous(log):
    with (log / LABELS).open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels = {row["BlockId"]: row["Label"] for row in rows}
    assert len(labels) == len(rows)
    assert set(re.findall(r"blk_-?\d+", (log / LOG).read_text())) == set(labels)
    share = list(labels.values()).count("Anomaly") / len(labels)
    assert abs(share - 0.2) < 0.03


def test_the_same_numbers_give_the_same_bytes_and_another_seed_does_not(log, tmp_path):
    for name, seed in (("same", 3), ("other", 4)):
        (tmp_path / name).mkdir()
        write_demo_log(tmp_path / name, **SIZE | {"seed": seed}, progress=SILENT)
    for file in (LOG, LABELS):
        assert (tmp_path / "same" / file).read_bytes() == (log / file).read_bytes()
        assert (tmp_path / "other" / file).read_bytes() != (log / file).read_bytes()


def test_each_fault_does_what_it_is_called(log):
    sessions = defaultdict(list)
    for line in (log / LOG).read_text().splitlines():
        sessions[re.search(r"blk_-?\d+", line).group()].append(line.split(" ", 3)[3])
    (chunk,) = demo_chunks(blocks=2116, seed=3, anomaly_fraction=0.2)
    with (log / LABELS).open(newline="") as file:
        names = [row["BlockId"] for row in csv.DictReader(file)]
    assert len(names) == len(chunk.fault)
    by_fault = defaultdict(list)
    for name, fault in zip(names, chunk.fault.tolist(), strict=True):
        by_fault[list(FAULTS)[fault] if fault >= 0 else None].append("\n".join(sessions[name]))

    def share(fault, text):
        return np.mean([text in session for session in by_fault[fault]])

    assert set(by_fault) == {None, *FAULTS}
    assert share(None, "terminating") == 1.0
    assert share("never_acknowledged", "terminating") == 0.0
    assert share("write_failed", "received exception") == 1.0
    assert share("delete_failed", "Unexpected error trying to delete") == 1.0
    assert 0 < share(None, "Unexpected error trying to delete") < 0.01
    assert share("stored_twice", "addStoredBlock request received") == 1.0
    assert share("empty_packet", "Receiving empty packet") == 1.0
    assert share("timed_out", "replicate") == 1.0
    assert 0.1 < share(None, "Got exception while serving") < 0.4
    jumbled = [
        s.index("terminating") < s.rindex("Receiving block") for s in by_fault["out_of_order"]
    ]
    assert np.mean(jumbled) > 0.5


def test_sessions_that_outlive_a_chunk_are_carried_over_whole():
    many = list(demo_chunks(blocks=20_000, seed=1, anomaly_fraction=0.03))
    assert len(many) == 3
    times = np.concatenate([chunk.events.time_ms for chunk in many])
    assert (np.diff(times) >= 0).all()
    blocks = np.concatenate([chunk.events.block for chunk in many])
    assert len(np.unique(blocks)) == 20_000
    events = np.bincount(blocks)
    assert abs(events[8000:8192].mean() - events.mean()) < 1.5
