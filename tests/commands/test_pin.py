"""Templates written as a file to edit, and what runs make of the file."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml

from anomalog_exp.app import RunResult, run
from anomalog_exp.commands import run_command
from anomalog_exp.config import load_run_config
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.errors import ConfigError
from anomalog_exp.results import read_run

LINES = [
    line
    for i in range(120)
    for line in (
        f"req-{i} opened by user{i % 7}",
        f"req-{i} asked for item {i}",
        f"req-{i} {'failed with code 500' if i in (77, 107) else 'ended with code 200'}",
        f"req-{i} closed",
    )
]


@pytest.fixture
def overrides(tmp_path) -> list[str]:
    """What runs on a small log."""
    log = tmp_path / "app.log"
    log.write_text("".join(f"{line}\n" for line in LINES))
    return [
        "dataset=custom",
        f"dataset.source.path={log}",
        r"dataset.structured_parser.entity_pattern='req-\d+'",
        "tracking=none",
        "model=new_event",
        *[f"paths.{name}_dir={tmp_path}/{name}" for name in ("data", "cache", "output")],
    ]


def ran(*overrides: str) -> RunResult:
    return run(load_run_config(overrides), overrides=overrides)


def pinned(tmp_path: Path, *arguments: str) -> list[dict]:
    """What the command writes."""
    file = tmp_path / "templates.yaml"
    assert run_command("pin", "--write", str(file), "--force", *arguments) == 0
    return list(yaml.safe_load(file.read_text())["templates"])


def test_the_file_lists_templates_with_their_lines_and_a_sample_the_most_frequent_first(
    overrides, capsys
):
    assert run_command("pin", "--", *overrides) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# Templates of custom by siblings, the most frequent first.\n")
    shown = printed[printed.index("\ntemplates:\n") :]
    assert shown == (
        "\ntemplates:\n"
        "  # 120 lines: app.log:1: req-0 opened by user0\n"
        '  - text: "req-<*> opened by <*>"\n'
        "  # 120 lines: app.log:2: req-0 asked for item 0\n"
        '  - text: "req-<*> asked for item <*>"\n'
        "  # 120 lines: app.log:4: req-0 closed\n"
        '  - text: "req-<*> closed"\n'
        "  # 118 lines: app.log:3: req-0 ended with code 200\n"
        '  - text: "req-<*> ended with code <*>"\n'
        "  # 2 lines: app.log:311: req-77 failed with code 500\n"
        '  - text: "req-<*> failed with code <*>"\n'
    )


def test_a_run_with_the_file_as_it_was_written_gives_the_same_and_one_edited_shows_the_names(
    overrides, tmp_path
):
    before = read_run(ran(*overrides).run_dir)
    file = tmp_path / "templates.yaml"
    entries = pinned(tmp_path, str(before.paths.run_dir))
    after = read_run(ran(*overrides, f"template.pinned={file}").run_dir)
    assert after.paths.run_fingerprint != before.paths.run_fingerprint
    assert after.metrics == before.metrics
    assert after.dataset_manifest["template_texts"] == before.dataset_manifest["template_texts"]

    named = [
        {"name": "refusal", "text": "<*> failed with code 500"},
        {"name": "fire", "text": "fire in <**>"},
        *(one for one in entries if "failed" not in one["text"]),
    ]
    file.write_text(yaml.safe_dump({"templates": named}))
    edited = ran(*overrides, f"template.pinned={file}")
    stored = read_run(edited.run_dir)
    assert "refusal" in stored.dataset_manifest["template_texts"]
    rows = stored.dataset_manifest["dataset"]["pinned"]["rows"]
    assert (rows["refusal"], rows["fire"]) == (2, 0)
    assert any("Pinned templates fit no message. 1 of 6, as 'fire'." in w for w in edited.warnings)
    reasons = [one["reasons"] for one in stored.findings["sequences"]]
    assert "refusal" in str(reasons)

    # The run dir needs the file no more, and a file from it shows names and texts again.
    again = pinned(tmp_path, str(stored.paths.run_dir))
    assert again[-2:] == named[:2]
    file.unlink()
    assert run_command("rerun", str(stored.paths.run_dir)) == 0


@pytest.mark.parametrize("system", ["HDFS", "BGL", "Thunderbird", "OpenStack"])
def test_templates_of_real_logs_come_back_as_they_were(system, shared_data, tmp_path):
    path = shared_data / f"loghub_2k/{system}/{system}_2k.log_structured.csv"
    with path.open(newline="", encoding="utf-8") as rows:
        messages = [row["Content"] for row in csv.DictReader(rows)]
    log = tmp_path / "a.log"
    log.write_text("".join(f"{message}\n" for message in messages), encoding="utf-8")
    overrides = [
        "dataset=custom",
        f"dataset.source.path={log}",
        f"paths.cache_dir={tmp_path}/cache",
    ]
    entries = pinned(tmp_path, "--", *overrides)
    plain = load_run_config(overrides).template
    file = load_run_config([*overrides, f"template.pinned={tmp_path}/templates.yaml"]).template
    mined, codes = Templates.mine(messages, plain)
    again, same = Templates.mine(messages, file)
    assert len(entries) == len(mined.mined)
    assert again.mined == mined.mined
    assert np.array_equal(same, codes)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "name the folder of a run, or overrides"),
        (["RUN_DIR", "--", "seed=1"], "and not both"),
        (["nowhere"], "RUN_DIR: this folder holds no run"),
        (["--write", "there", "--", "seed=1"], "--write: there is such a file"),
    ],
)
def test_what_cannot_be_written_is_a_mistake(arguments, problem, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").touch()
    with pytest.raises(ConfigError, match=problem):
        run_command("pin", *arguments)
