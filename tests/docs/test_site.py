"""The pages as they are built: without a warning, and without a word to any other host."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.command import environment
from tests.docs.shown import PAGES, ROOT

FETCHED = {
    "link": "href",
    "script": "src",
    "img": "src",
    "source": "src",
    "iframe": "src",
    "video": "src",
    "object": "data",
}
"""Elements whose address a browser fetches when it opens a page; it follows others on a click only."""

NOT_FETCHED = {"canonical", "next", "prev", "author", "license"}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The built pages."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", folder],
        cwd=ROOT, env=environment(PYTHONPATH=str(ROOT), NO_MKDOCS_2_WARNING="1"),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return folder


class Fetched(HTMLParser):
    """Collects the addresses that opening a page fetches."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        rel = set((values.get("rel") or "").split())
        address = values.get(FETCHED.get(tag, ""))
        if address and not (tag == "link" and rel & NOT_FETCHED):
            self.addresses.append(address)


def test_every_page_is_built_with_its_tables(site):
    for page in PAGES[1:]:
        html = (site / f"{page.stem}.html").read_text(encoding="utf-8")
        assert "<!-- table" not in html
        assert "made when the pages are built" not in html
    assert "<code>half_space_trees</code>" in (site / "detectors.html").read_text(encoding="utf-8")


def test_opening_a_page_asks_no_other_host(site):
    for page in site.rglob("*.html"):
        fetched = Fetched()
        fetched.feed(page.read_text(encoding="utf-8"))
        assert fetched.addresses
        for address in fetched.addresses:
            assert not re.match(r"([a-z]+:)?//", address), f"{page.name} fetches {address}"
    for sheet in site.rglob("*.css"):
        foreign = re.findall(
            r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^)'\"]+)", sheet.read_text()
        )
        assert not foreign, sheet.name


def test_the_public_names_are_on_the_page_of_the_api(site):
    import anomalog_exp.config
    import anomalog_exp.models
    import anomalog_exp.results

    html = (site / "api.html").read_text(encoding="utf-8")
    for module in (anomalog_exp.config, anomalog_exp.models, anomalog_exp.results):
        for name in module.__all__:
            public = getattr(module, name)
            home = getattr(public, "__module__", module.__name__)
            # A module of the same name hides a function; the page then names where it stands.
            places = (f"{module.__name__}.{name}", f"{home}.{getattr(public, '__name__', name)}")
            assert any(f'id="{place}"' in html for place in places), name
