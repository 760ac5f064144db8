"""Values as YAML spells them, and what is said of those that do not fit."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest

from anomalog_exp.config import load_run_config, serialise_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.fingerprint import stable_fingerprint

WHOLE = [
    ("dataset.source.lines=1e6", "dataset.source.lines=1000000"),
    ("seed=3.0", "seed=3"),
    ("evaluation.top_k=[1.0,5,1e1]", "evaluation.top_k=[1,5,10]"),
    ("dataset.line_range=[0.0,1e3]", "dataset.line_range=[0,1000]"),
    ("sequence.window_size=1e1", "sequence.window_size=10"),
    ("dataset.label_reader.missing_label=0.0", "dataset.label_reader.missing_label=0"),
]


@pytest.mark.parametrize(("as_float", "as_int"), WHOLE)
def test_a_whole_number_may_be_written_as_a_float(as_float, as_int):
    one, other = load_run_config([as_float]), load_run_config([as_int])
    assert one == other
    assert stable_fingerprint(one.identity()) == stable_fingerprint(other.identity())


@pytest.mark.parametrize("value", ["1.5", "true", "'10'", "1e400", "nan"])
def test_what_is_no_whole_number_is_refused_where_one_is_needed(value):
    with pytest.raises(ConfigError, match=r"dataset\.source\.lines: .*\n.*\n  allowed: a whole"):
        load_run_config([f"dataset.source.lines={value}"])


def test_a_share_stays_a_float_however_it_is_written():
    written = [load_run_config([f"model.smoothing={one}"]).model for one in ("2", "2.0", "2e0")]
    assert {repr(model.smoothing) for model in written} == {"2.0"}


PLAIN = [
    ("model.decision=quantile", "model.decision", "the option is chosen with a slash", "write model/decision=quantile"),
    ("model.decision=quantil", "model.decision", "the option is chosen with a slash", "did you mean model/decision=quantile?"),
    ("dataset.source=local_zip", "dataset.source", "the option is chosen with a slash", "write dataset/source=local_zip"),
    ("dataset.structured_parser=apache", "dataset.structured_parser", "the option is chosen with a slash", "write dataset/structured_parser=apache"),
    ("dataset.source.lines=[a,b]", "dataset.source.lines", "this value does not fit", "a whole number"),
    ("name=[a,b]", "name", "this value does not fit", "a text"),
    ("paths.data_dir=[a,b]", "paths.data_dir", "this value does not fit", "a path"),
    ("evaluation.top_k=3", "evaluation.top_k", "this value does not fit", "a list, as in [1,2]"),
    ("evaluation.top_k=[]", "evaluation.top_k", "this value does not fit", "a list of 1 or more values"),
    ("dataset.cache_paths=here", "dataset.cache_paths", "this value does not fit", "keys with values: cache_root, data_root, namespace"),
    ("~model.decision.name", "model.decision.name", "a value is needed", "posterior, quantile"),
    ("force=yes please", "force", "this value does not fit", "true or false"),
]  # fmt: skip


@pytest.mark.parametrize(("override", "key", "problem", "advice"), PLAIN)
def test_a_value_of_the_wrong_kind_is_answered_in_plain_words(override, key, problem, advice):
    with pytest.raises(ConfigError) as raised:
        load_run_config([override])
    message = str(raised.value)
    assert message.startswith(f"{key}: {problem}")
    assert advice in message


COMPOSED = [
    [],
    ["model=union"],
    ["model=one_class_svm", "sequence=fixed", "sequence.window_size=5", "split=prefix_count"],
    ["dataset=hdfs", "model=pca", "sequence=time", "split=prefix_fraction", "template=spell"],
    ["dataset=custom", "dataset.source.path=/x", "sequence=stream", "tracking=none"],
    ["dataset=openstack_sessions", "dataset.source.path=/x", "split=predefined"],
    ["model/decision=false_positive_rate", "dataset.line_range=[1,2]", "template=identity",
     "template.extra_masks=[{name: a, pattern: b, token: c}]",
     "dataset.cache_paths={namespace: null, data_root: /x, cache_root: /y}"],
]  # fmt: skip
VALUES = ["word", "", 5, -5, 1.5, True, None, ["a"], [], {"a": 1}, {1: 2}, {}, float("inf")]
FOREIGN = re.compile(r"Input|dictionary|pydantic|discriminator|<class|Tuple|instance of|Field req")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of nested dicts and lists, inner and outer."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


@pytest.mark.parametrize("overrides", COMPOSED, ids=lambda one: " ".join(one)[:40])
def test_no_message_speaks_of_anything_but_keys_and_values(overrides):
    composed = serialise_config(load_run_config(overrides))
    refused = 0
    for place in places(composed):
        for value in VALUES:
            changed = copy.deepcopy(composed)
            inner = changed
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = value
            try:
                RunConfig.of(changed)
            except ConfigError as error:
                refused += 1
                assert not FOREIGN.search(str(error)), str(error)
                parts = [line.split(":")[0] for line in str(error).splitlines()]
                assert parts[1:4] == ["  value", "  allowed", "  to do"], str(error)
    assert refused > 300
