from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from anomalog_exp.data.columns import COLUMNS, LEVELS, NO_LEVEL, NO_TIME
from anomalog_exp.errors import DataError
from anomalog_exp.progress import Progress
from tests.composed import composed
from tests.data.parsers.test_parsers import slow_hdfs
from tests.logs import built

LABELS = "BlockId,Label\nblk_1,Anomaly\nblk_-2,Normal\nblk_99,Anomaly\n"
LOG = b"""\xef\xbb\xbf081109 203518 143 INFO dfs.A: Receiving block blk_1 src: /10.0.0.1:5
081109 203519 143 INFO dfs.A: Receiving block blk_-2 src: /10.0.0.2:6\r

081109 203520 35 INFO dfs.FSNamesystem: rolled the log
not a line of this log \xf7
081109 203521 143 WARN dfs.A: lost blk_1
081109 203521 143 INFO dfs.A: Receiving block blk_3 src: /10.0.0.1:5"""


def build(
    tmp_path: Path, log: bytes, *overrides: str, block_bytes: int = 1 << 20, into: str = "built"
):
    config = composed("dataset=hdfs", "dataset.max_unparsed_fraction=0.2", *overrides)
    (tmp_path / "preprocessed").mkdir(exist_ok=True)
    (tmp_path / "HDFS.log").write_bytes(log)
    (tmp_path / "preprocessed/anomaly_label.csv").write_text(LABELS)
    return built(config, tmp_path / "HDFS.log", tmp_path / into, block_bytes=block_bytes)


def test_columns_and_manifest_worked_out_by_hand(tmp_path):
    dataset = build(tmp_path, LOG)
    assert dataset.line.tolist() == [0, 1, 3, 5, 6]
    assert dataset.entities.to_list() == ["blk_1", "blk_-2", "dfs.FSNamesystem", "blk_3"]
    assert dataset.entity.tolist() == [0, 1, 2, 0, 3]
    assert dataset.templates == (
        "INFO dfs.A: Receiving block <*> src: <*>",
        "INFO dfs.FSNamesystem: rolled the log",
        "WARN dfs.A: lost <*>",
    )
    assert dataset.template.tolist() == [0, 0, 1, 2, 0]
    assert dataset.label.tolist() == [-1] * 5
    assert [LEVELS[level] for level in dataset.level] == ["info"] * 3 + ["warning", "info"]
    assert [dataset.sources[source] for source in dataset.source] == ["HDFS.log"] * 5
    assert dataset.entity_label.tolist() == [1, 0, -1, -1]
    assert np.diff(dataset.time_ms).tolist() == [1000, 1000, 1000, 0]
    manifest = dataset.manifest
    expected = {
        "lines_total": 7,
        "lines_empty": 1,
        "lines_unparsed": 1,
        "lines_invalid_utf8": 1,
        "rows": 5,
        "entities": 4,
        "entities_anomalous": 1,
        "entities_unlabelled": 2,
        "labels_unknown_entities": 1,
        "templates": 3,
        "levels": {"info": 4, "warning": 1},
        "sources": ["HDFS.log"],
        "unparsed_samples": [
            {"line": 4, "place": "HDFS.log:5", "text": "not a line of this log \\xf7"}
        ],
    }
    assert {key: manifest[key] for key in expected} == expected
    assert dataset.raw_lines([4, 1]) == {
        1: "081109 203519 143 INFO dfs.A: Receiving block blk_-2 src: /10.0.0.2:6",
        4: "not a line of this log \\xf7",
    }


def test_every_column_of_the_table_is_an_array_in_a_file_of_its_own(tmp_path):
    dataset = build(tmp_path, LOG)
    for name, column in COLUMNS.items():
        array = getattr(dataset, name)
        assert isinstance(array, np.memmap)
        assert (Path(array.filename).name, array.dtype) == (f"{name}.npy", column.dtype)
        assert len(array) == dataset.n_events


