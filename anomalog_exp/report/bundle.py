"""The script that draws the charts of a page: Vega, Vega-Lite and Vega-Embed in one text.

vl_convert brings it and takes two seconds to put it together, so it is kept in the cache, and in the
process for its next cache.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from anomalog_exp.files import remove_half_written, write_text

__all__ = ["chart_library"]

_LOG = logging.getLogger(__name__)


def chart_library(cache_dir: Path) -> str:
    """The text of the library, out of the cache or put there now."""
    path = cache_dir / "report" / f"vega-of-vl-convert-{version('vl-convert-python')}.js"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            if not path.is_file():
                remove_half_written(path.parent)
                _LOG.info("putting together the library that draws charts, once")
                write_text(path, _put_together())
    return path.read_text(encoding="utf-8")


@cache
def _put_together() -> str:
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
