"""What changed between runs of seven services, with causes planted one at a time."""

from __future__ import annotations

import json

import pytest
from benchmark_runs import CAUSES, write_run

from anomalog_exp.config import load_run_config
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.progress import SILENT
from anomalog_exp.results.change_words import comparison_in_words, counts_in_words, title_of
from anomalog_exp.results.changes import changes_of
from anomalog_exp.sequences.splits.by_file import ByFileSplitConfig
from tests.logs import unseen

HEALTHY = [f"healthy{number}" for number in range(5)]
PARSERS = {
    "json": ["dataset/structured_parser=json", "dataset.structured_parser.entity_field=request"],
    "java": [
        r'dataset.structured_parser.regex="^(?P<time>[0-9:.]+) \[(?P<thread>[^\]]+)\] +(?:(?P<id>[\w-]{22}) )?(?P<level>[A-Z]+) +(?P<message>.*)$"',
        "dataset.structured_parser.message_field=message",
        "dataset.structured_parser.time_fields=[time]",
        'dataset.structured_parser.time_format="%H:%M:%S.%f"',
        "dataset.structured_parser.year=2026",
    ],
}


@pytest.fixture(scope="module", params=PARSERS)
def runs(request, tmp_path_factory):
    """A data set of healthy runs and of one with each cause, and by what the causes are known."""
    folder = tmp_path_factory.mktemp(request.param)
    signs = {}
    for number, name in enumerate([*HEALTHY, "usual0", "usual1"]):
        write_run(folder / "runs" / name, request.param, number)
    for number, cause in enumerate(CAUSES):
        name = cause.replace(" ", "-")
        signs[cause] = write_run(folder / "runs" / name, request.param, 100 + number, cause)
    config = load_run_config(
        [
            "dataset=custom",
            f"dataset.source.path={folder}/runs/**",
            *PARSERS[request.param],
            "template.with_fields=[level]",
        ]
    )
    dataset = load_dataset(
        config.dataset,
        config.template,
        data_dir=folder / "data",
        cache_dir=folder / "cache",
        progress=SILENT,
        parameters=True,
    )
    return dataset, signs


def compared(dataset, *after: str, before=HEALTHY):
    split = ByFileSplitConfig.of(
        {
            "name": "by_file",
            "train": [f"{name}/*" for name in before],
            "test": [f"{name}/*" for name in after],
            "straddling_group_policy": "split_partial_sequences",
        }
    )
    return json.loads(json.dumps(changes_of(dataset, split, unseen(dataset)).to_json()))


@pytest.mark.parametrize("cause", CAUSES)
def test_a_planted_cause_is_among_the_first_three_changes(runs, cause):
    dataset, signs = runs
    found = compared(dataset, cause.replace(" ", "-"))
    names = [signs[cause].names(change) for change in found["changes"]]
    assert True in names[:3], [title_of(one) for one in found["changes"]]
    if "once" not in cause and "five" not in cause:
        assert found["changes"][names.index(True)]["passes"]


@pytest.mark.parametrize("after", [["usual0"], ["usual0", "usual1"]])
def test_nothing_passes_between_healthy_runs(runs, after):
    found = compared(runs[0], *after)
    assert found["passing"] == 0
    assert found["tested"] > 200
    assert found["unit"] == "runs"
    assert "no change passes" in comparison_in_words(found)
    assert not any(one["passes"] for one in found["changes"])


def test_one_cause_is_one_change(runs):
    """What follows from it is joined to it: statements, levels, orders, values."""
    for cause in (
        "a rate doubled",
        "a statement missing",
        "an order swapped",
        "a status never seen",
    ):
        found = compared(runs[0], cause.replace(" ", "-"))
        assert found["passing"] <= 2, [title_of(one) for one in found["changes"]]
        first = found["changes"][0]
        assert first["joined"] > 0 or first["kind"] == "value"


def test_a_new_error_is_shown_with_its_lines_and_its_trace(runs):
    found = compared(runs[0], "an-error-five-times")
    change = found["changes"][0]
    assert (change["what"], change["level"], change["services"][0].split(".")[0]) == (
        "new",
        "error",
        "payments",
    )
    assert change["before"] == [0] * 5
    assert change["after"] == [5]
    assert "NullPointerException at c.n.openapi.PaymentMapper" in title_of(change)
    assert counts_in_words(change).startswith("5 after, in none of 5 runs before; chance")
    line = change["lines"][0]
    assert line["place"].startswith("an-error-five-times/payments.")
    assert "NullPointerException" in line["text"] + "".join(line["more"])


def test_two_runs_are_compared_by_blocks_which_is_said(runs):
    found = compared(runs[0], "a-statement-missing", before=HEALTHY[:1])
    assert found["unit"] == "blocks"
    assert found["replicates"] == [10, 10]
    assert "how much runs differ is not known" in comparison_in_words(found)
    change = found["changes"][0]
    assert (change["what"], change["kind"], change["passes"]) == ("gone", "statement", True)
    usual = compared(runs[0], "usual0", before=HEALTHY[:1])
    assert usual["passing"] <= 1
