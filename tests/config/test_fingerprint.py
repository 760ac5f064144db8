"""The fingerprint of a run: another one for every value that can change the result, and for no other."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from enum import Enum
from functools import cache
from importlib.util import find_spec
from typing import Any, Literal, get_args, get_origin

import pytest

from anomalog_exp.config import serialise_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Options
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.names import option_names
from tests.backends import unless_missing
from tests.composed import composed
from tests.shop import SHOP

CHANGES_NOTHING = {
    "bundle.path",
    "dataset.archive",
    "dataset.build",
    "dataset.cache_paths",
    "dataset.description",
    "description",
    "experiment_name",
    "experiment_version",
    "force",
    "groups",
    "keep_bundle",
    "name",
    "paths",
    "plugins",
    "published",
    "report",
    "sweep",
    "tracking",
    "write_predictions",
}
"""Keys, with all below them, that no result depends on."""

LOCAL = ["dataset/source=local_dir", "dataset.source.path=/logs/a.log"]
CUSTOM = ["dataset=custom", LOCAL[1]]
LISTED = [
    "dataset.structured_parser.files=[{path: a, split: train, label: 0}]",
    "dataset.structured_parser.id_separator=null",
]
COMPOSED = {
    "dataset": {
        **{name: [f"dataset={name}"] for name in option_names("dataset")},
        **{name: [f"dataset={name}", LOCAL[1]] for name in ("custom", "openstack", "hdfs_sessions", "openstack_sessions", "spirit")},
        "sessions": ["dataset=sessions", *LISTED, LOCAL[1]],
        "auto": ["dataset=auto", f"dataset.source.path={__file__}"],
    },
    "dataset/source": {
        "generated": [],
        "local_dir": LOCAL,
        "local_zip": ["dataset/source=local_zip", "dataset.source.zip_path=/logs/a.zip"],
        "remote_zip": ["dataset=hdfs"],
    },
    "dataset/structured_parser": {
        name: [*LOCAL, f"dataset/structured_parser={name}"]
        for name in option_names("dataset/structured_parser")
        # A preset has the fields of the parser that it configures.
        if name not in ("sessions", "several") and find_spec(f"anomalog_exp.data.parsers.{name}")
    }
    | {
        "fields": [
            *LOCAL,
            "dataset/structured_parser=custom",
            "dataset.structured_parser.format='<Date> <Time> <Level> <Content>'",
            "dataset.structured_parser.time_format='%Y-%m-%d %H:%M:%S'",
        ],
        "regex": [
            *LOCAL,
            "dataset/structured_parser=custom",
            "dataset.structured_parser.regex='(?P<Date>.)(?P<Time>.)(?P<Content>.*)'",
        ],
        "cri_fields": [
            *LOCAL,
            "dataset/structured_parser=cri",
            "dataset.structured_parser.regex=null",
            "dataset.structured_parser.format='<Date> <Time> <Level> <Content>'",
            "dataset.structured_parser.message_field=Content",
            "dataset.structured_parser.time_fields=[Date,Time]",
            "dataset.structured_parser.time_format='%Y-%m-%d %H:%M:%S'",
        ],
        "sessions": [
            "dataset=openstack_sessions",
            LOCAL[1],
        ],
        "several": [
            *LOCAL,
            "dataset/structured_parser=several",
            "dataset.structured_parser.parsers=[json,{syslog: {year: 2023}}]",
        ],
    },
    "dataset.label_reader": {
        "lines": [*CUSTOM, "dataset.label_reader={name: lines, relative_path: a}"],
        "pattern": [*CUSTOM, "dataset.label_reader={name: pattern, pattern: a}"],
        "time_ranges": [*CUSTOM, "dataset.label_reader={name: time_ranges, relative_path: a}"],
        "field": [
            *CUSTOM,
            "dataset/structured_parser=json",
            "dataset.label_reader={name: field, field: a, normal_values: [b], anomalous_values: [c]}",
        ],
    },
    "sequence": {name: [f"sequence={name}"] for name in option_names("sequence")}
    | {
        "windows": ["sequence.window_size=10", "sequence.step=4"],
        "silence": ["sequence=time", "sequence.emit_empty=true"],
    },
    "split": {name: [f"split={name}"] for name in option_names("split")}
    | {
        "by_file": ["split=by_file", "split.train=[a.log]"],
        "validation": ["split.validation_fraction=0.1"],
    },
    "template": {name: [f"template={name}"] for name in option_names("template")}
    | {
        "masks": ["template.extra_masks=[{name: a, pattern: b, token: c}]"],
        "pinned": ["template.pinned=[{name: a, text: b}]"],
    },
    "model": {name: [f"model={name}"] for name in option_names("model")},
    "model/decision": {name: [f"model/decision={name}"] for name in option_names("model/decision")}
    | {"fixed": ["model/decision=fixed", "model.decision.value=1"]},
    "paths": {
        "own": [
            "dataset.cache_paths={namespace: null, data_root: /x, cache_root: /y}",
            "dataset.line_range=[5,9]",
            "tracking=none",
            "sweep.dir=/x",
            "description=some",
        ],
        "named": ["dataset.cache_paths={namespace: x, data_root: null, cache_root: null}"],
    },
    "bundle": {
        "judges": ["split=all", "split.name=test_only", "bundle={path: /x, digest: a}"],
    },
}  # fmt: skip
"""Group -> what composes each of its options: together they show every field that a run may have."""


def cases() -> list:
    return [
        pytest.param(tuple(overrides), id=f"{group}={name}", marks=unless_missing(group, name))
        for group, options in COMPOSED.items()
        for name, overrides in options.items()
    ]


def leaves(
    value: Any, cls: Any, place: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The way to each value that holds no others, and the annotation of its field."""
    if isinstance(value, Options):
        for name, field in type(value).model_fields.items():
            yield from leaves(getattr(value, name), field.annotation, (*place, name))
    elif isinstance(value, dict | tuple) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from leaves(inner, cls, (*place, key))
    else:
        yield place, cls


