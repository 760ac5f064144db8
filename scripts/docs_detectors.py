"""What the docs say of detectors, read from the detectors: a docstring's own sentences, and class facts.

The docstring at the top of a detector's file begins with `Name: what it asks.`, names its paper in a
sentence that begins with `Source:`, and says what a score is in one that begins with `Score:`. A test
holds all of them to that, and compares what a detector says that it learns from with what it does.
"""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import get_type_hints

from docs_comments import names_of, yaml_name

from anomalog_exp.options.groups import OPEN_GROUPS, module_in

__all__ = ["DetectorFacts", "detector_facts", "sentences"]

_NO_SENTENCE_ENDS_AT = {"Proc.", "Softw.", "al."}
_NAME = r"[A-Z][\w-]+"
_AUTHORS = rf"{_NAME}(?:, {_NAME})*(?: and {_NAME}| et al\.)?"
_CITED = re.compile(rf'({_AUTHORS}), (?:"[^"]*",? )?[^;"]*?\b((?:19|20)\d\d)\b')


@dataclass(frozen=True)
class DetectorFacts:
    """A row of the table of detectors.

    Attributes:
        name: As in `model=`.
        title: What the first line of the docstring says, without the name.
        text: The paragraphs after it.
        learns_from: `normal`, `all`, `either` or `both`.
        score: What a score is.
        papers: Short citations; the text has the long ones.
        extra: The extra that brings what it needs, or an empty text.
    """

    name: str
    title: str
    text: str
    learns_from: str
    score: str
    papers: tuple[str, ...]
    extra: str


def detector_facts() -> list[DetectorFacts]:
    """All detectors, by name."""
    return [_facts(name) for name in names_of("model")]


def sentences(text: str) -> list[str]:
    """The sentences of a text, each in one line."""
    found: list[str] = []
    for paragraph in text.split("\n\n"):
        for part in re.split(r"(?<=\.) (?=[A-Z`])", " ".join(paragraph.split())):
            if found and found[-1].rpartition(" ")[2] in _NO_SENTENCE_ENDS_AT:
                found[-1] += f" {part}"
            else:
                found.append(part)
    return found


def _facts(name: str) -> DetectorFacts:
    module = importlib.import_module(module_in(OPEN_GROUPS["model"], yaml_name("model", name)))
    detector = get_type_hints(module.Config.build_detector)["return"]
    first, _, text = inspect.getdoc(module).partition("\n\n")
    said = sentences(text)
    return DetectorFacts(
        name=name,
        title=_title(first),
        text=text,
        learns_from="both" if detector.supervised else detector.learns_from,
        score=_first(said, "Score: ").rstrip("."),
        papers=_papers(_first(said, "Source: ") or text),
        extra=_extra(module.Config.packages),
    )


def _title(first: str) -> str:
    """The first sentence without the name before its colon, as a sentence of its own."""
    line = " ".join(first.split())
    said = line.partition(": ")[2] or line
    return said[0].upper() + said[1:]


def _first(said: list[str], start: str) -> str:
    return next((one.removeprefix(start) for one in said if one.startswith(start)), "")


def _papers(text: str) -> tuple[str, ...]:
    """Every paper that a text cites, as `First et al. 2009`."""
    papers = []
    for authors, year in _CITED.findall(" ".join(text.split())):
        names = re.split(r", | and ", authors.removesuffix(" et al."))
        others = len(names) > 2 or authors.endswith("et al.")
        papers.append(f"{names[0]} et al. {year}" if others else f"{' and '.join(names)} {year}")
    return tuple(dict.fromkeys(papers))


def _extra(packages: tuple[str, ...]) -> str:
    root = Path(__file__).resolve().parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra, required in project["optional-dependencies"].items():
        brought = {re.split(r"[<>=]", one)[0] for one in required}
        if extra not in ("dev", "docs") and brought & set(packages):
            return str(extra)
    return ""
