"""How a loss fell, on the page of the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anomalog_exp.detection.networks.learning_curve import LearningCurve
from anomalog_exp.report.figures.curves import POINTS
from anomalog_exp.report.figures.files import paper_svg
from anomalog_exp.report.figures.losses import losses_chart
from anomalog_exp.report.run_charts import run_charts
from anomalog_exp.results import read_run
from tests.command import SMALL_DEMO, command, run_dirs
from tests.reporting import demo, figures_of, page_in, words

FALLING = str(Path(__file__).parents[1] / "plugins/falling")


def drawn(curve: LearningCurve) -> dict[str, list[tuple[int, float]]]:
    """Data -> (epoch, loss) of each point of its line."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in losses_chart(curve).spec["layer"][0]["data"]["values"]:
        found.setdefault(row["data"], []).append((row["epoch"], row["loss"]))
    return found


def kept(curve: LearningCurve) -> tuple[float, str]:
    """Where the line of the epoch that was kept stands, and on which side of it its name."""
    line, name = losses_chart(curve).spec["layer"][1:]
    return line["data"]["values"][0]["value"], name["mark"]["align"]


def test_both_losses_by_hand_and_the_epoch_that_was_kept():
    curve = LearningCurve.of([2.0, 1.0, 0.5, 0.25], [2.5, 1.25, 1.5, 1.75], best=1)
    assert drawn(curve) == {
        "training": [(1, 2.0), (2, 1.0), (3, 0.5), (4, 0.25)],
        "validation": [(1, 2.5), (2, 1.25), (3, 1.5), (4, 1.75)],
    }
    assert kept(curve) == (2, "left")
    chart = losses_chart(curve)
    assert (
        "over training data from 2 to 0.25, over validation data from 2.5 to 1.75" in chart.caption
    )
    assert chart.spec["description"] == chart.caption  # what a screen reader says of the picture


@pytest.mark.parametrize("epochs", [1, 3, 50, 5000])
def test_a_loss_without_validation_is_one_line_whatever_its_length(epochs):
    curve = LearningCurve.of((1 / np.arange(1, epochs + 1)).tolist(), [], best=epochs - 1)
    ((name, points),) = drawn(curve).items()
    assert (name, points[0], points[-1][0]) == ("training", (1, 1.0), epochs)
    assert len(points) == min(epochs, POINTS + 1)
    assert kept(curve) == (epochs, "right")
    assert "<svg" in paper_svg(losses_chart(curve))


def test_the_epoch_that_was_kept_is_among_the_points_of_a_long_line():
    curve = LearningCurve.of([1.0] * 5000, [1.0] * 5000, best=1233)
    assert all((1234, 1.0) in points for points in drawn(curve).values())


def test_what_a_manifest_holds_of_a_curve_is_that_curve():
    for curve in (LearningCurve.of([2, 1], [3, 4], 0), LearningCurve.of([2, 1], [], 1)):
        back = LearningCurve.from_json(curve.to_json())
        assert back.to_json() == curve.to_json()
        assert back.best == curve.best
    for other in ({}, {"learning_curve": [2, 1]}, {"learning_curve": {"loss": [2, 1]}}):
        assert LearningCurve.from_json(other) is None


def test_curves_of_members_and_of_parts_are_those_of_their_manifests():
    net = LearningCurve.of([2, 1], [3, 4], 0).to_json()
    values = LearningCurve.of([5, 4, 3], [], 2).to_json()
    manifest = {
        "members": {"net": {**net, "values": values}, "counts": {"sizes": {"templates": 4}}},
        "members_not_applicable": ["other"],
    }
    found = LearningCurve.all_in(manifest)
    assert {name: curve.to_json() for name, curve in found.items()} == {
        "net": net,
        "net values": values,
    }
    assert list(LearningCurve.all_in(net)) == [""]
    charts = [losses_chart(curve, name, n) for n, (name, curve) in enumerate(found.items(), 1)]
    assert [chart.name for chart in charts] == ["losses", "losses-2"]
    assert charts[1].title == "How the loss of net values fell"


def test_a_network_has_the_figure_on_its_page_and_as_a_file(tmp_path):
    pytest.importorskip("torch")
    options = ["model=deeplog", "model.epochs=3", "split.validation_fraction=0.2"]
    stored = demo(tmp_path, *options, "report.figures=svg")
    page = page_in(stored.paths.run_dir)
    assert list(figures_of(page))[-1] == "losses"
    assert "How the loss fell Mean loss of 3 epochs: over training data from" in words(page.text)
    assert (stored.paths.figures_dir / "losses.svg").is_file()
    curve = stored.learning_curves[""]
    lines = drawn(curve)
    for name, loss in (("training", curve.loss), ("validation", curve.valid_loss)):
        assert [value for _, value in lines[name]] == pytest.approx(loss.tolist(), rel=1e-5)


def test_a_detector_of_ones_own_has_it_and_a_run_that_trains_nothing_has_not(tmp_path):
    def ended(*arguments: str) -> None:
        done = command(*arguments, "tracking=none", cwd=tmp_path, ANOMALOG_PLUGINS=FALLING)
        assert done.returncode == 0, done.stderr

    ended(SMALL_DEMO, "model=falling")
    (run_dir,) = run_dirs(tmp_path / "outputs")
    assert run_charts(read_run(run_dir))[-1].name == "losses"
    (log,) = tmp_path.glob("data/demo/*/HDFS.log")
    ended("score", str(run_dir), str(log), "--")
    (scored,) = set(run_dirs(tmp_path / "outputs")) - {run_dir}
    stored = read_run(scored)
    assert stored.model_manifest["epochs"] == 4
    assert stored.learning_curves == {}
    assert "losses" not in figures_of(page_in(scored))
