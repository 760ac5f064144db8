"""Defaults and comments of the options, read from conf/ as they are written there.

`yaml.compose` gives the place of every key, so a default is the text that stands in the file, and its
comment is what stands right above it. Keys that an option takes over from another file (`custom` in its
defaults list, or `/_template@_here_`) come first; what the option itself says of them takes their place.
"""

from __future__ import annotations

from typing import NamedTuple

import yaml

from anomalog_exp.options.listing import conf_dir

__all__ = ["Key", "group_lines", "keys_of", "names_of", "text_of", "yaml_name"]


class Key(NamedTuple):
    """A key as the YAML has it.

    Attributes:
        default: The text of its value; the option, where the key is a group.
        comment: What stands above it.
        group: The group that it chooses an option of; None for a value.
    """

    default: str
    comment: str
    group: str | None = None


def names_of(group: str) -> list[str]:
    """Names of the options of a group, sorted."""
    return sorted(path.stem for path in (conf_dir() / group).glob("*.yaml"))


def text_of(group: str, name: str) -> str:
    """What an option's YAML says at its top of the whole; indented lines are examples."""
    lines = []
    for line in _text(group, name).splitlines():
        if not line.startswith("#"):
            break
        if not line.startswith("# @package"):
            lines.append(line.removeprefix("#").removeprefix(" "))
    return "\n".join(lines)


def yaml_name(group: str, name: str) -> str:
    """The module or class that an option configures: its `name`, or that of what it builds on."""
    values = yaml.safe_load(_text(group, name))
    if "name" in values:
        return str(values["name"])
    bases = [one for one in values.get("defaults", []) if isinstance(one, str) and one != "_self_"]
    return yaml_name(group, bases[0]) if bases else name


def keys_of(group: str, name: str) -> dict[str, Key]:
    """The keys of an option, those of options inside dotted."""
    text = _text(group, name)
    lines, node = text.splitlines(), yaml.compose(text)
    keys: dict[str, Key] = {}
    for entry in _defaults(node):
        if isinstance(entry, yaml.MappingNode):
            ((part, option),) = entry.value
            if not part.value.startswith("override "):  # of another group
                keys[part.value] = Key(option.value, _above(lines, part), f"{group}/{part.value}")
        elif entry.value.endswith("@_here_"):
            keys |= keys_of("", entry.value.removeprefix("/").removesuffix("@_here_"))
        elif "@" in entry.value:
            option, _, place = entry.value.partition("@")
            keys[place] = Key(option, _above(lines, entry), group)
        elif entry.value != "_self_":
            keys |= keys_of(group, entry.value)
    for key, own in _mapping(lines, node).items():
        before = keys.get(key)
        keys[key] = own._replace(comment=own.comment or before.comment) if before else own
    return keys


def group_lines() -> list[tuple[str, str, str]]:
    """Group, default option and what it decides, as the root config lists them."""
    text = _text("", "config")
    lines, found = text.splitlines(), []
    for entry in _defaults(yaml.compose(text)):
        if isinstance(entry, yaml.MappingNode):
            ((group, option),) = entry.value
            behind = lines[option.end_mark.line][option.end_mark.column :].strip(" #")
            said = behind or _above(lines, group)
            if said:
                found.append((group.value.removeprefix("optional "), option.value, said))
    return found


def _defaults(node: yaml.MappingNode) -> list[yaml.Node]:
    return next((list(value.value) for key, value in node.value if key.value == "defaults"), [])


def _mapping(lines: list[str], node: yaml.MappingNode, prefix: str = "") -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for key, value in node.value:
        if not prefix and key.value == "defaults":
            continue
        if isinstance(value, yaml.MappingNode) and value.value and not value.flow_style:
            keys |= _mapping(lines, value, f"{prefix}{key.value}.")
        else:
            keys[prefix + key.value] = Key(_written(lines, value), _above(lines, key))
    return keys


def _written(lines: list[str], node: yaml.Node) -> str:
    """A value as it is written; one of several lines in a single one."""
    begin, end = node.start_mark, node.end_mark
    if begin.line == end.line:
        return lines[begin.line][begin.column : end.column]
    value = yaml.safe_load(yaml.serialize(node))
    return str(yaml.safe_dump(value, default_flow_style=True, width=1000)).strip()


def _above(lines: list[str], key: yaml.Node) -> str:
    """The comment right above a key; a comment at the top of a file is about the whole."""
    place = key.start_mark.line
    comment: list[str] = []
    while place and lines[place - 1].lstrip().startswith("#"):
        place -= 1
        comment.insert(0, lines[place].lstrip(" #"))
    return " ".join(comment) if place else ""


def _text(group: str, name: str) -> str:
    return (conf_dir() / group / f"{name}.yaml").read_text(encoding="utf-8")
