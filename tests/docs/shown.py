"""What the README and the pages in docs/ show: their blocks, and the commands in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
FOOTGUNS = ROOT / "docs/footguns.md"
"""Its commands are run by `tests/docs/test_footguns.py`, which also compares their figures."""
BASELINES = "python -m anomalog_exp experiment=baselines dataset.source.lines=5000"
"""The longest of all shown commands, which `tests/commands/test_experiments.py` runs."""

SLURM = "hydra/launcher=slurm"
"""What shows a command that only a cluster can run, as `tests/launch/test_slurm.py` does."""

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
_EXIT_CODE = re.compile(r"# exit code (\d+)")


@dataclass(frozen=True)
class Block:
    """A block of code on a page.

    Attributes:
        page: The file.
        language: bash, python, text, yaml, json.
        title: The file that a reader is to write it into; None where there is none.
        text: Its lines.
        output: The text block that stands right below it, which is what it prints; `...` in it stands
            for anything.
    """

    page: Path
    language: str
    title: str | None
    text: str
    output: str | None


@dataclass(frozen=True)
class Command:
    """A line of a bash block.

    Attributes:
        page: The file.
        words: As the shell would split it.
        code: The exit code that the comment behind it announces.
        output: What it prints, where the page shows that.
    """

    page: Path
    words: tuple[str, ...]
    code: int
    output: str | None

    def __str__(self) -> str:
        return f"{self.page.stem}: {' '.join(self.words[2:])}"


def blocks(page: Path, language: str) -> list[Block]:
    """The blocks of one language on a page, in order."""
    text = page.read_text(encoding="utf-8")
    matches = list(_BLOCK.finditer(text))
    found = []
    for match, below in zip_longest(matches, matches[1:]):
        output = None
        if below and below[1] == "text" and not text[match.end() : below.start()].strip():
            output = below[3]
        found.append(Block(page, match[1], match[2], match[3], output))
    return [block for block in found if block.language == language]


def commands(page: Path) -> list[Command]:
    """The lines of a page's bash blocks; the output below a block is that of its last line."""
    found = []
    for block in blocks(page, "bash"):
        lines = block.text.replace("\\\n", "").strip().splitlines()
        for number, line in enumerate(lines, 1):
            code = _EXIT_CODE.search(line)
            output = block.output if number == len(lines) else None
            words = tuple(shlex.split(line, comments=True))
            found.append(Command(page, words, int(code[1]) if code else 0, output))
    return found


def written() -> dict[str, str]:
    """The files that pages ask a reader to write: path -> text."""
    kinds = ("python", "yaml", "json")
    every = (block for page in PAGES for kind in kinds for block in blocks(page, kind))
    return {block.title: block.text for block in every if block.title}
