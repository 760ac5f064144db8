"""What `run` hands back: plain values about the run dir it leaves."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.results import read_run
from tests.command import SMALL_DEMO


@pytest.fixture
def places(tmp_path) -> list[str]:
    names = ("data_dir", "cache_dir", "output_dir")
    return ["tracking=none", *(f"paths.{name}={tmp_path / name}" for name in names)]


@pytest.mark.parametrize(
    ("overrides", "metric"),
    [
        (["model=naive_bayes"], "f1"),
        (["model=markov", "evaluation.primary_scope=next_event_prediction"], "top1_weighted"),
        # The share of events that were expected most is known whatever else is asked about.
        (
            [
                "model=markov",
                "evaluation.primary_scope=next_event_prediction",
                "evaluation.top_k=[5]",
            ],
            "top1_weighted",
        ),
    ],
)
def test_a_result_names_its_primary_metric_and_crosses_a_process_border(places, overrides, metric):
    result = run(load_run_config([SMALL_DEMO, *places, *overrides]))
    assert result.primary_metric == metric
    assert result.primary_value == result.metrics[metric]
    assert json.loads(json.dumps(asdict(result))) == asdict(result)
    block = read_run(result.run_dir).metrics["blocks"]["sequence_level_detection"]
    assert result.judged == block["counts"]["units"]
    assert result.flagged == block["diagnostics"]["flagged"]


@pytest.mark.parametrize(
    ("model", "led_by_sequences"), [("template_frequency", True), ("markov", False)]
)
def test_a_run_without_labels_says_how_many_are_flagged(places, tmp_path, model, led_by_sequences):
    log = tmp_path / "app.log"
    log.write_text("".join(f"{'open' if i % 3 else 'close'} file {i}\n" for i in range(400)))
    custom = ["dataset=custom", f"dataset.source.path={log}", "sequence=fixed"]
    result = run(load_run_config([*custom, "sequence.window_size=10", f"model={model}", *places]))
    assert result.judged == 20
    assert 0 <= result.flagged <= 20
    share = f"{result.flagged / 20:.1%}"
    note = f"nothing in the test split is labelled; {result.flagged} of 20 are above the threshold ({share})"
    if led_by_sequences:
        assert (result.metrics, result.primary_metric, result.note) == ({}, None, note)
    else:
        assert result.scope == "next_event_prediction"
        assert result.primary_metric == "top1_weighted"


def test_a_skipped_run_has_no_figures(places):
    result = run(load_run_config([SMALL_DEMO, "model=naive_bayes", "split=normal_only", *places]))
    assert (result.status, result.metrics, result.scope) == ("skipped", {}, None)
    assert (result.primary_metric, result.judged, result.flagged) == (None, None, None)
    assert "needs both classes" in result.reason


def built_with_values(places: list[str], *overrides: str) -> list[bool]:
    """Whether each build in the cache has the values of messages, after a run."""
    config = load_run_config([SMALL_DEMO, *places, *overrides])
    assert run(config).status == "done"
    builds = config.paths.cache_dir.glob("*/*/manifest.json")
    return sorted((path.parent / "parameter.npy").is_file() for path in builds)


def test_a_log_is_read_with_the_values_of_messages_where_the_detector_reads_them(places):
    assert built_with_values(places) == [False]
    member = ["model=union", "+model@model.members.range=value_range"]
    assert built_with_values(places, *member) == [False, True]
    assert built_with_values(places, "model=new_value", "template.fit_on=train") == [
        False,
        True,
        True,
    ]


def test_session_files_hold_no_values(places, tmp_path):
    for name in ("train", "test_normal", "test_abnormal"):
        (tmp_path / f"openstack_{name}").write_text("a,1 2 3\nb,1 2\n")
    sessions = ["dataset=openstack_sessions", f"dataset.source.path={tmp_path}"]
    more = ["template=event_ids", "split=predefined", "model=new_value"]
    result = run(load_run_config([*places, *sessions, *more]))
    assert result.status == "skipped"
    assert result.reason.startswith(
        "new_value needs the values in messages, and this data set has none"
    )
