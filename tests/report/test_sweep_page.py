"""Pages of sweeps, from records by hand and of a sweep that ran."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import vl_convert

from anomalog_exp.report.figures.caught_by import Caught, caught_by_chart
from anomalog_exp.report.sweep_charts import sweep_charts
from anomalog_exp.report.sweep_page import sweep_in_words, sweep_warnings
from anomalog_exp.report.write import write_sweep_report
from anomalog_exp.results.members import Member, natural, swept_keys
from tests.command import SMALL_DEMO, command
from tests.reporting import Page, figures_of, page_in, record, sweep_grid, words

GRID = sweep_grid()


def members(records) -> list[Member]:
    return [Member.of(one) for one in records]


def test_what_a_sweep_varies_is_found():
    assert swept_keys(members(GRID)) == ["model", "sequence.window_size", "seed"]
    alone = members([record(0, 0.5, model="markov"), record(1, 0.6, model="markov")])
    assert swept_keys(alone) == []
    assert alone[0].name([]) == "member 0"
    assert members(GRID)[1].name(["model", "sequence.window_size", "seed"]) == (
        "markov · window 5 · seed 1"
    )


def test_of_several_data_sets_each_has_its_best():
    told = [
        ("hdfs", "markov", 0.5),
        ("hdfs", "pca", 0.6),
        ("bgl", "markov", 0.9),
        ("bgl", "pca", 0.8),
    ]
    found = members(
        record(n, value, dataset=log, model=model) for n, (log, model, value) in enumerate(told)
    )
    said = sweep_in_words(found)
    assert "The best" not in said
    assert said.endswith("On bgl the best F1 is 0.900, of markov (member 2). On hdfs the best F1 is 0.600, of pca (member 1).")  # fmt: skip
    alone = members(
        record(n, value, dataset=log) for n, (log, value) in enumerate([("a", 0.1), ("b", 0.2)])
    )
    assert sweep_in_words(alone).endswith(
        "On a the best F1 is 0.100 (member 0). On b the best F1 is 0.200 (member 1)."
    )


def test_values_are_sorted_as_numbers():
    assert sorted(["50", "null", "5", "1e1"], key=natural) == ["5", "1e1", "50", "null"]


def test_figures_of_a_grid():
    charts = {chart.name: chart for chart in sweep_charts(members(GRID), None)}
    assert list(charts) == [
        "f1_by_model", "f1_by_sequence.window_size", "f1_by_two_keys", "time_quality"
    ]  # fmt: skip
    by_model = charts["f1_by_model"].spec["data"]["values"]
    # markov and window 5 are members 0 and 1: 0.50 and 0.51.
    (one,) = [row for row in by_model if (row["at"], row["by"]) == ("markov", "5")]
    assert (one["mean"], one["low"], one["high"], one["members"]) == (0.505, 0.5, 0.51, 2)
    assert "the range over seed" in charts["f1_by_model"].caption
    fields = charts["f1_by_two_keys"].spec["data"]["values"]
    assert len(fields) == 6
    assert {"across": "pca", "down": "10", "mean": 0.605, "members": 2} in fields
    windows = charts["f1_by_sequence.window_size"].spec["encoding"]["x"]["sort"]
    assert windows == ["5", "10", "50"]


def test_a_sweep_over_seeds_alone_is_drawn_by_seed():
    records = [record(i, 0.5, seed=i) for i in range(3)]
    names = [chart.name for chart in sweep_charts(members(records), None)]
    assert names == ["f1_by_seed", "time_quality"]


def test_a_sweep_without_metrics_has_no_figures():
    assert sweep_charts(members([record(0, status="failed"), record(1, status="lost")]), None) == []


def caught() -> Caught:
    import numpy as np

    return Caught(
        label=np.array([1, 1, 1, 1, 0, 0, 0, 0], dtype=np.int8),
        flags=np.array([0, 2, 2, 1, 0, 0, 0, 2]),
        members=2,
    )


def test_which_sequences_members_catch():
    assert caught().numbers(1) == {"all": 2, "some": 1, "none": 1}
    assert caught().numbers(0) == {"all": 1, "some": 0, "none": 3}
    values = caught_by_chart(caught()).spec["data"]["values"]
    assert [(v["label"], v["share"], v["sequences"]) for v in values] == [
        ("anomalous", 0.0, 1),
        ("anomalous", 0.5, 1),
        ("anomalous", 1.0, 2),
        ("normal", 1.0, 1),
    ]


def test_every_figure_compiles():
    for chart in [*sweep_charts(members(GRID), caught()), *sweep_charts(members(GRID[:2]), None)]:
        assert vl_convert.vegalite_to_svg(chart.spec).startswith("<svg")


@pytest.mark.parametrize(
    ("records", "title", "number"),
    [
        ([record(0, 0.5, model="a"), record(1, status="failed", reason="x", model="b")],
         "Not every member has ended well", "1 of 2"),
        ([record(0, 0.5, model="a", oracle=True), record(1, 0.4, model="b")],
         "Thresholds of an oracle", "1 member has"),
        ([record(0, 0.5, model="a") | {"caveat": "offset: training"}, record(1, 0.4, model="b")],
         "Members are offset: training", "Of 2, 1"),
        ([record(0, 0.5, seed=0), record(1, 0.5, seed=1)], "Repeats that repeat nothing", "1 of 1"),
        ([record(i, 0.5 + i / 10, model=i) for i in range(5)],
         "The best member is chosen by its test figures", "best of 5"),
    ],
)  # fmt: skip
def test_warnings(records, title, number):
    (warning,) = sweep_warnings(members(records))
    assert warning.title == title
    assert number in warning.meaning


def test_a_skipped_member_is_no_mistake():
    assert sweep_warnings(members([record(0, 0.5), record(1, status="skipped", reason="x")])) == []


def test_seeds_are_summarised_by_configuration(tmp_path):
    page = tmp_path / "report.html"
    write_sweep_report(tmp_path, GRID, tmp_path / "cache", typed=[], page=page, figures=[])
    text = words(page_in(tmp_path).text)
    assert "Configurations over seed" in text
    # The last two members are of pca and window 10: 0.60 and 0.61.
    assert "2 of 20.6050 ± 0.00710.6050 (0.6000 to 0.6100)" in text  # cells, without a space


def test_a_hostile_reason_is_shown_and_does_nothing(tmp_path):
    reason = "<script>alert(1)</script></script>"
    records = [record(0, 0.5, model="a"), record(1, status="failed", reason=reason, model=reason)]
    write_sweep_report(
        tmp_path,
        records,
        tmp_path / "cache",
        typed=["a=<b>"],
        page=tmp_path / "report.html",
        figures=[],
    )
    page = page_in(tmp_path)
    assert page.text.count(reason) == 1
    assert page.data["members"]["rows"][1][1] == reason
    assert "<script>alert" not in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> Path:
    """The folder of a sweep with failed and skipped members."""
    folder = tmp_path_factory.mktemp("sweep")
    done = command(
        SMALL_DEMO, "tracking=none", "model=markov,rarity,naive_bayes", "split=chronological,normal_only",
        "sequence.window_size=null,-1", "report.figures=svg", "-m", "hydra/launcher=basic", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    (path,) = folder.glob("outputs/sweeps/*/plan.json")
    return path.parent


def test_the_page_of_a_sweep_shows_every_member(swept):
    page = page_in(swept)
    text = words(page.text)
    assert page.fetched == []
    assert "12 members: 5 done, 6 failed, 1 skipped." in text
    assert "this value does not fit" in text
    assert "naive_bayes needs both classes in train" in text
    assert "-m" in text
    assert "model=markov,rarity,naive_bayes" in text
    table = page.data["members"]
    assert table["columns"][:5] == ["member", "model", "split", "sequence.window_size", "status"]
    assert len(table["rows"]) == 12
    assert "f1 95 %" in table["columns"]
    for name in table["digits"]:
        column = [row[table["columns"].index(name)] for row in table["rows"]]
        assert all(value is None or isinstance(value, float) for value in column), name
    values = [row[table["columns"].index("f1")] for row in table["rows"]]
    figures = [value for value in values if value is not None]
    assert figures == sorted(figures, reverse=True)
    assert len(figures) == 5
    assert {
        "f1_by_model",
        "f1_by_split",
        "f1_by_two_keys",
        "curves",
        "time_quality",
        "caught_by",
    } <= set(figures_of(page))
    assert "anomalous test sequences, all" in text


def test_links_lead_to_the_members_pages(swept):
    links = page_in(swept).data["members"]["links"]
    records = {r["index"]: r for r in json.loads((swept / "results.json").read_text())["members"]}
    there = {str(index) for index, one in records.items() if one["status"] in ("done", "skipped")}
    assert set(links) == there
    for index, link in links.items():
        target = (swept / link).resolve()
        assert target == Path(records[int(index)]["run_dir"], "report.html")
        assert Page(target.read_text(encoding="utf-8")).text


def test_figures_are_written_where_they_are_asked_for(swept):
    names = {path.stem for path in (swept / "figures").glob("*.svg")}
    assert names == set(figures_of(page_in(swept)))
