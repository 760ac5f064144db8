"""Two halves of real logs: a bundle of the first judges the second as a run over both does."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from anomalog_exp.app import run
from anomalog_exp.commands.score import scoring_config
from anomalog_exp.config import load_run_config
from anomalog_exp.results import RunScores, read_bundle, read_run

QUICK = ["tracking=none", "report.page=false", "evaluation.bootstrap_samples=0"]


@pytest.fixture(scope="module")
def hdfs(shared_data, tmp_path_factory) -> Path:
    """A folder with both halves of a part of HDFS."""
    folder = tmp_path_factory.mktemp("hdfs")
    with zipfile.ZipFile(shared_data / "hdfs_v1_2pct.zip") as archive:
        lines = archive.read("HDFS.log").splitlines(keepends=True)[:60_000]
    (folder / "first.log").write_bytes(b"".join(lines[:30_000]))
    (folder / "second.log").write_bytes(b"".join(lines[30_000:]))
    return folder


def by_file_and_by_bundle(
    both: Sequence[str], first: Sequence[str], second: Path, folder: Path
) -> tuple[RunScores, RunScores]:
    """Scores of the second half: of a run over both, and of a bundle of the first."""
    given = [*QUICK, *(f"paths.{name}_dir={folder / name}" for name in ("data", "cache", "output"))]
    over_both = run(load_run_config([*both, *given]))
    trained = run(load_run_config([*first, "split=all", *given]))
    judged = run(scoring_config(read_bundle(Path(trained.run_dir)), [second], given))
    return read_run(over_both.run_dir).scores, read_run(judged.run_dir).scores


@pytest.mark.parametrize("model", ["markov", "new_value"])
def test_hdfs(hdfs, model):
    base = [
        "dataset=hdfs",
        "dataset/source=local_dir",
        "dataset.label_reader=null",
        f"model={model}",
    ]
    base.append("template.fit_on=train")
    paths = [str(hdfs / name) for name in ("first.log", "second.log")]
    both = [f"dataset.source.path=[{','.join(paths)}]", "split=by_file", "split.train=[first.log]"]
    one, other = by_file_and_by_bundle(
        [*base, *both], [*base, f"dataset.source.path={paths[0]}"], hdfs / "second.log", hdfs
    )
    assert len(one.sequences.score) > 1000
    assert one.sequences.predicted.sum() == other.sequences.predicted.sum()
    # Blocks that both halves write to stand elsewhere in the order of the whole log.
    assert np.array_equal(np.sort(one.sequences.score), np.sort(other.sequences.score))


@pytest.mark.parametrize("model", ["markov", "isolation_forest"])
def test_openstack_sessions(shared_data, tmp_path, monkeypatch, model):
    source = shared_data / "sessions/openstack_loghub"
    sessions = (source / "openstack_train").read_text().splitlines(keepends=True)
    half = len(sessions) // 2
    (tmp_path / "openstack_train").write_text("".join(sessions[:half]))
    abnormal = (source / "openstack_test_abnormal").read_text()
    (tmp_path / "second").write_text("".join([*sessions[half:], abnormal]))
    monkeypatch.chdir(tmp_path)

    def files(*names: str) -> str:
        listed = ",".join(f"{{path: {name}, split: train, label: null}}" for name in names)
        return f"dataset.structured_parser.files=[{listed}]"

    base = ["dataset=openstack_sessions", f"dataset.source.path={tmp_path}", f"model={model}"]
    base.append("template=event_ids")
    one, other = by_file_and_by_bundle(
        [*base, files("openstack_train", "second"), "split=by_file", "split.train=['*train']"],
        [*base, files("openstack_train")],
        Path("second"),
        tmp_path,
    )
    assert len(one.sequences.score) > 200
    assert one.sequences.score.tobytes() == other.sequences.score.tobytes()
    assert np.array_equal(one.sequences.predicted, other.sequences.predicted)
