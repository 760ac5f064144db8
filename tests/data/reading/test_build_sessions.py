from __future__ import annotations

from pathlib import Path

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.data.columns import COLUMNS
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.progress import SILENT

IDS = {
    "openstack_train": "a,1 2 3\nb,1 2\n\na,1 2 3\n",
    "openstack_test_normal": "c,2 1\n",
    "openstack_test_abnormal": "d,9 9 1\ne,\na,4\n",
}


def load(folder: Path, dataset: str, *overrides: str) -> tuple[LogDataset, object]:
    source = [f"dataset={dataset}", f"dataset.source.path={folder}", "template=event_ids"]
    config = load_run_config([*source, "split=predefined", *overrides])
    places = {"data_dir": folder / "data", "cache_dir": folder / "cache"}
    found = load_dataset(config.dataset, config.template, **places, progress=SILENT)
    return found, config


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_sessions_with_ids_worked_out_by_hand(tmp_path):
    dataset, config = load(write(tmp_path, IDS), "openstack_sessions")
    assert dataset.entities.to_list() == ["a", "b", "a#2", "c", "d", "a#3"]
    assert [dataset.templates[code] for code in dataset.template] == list("1231212321") + list(
        "9914"
    )
    assert dataset.entity.tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5]
    assert dataset.entity_label.tolist() == [0, 0, 0, 0, 1, 1]
    assert dataset.line.tolist() == [0, 0, 0, 1, 1, 3, 3, 3, 4, 4, 5, 5, 5, 7]
    names = [dataset.sources[source].removeprefix("openstack_") for source in dataset.source]
    assert names == ["train"] * 8 + ["test_normal"] * 2 + ["test_abnormal"] * 4
    for name in ("time_ms", "label", "level"):
        assert getattr(dataset, name).tolist() == [COLUMNS[name].missing] * 14
    assert (dataset.manifest["lines_total"], dataset.manifest["lines_empty"]) == (8, 2)
    found = config.sequence.apply(dataset, config.split)
    assert found.split.tolist() == [0, 0, 0, 2, 2, 2]
    assert found.label.tolist() == [0, 0, 0, 0, 1, 1]
    assert found.report["requested"] == {"name": "predefined"}


def test_sessions_without_ids_are_named_by_their_file_and_line(tmp_path):
    files = {
        "hdfs_train": "5 5 22 \n5 22\n",
        "hdfs_test_normal": "5\n",
        "hdfs_test_abnormal": "22\n",
    }
    dataset, _ = load(write(tmp_path, files), "hdfs_sessions")
    assert dataset.entities.to_list() == [
        "hdfs_train:0",
        "hdfs_train:1",
        "hdfs_test_normal:0",
        "hdfs_test_abnormal:0",
    ]
    assert dataset.templates == ("5", "22")
    assert dataset.raw_lines([0]) == {}


def test_an_edited_file_that_is_not_the_first_is_read_again(tmp_path):
    first, _ = load(write(tmp_path, IDS), "openstack_sessions")
    second, _ = load(
        write(tmp_path, IDS | {"openstack_test_normal": "c,2 2\n"}), "openstack_sessions"
    )
    assert second.digest != first.digest


@pytest.mark.parametrize(
    ("files", "overrides", "error", "message"),
    [
        (
            IDS | {"openstack_train": "1 2 3\n"},
            [],
            DataError,
            "openstack_train: 1 line has no id",
        ),
        (dict(list(IDS.items())[:2]), [], DataError, r"(?s)files: there is no such file.*abnormal"),
        (IDS | {"openstack_train": ""}, [], DataError, r"files: this file holds no session"),
        (IDS | {"openstack_train": "\n \n"}, [], DataError, r"files: this file holds no session"),
        (IDS | {"openstack_train": "a,\nb, \n"}, [], DataError, r"(?s)no session.*openstack_train"),
        (IDS, ["template=drain"], ConfigError, r"(?s)hold event ids.*template=event_ids"),
        (
            IDS,
            ["template=event_ids", "template.with_fields=[level]"],
            ConfigError,
            r"hold event ids, and no messages to mine or fields",
        ),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_so(tmp_path, files, overrides, error, message):
    source = ["dataset=openstack_sessions", f"dataset.source.path={write(tmp_path, files)}"]
    config = load_run_config([*source, *(overrides or ["template=event_ids"])])
    places = {"data_dir": tmp_path / "data", "cache_dir": tmp_path / "cache"}
    with pytest.raises(error, match=message):
        load_dataset(config.dataset, config.template, **places, progress=SILENT)


def test_the_real_openstack_sessions_are_all_there(shared_data, tmp_path):
    folder = shared_data / "sessions/openstack_loghub"
    source = ["dataset=openstack_sessions", f"dataset.source.path={folder}", "template=event_ids"]
    config = load_run_config([*source, "split=predefined"])
    dataset = load_dataset(
        config.dataset, config.template, data_dir=tmp_path, cache_dir=tmp_path, progress=SILENT
    )
    counted = {}
    for name in ("train", "test_normal", "test_abnormal"):
        lines = (folder / f"openstack_{name}").read_text().splitlines()
        counted[name] = [line.split(",")[1].split() for line in lines if line.split(",")[1].split()]
    assert len(dataset.entities) == sum(map(len, counted.values()))
    assert dataset.n_events == sum(len(events) for part in counted.values() for events in part)
    sequences = config.sequence.apply(dataset, config.split)
    counts = sequences.report["sequences"]
    assert counts["train"]["total"] == len(counted["train"])
    assert counts["test"]["anomalous"] == len(counted["test_abnormal"])
    assert counts["test"]["normal"] == len(counted["test_normal"])


def test_ray_does_nothing_for_session_files_which_is_said_while_they_are_built(tmp_path, caplog):
    folder = write(tmp_path, IDS)
    dataset, _ = load(folder, "openstack_sessions", "dataset.build.engine=ray")
    (record,) = [one for one in caplog.records if one.levelname == "WARNING"]
    assert "dataset.build.engine=ray does nothing here" in record.getMessage()
    caplog.clear()
    again, _ = load(folder, "openstack_sessions")
    assert again.directory == dataset.directory
    assert not [one for one in caplog.records if one.levelname == "WARNING"]