def words(annotation: Any) -> list[Any]:
    """The values that literals and enums within an annotation allow."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(one) for one in annotation]
    return [word for inner in get_args(annotation) for word in words(inner)]


def others(value: Any, annotation: Any) -> list[Any]:
    """Values that may stand instead, the likeliest first."""
    near: list[Any] = []
    if isinstance(value, bool):
        near = [not value]
    elif isinstance(value, int):
        near = [value + 1, value - 1]
    elif isinstance(value, float):
        near = [value * 0.9, (value + 1) / 2, value + 0.25]
    elif isinstance(value, str):
        near = [
            f"{value}x",
            f"{value}/x",
            value.replace(" ", "  ", 1),
            value.replace(".", "-", 1),
            value[:-1] + ("0" if value[-1:] != "0" else "1"),
        ]
    allowed = [word for word in words(annotation) if word != value]
    return [*allowed, *near, "http://host", [str(SHOP)], 2, 0.25, True, "x", "Level", "Time", "(x)", "0" * 32, "%Y", "<Content>", "(?P<Content>.*)", [1], ["x"], [1, 2], [{"name": "a", "pattern": "b", "token": "c"}], [{"text": "a"}],
            {"namespace": "x", "data_root": None, "cache_root": None},
            {"relative_path": "l.csv", "entity_column": "a", "label_column": "b", "missing_label": None},
            {"url": "http://x", "md5_checksum": "0" * 32, "size_bytes": 1, "raw_logs_relpath": "x"}]  # fmt: skip


def changed(
    before: RunConfig, plain: dict[str, Any], place: tuple[Any, ...], annotation: Any
) -> RunConfig | None:
    """The config of plain values with another one at one place; None where no other value fits."""
    inner = plain
    for key in place[:-1]:
        inner = inner[key]
    # A key that came later is left out where its value changes nothing.
    kept = inner.get(place[-1]) if isinstance(inner, dict) else inner[place[-1]]
    for value in others(kept, annotation):
        inner[place[-1]] = value
        try:
            after = RunConfig.of(plain)
        except ConfigError:
            continue
        if after != before:
            return after
    return None


def is_free(place: tuple[Any, ...]) -> bool:
    return any(".".join(map(str, place[:depth])) in CHANGES_NOTHING for depth in (1, 2))


@cache
def flipped(overrides: tuple[str, ...]) -> dict[tuple[Any, ...], bool | None]:
    """Place of each value -> whether another value there gives another fingerprint; None: no other fits."""
    config = composed(*overrides)
    plain, fingerprint = serialise_config(config), stable_fingerprint(config.identity())
    before = RunConfig.of(plain)
    result: dict[tuple[Any, ...], bool | None] = {}
    for place, annotation in leaves(config, RunConfig):
        other = changed(before, copy.deepcopy(plain), place, annotation)
        result[place] = other and stable_fingerprint(other.identity()) != fingerprint
    return result


@pytest.mark.parametrize("overrides", cases())
def test_another_value_is_another_fingerprint_but_where_it_changes_nothing(overrides):
    for place, differs in flipped(overrides).items():
        if differs is not None:
            assert differs != is_free(place), ".".join(map(str, place))


def test_every_field_of_every_option_was_given_another_value():
    seen: set[tuple[type, str]] = set()
    tried: set[tuple[type, str]] = set()
    for case in cases():
        (overrides,) = case.values
        if case.marks:  # needs a package that is not installed
            continue
        for place, differs in flipped(overrides).items():
            owner: Any = composed(*overrides)
            field = None
            for key in place:
                if isinstance(owner, Options):
                    field = (type(owner), key)
                owner = owner[key] if isinstance(owner, dict | tuple) else getattr(owner, key)
            seen.add(field)
            if differs is not None:
                tried.add(field)
    # The name of an option fits its own class only; another option is the test below. A bundle comes with
    # a split of its own, in one case above.
    stuck = {f"{cls.__name__}.{name}" for cls, name in seen - tried if name != "name"}
    assert stuck == {"RunConfig.bundle", "RunConfig.published"}
    assert len(seen) > 150


def test_another_option_of_a_group_is_another_fingerprint():
    options = [["sequence=fixed"], ["sequence=time"], ["sequence=stream"], ["split=normal_only"],
               ["template=identity"], ["template=spell"], ["model=markov"], ["model=ngram"],
               ["model/decision=contamination"], ["dataset=hdfs"], ["dataset/structured_parser=bgl"]]  # fmt: skip
    prints = [stable_fingerprint(composed(*one).identity()) for one in [[], *options]]
    assert len(set(prints)) == len(prints)


def test_the_fingerprint_is_the_sha256_of_canonical_json():
    text = b'{"a":[1,2.5,null],"b":{"x":"\\u00e9"}}'
    for value in ({"a": [1, 2.5, None], "b": {"x": "é"}}, {"b": {"x": "é"}, "a": [1, 2.5, None]}):
        assert stable_fingerprint(value) in {
            hashlib.sha256(text).hexdigest(),
            hashlib.sha256(text.decode("unicode_escape").encode()).hexdigest(),
        }
