"""Pages of runs that ended in every way: what stands on them, and what a log cannot do to them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import vl_convert

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.report.figures.files import paper_svg
from anomalog_exp.report.run_charts import run_charts
from anomalog_exp.report.run_words import result_in_words
from anomalog_exp.report.write import write_run_report
from anomalog_exp.results import read_run
from tests import reporting
from tests.command import SMALL_DEMO
from tests.reporting import HOSTILE, figures_of, page_in, places, words

KINDS = {
    "demo": lambda folder: reporting.demo(folder, "description='some <b>words</b>'"),
    "unlabelled": reporting.unlabelled,
    "next_events": reporting.next_events,
    "events": reporting.events,
    "skipped": reporting.skipped,
    "failed": reporting.failed,
}
ENDED = {"skipped": "skipped", "failed": "failed"}
CHARTS = {
    "demo": "precision_recall roc scores confusion anomalies_over_time templates_over_time",
    "unlabelled": "scores anomalies_over_time templates_over_time",
    "next_events": "precision_recall roc scores confusion anomalies_over_time templates_over_time",
    "events": "precision_recall roc scores confusion anomalies_over_time templates_over_time",
    "skipped": "",
    "failed": "",
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The run of a kind, made when it is asked for first."""
    made = {}

    def of(kind: str):
        if kind not in made:
            made[kind] = KINDS[kind](tmp_path_factory.mktemp("pages") / kind)
        return made[kind]

    return of


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_one_file_that_fetches_nothing(runs, kind):
    stored = runs(kind)
    assert stored.status["status"] == ENDED.get(kind, "done")
    page = page_in(stored.paths.run_dir)
    assert page.fetched == []
    assert all(link.startswith("#") for link in page.links)
    assert {"link", "iframe", "img", "object"}.isdisjoint(page.tags)
    html = stored.paths.page_path.read_text(encoding="utf-8")
    assert page.policy.startswith("default-src 'none'; img-src data:;")
    assert 'name="viewport"' in html
    assert stored.paths.page_path.stat().st_size < 5_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_the_figures_are_those_that_a_run_can_have(runs, kind):
    stored = runs(kind)
    charts = run_charts(stored)
    assert [chart.name for chart in charts] == CHARTS[kind].split()
    page = page_in(stored.paths.run_dir)
    assert list(figures_of(page)) == CHARTS[kind].split()
    assert len(page.scripts) == (2 if charts else 1)


@pytest.mark.parametrize("kind", CHARTS)
def test_every_figure_compiles(runs, kind):
    for chart in run_charts(runs(kind)):
        assert vl_convert.vegalite_to_svg(chart.spec).startswith("<svg")
        assert 'width="84mm"' in paper_svg(chart)


def test_the_page_of_a_labelled_run_says_all_of_it(runs):
    stored = runs("demo")
    page, report = page_in(stored.paths.run_dir), stored.report
    text = words(page.text)
    assert "The detector template_frequency on the log demo" in text
    assert "python -m anomalog_exp dataset.source.lines=3000 'description=" in text
    assert "some <b>words</b>" in text
    assert f"python -m anomalog_exp rerun {stored.paths.run_dir}" in text
    assert result_in_words(stored) in text
    for value in report.primary.headline.values():
        assert f"{value:.4f}" in text
    for finding in stored.findings["sequences"]:
        assert finding["entity"] in text
        assert all(words(line["text"]) in text for line in finding["lines"])
        assert all(reason["evidence"] in text for reason in finding["reasons"])
    assert {"#finding-1", "#finding-2"} <= set(page.links)
    assert stored.status["data_digest"] in text
    assert all(words(template) in text for template in stored.dataset_manifest["template_texts"])
    assert "scoring the test part" in text


def test_what_stands_first(runs):
    """The sentence, the result, the warnings, the metrics, the figures, and then the rest."""
    html = runs("demo").paths.page_path.read_text(encoding="utf-8")
    order = ["result", "warnings", "metrics", "figures", "findings", "data", "time", "provenance"]
    found = [
        html.index(f'<section id="{name}"') if name != "result" else html.index('id="result"')
        for name in order
    ]
    assert found == sorted(found)


def test_the_result_in_words_by_hand(runs):
    report, text = runs("demo").report, result_in_words(runs("demo"))
    cells = report.primary.confusion
    assert text.startswith(f"F1 is {report.primary.headline['f1']:.3f} (95 % interval ")
    assert text.endswith(
        f"Of {cells.tp + cells.fn} anomalous sequences {cells.tp} are caught and {cells.fn} missed; "
        f"of {cells.tp + cells.fp} alarms {cells.fp} are false."
    )


def test_the_page_of_an_unlabelled_run_says_what_is_flagged_and_why_there_are_no_metrics(runs):
    stored = runs("unlabelled")
    text = words(page_in(stored.paths.run_dir).text)
    flagged = stored.report.primary.diagnostics.flagged
    assert f"{flagged} of 60 sequences ({flagged / 60:.1%}) are flagged." in text
    assert "Nothing in the test part is labelled." in text
    assert "not labelled" in text


