"""A hook of MkDocs: tables of detectors, rules, options and experiments, made of the code at each build.

A page says where a table stands, and what a reader of the page's source sees instead:

    <!-- table: detectors -->
    Made when the pages are built; `python -m anomalog_exp list detectors` prints the same.
    <!-- end of table -->

So adding an option of any group edits no page. `TABLES` names all tables; some take a group.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, get_args

import yaml
from docs_comments import Key, group_lines, keys_of, names_of, text_of, yaml_name
from docs_detectors import DetectorFacts, detector_facts
from docs_published import published_sections
from docs_values import Described, class_of, described
from mkdocs.exceptions import PluginError

from anomalog_exp.detection.decision import DecisionConfig
from anomalog_exp.options.listing import conf_dir

__all__ = ["TABLES", "on_page_markdown", "with_tables"]

_MARKED = re.compile(r"<!-- table: ([\w-]+)(?: (\S+))? -->\n.*?<!-- end of table -->", re.DOTALL)
_CODE = re.compile(
    r"<\w+>|[\w/.@*]+=[\w/.@*]*\w|[\w./]*[a-z]_\w+(?:\.\w+)*|\b(?:null|conf/[\w/.]+)"
)
_LABEL = re.compile(r"\b(Source|Score|Deviations?): ")
_SPECIAL = re.compile(r"([\\*_\[\]#|])")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """What MkDocs calls with the source of each page."""
    return with_tables(markdown)


def with_tables(markdown: str) -> str:
    """A page with its tables filled in.

    Raises:
        PluginError: a marker names a table that there is not.
    """
    filled = _MARKED.sub(_table, markdown)
    if "<!-- table:" in filled:
        raise PluginError("a table lacks its line `<!-- end of table -->`")
    return filled


def _table(marked: re.Match[str]) -> str:
    name, argument = marked[1], marked[2]
    if name not in TABLES:
        raise PluginError(f"there is no table {name!r}; there are {', '.join(TABLES)}")
    return TABLES[name](*([argument] if argument else []))


def _detectors() -> str:
    rows = [
        (
            f"[`{one.name}`](#{one.name})",
            one.learns_from,
            prose(f"{one.title} Score: {one.score}."),
            f"`{one.extra}`" if one.extra else "",
            "; ".join(one.papers),
        )
        for one in detector_facts()
    ]
    table = _rows(["`model=`", "learns from", "score", "extra", "paper"], rows)
    return f'<div class="detectors" markdown>\n\n{table}\n\n</div>'


def _each_detector() -> str:
    """A section on each detector: what its file says of it, and its options."""
    return "\n\n".join(_detector(one) for one in detector_facts())


def _detector(facts: DetectorFacts) -> str:
    paragraphs = [prose(" ".join(one.split())) for one in facts.text.split("\n\n")]
    text = _LABEL.sub(r"**\1:** ", "\n\n".join([f"*{prose(facts.title)}*", *paragraphs]))
    return f"### {facts.name} {{ #{facts.name} }}\n\n{text}\n\n{_keys('model', facts.name)}"


def _decisions() -> str:
    rows = []
    for rule in get_args(get_args(DecisionConfig)[0]):
        (name,) = get_args(rule.model_fields["name"].annotation)
        means = inspect.getdoc(rule).split("\n\n")[0]
        defaults = [
            f"`{key}={value.default}`"
            for key, value in keys_of("model/decision", name).items()
            if key != "name"
        ]
        rows.append((f"`{name}`", prose(" ".join(means.split())), ", ".join(defaults)))
    return _rows(["`model/decision=`", "the threshold", "its options"], rows)


def _options(group: str) -> str:
    """The options of a group, one line each."""
    rows = [(f"`{name}`", prose(_first_sentence(text_of(group, name)))) for name in names_of(group)]
    return _rows([f"`{group}=`", "what it is"], rows)


def _every_key(group: str) -> str:
    """Every option of a group with every key of it."""
    parts = []
    for name in names_of(group):
        heading = f"#### `{group}={name}` {{ #{_anchor(group, name)} }}"
        table = _keys(group, name) or "It has no options of its own."
        parts += [heading, _text(group, name), table]
    return "\n\n".join(parts)


def _keys(group: str, name: str) -> str:
    """The keys of one option: default, values, meaning."""
    known = described(class_of(group, yaml_name(group, name)))
    found = keys_of(group, name)
    for key, one in found.items():
        if one.group:
            inner = described(class_of(one.group, yaml_name(one.group, one.default)))
            known |= {f"{key}.{k}": about for k, about in inner.items()}
    rows = [_row(key, one, known.get(key)) for key, one in found.items() if key != "name"]
    return _rows(["key", "default", "values", "meaning"], rows) if rows else ""


def _root() -> str:
    known = described(class_of("", ""))
    rows = [
        _row(key, one, known.get(key))
        for key, one in keys_of("", "config").items()
        if not one.group
    ]
    return _rows(["key", "default", "values", "meaning"], rows)


def _groups() -> str:
    rows = [(f"`{group}`", f"`{default}`", prose(text)) for group, default, text in group_lines()]
    return _rows(["group", "default", "what it decides"], rows)


def _experiments() -> str:
    rows = []
    for name in names_of("experiment"):
        values = yaml.safe_load(
            (conf_dir() / f"experiment/{name}.yaml").read_text(encoding="utf-8")
        )
        groups = ", ".join(f"`{group}`" for group in values.get("groups", []))
        swept = values.get("hydra", {}).get("sweeper", {}).get("params", {})
        over = ", ".join(f"`{key}`" for key in swept)
        rows.append((f"`{name}`", prose(values.get("description", "")), groups, over))
    return _rows(["experiment", "what it measures", "groups", "sweeps over"], rows)


TABLES: dict[str, Callable[..., str]] = {
    "detectors": _detectors,
    "each-detector": _each_detector,
    "decisions": _decisions,
    "options": _options,
    "every-key": _every_key,
    "root-keys": _root,
    "groups": _groups,
    "experiments": _experiments,
    "published": published_sections,
}
"""The tables by the names that pages call them by."""


def _row(key: str, one: Key, about: Described | None) -> tuple[str, ...]:
    if one.group:
        meaning = one.comment or f"An option of the group {one.group}."
        return f"`{key}`", f"`{one.default}`", "an option", prose(meaning)
    values, description = about or ("", "")
    return f"`{key}`", f"`{one.default}`", values, prose(_meaning(description, one.comment))


def _meaning(description: str, comment: str) -> str:
    """The class's words and the YAML's; the class's are left out where the YAML says most of them."""
    if not description or _repeats(comment, description):
        return comment
    return f"{description[0].upper()}{description[1:]}. {comment}".strip()


