"""Pages in a real browser: the figures are drawn, and nothing goes wrong."""

from __future__ import annotations

import re

import pytest

from anomalog_exp.report.write import write_sweep_report
from tests.reporting import Page, chromium, demo, page_in, sweep_grid, unlabelled

GRID = sweep_grid()


def drawn(dom: str) -> int:
    return len(re.findall(r'<svg[^>]*class="marks"', dom))


def test_the_figures_of_a_run_are_drawn_without_an_error(tmp_path):
    stored = demo(tmp_path)
    dom, console = chromium(stored.paths.page_path, tmp_path / "profile")
    assert drawn(dom) == len(page_in(stored.paths.run_dir).data["charts"]) == 6
    assert console == ""


def test_a_hostile_log_runs_nothing(tmp_path):
    stored = unlabelled(tmp_path)
    dom, console = chromium(stored.paths.page_path, tmp_path / "profile")
    assert drawn(dom) == 3
    assert console == ""
    assert "img" not in Page(dom).tags


def test_the_browser_lets_no_other_script_run_and_nothing_be_fetched(tmp_path):
    """What would happen if a text came through all the same."""
    stored = demo(tmp_path)
    html = stored.paths.page_path.read_text(encoding="utf-8")
    attack = "<script>document.title='taken'</script><img src='http://127.0.0.1:9/x.png'>"
    bad = tmp_path / "bad.html"
    bad.write_text(html.replace("</main>", f"{attack}</main>"), encoding="utf-8")
    dom, console = chromium(bad, tmp_path / "profile")
    assert "<title>taken" not in dom
    assert console.count("Content Security Policy") == 2


@pytest.mark.parametrize("members", [len(GRID), 1000])
def test_the_table_of_a_sweep_is_made(tmp_path, members):
    interval = {"f1_low": 0.25, "f1_high": 0.75}  # a text among figures
    records = [{**GRID[i % len(GRID)], **interval, "index": i} for i in range(members)]
    page = tmp_path / "report.html"
    write_sweep_report(tmp_path, records, tmp_path / "cache", typed=[], page=page, figures=[])
    dom, console = chromium(page, tmp_path / "profile")
    assert console == ""
    assert f"{members} members</span>" in dom
    assert len(re.findall(r"<tr>", dom.partition("<tbody>")[2].partition("</tbody>")[0])) == members
    assert drawn(dom) == 4
    assert page.stat().st_size < 5_000_000