def test_a_run_whose_labels_are_of_one_class_says_so_in_words(tmp_path):
    log = tmp_path / "app.log"
    log.write_text("".join(f"{'ok' if i % 7 else 'late'} order\n" for i in range(60)))
    (tmp_path / "bad.txt").write_text("3\n")
    overrides = [
        *("dataset=custom", f"dataset.source.path={log}", "sequence=line", "model=rarity"),
        "dataset.label_reader={name: lines, relative_path: bad.txt}",
        *("tracking=none", "report.page=false", *places(tmp_path)),
    ]
    stored = read_run(run(load_run_config(overrides)).run_dir)
    said = result_in_words(stored)
    assert "not known" not in said
    assert "All that are labelled, 30, are normal, so that there are no figures" in said
    assert stored.report.primary.reason == "single_class_test_set"
    assert stored.report.primary.reason_in_words == "all labels in the test split are of one class"


def test_the_page_of_predictions_leads_with_them(runs):
    stored = runs("next_events")
    text = words(page_in(stored.paths.run_dir).text)
    top1 = stored.report.primary.headline["top1"]
    assert f"The event that followed was the one expected most in {top1:.1%} of" in text
    assert "next event prediction, which leads" in text
    assert "F1 is " in text


def test_the_page_of_events_counts_events(runs):
    text = words(page_in(runs("events").paths.run_dir).text)
    assert "anomalous events" in text
    assert "Events, the highest of each template" in text


@pytest.mark.parametrize("kind", ENDED)
def test_the_page_of_a_run_without_a_result_says_why(runs, kind):
    stored = runs(kind)
    text = words(page_in(stored.paths.run_dir).text)
    assert f"There is no result: the run ended as {kind}" in text
    assert words(stored.status["reason"]) in text
    assert "The detector" in text


def test_hostile_text_is_shown_and_does_nothing(runs):
    stored = runs("unlabelled")
    html = stored.paths.page_path.read_text(encoding="utf-8")
    assert html.count("<script>alert") == 0
    page = page_in(stored.paths.run_dir)
    assert "img" not in page.tags
    assert page.handlers == []
    assert HOSTILE.rstrip("\u2028") in page.text
    # The charts hold the text of templates, which come from lines: no tag begins in them.
    charts = html[html.index('id="charts">') + 12 :].partition("</script>")[0]
    assert "<" not in charts
    assert json.loads(charts) == figures_of(page)


def test_a_hostile_description_and_entity_are_shown_and_do_nothing(tmp_path):
    stored = reporting.unlabelled(tmp_path, entity="<script>alert(2)</script>")
    assert any(one["entity"].startswith("<script>") for one in stored.findings["sequences"])
    page = page_in(stored.paths.run_dir)
    assert "<script>alert(2)</script>" in page.text
    assert not any("alert" in script[:200] for script in page.scripts)
    described = reporting.demo(tmp_path, f'description="{HOSTILE[:-5]}"', "name=described")
    page = page_in(described.paths.run_dir)
    assert HOSTILE[:-5] in page.text
    assert page.handlers == []
    assert len(page.scripts) == 2


def test_the_same_run_dir_gives_the_same_page(runs):
    stored = runs("demo")
    before = stored.paths.page_path.read_bytes()
    write_run_report(stored, stored.config.paths.cache_dir, page=stored.paths.page_path, figures=[])
    assert stored.paths.page_path.read_bytes() == before


def test_a_reused_run_draws_what_is_missing_only(tmp_path):
    options = [SMALL_DEMO, *places(tmp_path)]
    run_dir = Path(run(load_run_config([*options, "report.page=false"])).run_dir)
    assert not (run_dir / "report.html").exists()
    assert run(load_run_config(options)).reused
    drawn = (run_dir / "report.html").stat().st_mtime_ns
    assert run(load_run_config([*options, "report.figures=svg"])).reused
    assert (run_dir / "report.html").stat().st_mtime_ns == drawn
    assert {path.stem for path in (run_dir / "figures").glob("*.svg")} == set(
        CHARTS["demo"].split()
    )
    assert run(load_run_config([*options, "report.figures=[svg,png]"])).reused
    image = (run_dir / "figures/roc.png").read_bytes()
    width = int.from_bytes(image[16:20])
    assert image.startswith(b"\x89PNG")
    assert width / 300 * 25.4 == pytest.approx(84, abs=0.5)


def test_a_page_that_cannot_be_made_costs_a_warning(tmp_path, caplog):
    options = [SMALL_DEMO, *places(tmp_path)]
    run(load_run_config([*options, "report.page=false"]))
    blocked = tmp_path / "cache_dir/report"
    shutil.rmtree(blocked, ignore_errors=True)
    blocked.write_text("a file where a folder should be")
    result = run(load_run_config(options))
    assert result.status == "done"
    assert f"to try again: python -m anomalog_exp report {result.run_dir}" in caplog.text