def _repeats(comment: str, description: str) -> bool:
    """Whether a comment has half of the long words of a description; of all words, if none is long."""
    for least in (6, 4):
        stems = _stems(description, least)
        if stems:
            return len(stems & _stems(comment, least)) * 2 >= len(stems)
    return False


def _stems(text: str, least: int) -> set[str]:
    return {word[:6] for word in re.findall(rf"[a-z]{{{least},}}", text.lower())}


def prose(text: str) -> str:
    """Text of a docstring or comment as Markdown: what is code there and here, and nothing else."""
    parts = []
    for place, part in enumerate(text.split("`")):
        if place % 2:
            parts.append(f"`{part}`")
            continue
        cut = 0
        for code in _CODE.finditer(part):
            parts += [_plain(part[cut : code.start()]), f"`{code.group()}`"]
            cut = code.end()
        parts.append(_plain(part[cut:]))
    return "".join(parts)


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("<", "&lt;").replace(">", "&gt;")


def _text(group: str, name: str) -> str:
    """The text at the top of an option's YAML: paragraphs, and examples as they are."""
    parts = []
    for is_example, lines in groupby(text_of(group, name).splitlines(), _is_indented):
        parts.append("\n".join(f"    {line}" if is_example else prose(line) for line in lines))
    return "\n\n".join(parts)


def _is_indented(line: str) -> bool:
    return line.startswith("  ")


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.) (?=[A-Z])|\n {2}|(?<=\.)$", " ".join(text.split("\n")))[0]


def _anchor(group: str, name: str) -> str:
    return f"{group.replace('/', '-')}-{name}"


def _rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
