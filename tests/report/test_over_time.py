"""Figures over time, against hand-worked bins."""

from __future__ import annotations

import pytest

from anomalog_exp.report.figures.over_time import anomalies_over_time, templates_over_time

TIMELINE = {
    "start_ms": 1000,
    "bin_ms": 500,
    "rows": [3, 0, 4, 1],
    "templates": [{"text": "x" * 100, "rows": [3, 0, 1, 1]}, {"text": None, "rows": [0, 0, 3, 0]}],
    "sequences": {"judged": [0, 2, 2, 0], "flagged": [0, 0, 1, 0], "anomalous": [0, 2, 0, 0]},
}


def test_flags_stand_upwards_and_labels_hang_downwards():
    spec = anomalies_over_time(TIMELINE, "sequences", "sequence").spec
    values = spec["data"]["values"]
    shown = [(v["time"], v["end"], v["what"], v["height"], v["judged"]) for v in values]
    assert shown == [(2000, 2500, "flagged", 1, 2), (1500, 2000, "labelled anomalous", -2, 2)]
    # The axis spans what was judged, not only what was flagged.
    assert spec["encoding"]["x"]["scale"]["domain"] == [1500, 2500]
    assert spec["encoding"]["y"]["axis"]["values"] == [-2, -1, 0, 1]


@pytest.mark.parametrize(
    ("flagged", "ticks"),
    [([0, 1, 0, 0], [0, 1]), ([0, 0, 130, 0], [0, 50, 100]), ([0, 9, 9, 0], [0, 2, 4, 6, 8])],
)
def test_ticks_are_whole_numbers(flagged, ticks):
    counts = {"judged": [0, 200, 200, 0], "flagged": flagged, "anomalous": [0, 0, 0, 0]}
    chart = anomalies_over_time(TIMELINE | {"sequences": counts}, "sequences", "sequence")
    assert chart.spec["encoding"]["y"]["axis"]["values"] == ticks
    assert chart.spec["encoding"]["color"]["scale"]["domain"] == ["flagged"]


def test_templates_are_stacked():
    spec = templates_over_time(TIMELINE).spec
    values = [(v["time"], v["from"], v["to"], v["lines"]) for v in spec["data"]["values"]]
    assert values == [(1000, 0, 3, 3), (2000, 0, 1, 1), (2500, 0, 1, 1), (2000, 1, 4, 3)]
    first, others = spec["encoding"]["color"]["scale"]["domain"]
    assert first.startswith("1 xxx")
    assert len(first) < 50
    assert others == "all others"
    assert spec["encoding"]["x"]["scale"]["domain"] == [1000, 3000]


@pytest.mark.parametrize(
    ("width", "words"),
    [(1, "1 ms"), (500, "500 ms"), (1000, "second"), (30_000, "30 seconds"), (60_000, "minute"),
     (7_200_000, "2 hours"), (86_400_000, "day"), (604_800_000, "7 days")],
)  # fmt: skip
def test_the_width_of_bins_is_said(width, words):
    caption = templates_over_time(TIMELINE | {"bin_ms": width}).caption
    assert caption.startswith(f"Counts by {words}, in UTC.")
