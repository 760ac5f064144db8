"""The file of pinned templates: a YAML that is written for a person to edit, and read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from anomalog_exp.errors import DataError
from anomalog_exp.options.local_path import local_path
from anomalog_exp.options.mistakes import did_you_mean
from anomalog_exp.plural import how_many

__all__ = ["KEY", "TemplateEntry", "pinned_yaml", "read_pinned"]

KEY: Final = "template.pinned"

_LIST: Final = "templates"
_SAMPLE_LENGTH: Final = 160

_HEAD: Final = """\
# {title}
# Remove what is to be mined as before, change the others, and run with template.pinned=THIS_FILE.
# A message that fits a text is that template; where several fit, the text with the most words is meant.
#   text   <*> is one word or a part of one, <**> is one word or more. A list of texts, as
#          ["a <*>", "b <*> <*>"], makes one template of several.
#   name   what its events are called, in results and reports. Without one that is the first text.
{key}:
"""

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class TemplateEntry:
    """A template as the file shows it.

    Attributes:
        name: What a person has called it, if one has.
        texts: One or more.
        lines: How many lines are of it.
        sample: One of them, with its place; None where there is none.
    """

    name: str | None
    texts: tuple[str, ...]
    lines: int
    sample: str | None


def pinned_yaml(title: str, entries: Iterable[TemplateEntry]) -> str:
    """The text of the file.

    Args:
        title: A sentence on what these templates are of.
        entries: In the order in which they are to stand there.
    """
    head = _HEAD.format(title=_on_a_line(title), key=_LIST)
    return head + "".join(f"{line}\n" for entry in entries for line in _lines(entry))


def _lines(entry: TemplateEntry) -> Iterator[str]:
    sample = "" if entry.sample is None else f": {_on_a_line(entry.sample)}"
    yield f"  # {how_many(entry.lines, 'line')}{sample}"
    texts = [_quoted(text) for text in entry.texts]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    if entry.name is None:
        yield f"  - text: {text}"
    else:
        yield f"  - name: {_quoted(entry.name)}"
        yield f"    text: {text}"


def _quoted(text: str) -> str:
    """The text as YAML, on one line."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf")).rstrip()


def _on_a_line(text: str) -> str:
    shown = "".join(one if one.isprintable() else repr(one)[1:-1] for one in text[:_SAMPLE_LENGTH])
    return shown if len(text) <= _SAMPLE_LENGTH else f"{shown}..."


def read_pinned(file: str, one_of: Callable[[dict[str, Any], str], _Read]) -> list[_Read]:
    """What the file holds.

    Args:
        file: Its path.
        one_of: Makes a template of plain values; the second argument names their place for messages.

    Raises:
        ConfigError: there is no such file, it is no YAML, or what it holds does not fit.
    """
    path = local_path(Path(file), KEY)
    if not path.is_file():
        raise DataError.of(
            KEY,
            file,
            problem="there is no such file",
            allowed="a YAML of templates",
            fix=f"`python -m anomalog_exp pin RUN_DIR --write {path.name}` writes one to edit",
        )
    try:
        values = yaml.safe_load(path.read_bytes())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = f"it is no YAML ({' '.join(str(error).split())})"
        raise _unfit(path, problem, "mend it there; texts stand in double quotes") from error
    if not isinstance(values, dict) or not values:
        raise _unfit(path, f"it has no key {_LIST}")
    for key in values:
        if key != _LIST:
            raise _unfit(
                path, f"it has the key {key!r}", did_you_mean(str(key), [_LIST], "remove it")
            )
    entries = values[_LIST]
    if not isinstance(entries, list) or not entries:
        raise _unfit(path, "it pins no template", f"list one, or set {KEY}=[]")
    for place, entry in enumerate(entries, 1):
        if isinstance(entry, dict) and entry.keys() <= {"name"}:
            raise DataError.of(
                f"{path.name}: {_LIST}.{place}.text",
                "(nothing)",
                problem="a value is needed",
                allowed='the words of the messages that are meant, as "user <*> is gone"',
                fix=f"add `text: ...` to entry {place} of the file, or remove the entry",
            )
    return [one_of(entry, f"{path.name}: {_LIST}.{n}") for n, entry in enumerate(entries, 1)]


def _unfit(path: Path, problem: str, fix: str = "mend the file") -> DataError:
    return DataError.of(
        KEY,
        path,
        problem=problem,
        allowed=f"a YAML with the key {_LIST}, a list of {{name: ..., text: ...}}",
        fix=fix,
    )
