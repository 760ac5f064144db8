"""The figures on the page of footguns: what its commands give, run side by side in one process."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from statistics import median

import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.progress import SILENT
from anomalog_exp.results import StoredRun, read_run
from tests.docs.shown import FOOTGUNS, Command, commands

SHARED = "test_sharing_events_with_train"
QUICK = [
    "tracking=none",
    "report.page=false",
    "keep_bundle=false",
    "evaluation.bootstrap_samples=0",
]


@pytest.fixture(scope="module")
def runs_of(tmp_path_factory):
    """The runs of a command: several where it is a sweep."""
    folder = tmp_path_factory.mktemp("footguns")
    places = [f"paths.{n}={folder / n}" for n in ("data_dir", "cache_dir", "output_dir")]

    def runs(command: Command) -> list[StoredRun]:
        words = command.words[3:]
        assert command.words[:3] == ("python", "-m", "anomalog_exp")
        keys = [word.partition("=") for word in words if word != "-m"]
        assert ("-m" in words) == any("," in value for *_, value in keys)
        found = []
        for values in product(*(value.split(",") for *_, value in keys)):
            given = [f"{key}={value}" for (key, *_), value in zip(keys, values, strict=True)]
            result = run(load_run_config([*given, *QUICK, *places]), progress=SILENT)
            found.append(read_run(Path(result.run_dir)))
        return found

    return runs


def f1(one: StoredRun) -> str:
    return shown(one.report.primary.headline["f1"])


def shown(figure: float) -> str:
    return f"{figure:.3f}".removeprefix("0")


def over(runs: list[StoredRun]) -> list[str]:
    """The median and the range of F1."""
    figures = [one.report.primary.headline["f1"] for one in runs]
    return [shown(function(figures)) for function in (median, min, max)]


def of_all(*runs: list[StoredRun]) -> list[str]:
    return [f1(one) for (one,) in runs]


def of_cuts(single, several):
    return [f1(single[0]), *over(several)]


def of_shuffles(several, single):
    return [*over(several), f1(single[0])]


def of_overlaps(*runs):
    found = [one.dataset_manifest["sequences"] for (one,) in runs]
    assert {one["sequences"]["test"]["total"] for one in found} == {9970}
    return [*of_all(*runs), *(f"{one[SHARED]:,}" for one in found)]


def of_equal_sequences(*runs):
    blocks = [one.report.primary for (one,) in runs]
    seen = blocks[0].diagnostics.test_share_seen_in_train
    both = [(one.headline["f1"], one.diagnostics.unique.f1) for one in blocks]
    return [f"{seen:.1%}", *(shown(figure) for pair in both for figure in pair)]


def of_short_sessions(pad, skip):
    # A network's last digits depend on the machine.
    figures = [one.report.primary.headline["f1"] for (one,) in (pad, skip)]
    assert figures == [pytest.approx(0.8, abs=0.05), pytest.approx(0.5, abs=0.05)]
    return []


def of_templates(*runs):
    masked_all, masked_train, bare_all, bare_train = of_all(*runs)
    assert masked_all == masked_train
    return [masked_all, bare_all, bare_train]


def of_explosions(*runs):
    templates = [f"{one.dataset_manifest['dataset']['templates']:,}" for (one,) in runs]
    block = runs[0][0].report.primary
    assert block.diagnostics.flagged == block.counts.units
    return [*templates, str(block.diagnostics.flagged), *of_all(*runs)]


FIGURES = {
    "A threshold that has seen the answers": of_all,
    "One cut of the log": of_cuts,
    "Shuffling": of_shuffles,
    "Windows that overlap across the split": of_overlaps,
    "Equal sequences": of_equal_sequences,
    "Sessions that are too short": of_short_sessions,
    "Templates mined on the test part": of_templates,
    "Template explosion": of_explosions,
}
"""Title of a section -> the figures in bold that it shows, from the runs of its commands in order."""

SECTIONS = dict(
    part.split("\n", 1) for part in FOOTGUNS.read_text(encoding="utf-8").split("\n## ")[1:]
)


def test_each_section_is_tested():
    assert list(SECTIONS) == list(FIGURES)
    assert len(commands(FOOTGUNS)) == sum(text.count("python -m") for text in SECTIONS.values())


@pytest.mark.parametrize("title", SECTIONS)
def test_the_figures_of_a_footgun_are_those_of_its_commands(runs_of, title):
    if title == "Sessions that are too short":
        pytest.importorskip("torch", reason="needs the extra deep")
    texts = list(SECTIONS.values())
    before = "".join(texts[: list(SECTIONS).index(title)]).count("python -m")
    written = commands(FOOTGUNS)[before:][: SECTIONS[title].count("python -m")]
    bold = re.findall(r"\*\*(.+?)\*\*", SECTIONS[title])
    assert FIGURES[title](*map(runs_of, written)) == bold
