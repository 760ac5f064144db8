"""The script that draws charts, kept in the cache."""

from __future__ import annotations

from anomalog_exp.report.bundle import chart_library


def test_the_library_is_kept_and_what_a_killed_process_left_of_it_goes(tmp_path):
    made = chart_library(tmp_path)
    (kept,) = (tmp_path / "report").glob("*.js")
    assert kept.read_text(encoding="utf-8") == made
    kept.rename(kept.with_name(f".{kept.name}.half_888"))
    assert chart_library(tmp_path) == made
    assert {path.name for path in kept.parent.iterdir()} == {kept.name, f".{kept.name}.lock"}