@pytest.mark.parametrize("block_bytes", [1, 80, 250])
def test_blocks_of_any_size_give_the_same_files(tmp_path, block_bytes):
    build(tmp_path, LOG)
    build(tmp_path, LOG, block_bytes=block_bytes, into="blocks")
    names = sorted(path.name for path in (tmp_path / "built").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "blocks").iterdir())
    for name in names:
        if name != "blocks.npy":  # the index is of the blocks
            same = (tmp_path / "built" / name).read_bytes() == (
                tmp_path / "blocks" / name
            ).read_bytes()
            assert same, name


def test_too_many_lines_that_do_not_match_are_an_error_with_samples(tmp_path):
    with pytest.raises(
        DataError, match=r"(?s)1 of 6 lines .* do not match.*at most 5%.*HDFS.log:5: not"
    ):
        build(tmp_path, LOG, "dataset.max_unparsed_fraction=0.05")


@pytest.mark.parametrize("log", [b"", b"\n\n\r\n"])
def test_a_log_without_lines_is_an_error(tmp_path, log):
    with pytest.raises(DataError, match="the log has no lines"):
        build(tmp_path, log)


def test_the_first_twenty_unparsed_lines_are_kept_and_cut(tmp_path):
    wrong = b"\n".join(b"x" * 400 for _ in range(30))
    log = LOG + b"\n" + b"\n".join(LOG.splitlines()[1:2] * 300) + b"\n" + wrong
    manifest = build(tmp_path, log, block_bytes=500).manifest
    assert manifest["lines_unparsed"] == 31
    assert len(manifest["unparsed_samples"]) == 20
    assert len(manifest["unparsed_samples"][-1]["text"]) == 300


def test_missing_labels_are_what_the_config_says(tmp_path):
    dataset = build(tmp_path, LOG, "dataset.label_reader.missing_label=0")
    assert dataset.entity_label.tolist() == [1, 0, 0, 0]


def test_the_real_hdfs_sample_reads_as_a_slow_reader_reads_it(shared_data, tmp_path):
    import zipfile

    with zipfile.ZipFile(shared_data / "hdfs_v1_2pct.zip") as archive:
        archive.extractall(tmp_path)
    dataset = built(composed("dataset=hdfs"), tmp_path / "HDFS.log", tmp_path / "built")
    manifest = dataset.manifest
    assert manifest["lines_total"] == manifest["rows"] == 222_579
    assert (manifest["entities"], manifest["entities_anomalous"]) == (11_501, 350)
    assert 20 <= len(dataset.templates) <= 60
    assert not any(re.search(r"[0-9]|blk_", text) for text in dataset.templates)
    lines = (tmp_path / "HDFS.log").read_text().splitlines()
    for row in range(0, 222_579, 997):
        expected = slow_hdfs(lines[row])
        assert dataset.line[row] == row
        assert dataset.time_ms[row] == expected["time_ms"]
        assert dataset.entities[int(dataset.entity[row])] == expected["entity"]
        pattern = re.escape(dataset.templates[dataset.template[row]]).replace(r"<\*>", ".*")
        assert re.fullmatch(pattern, expected["message"])


def test_the_real_bgl_sample_has_its_rows_and_alerts(shared_data, tmp_path):
    log = shared_data / "loghub_2k/BGL/BGL_2k.log"
    dataset = built(composed("dataset=bgl"), log, tmp_path / "built")
    manifest = dataset.manifest
    assert (manifest["rows"], manifest["events_anomalous"]) == (2000, 143)
    assert NO_TIME not in dataset.time_ms


@pytest.mark.parametrize(("untimed", "warned"), [(0, False), (3, False), (4, True)])
def test_unread_times_are_warned_of_where_they_are_more_than_half(
    tmp_path, caplog, untimed, warned
):
    lines = [b"081109 203518 1 INFO dfs.A: x"] * (6 - untimed)
    lines += [b"081399 203518 1 INFO dfs.A: no such day"] * untimed
    dataset = build(tmp_path, b"\n".join(lines))
    assert dataset.manifest["rows_without_time"] == untimed
    assert (f"no time on {untimed} of 6 rows" in caplog.text) == warned
    assert (f"    HDFS.log:{7 - untimed}: 081399" in caplog.text) == warned


