"""Figures as files for a paper: one column wide (84 mm), 8 pt, black on white.

They are drawn without a browser. A PNG has 300 dots per inch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anomalog_exp.files import replaced, write_text
from anomalog_exp.report.figures.chart import Chart

__all__ = ["paper_svg", "write_figures"]

_COLUMN_MM = 84
_PX_PER_MM = 96 / 25.4
_FONT_PX = 8 * 96 / 72
_HEIGHT = 0.72
_PAPER = {
    "background": "white",
    "padding": 2,
    "font": "Helvetica, Arial, sans-serif",
    "axis": {
        "labelFontSize": _FONT_PX,
        "titleFontSize": _FONT_PX,
        "titleFontWeight": "normal",
        "labelColor": "black",
        "titleColor": "black",
        "gridOpacity": 0.5,
    },
    "legend": {
        "labelFontSize": _FONT_PX,
        "titleFontSize": _FONT_PX,
        "titleFontWeight": "normal",
        "labelColor": "black",
        "titleColor": "black",
    },
    "text": {"fontSize": _FONT_PX},
    "view": {"stroke": None},
}
_SIZE = re.compile(r'width="[\d.]+" height="([\d.]+)"')


def write_figures(folder: Path, charts: Sequence[Chart], formats: Sequence[str]) -> list[Path]:
    """Write each figure in each format (`svg`, `png`) into a folder; the paths."""
    import vl_convert

    paths = []
    for chart in charts:
        for kind in formats:
            path = folder / f"{chart.name}.{kind}"
            if kind == "svg":
                write_text(path, paper_svg(chart))
            else:
                # 96 pixels per inch become 300; vl_convert counts from 72.
                image = vl_convert.vegalite_to_png(_on_paper(chart), scale=72 / 96, ppi=300)
                with replaced(path) as temporary:
                    temporary.write_bytes(image)
            paths.append(path)
    return paths


def paper_svg(chart: Chart) -> str:
    """The figure as SVG, whose size is in millimetres."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(_on_paper(chart))

    def in_mm(found: re.Match[str]) -> str:
        return f'width="{_COLUMN_MM}mm" height="{float(found[1]) / _PX_PER_MM:.2f}mm"'

    return _SIZE.sub(in_mm, svg, count=1)


def _on_paper(chart: Chart) -> dict[str, Any]:
    return chart.spec | {
        "width": round(_COLUMN_MM * _PX_PER_MM),
        "height": round(chart.spec["height"] * _HEIGHT),
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _PAPER,
    }
