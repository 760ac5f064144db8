"""Run dirs that have changed since they were written: none of it is read, and what has changed is named."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from anomalog_exp.app import run
from anomalog_exp.commands import mirror, rerun
from anomalog_exp.config import RunConfig, load_run_config
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.results import read_run

FILES = (
    "anomalies.txt",
    "config.yaml",
    "dataset_manifest.json",
    "environment.json",
    "event_predictions.parquet",
    "findings.json",
    "metrics.json",
    "model_manifest.json",
    "predictions.jsonl",
    "predictions.parquet",
    "run.log",
    "scores.npz",
    "timeline.json",
)
READ = {
    "config.yaml": "config",
    "dataset_manifest.json": "dataset_manifest",
    "environment.json": "environment",
    "findings.json": "findings",
    "metrics.json": "report",
    "model_manifest.json": "model_manifest",
    "predictions.parquet": "predictions",
    "scores.npz": "scores",
    "timeline.json": "timeline",
}


def changed(path: Path) -> str:
    """One bit of it."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return f"{path.name} has changed"


def emptied(path: Path) -> str:
    path.write_bytes(b"")
    return f"{path.name} has changed"


def removed(path: Path) -> str:
    path.unlink()
    return f"{path.name} is missing"


def made_a_folder(path: Path) -> str:
    path.unlink()
    path.mkdir()
    return f"{path.name} is missing"


def made_a_pipe(path: Path) -> str:
    path.unlink()
    os.mkfifo(path)
    return f"{path.name} is missing"


DAMAGES: list[Callable[[Path], str]] = [changed, emptied, removed, made_a_folder, made_a_pipe]

