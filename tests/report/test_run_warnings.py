"""Warnings: which there are of what, and with which numbers."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from anomalog_exp.evaluation import MetricReport
from anomalog_exp.report.run_warnings import warnings_of

SEQUENCES = "sequence_level_detection"
REPORT: dict[str, Any] = {
    "task": {
        "dataset": "d", "data_digest": "", "sequence": "entity", "split": "chronological",
        "template": "drain", "labels_from": "entities", "detector": "markov",
        "decision": {"rule": "quantile", "oracle": False}, "seed": 0,
    },
    "evaluation_unit": "sequence",
    "primary_scope": SEQUENCES,
    "secondary_scopes": [],
    "blocks": {
        SEQUENCES: {
            "scope": SEQUENCES, "status": "valid", "reason": None, "prediction_unit": "sequence",
            "counts": {"units": 200, "counted": 200, "abstained": 0, "ignored": 0, "normal": 180,
                       "anomalous": 20},
            "headline": {"f1": 0.8},
            "diagnostics": {"flagged": 21, "distinct_test_sequences": 50,
                            "test_share_seen_in_train": 0.3},
        }
    },
}  # fmt: skip
MANIFEST: dict[str, Any] = {
    "dataset": {"lines_total": 1000, "rows": 1000},
    "sequences": {
        "rows": 1000,
        "requested": {"name": "chronological"},
        "sequence": {"name": "entity"},
        "sequences": {"train": {"total": 100}},
    },
}


def titles(
    block: dict[str, Any] = {},  # noqa: B006 - never changed
    dataset: dict[str, Any] = {},  # noqa: B006
    oracle: bool = False,
    distinct: int | None = 40,
    train: int = 100,
    equal: int = 1,
    caveat: str | None = None,
    shared: int = 9,
) -> dict[str, str]:
    """Title -> meaning of the warnings of a good run in which these values are others."""
    report, manifest = copy.deepcopy(REPORT), copy.deepcopy(MANIFEST)
    for key, value in block.items():
        old = report["blocks"][SEQUENCES].get(key)
        report["blocks"][SEQUENCES][key] = old | value if isinstance(old, dict) else value
    report["task"]["decision"]["oracle"] = oracle
    manifest["dataset"] |= dataset
    manifest["sequences"]["sequences"]["train"]["total"] = train
    manifest["sequences"] |= {"caveat": caveat, "test_sharing_events_with_train": shared}
    manifest["sequences"]["sequences"]["test"] = {"total": 200}
    if "rows_without_entity" in dataset:
        manifest["sequences"]["rows_without_entity"] = dataset["rows_without_entity"]
    verdicts = {"at_highest": equal, "highest": 0.25}
    findings = {"distinct_training_sequences": distinct, "sequence_verdicts": verdicts}
    found = warnings_of(MetricReport.from_json(report), manifest, findings)
    assert all(one.advice for one in found)
    return {one.title: one.meaning for one in found}


def test_a_good_run_has_none():
    assert titles() == {}
    assert warnings_of(MetricReport.from_json(REPORT), MANIFEST, {}) == []  # of an earlier version


@pytest.mark.parametrize(
    ("changes", "title", "number"),
    [
        ({"block": {"counts": {"counted": 0, "ignored": 200, "normal": 0, "anomalous": 0},
                    "reason": "nothing in the test split is labelled"}},
         "Nothing in the test part is labelled", "200"),
        ({"block": {"counts": {"normal": 200, "anomalous": 0}, "reason": "single_class_test_set"}},
         "The test part holds one class only", "All 200 labelled units are normal"),
        ({"block": {"counts": {"normal": 0, "anomalous": 200}, "reason": "single_class_test_set",
                    "diagnostics": {"flagged": 90}}},
         "The test part holds one class only", "anomalous"),
        ({"block": {"counts": {"normal": 196, "anomalous": 4}, "diagnostics": {"flagged": 5}}},
         "The test part holds few anomalies", "25%"),
        ({"block": {"reason": "class_count_mismatch"}}, "There are no metrics",
         "the numbers of normal and anomalous units do not add up"),
        ({"oracle": True}, "The threshold is an oracle's", "no result"),
        ({"shared": 10}, "Test sequences hold events that trained", "10 of 200 (5.0%)"),
        ({"caveat": "shuffled: training may come after test"},
         "The split is shuffled: training may come after test", "what was before it"),
        ({"block": {"diagnostics": {"flagged": 0}}}, "Nothing is flagged", "None of 200"),
        ({"equal": 101}, "Most scores are the highest one", "101 of 200 units (50%) score 0.25"),
        ({"equal": 200, "block": {"diagnostics": {"flagged": 0}}}, "All scores are equal",
         "Each of 200 units scores 0.25, so that none of them is flagged"),
        ({"block": {"diagnostics": {"flagged": 101}}}, "An implausible share is flagged", "101 of 200"),
        ({"block": {"counts": {"units": 1000, "counted": 1000, "normal": 980},
                    "diagnostics": {"flagged": 101}}},
         "An implausible share is flagged", "101 are flagged, and 20"),
        ({"block": {"diagnostics": {"test_share_seen_in_train": 0.5}}},
         "The test part repeats what training shows", "50.0%"),
        ({"block": {"diagnostics": {"test_share_seen_in_train": 0.9, "unique": {
            "counted": 50, "precision": 0.4, "recall": 0.4, "f1": 0.4, "accuracy": 1, "coverage": 1}}}},
         "The test part repeats what training shows", "F1 is 0.400 instead of 0.800"),
        ({"train": 29}, "Training shows few sequences", "29"),
        ({"distinct": 1}, "Training shows one sequence only", "All 100"),
        ({"dataset": {"lines_unparsed": 10, "unparsed_samples": [{"line": 3, "text": "<b>"}]}},
         "Lines could not be parsed", "10 of 1,000 lines (1.00%) are left out. One of them is '<b>'."),
        ({"dataset": {"pinned": {"rows": {"login": 7, "panic": 0}, "unused": ["panic"]}}},
         "Pinned templates fit no message", "1 of 2, as 'panic'"),
        ({"dataset": {"lines_continued": 100, "lines_continued_with_time": 20, "continued_samples": [
            {"line": 3, "text": "2026-11-27 10:00:00 up"}]}},
         "Lines that continue records look like records", "20 of 100 of them hold a day and a time"),
        ({"dataset": {"lines_invalid_utf8": 2}}, "Lines are not UTF-8", "2 lines"),
        ({"dataset": {"rows_without_time": 7}}, "Events have no time", "7 of 1,000"),
        ({"dataset": {"rows_without_entity": 7}}, "Events belong to no entity", "7 of 1,000"),
        ({"dataset": {"labels_unknown_entities": 3}},
         "Labels name entities that the log does not hold", "3 of them"),
    ],
)  # fmt: skip
def test_each_is_said_once_with_its_number(changes, title, number):
    found = titles(**changes)
    assert list(found) == [title]
    assert number in found[title]


def test_files_of_which_nothing_is_read_are_named():
    files = [
        {"name": name, "lines": 30, "rows": rows} for name, rows in (("a", 30), ("b", 0), ("c", 0))
    ]
    found = titles(dataset={"lines_unparsed": 60, "inputs": files})
    assert found["Files are not read at all"] == "Not one line of 2 files is an event: b, c."
    assert "Files are not read at all" not in titles(
        dataset={"lines_unparsed": 6, "inputs": files[:1]}
    )


@pytest.mark.parametrize(("parser", "said"), [("custom", True), ("several", False)])
def test_files_are_to_be_in_order_unless_they_are_of_several_services(parser, said):
    files = [
        {"name": name, "lines": 500, "rows": 500, "first_time_ms": begin, "last_time_ms": begin + 9}
        for name, begin in (("b.log", 7_200_000), ("a.log", 0))
    ]
    found = titles(dataset={"inputs": files, "structured_parser": {"name": parser}})
    assert ("Files are not read in order of time" in found) == said


@pytest.mark.parametrize(("flagged", "said"), [(40, False), (41, True)])
def test_without_labels_a_fifth_that_is_flagged_is_too_much(flagged, said):
    unlabelled = {"counted": 0, "ignored": 200, "normal": 0, "anomalous": 0}
    found = titles(
        {"counts": unlabelled, "diagnostics": {"flagged": flagged}, "reason": "no label"}
    )
    assert ("An implausible share is flagged" in found) == said


def test_borders():
    assert titles(train=30) == {}
    assert titles(equal=100) == {}
    assert titles(block={"diagnostics": {"flagged": 100}}) == {}
    assert titles(block={"diagnostics": {"test_share_seen_in_train": 0.499}}) == {}
    assert titles(block={"counts": {"normal": 190, "anomalous": 10}}) == {}


ONE = {"distinct_training_sequences": 1}


def test_a_stream_trains_on_one_sequence():
    training = MANIFEST["sequences"] | {"sequences": {"train": {"total": 1}}}
    manifest = MANIFEST | {"sequences": training}
    assert warnings_of(MetricReport.from_json(REPORT), manifest, ONE) == []


def test_what_is_judged_on_its_own_training_is_said():
    everything = MANIFEST["sequences"] | {"requested": {"name": "all"}}
    (warning,) = warnings_of(
        MetricReport.from_json(REPORT), MANIFEST | {"sequences": everything}, {}
    )
    assert warning.title == "The test part is what was trained on"


def test_a_log_without_any_time_is_no_mistake():
    assert titles(dataset={"rows_without_time": 1000}) == {}
