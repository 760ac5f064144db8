"""Every command and every piece of code on the README and the pages is run, as it stands there.

Files that a reader has are small stand-ins, and a file that a page tells to write is written as shown.
What a command is given besides makes it quick: a small demo log, two epochs, no tracking, no page, no workers.
Commands whose output the page shows run as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest

from anomalog_exp.config.words import command_files
from tests.command import command, python
from tests.docs.shown import BASELINES, FOOTGUNS, PAGES, SLURM, Block, Command, blocks, commands
from tests.docs.stand_ins import write_stand_ins

SET_UP = {
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e . "
    "&& .venv/bin/python -m anomalog_exp",
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e .[dev] "
    "&& .venv/bin/python -m pytest",
}
"""What sets up an environment, which tests run in already."""

WORDS = set(command_files())
"""First words that are commands of their own."""

EVERY = [one for page in PAGES if page != FOOTGUNS for one in commands(page)]
SHOWN = list({one.words: one for one in sorted(EVERY, key=lambda one: bool(one.output))}.values())
"""Each once, with its output where a page shows that."""

CODE = [block for page in PAGES for block in blocks(page, "python") if block.title is None]


def is_run_here(one: Command) -> bool:
    words = [word for word in one.words if not word.startswith("ANOMALOG_")]
    is_ours = words[:3] == ["python", "-m", "anomalog_exp"]
    return is_ours and " ".join(words) != BASELINES and SLURM not in words


RUN_HERE = [one for one in SHOWN if is_run_here(one)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with the files that the commands name."""
    folder = tmp_path_factory.mktemp("shown")
    write_stand_ins(folder)
    return folder


@pytest.fixture(scope="module")
def run_dir(folder) -> Path:
    """What stands for RUN_DIR."""
    done = command("dataset.source.lines=3000", "tracking=none", "name=shown", cwd=folder)
    assert done.returncode == 0, done.stderr
    (path,) = (folder / "outputs/shown").glob("*/status.json")
    return path.parent


@pytest.fixture(scope="module")
def sweep_dir(folder) -> Path:
    """What stands for SWEEP_DIR; its members are RUN_DIR_A and RUN_DIR_B."""
    given = ["dataset.source.lines=3000", "tracking=none", "name=swept", "hydra/launcher=basic"]
    done = command("model=markov,naive_bayes", "-m", *given, "paths.output_dir=swept", cwd=folder)
    assert done.returncode == 0, done.stderr
    (path,) = (folder / "swept/sweeps").iterdir()
    return path


def places(words: Sequence[str], request: pytest.FixtureRequest) -> dict[str, Path]:
    """The folders that words stand for; a sweep is made where one is named."""
    found = {"RUN_DIR": request.getfixturevalue("run_dir")}
    if {"SWEEP_DIR", "RUN_DIR_A", "RUN_DIR_B"} & set(words):
        sweep = request.getfixturevalue("sweep_dir")
        members = sorted((sweep.parents[1] / "swept").glob("*/status.json"))
        found |= {
            f"RUN_DIR_{letter}": path.parent for letter, path in zip("AB", members, strict=True)
        }
        found["SWEEP_DIR"] = sweep
    return found


def quick(arguments: list[str]) -> list[str]:
    """Overrides that make a shown command quick, none of them a key that it has."""
    word = arguments[0] if arguments and "=" not in arguments[0] else None
    runs = word in {None, "analyze", "diff"} or (word == "experiments" and "run" in arguments)
    if not runs or {"--cfg", "--help"} & set(arguments):
        return []
    text = " ".join(arguments)
    is_demo = word not in {"analyze", "diff"} and not re.search(
        r"\bdataset=(?!demo)|orders_models", text
    )
    needs_no_size = not is_demo or re.search(r"source\.lines|entry_count", text)
    is_download = "dataset=hdfs" in arguments and "dataset/source=local_zip" not in arguments
    is_sweep = word == "experiments" or re.search(r"(^| )-m( |$)|experiment=|model=\w+,", text)
    sweeps = is_sweep and "launcher" not in text
    is_deep = re.search(r"model=(cnn|deep|log(anomaly|bert|robust))", text)
    return [
        *([] if "tracking." in text else ["tracking=none"]),
        *([] if "report." in text else ["report.page=false"]),
        *([] if needs_no_size else ["dataset.source.lines=5000"]),
        # A stand-in lies where a download would put the archive; its checksum differs.
        *(["dataset.source.md5_checksum=null"] if is_download else []),
        *(["hydra/launcher=basic"] if sweeps else []),
        *(["model.epochs=2"] if is_deep and "model.epochs" not in text else []),
    ]


@pytest.mark.parametrize("shown", RUN_HERE, ids=str)
def test_a_shown_command_does_what_it_says(folder, request, shown):
    at = shown.words.index("python")
    variables = dict(word.split("=", 1) for word in shown.words[:at])
    place_of = places(shown.words, request)
    arguments = [str(place_of.get(word, word)) for word in shown.words[at + 3 :]]
    more = [] if shown.output else quick(arguments)
    done = command(*arguments, *more, cwd=folder, timeout=300, **variables)
    assert done.returncode == shown.code, done.stderr
    printed = done.stderr if shown.code == 2 else done.stdout
    assert printed
    if shown.output:
        assert OutputChecker().check_output(shown.output, printed, ELLIPSIS), printed


@pytest.mark.parametrize("shown", CODE, ids=lambda block: f"{block.page.stem}-{CODE.index(block)}")
def test_shown_code_prints_what_it_says(tmp_path, shown: Block):
    done = python(shown.text, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert shown.output, "the page does not show what this prints"
    assert OutputChecker().check_output(shown.output, done.stdout, ELLIPSIS), done.stdout


def test_no_shown_line_is_run_by_nobody():
    assert len(RUN_HERE) > 50
    others = {" ".join(one.words) for one in SHOWN if not is_run_here(one)}
    on_slurm = {" ".join(one.words) for one in SHOWN if SLURM in one.words}
    assert others == SET_UP | {BASELINES} | on_slurm


def test_first_words_are_commands_or_overrides():
    for one in RUN_HERE:
        first = next(iter(one.words[one.words.index("python") + 3 :]), "--")
        assert "=" in first or first.startswith(("-", "~")) or first in WORDS, one
