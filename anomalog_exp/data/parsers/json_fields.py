"""Some fields of JSON objects, one object per line, as columns of texts.

Polars reads a block of lines as a whole, which is several times faster than a look for each field. It
gives a null where a value has another shape than asked for, but gives up where a line is no JSON. Then
its slower parser for single values says which lines are. The two differ in halves of surrogate pairs, so
that the slower one decides on every line that may hold one: what a line gives depends on it alone.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import polars as pl

__all__ = ["JsonFields", "names_in"]

_BEGIN: Final = r'^\s*\{\s*["}]'
_SURROGATE: Final = r"\\u[dD][89a-fA-F]"

Tree = dict[str, "Tree | None"]
"""Keys of an object: those below each, None where it is a value."""


class JsonFields:
    """Reads some fields.

    Args:
        names: Keys of the object; `a.b` is also the key `b` of the object below `a`.
        flat: Further names, which are keys only.
    """

    def __init__(self, names: Sequence[str], flat: Sequence[str] = ()) -> None:
        self._trees: list[Tree] = []
        self._places: dict[str, list[tuple[int, list[str]]]] = {}
        for name in dict.fromkeys([*names, *flat]):
            paths = [[name]]
            if "." in name and name in names:
                paths.append(name.split("."))
            self._places[name] = [(self._planted(path), path) for path in paths]

    def read(self, lines: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
        """One String column per name, and (lines,) Boolean which lines are JSON objects."""
        import polars as pl

        objects = _objects(lines)
        chosen = lines if objects.all() else lines.filter(objects)
        schemas = [_schema(tree) for tree in self._trees]
        read = [_read(chosen, schema) for schema in schemas]
        frames = [frame for frame in read if frame is not None]
        if len(frames) < len(schemas):
            objects &= _is_json(lines)
            chosen = lines.filter(objects)
            frames = [_decoded(chosen, schema) for schema in schemas]
        columns = {
            name: pl.coalesce(frames[tree].select(_at(path)).to_series() for tree, path in places)
            for name, places in self._places.items()
        }
        found = pl.DataFrame(
            pl.select(value).to_series().alias(name) for name, value in columns.items()
        )
        if len(chosen) == len(lines):
            return found, objects
        number = pl.select(pl.when(objects).then(objects.cum_sum() - 1)).to_series()
        return found[number], objects

    def _planted(self, path: list[str]) -> int:
        """The number of the first tree in which the path has room, where it is from now on."""
        for number, tree in enumerate(self._trees):
            if _plant(tree, path):
                return number
        self._trees.append({})
        _plant(self._trees[-1], path)
        return len(self._trees) - 1


def names_in(lines: Sequence[str]) -> list[str]:
    """Names of all values in some lines, in the order in which they appear; broken lines have none."""
    names: dict[str, None] = {}
    for line in lines:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            names |= dict.fromkeys(_leaves(found, ""))
    return list(names)


def _leaves(found: dict[str, Any], prefix: str) -> Iterator[str]:
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def _plant(tree: Tree, path: list[str]) -> bool:
    """Add a path to a tree, unless a value of the tree is an object of the path or the other way."""
    *above, last = path
    for key in above:
        below = tree.setdefault(key, {})
        if below is None:
            return False
        tree = below
    if tree.get(last, None) is not None:
        return False
    tree[last] = None
    return True


def _schema(tree: Tree) -> dict[str, Any]:
    import polars as pl

    return {
        key: pl.String if below is None else pl.Struct(_schema(below))
        for key, below in tree.items()
    }


def _at(path: list[str]) -> pl.Expr:
    import polars as pl

    value = pl.col(path[0])
    for key in path[1:]:
        value = value.struct.field(key)
    return value


def _objects(lines: pl.Series) -> pl.Series:
    """(lines,) Boolean which lines may be objects; of surrogates, which are."""
    objects = lines.str.contains(_BEGIN) & lines.str.strip_chars_end(" \t\r").str.ends_with("}")
    unsure = objects & lines.str.contains(_SURROGATE)
    return objects & (~unsure | _is_json(lines)) if unsure.any() else objects


def _is_json(lines: pl.Series) -> pl.Series:
    return lines.str.json_path_match("$").is_not_null()


def _decoded(lines: pl.Series, schema: dict[str, Any]) -> pl.DataFrame:
    """Columns of the schema, of lines that are JSON as far as is known; null where one is not."""
    import polars as pl

    found = _read(lines, schema)
    if found is not None:
        return found
    if len(lines) == 1:
        return pl.DataFrame(schema=schema).clear(1)
    half = len(lines) // 2
    return pl.concat([_decoded(part, schema) for part in (lines[:half], lines[half:])])


def _read(lines: pl.Series, schema: dict[str, Any]) -> pl.DataFrame | None:
    """Columns of the schema; None where a line is no JSON."""
    import polars as pl

    if lines.is_empty():
        return pl.DataFrame(schema=schema)
    data = lines.str.join("\n")[0].encode()
    try:
        found = pl.read_ndjson(io.BytesIO(data), schema=schema, ignore_errors=True)
    except pl.exceptions.ComputeError:
        return None
    return found if len(found) == len(lines) else None
