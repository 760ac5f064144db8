"""Published figures beside ours: in reports, on the command line, and on the page of the docs."""

from __future__ import annotations

import json
from pathlib import Path

import docs_published
import docs_tables
import pytest
import yaml

from anomalog_exp.commands.experiments import Experiment, experiments
from anomalog_exp.config.published import Published
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.listing import conf_dir
from anomalog_exp.report.published import beside
from anomalog_exp.results import read_run
from tests.command import SMALL_DEMO, command

FIGURES = [
    {"method": "Markov chain", "f1": 0.9, "precision": 0.85, "recall": 0.956, "run": {"model": "markov"}},
    {"method": "counts", "f1": None, "f1_low": 0.5, "f1_high": 0.7, "run": {"model": "event_count_vector", "seed": 0}},
    {"method": "a network", "f1": 0.99},
]  # fmt: skip
SOURCE = {
    "source": "Somebody, 2026",
    "url": "https://example.org",
    "table": "table 3",
    "protocol": "half and half",
    "differs": "our templates",
    "oracle": False,
    "figures": FIGURES,
}
ORACLE = SOURCE | {"source": "Another", "oracle": True, "figures": FIGURES[:1]}


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> tuple[Path, str]:
    """A sweep over an experiment of somebody's own that carries published figures; what it printed."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "mine/conf/experiment").mkdir(parents=True)
    text = yaml.safe_dump(
        {
            "experiment_name": "mine",
            "experiment_version": 3,
            "published": [SOURCE, ORACLE],
            "hydra": {
                "mode": "MULTIRUN",
                "sweeper": {"params": {"model": "markov,event_count_vector"}},
            },
        }
    )
    (folder / "mine/conf/experiment/mine.yaml").write_text(f"# @package _global_\n{text}")
    given = ["plugins=[mine]", "experiment=mine", "tracking=none", "hydra/launcher=basic"]
    done = command(*given, SMALL_DEMO, "seed=0,1", "-m", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def runs(folder: Path) -> list:
    return [read_run(path.parent) for path in sorted(folder.glob("outputs/*/*/status.json"))]


def test_ours_stand_beside_theirs(swept):
    folder, _ = swept
    found = runs(folder)
    assert len(found) == 4
    published = found[0].config.published
    markov, counts, network, oracle = beside(published, found)
    assert (markov.theirs, oracle.theirs) == (
        "0.900 P 0.850 R 0.956",
        "0.900 P 0.850 R 0.956, oracle",
    )
    assert (counts.theirs, network.theirs) == ("[0.500, 0.700]", "0.990")
    f1 = sorted(
        run.report.primary.headline["f1"] for run in found if run.config.model.name == "markov"
    )
    assert markov.ours.runs == 2
    assert markov.ours.f1 == pytest.approx(sum(f1) / 2)
    assert (markov.ours.low, markov.ours.high) == (f1[0], f1[1])
    (one,) = [
        run
        for run in found
        if run.config.model.name == "event_count_vector" and run.config.seed == 0
    ]
    block = one.report.primary
    assert counts.ours.f1 == block.headline["f1"]
    assert counts.ours.low == block.diagnostics.f1_interval_low
    assert counts.settings == "model=event_count_vector seed=0"
    assert (network.ours, oracle.ours) == (None, None)


def test_pages_show_both(swept):
    folder, _ = swept
    (page,) = folder.glob("outputs/sweeps/*/report.html")
    text = page.read_text(encoding="utf-8")
    assert text.count("Published beside ours") == 1
    markov, counts, *_ = beside(runs(folder)[0].config.published, runs(folder))
    for shown in ("Somebody, 2026", "half and half", markov.theirs, str(markov.ours), str(counts.ours), "no such detector", "not run", "chosen by the test labels"):  # fmt: skip
        assert shown in text, shown
    pages = [
        path.read_text(encoding="utf-8") for path in folder.glob("outputs/mine*/*/report.html")
    ]
    pages += [
        path.read_text(encoding="utf-8") for path in folder.glob("outputs/demo*/*/report.html")
    ]
    assert len(pages) == 4
    assert (
        sum("Published beside ours" in page for page in pages) == 3
    )  # seed 1 of the counts is not asked for


def test_the_command_shows_both(swept):
    folder, _ = swept
    done = command("experiments", "published", "mine", "--plugins", "mine", cwd=folder)
    assert done.returncode == 0, done.stderr
    markov, *_ = beside(runs(folder)[0].config.published, runs(folder))
    assert str(markov.ours) in done.stdout
    assert "not run here" in done.stdout
    assert "thresholds were chosen by the test labels" in done.stdout
    listed = command("experiments", "list", "mine", "--plugins", "mine", cwd=folder)
    assert listed.stdout.splitlines()[2].split()[:3] == ["mine", "3", "4"]
    assert listed.stdout.endswith(done.stdout)
    none = command("experiments", "published", "demo_models", cwd=folder)
    assert "has published figures" in none.stdout


def test_a_damaged_run_is_left_out_and_counted(swept, tmp_path):
    import shutil

    folder, _ = swept
    shutil.copytree(folder, tmp_path / "copy")
    metrics = next((tmp_path / "copy").glob("outputs/*markov*/*/metrics.json"))
    metrics.write_text(metrics.read_text().replace("0.", "1."))
    given = ["experiments", "published", "mine", "--plugins", "mine"]
    done = command(*given, cwd=tmp_path / "copy")
    assert "1 run is left out: not all files are as they were written" in done.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"figures": []}, "figures"),
        ({"figures": [{"method": "x", "f1": 96}]}, "f1"),
        ({"figures": [{"method": "x", "f1": None}]}, "f1_low and f1_high"),
        ({"oracle": "yes"}, "oracle"),
        ({"page": 3}, "page"),
    ],
)
def test_a_source_that_says_nothing_clear_is_an_error_that_says_so(change, message):
    with pytest.raises(ConfigError, match=message):
        Published.of(SOURCE | change, "published.0")


def shipped() -> list[Experiment]:
    """Without those of plugins that this process has used."""
    return [one for one in experiments() if one.file.is_relative_to(conf_dir())]


def test_a_changed_protocol_has_a_higher_version():
    """The file holds each experiment's version, and a digest of its protocol under that version."""
    kept = json.loads(Path(__file__).with_name("experiment_versions.json").read_text())
    now = {}
    for one in shipped():
        values = yaml.safe_load(one.file.read_text())
        for words in ("description", "groups", "published", "experiment_version"):
            values.pop(words, None)
        now[one.name] = [one.version, stable_fingerprint(values)[:16]]
    assert now == kept, "raise experiment_version, and write both into experiment_versions.json"


def test_the_page_of_the_docs_shows_every_figure_and_what_was_measured():
    text = docs_tables.TABLES["published"]()
    measured = json.loads(docs_published.MEASURED.read_text())
    for one in shipped():
        for at, source in enumerate(one.published):
            assert f"[{source.source}]({source.url})" in text
            for figure in source.figures:
                assert f"| {figure.method} | " in text
            ours = measured.get(one.name, {"f1": {}})["f1"].get(str(at), {})
            assert set(ours) <= {figure.method for figure in source.figures}
            assert all(f"| {figure} |" in text for figure in ours.values())
    versions = {one.name: one.version for one in shipped()}
    for name, what in measured.items():
        assert what["version"] == versions[name], f"measure {name} again: its protocol is another"