def test_a_log_without_a_single_time_where_lines_should_have_one_is_refused(tmp_path):
    lines = [b"081399 203518 1 INFO dfs.A: no such day"] * 6
    expected = r"(?s)a time on none of 6 rows.*value: +hdfs.*HDFS.log:1: 081399.*HDFS.log:3: 081399 [^\n]*$"
    with pytest.raises(DataError, match=expected):
        build(tmp_path, b"\n".join(lines))


def test_a_range_of_lines_keeps_the_numbers_of_the_whole_file(tmp_path):
    whole = build(tmp_path, LOG[3:])
    part = build(
        tmp_path,
        LOG[3:],
        "dataset.line_range=[1,6]",
        "dataset.max_unparsed_fraction=0.5",
        into="part",
        block_bytes=100,
    )
    inside = (whole.line >= 1) & (whole.line < 6)
    assert part.line.tolist() == whole.line[inside].tolist() == [1, 3, 5]
    assert (part.first_line, part.n_lines) == (1, 5)
    assert part.raw_lines([3]) == whole.raw_lines([3])
    assert part.manifest["unparsed_samples"][0]["line"] == 4


def test_lines_without_a_message_are_no_rows_but_anomalous_ones_are_remembered(tmp_path):
    head = "1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228"
    lines = [
        f"- {head} a: x",
        f"ERR {head}",
        f"- {head} b[1]:",
        f"ERR {head} c: y",
        f"ERR {head} d:",
    ]
    log = tmp_path / "t.log"
    log.write_text("\n".join(lines * 3))
    config = composed("dataset=thunderbird")
    dataset = built(config, log, tmp_path / "built", block_bytes=100)
    assert dataset.line.tolist() == [0, 3, 5, 8, 10, 13]
    assert dataset.unrowed_anomalies.tolist() == [1, 4, 6, 9, 11, 14]
    assert dataset.manifest["lines_without_message"] == 9
    assert dataset.manifest["lines_unparsed"] == 0
    assert dataset.level.tolist() == [NO_LEVEL] * 6
    assert dataset.manifest["levels"] == {}


class Recording(Progress):
    """Keeps the stages and their steps."""

    def __init__(self) -> None:
        super().__init__(bars=False)
        self.stages: list[tuple[int | None, list[int]]] = []

    @contextmanager
    def stage(self, title, total, unit):
        assert unit == "B"
        self.stages.append((total, []))
        yield self.stages[-1][1].append


def bytes_shown(tmp_path: Path, line_range: str, block_bytes: int) -> tuple[int | None, list[int]]:
    progress = Recording()
    overrides = [f"dataset.line_range={line_range}", "dataset.max_unparsed_fraction=0.5"]
    config = composed("dataset=hdfs", "dataset.label_reader=null", *overrides)
    (tmp_path / "HDFS.log").write_bytes(LOG)
    log = tmp_path / "HDFS.log"
    built(config, log, tmp_path / "built", progress=progress, block_bytes=block_bytes)
    ((total, steps),) = progress.stages
    return total, steps


@pytest.mark.parametrize("block_bytes", [1, 100, 1 << 20])
def test_progress_ends_at_the_size_of_the_file(tmp_path, block_bytes):
    total, steps = bytes_shown(tmp_path, "null", block_bytes)
    assert total == sum(steps) == len(LOG)
    assert len(steps) == {1: 7, 1 << 20: 1}.get(block_bytes, len(steps))


@pytest.mark.parametrize("block_bytes", [1, 100, 1 << 20])
@pytest.mark.parametrize(("first", "end"), [(0, 2), (1, 6), (3, 100)])
def test_progress_of_a_range_counts_its_own_bytes_and_promises_no_end(
    tmp_path, block_bytes, first, end
):
    total, steps = bytes_shown(tmp_path, f"[{first},{end}]", block_bytes)
    lines = LOG.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    assert total is None
    assert sum(steps) == sum(map(len, lines[first:end]))
