"""Templates into one self-contained page, which asks no other host for anything.

Log lines are hostile text: templates escape whatever they show, data for scripts is JSON without `<`,
and the page's own policy lets a browser run the page's scripts only, which it knows by their digests,
and fetch nothing.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anomalog_exp.report.figures.chart import Chart

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["rendered"]

_PAGES = Path(__file__).with_name("pages")


def rendered(
    template: str, facts: Mapping[str, Any], charts: Sequence[Chart], library: str, **data: Any
) -> str:
    """The page.

    Args:
        template: Its file in `pages`.
        facts: What the template shows.
        charts: The figures, for the template and for the script.
        library: The script that draws them.
        **data: What the page's own script reads besides, JSON-ready, by the id of its element.
    """
    library = library if charts else ""
    scripts = [library, (_PAGES / "page.js").read_text(encoding="utf-8")]
    data |= {"charts": {chart.name: chart.spec for chart in charts}}
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
        # Vega makes functions of expressions.
        f"form-action 'none'; script-src 'unsafe-eval' {' '.join(map(_allowed, scripts))}"
    )
    page: str = (
        _environment()
        .get_template(template)
        .render(
            **facts,
            charts=charts,
            scripts=scripts,
            data={name: _for_script(value) for name, value in data.items()},
            policy=policy,
            style=(_PAGES / "style.css").read_text(encoding="utf-8"),
        )
    )
    return page


def _for_script(value: Any) -> str:
    """JSON that can stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _allowed(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    environment.filters["figure"] = lambda value: "-" if value is None else f"{value:.4f}"
    return environment


def _number(value: float | None) -> str:
    """Whole numbers with separators, others with six digits."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
