"""Runs whose pages are looked at, and a reader of such pages."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.results import StoredRun, read_run
from tests.command import SMALL_DEMO
from tests.tiny import tiny

HOSTILE = "</script><script>alert('x')</script><img src=x onerror=alert(1)>&lt;\u2028"
"""What a log line may hold."""

_FETCHING = {"src", "href", "data", "action", "poster", "srcset", "xlink:href"}


def places(folder: Path) -> list[str]:
    """Overrides that keep a run's files below a folder."""
    names = ("data_dir", "cache_dir", "output_dir")
    return ["tracking=none", *(f"paths.{name}={folder / name}" for name in names)]


def run_of(folder: Path, *overrides: str) -> StoredRun:
    """The run of some overrides, read back however it ended."""
    config = load_run_config([*places(folder), *overrides])
    try:
        run(config, overrides=overrides)
    except ConfigError:
        (failed,) = (folder / "output_dir").glob(f"{config.name}/*/status.json")
        return read_run(failed.parent)
    return read_run(next((folder / "output_dir").glob(f"{config.name}/*/status.json")).parent)


def demo(folder: Path, *overrides: str) -> StoredRun:
    """A run of the small demo."""
    return run_of(folder, SMALL_DEMO, *overrides)


def next_events(folder: Path) -> StoredRun:
    """A run that is led by what it predicts."""
    return demo(folder, "model=markov", "evaluation.primary_scope=next_event_prediction")


def events(folder: Path) -> StoredRun:
    """A run that is led by single events."""
    log = tiny("bgl", folder / "bgl")
    return run_of(
        folder, "dataset=bgl", *log, "sequence=stream", "split=prefix_fraction", "model=markov"
    )


def unlabelled(folder: Path, entity: str = "job-7") -> StoredRun:
    """A run on a log of hostile lines without labels."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"2024-05-01 10:{i // 60 % 60:02d}:{i % 60:02d} [{entity}{i // 5}] step {'abcde'[i % 5]}"
        for i in range(600)
    ]
    lines[-3] += f" {HOSTILE}"
    (folder / "app.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return run_of(
        folder, "dataset=custom", f"dataset.source.path={folder / 'app.log'}",
        "dataset.structured_parser.format='<Date> <Time> [<Job>] <Content>'",
        "dataset.structured_parser.time_format='%Y-%m-%d %H:%M:%S'",
        "dataset.structured_parser.entity_field=Job", "model=rarity",
    )  # fmt: skip


def skipped(folder: Path) -> StoredRun:
    """A run that has no result."""
    return demo(folder, "model=naive_bayes", "split=normal_only", "name=skipped")


def failed(folder: Path) -> StoredRun:
    """A run that failed when its data were there."""
    return demo(folder, "split=predefined", "name=failed")


class Page(HTMLParser):
    """A page as a browser reads it.

    Attributes:
        text: What is shown.
        scripts: The texts of scripts that run.
        data: Id -> what a script of data holds.
        fetched: Addresses that opening the page fetches.
        links: Where a click leads.
        tags: Names of elements.
        handlers: Attributes that run code.
        policy: What the page lets a browser do.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.policy, self.scripts, self.data = "", "", [], {}
        self.fetched, self.links, self.tags, self.handlers = [], [], set(), []
        self._inside: tuple[str, dict[str, str | None]] = ("", {})
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self._inside = (tag, values)
        if tag == "meta" and values.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(values["content"])
        self.handlers += [name for name in values if name.startswith("on")]
        for name in _FETCHING & set(values):
            (self.links if tag == "a" else self.fetched).append(str(values[name]))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ("", {})

    def handle_data(self, data: str) -> None:
        tag, values = self._inside
        if tag == "script" and values.get("type") == "application/json":
            self.data[str(values["id"])] = json.loads(data)
        elif tag == "script":
            self.scripts.append(data)
        elif tag != "style":
            self.text += data


def page_in(folder: Path) -> Page:
    """The page in the folder of a run or a sweep."""
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def words(text: str) -> str:
    """A text with its white space as single blanks."""
    return " ".join(re.split(r"[ \n\t]+", text)).strip()


def chromium(page: Path, profile: Path) -> tuple[str, str]:
    """The document as a browser has made it, and what it wrote on its console."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs a Chromium in the PATH")
    done = subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
            "--virtual-time-budget=10000", f"--user-data-dir={profile}", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def figures_of(page: Page) -> dict[str, Any]:
    """Name -> specification of the figures on a page."""
    return page.data["charts"]


def record(
    index: int, f1: float | None = None, *, status="done", reason=None, oracle=False, **settings
) -> dict[str, Any]:
    """What a member of a sweep leaves; `model__alpha=1` is its override `model.alpha=1`."""
    done = {} if f1 is None else {
        "metrics": {"f1": f1, "precision": f1, "recall": 1.0}, "primary_metric": "f1",
        "primary_value": f1, "judged": 100, "flagged": 5, "seconds": 0.5 + index, "oracle": oracle,
    }  # fmt: skip
    overrides = [f"{key.replace('__', '.')}={value}" for key, value in settings.items()]
    return {"index": index, "overrides": overrides, "status": status, "reason": reason, **done}


def sweep_grid() -> list[dict[str, Any]]:
    """Twelve members: two models, three windows, two seeds; F1 from 0.50 on in steps of 0.01."""
    grid = itertools.product(("markov", "pca"), (5, 50, 10), (0, 1))
    return [
        record(i, 0.5 + i / 100, model=model, sequence__window_size=window, seed=seed)
        for i, (model, window, seed) in enumerate(grid)
    ]
