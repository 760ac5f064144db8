"""Logs whose format is recognised: `dataset=auto`, and the overrides that are suggested for a log."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from anomalog_exp.config import load_run_config
from anomalog_exp.config.recognised import parser_candidates, recognised
from anomalog_exp.config.suggested import grouping_of, overrides_of, parser_overrides
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.plugins import use_plugins
from tests.command import command, run_dirs, sweep_rows
from tests.data.parsers.test_parser_contract import OWN
from tests.shop import SHOP, write_shop_log

LOGS = {
    "log4j": [f"2024-05-01 10:{i // 60:02d}:{i % 60:02d},000 {['INFO', 'WARN'][i % 2]} shop: order-{i // 5} step {i}" for i in range(600)],
    "access": OWN["access"] * 9,
    "android": OWN["android"] * 40,
    "nginx": [f"2024/05/01 10:00:00 [{['error', 'warn'][i % 2]}] {i}#0: it's \\ \"it\"" for i in range(60)],
    "paragraphs": [x for i in range(9) for x in (f"Start-Date: 2024-05-13  10:0{i}:00", "End: x", "")],
    "prose": ["a line of words", "and another"] * 9,
    "traces": [x for i in range(60) for x in (f"2024-05-01 10:00:{i:02d},000 ERROR shop: no '{i}'", "java.lang.Error: no", *["\tat shop.A.b(A.java:3)"] * 9)],
    "several": [x for i in range(60) for x in (OWN["access"][0], f'{{"at": "2024-05-01 10:00:{i:02d}", "what": "it\'s item {i} of many"}}', f"<{['warn', 'info'][i % 2]}> at 01.05.2024 10:00:{i:02d} | it's moved")],
}  # fmt: skip


@pytest.fixture(params=LOGS)
def log(request, tmp_path) -> Path:
    path = tmp_path / f"it's {request.param}.log"
    path.write_text("\n".join(LOGS[request.param]) + "\n")
    return path


def raw(log: Path) -> RawFiles:
    return RawFiles(log.parent, log)


def test_what_is_suggested_composes_to_what_was_recognised(log):
    found = recognised(raw(log))
    config = load_run_config(overrides_of(found))
    assert config.dataset.structured_parser == found.parser.config
    assert config.dataset.source.path == log
    assert config.template.with_fields == found.with_fields


def test_auto_is_the_same_run_as_the_parser_typed_by_hand(log):
    found = recognised(raw(log))
    path = f'dataset.source.path="{log}"'
    auto = load_run_config(["dataset=auto", path])
    fields = f"template.with_fields=[{','.join(found.with_fields)}]"
    by_hand = load_run_config(["dataset=custom", path, fields, *parser_overrides(found)])
    assert stable_fingerprint(auto.identity()) == stable_fingerprint(by_hand.identity())
    assert auto.name == by_hand.name


def test_fields_that_the_user_names_stay(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("\n".join(LOGS["access"]))
    given = ["dataset=auto", f"dataset.source.path={log}"]
    assert load_run_config(given).template.with_fields == ("status", "method")
    assert load_run_config([*given, "template.with_fields=[method]"]).template.with_fields == (
        "method",
    )


def test_a_log_is_recognised_once_as_long_as_it_stays(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("\n".join(OWN["syslog"]))
    first = recognised(raw(log))
    assert recognised(raw(log)) is first
    log.write_text("\n".join(OWN["json"]))
    assert recognised(raw(log)).parser.option == "json"


def test_what_is_not_recognised_is_read_as_lines_with_a_warning(tmp_path, caplog):
    log = tmp_path / "a.log"
    log.write_text("\n".join(LOGS["prose"]))
    config = load_run_config(["dataset=auto", f"dataset.source.path={log}"])
    assert config.dataset.structured_parser == parser_candidates()["custom"]
    (record,) = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert f"the format of {log} is not recognised" in record.getMessage()


def test_a_parser_that_is_named_beside_auto_is_a_mistake_that_says_what_to_choose(tmp_path):
    with pytest.raises(ConfigError, match=r"(?s)^dataset/structured_parser: the dataset that is chosen leaves nothing.*to do: .*dataset=custom"):  # fmt: skip
        load_run_config(["dataset=auto", "dataset.source.path=x", "dataset/structured_parser=json"])


def test_a_parser_of_a_plugin_takes_part(tmp_path):
    write_shop_log(tmp_path / "shop.log")
    assert recognised(raw(tmp_path / "shop.log")).parser.option == "custom"
    try:
        use_plugins([SHOP])
        assert {"shop", "syslog"} <= set(parser_candidates())
        found = recognised(raw(tmp_path / "shop.log"))
        assert found.parser.option == "shop"
        assert grouping_of(found) == {"sequence": "entity"}
    finally:
        use_plugins([])


def test_the_members_of_a_sweep_recognise_the_log_and_their_run_dirs_say_what_it_is(tmp_path):
    (tmp_path / "a.log").write_text("\n".join(LOGS["log4j"]))
    done = command(
        "dataset=auto", "dataset.source.path=a.log", "model=markov,oov", "-m", "tracking=none",
        "report.page=false", "hydra/launcher=basic", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {row["status"] for row in sweep_rows(tmp_path / "outputs")} == {"done"}
    dirs = run_dirs(tmp_path / "outputs")
    assert len(dirs) == 2
    for run_dir in dirs:
        parser = yaml.safe_load((run_dir / "config.yaml").read_text())["dataset"][
            "structured_parser"
        ]
        assert (parser["name"], parser["time_format"]) == ("custom", "iso8601")
        assert parser["entity_pattern"]
        manifest = json.loads((run_dir / "dataset_manifest.json").read_text())
        assert manifest["dataset"]["fields"]["make_events"] == {"level": 2}


@pytest.mark.parametrize(
    ("records", "span_s", "expected"),
    [
        # A minute makes 120 windows of 50 lines.
        (6000, 7200, {"sequence": "time", "sequence.time_span_ms": 60_000, "sequence.emit_empty": True}),
        # 180 windows of ten seconds have ten lines each, and 60 of thirty have thirty.
        (1800, 1800, {"sequence": "time", "sequence.time_span_ms": 10_000, "sequence.emit_empty": True}),
        # 50 windows would have eight lines.
        (400, 3000, {"sequence": "line"}),
        # All in one moment: of 15,000 lines, 100 make a window.
        (15_000, 0, {"sequence": "fixed", "sequence.window_size": 100}),
        (10**9, 0, {"sequence": "fixed", "sequence.window_size": 200}),
        (500, 0, {"sequence": "fixed", "sequence.window_size": 10}),
        (499, 0, {"sequence": "line"}),
    ],
)  # fmt: skip
def test_windows_are_suggested_by_how_many_there_would_be(tmp_path, records, span_s, expected):
    log = tmp_path / "a.log"
    log.write_text("\n".join(OWN["logback"]))
    found = recognised(raw(log))
    assert found.times is not None
    times = replace(found.times, last_ms=found.times.first_ms + 1000 * span_s)
    found = replace(found, times=times, records=replace(found.records, count=records))
    assert grouping_of(found) == expected


def test_lines_that_match_nothing_are_allowed_for(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("\n".join(['{"message": "x"}'] * 80 + ["no json"] * 20))
    found = recognised(raw(log))
    assert found.parser.option == "json"
    assert parser_overrides(found) == [
        "dataset/structured_parser=json",
        "dataset.max_unparsed_fraction=0.25",
    ]
