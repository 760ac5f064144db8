"""Session files of any origin: `dataset=sessions` finds them by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.progress import SILENT
from tests.command import command

WITH_IDS = {
    "adfa_train": "a,6 6 63\nb,6 42\n",
    "adfa_test_normal": "c,6 63\n",
    "adfa_test_abnormal": "d,42 42\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def typed(path: Path | str, *overrides: str):
    return load_run_config(["dataset=sessions", f"dataset.source.path='{path}'", *overrides])


def listed(config) -> list[tuple[str, str, int]]:
    files = config.dataset.structured_parser.files
    return [(str(file.path), file.split, file.label) for file in files]


@pytest.mark.parametrize("prefix", ["adfa_", "my.app-", ""])
@pytest.mark.parametrize("suffix", ["", ".txt"])
def test_any_prefix(tmp_path, prefix, suffix):
    names = {name: name.replace("adfa_", prefix) + suffix for name in WITH_IDS}
    folder = write(tmp_path / "set", {names[name]: text for name, text in WITH_IDS.items()})
    (folder / "README.md").write_text("what these are, in words\n")
    config = typed(folder)
    assert listed(config) == [
        (names["adfa_train"], "train", 0),
        (names["adfa_test_normal"], "test", 0),
        (names["adfa_test_abnormal"], "test", 1),
    ]
    assert config.dataset.structured_parser.id_separator == ","
    assert (config.split.name, config.template.name) == ("predefined", "identity")
    places = {"data_dir": tmp_path / "data", "cache_dir": tmp_path / "cache"}
    found = load_dataset(config.dataset, config.template, **places, progress=SILENT)
    assert found.entities.to_list() == ["a", "b", "c", "d"]
    assert found.entity_label.tolist() == [0, 0, 0, 1]
    assert config.sequence.apply(found, config.split).split.tolist() == [0, 0, 2, 2]


def test_what_is_found_is_what_one_would_list(tmp_path):
    folder = write(tmp_path, WITH_IDS)
    found = typed(folder)
    by_hand = ",".join(
        f"{{path: {path}, split: {split}, label: {label}}}" for path, split, label in listed(found)
    )
    parser = "dataset.structured_parser"
    typed_by_hand = typed(
        folder,
        f"{parser}.files=[{by_hand}]",
        f"{parser}.id_separator=','",
        "dataset.source.raw_logs_relpath=adfa_train",
    )
    assert typed_by_hand == found


def test_no_ids_a_missing_part_and_a_pattern(tmp_path):
    files = {"x_train": "5 5 22 \n\n5 22\n", "x_test_abnormal": "9\n", "y_train": "a,1\n"}
    config = typed(f"{write(tmp_path, files)}/x_*")
    assert listed(config) == [("x_train", "train", 0), ("x_test_abnormal", "test", 1)]
    assert config.dataset.structured_parser.id_separator is None
    places = {"data_dir": tmp_path / "data", "cache_dir": tmp_path / "cache"}
    found = load_dataset(config.dataset, config.template, **places, progress=SILENT)
    assert found.entities.to_list() == ["x_train:0", "x_train:2", "x_test_abnormal:0"]


def test_what_the_command_or_an_experiment_says_wins(tmp_path):
    folder = write(tmp_path, WITH_IDS)
    assert typed(folder, "split=chronological").split.name == "chronological"
    experiment = ["experiment=thunderbird_entity", "dataset.line_range=null"]
    assert typed(folder, *experiment).split.name == "chronological"
    for name in ("hdfs_sessions", "openstack_sessions"):
        config = load_run_config([f"dataset={name}", f"dataset.source.path={folder}"])
        assert (config.split.name, config.template.name) == ("predefined", "identity")


@pytest.mark.parametrize(
    ("files", "error", "message"),
    [
        ({"a.log": "1 2\n"}, ConfigError, r"(?s)no set of sessions is found.*a\.log.*PREFIX_train"),
        ({"x_train": "1 2\n"}, ConfigError, "no set of sessions is found"),
        ({"x_train.gz": "", "x_test_normal": "1\n"}, ConfigError, "unpack or rename"),
        ({"x_train": "1\n", "x_train.txt": "1\n", "x_test_normal": "1\n"}, ConfigError, "no set"),
        (
            {"x_train": "1\n", "x_test_normal": "1\n", "y_train": "1\n"},
            ConfigError,
            r"(?s)several sets of sessions lie here: 'x', 'y'.*FOLDER/x_\*",
        ),
        (
            {"x_train": "a,1 2\n", "x_test_normal": "1 2\n"},
            DataError,
            r"(?s)x_train have an id, others.*x_test_normal",
        ),
        (
            {"x_train": "a,1 2\n3 4\n", "x_test_normal": "b,1\n"},
            DataError,
            r"(?s)x_train have an id, others",
        ),
        ({"x_train": "5,22,5\n", "x_test_normal": "5\n"}, DataError, "several commas: 5,22,5"),
    ],
)
def test_what_is_no_set_of_sessions_is_an_error_that_says_so(tmp_path, files, error, message):
    with pytest.raises(error, match=message):
        typed(write(tmp_path, files))


def test_a_source_that_shows_no_files_is_an_error_that_says_so(tmp_path):
    archive = ["dataset/source=local_zip", f"dataset.source.zip_path={tmp_path}/x.zip"]
    with pytest.raises(ConfigError, match="local_zip does not show its files"):
        load_run_config(["dataset=sessions", *archive])


def test_the_command_needs_no_more_than_the_folder(tmp_path, shared_data):
    folder = shared_data / "sessions/openstack_loghub"
    given = ["dataset=sessions", f"dataset.source.path={folder}", "tracking=none"]
    done = command(*given, "model=new_event", "report.page=false", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2,050" in done.stdout or "2050" in done.stdout
