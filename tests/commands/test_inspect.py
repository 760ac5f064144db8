"""What the command `inspect` prints and writes."""

from __future__ import annotations

import json
import shlex

import pytest
import yaml

from anomalog_exp.app import run
from anomalog_exp.commands import run_command
from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.plugins import PLUGINS_VARIABLE, use_plugins

LINES = [
    f"2024-05-01 10:{i // 60:02d}:{i % 60:02d},000 {['INFO', 'WARN'][i % 7 == 0]} shop: order-{i // 5} step {i}"
    for i in range(900)
]


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A log in the current folder, and plugins as they were behind the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PLUGINS_VARIABLE, "")
    (tmp_path / "app.log").write_text("\n".join(LINES) + "\n")
    yield tmp_path / "app.log"
    use_plugins([])


def test_a_screen_says_what_the_log_is_and_how_to_run_on_it(log, capsys):
    assert run_command("inspect", "app.log") == 0
    shown = capsys.readouterr().out
    titles = [line.split()[0] for line in shown.splitlines() if line[:1].strip()]
    assert titles == [
        "log",
        "lines",
        "format",
        "times",
        "records",
        "fields",
        "ties",
        "templates",
        "run",
    ]
    assert "format     log4j: Log4j and what is laid out like it" in shown
    assert "2024-05-01 10:00:00 to 2024-05-01 10:14:59 UTC (0:14:59); time, iso8601" in shown
    assert "on 100% of the lines, 180 values, 5 lines each (median), as order-0" in shown
    assert "suggested: sequence=entity" in shown
    assert "900  order-<*> step <*>" in shown.replace("  <*> step", "  order-<*> step")
    command = shlex.split(shown.splitlines()[-1].removeprefix("run it"))
    config = load_run_config(command[3:])
    assert config.dataset.structured_parser.entity_pattern
    assert config.template.with_fields == ("level",)


def test_all_of_it_is_json(log, capsys):
    assert run_command("inspect", str(log), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parser"]["option"] == "log4j"
    assert (found["lines"], found["recognised"]) == (900, True)
    assert found["overrides"][:2] == ["dataset=custom", f"dataset.source.path={log}"]


def test_several_files_are_one_log(log, capsys):
    (log.parent / "app.log.1").write_text("\n".join(LINES) + "\n")
    assert run_command("inspect", "app.log*", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in found["inputs"]] == ["app.log.1", "app.log"]
    assert found["lines"] == 1800


def test_a_data_set_is_written_and_runs(log, capsys):
    assert run_command("inspect", "app.log", "--write", "mine/conf/dataset/shop.yaml") == 0
    shown = capsys.readouterr().out
    file = log.parent / "mine/conf/dataset/shop.yaml"
    assert f"written    {file}" in shown
    assert yaml.safe_load(file.read_text())["source"] == {"path": str(log)}
    command = shlex.split(shown.splitlines()[-1].removeprefix("run it"))
    assert command[4] == "dataset=shop"
    config = load_run_config([*command[3:], "tracking=none", "report.page=false", "model=markov"])
    assert (config.dataset.name, config.sequence.name) == ("shop", "entity")
    result = run(config)
    assert (result.status, result.judged) == ("done", 90)


def test_a_format_of_its_own_is_written_as_it_was_recognised(log, capsys):
    lines = [f'Start-Date: 2024-05-13  10:0{i}:00\nIt\'s: "x" \\d\n' for i in range(9)]
    log.write_text("\n".join(lines))
    assert run_command("inspect", "app.log", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert run_command("inspect", "app.log", "--write", "mine/conf/dataset/own.yaml") == 0
    config = load_run_config(["plugins=[mine]", "dataset=own"])
    parser = config.dataset.structured_parser.model_dump(mode="json")
    assert {key: parser[key] for key in found["parser"]["keys"]} == found["parser"]["keys"]


def test_a_file_is_not_overwritten_unless_that_is_meant(log, capsys):
    write = ("inspect", "app.log", "--write", "mine/conf/dataset/shop.yaml")
    assert run_command(*write) == 0
    with pytest.raises(ConfigError, match=r"(?s)--write: there is such a file.*to do: .*--force"):
        run_command(*write)
    assert run_command(*write, "--force") == 0


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("shop.yaml", "no data set is looked for there"),
        ("mine/conf/dataset/shop.txt", "no data set is looked for there"),
        ("mine/conf/model/shop.yaml", "no data set is looked for there"),
        ("mine/conf/dataset/a b.yaml", "no data set is looked for there"),
        ("mine/conf/dataset/hdfs.yaml", "there is a data set of this name already"),
    ],
)
def test_a_data_set_stands_only_where_it_is_found(log, place, problem):
    with pytest.raises(ConfigError, match=rf"(?s)^--write: {problem}.*value: .*allowed: .*to do: "):
        run_command("inspect", "app.log", "--write", place)
    assert not (log.parent / "mine").exists()


def test_a_log_that_is_not_there_is_a_mistake(log):
    with pytest.raises(ConfigError, match="there is no such file or folder"):
        run_command("inspect", "nowhere.log")