NO_STATUS = {
    "no keys": "{}",
    "a list": '["status"]',
    "a text": '"done"',
    "no JSON": '{"status": "do',
    "nothing": "",
    "zeros": "\0" * 300,
    "another encoding": b"\xff\xfe{\0}\0",
    "nested": "[" * 100_000,
    "files elsewhere": json.dumps(
        {"status": "done", "reason": None, "config_fingerprint": "", "data_digest": "",
         "code_digest": "", "files": {"../x": ""}}
    ),
    "an unknown status": json.dumps(
        {"status": "fine", "reason": None, "config_fingerprint": "", "data_digest": "", "code_digest": ""}
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def options(tmp_path_factory) -> list[str]:
    """Of a run that judges single events as well."""
    folder = tmp_path_factory.mktemp("intact")
    place = "2005.06.03 R02 2005-06-03-15.42.50.675872 R02 RAS KERNEL INFO"
    lines = [
        f"{'KERNDTLB' if second // 20 in (3, 19, 25) else '-'} {1117838570 + second} {place} event {'abc'[second % 3]}\n"
        for second in range(600)
    ]
    (folder / "BGL.log").write_text("".join(lines))
    names = ("data_dir", "cache_dir", "output_dir")
    return [
        "dataset=bgl", "dataset/source=local_dir", f"dataset.source.path={folder / 'BGL.log'}",
        "sequence=fixed", "sequence.window_size=20", "split=prefix_fraction", "model=markov",
        "tracking=none", *(f"paths.{name}={folder / name}" for name in names),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def composed(options) -> RunConfig:
    return load_run_config([*options, "write_predictions=true"])


@pytest.fixture(scope="module")
def original(composed) -> Path:
    """A run dir with every file that a run can write."""
    logging.getLogger("anomalog_exp").setLevel("INFO")
    try:
        return Path(run(composed).run_dir)
    finally:
        logging.getLogger("anomalog_exp").setLevel("NOTSET")


@pytest.fixture
def run_dir(original, tmp_path) -> Path:
    return shutil.copytree(original, tmp_path / original.parent.name / original.name)


@pytest.fixture
def config(composed, tmp_path) -> RunConfig:
    paths = composed.paths.model_copy(update={"output_dir": tmp_path})
    return composed.model_copy(update={"paths": paths})


def files_in(run_dir: Path) -> dict[str, bytes]:
    """The files that equal runs write alike, wherever they write."""
    others = ("config.yaml", "environment.json", "run.log")
    return {name: (run_dir / name).read_bytes() for name in FILES if name not in others}


def test_the_status_names_every_other_file(original):
    status = read_run(original).status
    assert (
        set(status["files"])
        == set(FILES)
        == {path.name for path in original.iterdir()} - {"status.json", "report.html"}
    )


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_result_that_has_changed_is_made_again_and_the_file_is_named(
    run_dir, original, config, caplog, name, damage
):
    misfit = damage(run_dir / name)
    with caplog.at_level("INFO"):
        again = run(config)
    assert not again.reused
    assert f"the last result is not as it was written: {misfit}" in caplog.text
    assert files_in(run_dir) == files_in(original)
    assert run(config).reused


def test_what_the_tracker_writes_later_changes_nothing(run_dir, config):
    (run_dir / "tracking.json").write_text("[]")
    assert run(config).reused


def test_pages_and_figures_are_no_part_of_a_result(run_dir, config):
    (run_dir / "figures").mkdir()
    (run_dir / "figures/roc.svg").write_text("drawn later")
    changed(run_dir / "report.html")
    assert run(config).reused


@pytest.mark.parametrize("text", NO_STATUS.values(), ids=NO_STATUS)
def test_a_damaged_status_costs_a_run_and_the_result_is_kept(run_dir, config, caplog, text):
    before = files_in(run_dir)
    (run_dir / "status.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(
        DataError, match=r"^status.json: it is damaged: no run writes such a file\n"
    ):
        _ = read_run(run_dir).metrics
    with caplog.at_level("INFO"):
        again = run(config)
    assert not again.reused
    assert "the status.json of the last attempt is damaged" in caplog.text
    assert files_in(run_dir) == before == files_in(run_dir / "attempts/1")


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_has_changed_is_not_read(run_dir, name, damage):
    stored = read_run(run_dir)
    getattr(stored, READ[name])
    assert run_dir / name in stored.files
    misfit = damage(run_dir / name)
    for what in (READ[name], "files"):
        with pytest.raises(DataError, match=rf"^RUN_DIR: {misfit}") as error:
            getattr(stored, what)
        message = str(error.value)
        assert f"\n  value:   {run_dir}" in message
        assert (
            "\n  to do:   put back what was written, or type the command of the run again"
            in message
        )
    for other in set(READ.values()) - {READ[name]}:
        getattr(stored, other)


def test_a_file_that_the_run_did_not_write_is_not_read(options, tmp_path):
    config = load_run_config([*options, f"paths.output_dir={tmp_path}"])
    stored = read_run(run(config).run_dir)
    stored.paths.predictions_path.write_bytes(b"PAR1")
    with pytest.raises(
        DataError, match=r"^predictions.parquet: the run wrote no such file: it ended as done"
    ):
        _ = stored.predictions


def test_an_older_attempt_is_read_as_the_latest_is(run_dir, config):
    run(config.model_copy(update={"force": True}))
    older = read_run(run_dir / "attempts/1")
    assert {path.name for path in older.files} == {*FILES, "status.json"}
    changed(older.paths.metrics_path)
    with pytest.raises(DataError, match=r"^RUN_DIR: metrics.json has changed since the run ended"):
        _ = older.report
    assert run(config).reused


def test_a_run_that_an_earlier_version_wrote_is_not_reused_and_not_read(run_dir, config, caplog):
    status = {k: v for k, v in read_run(run_dir).status.items() if k != "files"}
    (run_dir / "status.json").write_text(json.dumps(status))
    with pytest.raises(
        DataError, match="an earlier version wrote this run, without digests"
    ) as error:
        _ = read_run(run_dir).metrics
    assert f"to do:   python -m anomalog_exp rerun {run_dir}" in str(error.value)
    with caplog.at_level("INFO"):
        assert not run(config).reused
    assert "an earlier version wrote the last result, without digests of its files" in caplog.text
    assert run(config).reused


def test_a_run_that_lasts_still_is_not_read(run_dir):
    status = {k: v for k, v in read_run(run_dir).status.items() if k != "files"} | {
        "status": "running"
    }
    (run_dir / "status.json").write_text(json.dumps(status))
    with pytest.raises(DataError, match="the run has not ended: it lasts still, or it was cut off"):
        _ = read_run(run_dir).metrics


@pytest.mark.parametrize("name", FILES)
def test_a_run_dir_that_has_changed_is_not_mirrored(run_dir, tmp_path, name):
    misfit = changed(run_dir / name)
    store = [f"tracking.store={tmp_path / 'm.db'}", f"tracking.artifacts={tmp_path / 'a'}"]
    with pytest.raises(DataError, match=rf"^RUN_DIR: {misfit} since the run ended"):
        mirror.main([str(run_dir), "--", *store])
    assert not (run_dir / "tracking.json").exists()
    assert not (tmp_path / "m.db").exists()


def rerun_of(config, capsys, spoil: Callable[[Path], object]) -> tuple[int, str]:
    """Exit code and output of a rerun of a new run that is spoiled first."""
    run_dir = Path(run(config).run_dir)
    spoil(run_dir)
    code = rerun.main([str(run_dir)])
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith(f"  {run_dir}")
    assert read_run(run_dir).files
    return code, line.removesuffix(f"  {run_dir}")


def without_digests(run_dir: Path) -> None:
    status = {k: v for k, v in read_run(run_dir).status.items() if k != "files"}
    (run_dir / "status.json").write_text(json.dumps(status))


@pytest.mark.parametrize(
    ("spoil", "code", "line"),
    [
        (lambda run_dir: None, 0, "the same"),
        (lambda run_dir: changed(run_dir / "metrics.json"), 1,
         "differs in metrics.json (older result: metrics.json has changed)"),
        (lambda run_dir: removed(run_dir / "anomalies.txt"), 1,
         "differs in anomalies.txt (older result: anomalies.txt is missing)"),
        (lambda run_dir: changed(run_dir / "scores.npz"), 0,
         "the same (older result: scores.npz has changed)"),
        (without_digests, 0, "the same (older result: an earlier version wrote it, without digests)"),
    ],
)  # fmt: skip
def test_a_rerun_says_what_did_not_fit(config, capsys, spoil, code, line):
    assert rerun_of(config, capsys, spoil) == (code, line)


def test_a_rerun_of_a_config_that_has_changed_is_refused(run_dir):
    before = {path: path.stat().st_mtime_ns for path in run_dir.parent.rglob("*")}
    changed(run_dir / "config.yaml")
    before |= {path: path.stat().st_mtime_ns for path in [run_dir / "config.yaml"]}
    with pytest.raises(DataError, match=r"^RUN_DIR: config.yaml has changed since the run ended"):
        rerun.main([str(run_dir)])
    assert {path: path.stat().st_mtime_ns for path in run_dir.parent.rglob("*")} == before


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [b", "it is no YAML"),
        ("\xff\xfe\0", "it is no YAML"),
        ("when: 2020-99-99", "it is no YAML"),
        ("[" * 5000, "it is no YAML"),
        ("", "it is no mapping of keys to values"),
        ("- model", "it is no mapping of keys to values"),
        ("just a text", "it is no mapping of keys to values"),
        ("1: 2", "it is no mapping of keys to values"),
        ("model: markov", "cannot be run by this version"),
        ("model: {1: 2}", "cannot be run by this version"),
        ("model: {name: [markov]}", "cannot be run by this version"),
        ("{seed: -1, dataset: null, plugins: 5}", "cannot be run by this version"),
    ],
)
def test_a_rerun_of_a_config_that_cannot_be_used_is_a_mistake(run_dir, text, problem):
    without_digests(run_dir)
    (run_dir / "config.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError) as error:
        rerun.main([str(run_dir)])
    assert problem in str(error.value)
    assert str(run_dir / "config.yaml") in str(error.value)


@pytest.mark.parametrize(
    "value", ["seed: -1", "seed: many", "seed: 0\nnothing: 1", "force: 2020-01-01"]
)
def test_a_rerun_names_the_value_that_is_not_allowed(run_dir, value):
    without_digests(run_dir)
    path = run_dir / "config.yaml"
    key = value.partition(":")[0]
    lines = [line for line in path.read_text().splitlines() if not line.startswith(f"{key}:")]
    path.write_text("\n".join([*lines, value]) + "\n")
    with pytest.raises(ConfigError, match=rf"cannot be run by this version\n({key}|nothing): "):
        rerun.main([str(run_dir)])
