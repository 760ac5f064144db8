"""The table of figures on the page about results holds all of them, and none that there is not."""

from __future__ import annotations

import re
from dataclasses import fields

from anomalog_exp.evaluation.block import Diagnostics
from anomalog_exp.metric_terms import Figure
from tests.docs.shown import ROOT

ELSEWHERE = {
    "f1_low", "f1_high", "flagged_share", "ap",  # tables and frames
    "unique", "sessions", "unique_f1", "sessions_f1",  # MLflow
    "top5",  # of `evaluation.top_k`
}  # fmt: skip
"""Names of figures that stand in no class of their own."""


def test_every_figure_has_a_row_and_every_row_a_figure():
    page = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    section = page.partition("\n### Every figure\n")[2].partition("\n#")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    documented = {name for row in rows for name in re.findall(r"`([a-z0-9_]+)`", row)}
    names = {str(figure) for figure in Figure} | {field.name for field in fields(Diagnostics)}
    assert documented == names | ELSEWHERE
