"""Pinned templates: which messages are theirs, what they are called, and what is left to the miner."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.config import load_run_config
from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.reading.build_sessions import build_session_dataset
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.pinned_text import pattern_of
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.names import option_names
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.training_templates import with_templates_of_training
from tests.composed import composed
from tests.data.reading.test_parameters import build, values
from tests.logs import built
from tests.tiny import tiny

LOG = [
    "user ann logged in",
    "user bob logged in",
    "GET /a17 gave status 200 in 5 ms",
    "GET /b18 gave status 500 in 7 ms",
    "disk sda1 is full",
    "no space left on device sdb2",
    "job 7 done",
]


@cache
def plain(option: str) -> TemplateMinerConfig:
    return composed(f"template={option}").template


def pinning(*pinned: dict, option: str = "drain", **changes: Any) -> TemplateMinerConfig:
    config = plain(option)
    return type(config).of(config.model_dump(mode="json") | {"pinned": list(pinned)} | changes)


def events(config: TemplateMinerConfig, messages: list[str] = LOG) -> list[str]:
    """The template of each message, the same whether it was mined or matched later or stored."""
    templates, codes = Templates.mine(messages, config)
    assert np.array_equal(templates.match(messages), codes)
    again = Templates.from_json(templates.to_json())
    assert np.array_equal(again.match(messages), codes)
    assert again.to_json() == templates.to_json()
    return [templates.texts[code] for code in codes]


def test_without_pinned_templates_the_miner_says_all():
    assert events(pinning()) == [
        "user ann logged in",
        "user bob logged in",
        *["GET <*> gave status <*> in <*> ms"] * 2,
        "disk <*> is full",
        "no space left on device <*>",
        "job <*> done",
    ]


def test_a_more_general_text_merges_and_a_more_specific_one_splits():
    found = events(
        pinning(
            {"text": "user <*> logged in"},
            {"text": "GET <*> gave status 500 in <*> ms"},
        )
    )
    assert found == [
        *["user <*> logged in"] * 2,
        "GET <*> gave status <*> in <*> ms",
        "GET <*> gave status 500 in <*> ms",
        *events(pinning())[4:],
    ]


def test_several_texts_of_one_name_are_one_template_called_by_it():
    pinned = {"name": "no space", "text": ["disk <*> is full", "no space left on <**>"]}
    assert events(pinning(pinned))[4:] == ["no space", "no space", "job <*> done"]
    del pinned["name"]
    assert events(pinning(pinned))[4:] == [*["disk <*> is full"] * 2, "job <*> done"]


@pytest.mark.parametrize("option", option_names("template"))
def test_every_miner_leaves_pinned_messages_alone(option):
    found = events(pinning({"name": "login", "text": "user <*> logged in"}, option=option))
    assert found == ["login", "login", *events(pinning(option=option))[2:]]


@pytest.mark.parametrize(
    ("text", "fits", "does_not"),
    [
        ("a <*>", ["a b", " a  b ", "a\tb", "a\nb", "a <*>"], ["a", "a b c", "x a b", "A b"]),
        ("a <**>", ["a b", "a b c", "a b\nc d"], ["a", "a ", "ab"]),
        ("<**> b <*>", ["a b c", "a a b c", "b b b b"], ["b c", "a b"]),
        ("id=<*>, (<**>)", ["id=7, (x)", "id=a=b, (x y  z)"], ["id=, (x)", "id=7, ()", "id=7 , (x)"]),
        ("$1 [x] a.c", ["$1 [x] a.c"], ["$1 [x] abc", "$1 x a.c"]),
        ("ünï <*>", ["ünï ß"], ["uni ß"]),
    ],
)  # fmt: skip
def test_what_fits_a_text(text, fits, does_not):
    pattern = pattern_of(text)
    for option in ("identity", "drain"):
        config = pinning({"name": "pinned", "text": text}, option=option, masking="none")
        assert set(events(config, fits)) == {"pinned"}
        assert "pinned" not in events(config, does_not)
    assert all(re.search(pattern.replace("(?s:", "(?:"), one, re.S) for one in fits)


def test_the_text_with_the_most_words_is_meant_then_the_longest_then_the_first():
    texts = [
        "<**>",
        "user <*> logged in",
        "user <*> <**>",
        "user a<*> logged in",
        "<*> <*> logged in",
    ]
    config = pinning(*({"text": text} for text in texts))
    messages = [*LOG[:2], "user ann left", "he is in", "hello"]
    found = ["user a<*> logged in", "user <*> logged in", "user <*> <**>", "<**>", "<**>"]
    assert events(config, messages) == found
    same = [{"name": name, "text": f"{name} <*>"} for name in ("ab", "cd")]
    first = pinning({"name": "one", "text": "<*> b"}, {"name": "two", "text": "<**> b"}, *same)
    assert events(first, ["a b"]) == ["one"]


def test_a_text_that_spells_what_masks_replace_is_compared_with_messages_as_they_are_written():
    mask = {"name": "user", "pattern": "user [a-z]+", "token": "user <USER>"}
    config = pinning(
        {"text": "user ann logged in"},
        {"name": "all", "text": "<**>"},
        {"name": "job 7", "text": "job 7 <*>"},
        {"name": "log", "text": "open /var/log/<*>"},
        {"name": "disk", "text": "disk sd<*> <**>"},
        {"name": "of ann", "text": "user=<*> left"},
        extra_masks=[mask],
    )
    messages = [*LOG, "open /var/log/app7", "open /var/other/app7", "user=ann left", "user=7 left"]
    assert events(config, messages) == [
        "user ann logged in", *["all"] * 3, "disk", "all", "job 7", "log", "all", *["of ann"] * 2,
    ]  # fmt: skip


@pytest.mark.parametrize("rank", ["7", "x", "", "9" * 30])
def test_a_log_may_hold_what_marks_a_message_inside(rank):
    config = pinning({"name": "a 7", "text": "a 7"}, masking="none")
    odd = f"\0pinned {rank}\0 text"
    assert events(config, ["a 7", odd]) == ["a 7", " ".join(odd.split())]


def test_of_texts_with_and_without_what_masks_replace_the_more_specific_one_is_meant():
    config = pinning(
        {"name": "few words", "text": "<**> status 500 <**>"},
        {"name": "many words", "text": "GET <*> gave status <*> in <*> ms"},
        {"name": "all words", "text": "GET <*> gave status 500 in <*> ms"},
    )
    messages = [*LOG[2:4], "PUT /x has status 500 at 7"]
    assert events(config, messages) == ["many words", "all words", "few words"]
    config = pinning(*config.model_dump(mode="json")["pinned"][:2])
    assert events(config, messages) == ["many words", "many words", "few words"]


def test_a_template_that_no_message_is_of_waits_for_one():
    config = pinning({"name": "panic", "text": "kernel panic <**>"})
    templates, codes = Templates.mine(LOG, config)
    assert templates.mined[-1] == "panic"
    assert codes.max() == len(templates.mined) - 2
    later = ["kernel panic at 0x17", "kernel is fine", "panic"]
    stored = Templates.from_json(templates.to_json())
    assert [stored.texts[code] for code in stored.match(later)] == [
        "panic", "<unknown>", "panic",
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text(st.sampled_from("ab <*>7"), max_size=9), max_size=12),
    st.lists(st.sampled_from(["a <*>", "<*> b <*>", "b<*>", "7 <*>", "aa <**>"]), unique=True),
)
def test_what_fits_no_text_is_mined_as_if_it_were_alone(messages, texts):
    config = pinning(*({"name": f"pinned {text}", "text": text} for text in texts))
    found = events(config, messages)
    rest = [one for one, event in zip(messages, found, strict=True) if "pinned" not in event]
    assert [event for event in found if "pinned" not in event] == events(pinning(), rest)


def read(tmp_path: Path, *overrides: str, pinned: str, into: str = "built") -> LogDataset:
    log = tmp_path / "a.log"
    log.write_text("".join(f"{line}\n" for line in LOG))
    (tmp_path / "templates.yaml").write_text(pinned)
    config = load_run_config(
        [
            "dataset=custom",
            f"dataset.source.path={log}",
            f"template.pinned={tmp_path / 'templates.yaml'}",
            *overrides,
        ]
    )
    return built(config, log, tmp_path / into)


FILE = """
templates:
- name: login
  text: user <*> logged in
- text: GET <*> gave status 500 in <*> ms
- text: [kernel panic <**>]
"""


def test_the_manifest_says_what_is_pinned_and_what_of_it_fits_nothing(tmp_path):
    dataset = read(tmp_path, pinned=FILE)
    slow = "GET <*> gave status 500 in <*> ms"
    rows = {"login": 2, slow: 1, "kernel panic <**>": 0}
    assert dataset.manifest["pinned"] == {"rows": rows, "unused": ["kernel panic <**>"]}
    assert dataset.templates[0] == "login"
    assert dataset.manifest["templates"] == len(dataset.templates) == dataset.template.max() + 1
    assert dataset.template[:4].tolist() == [0, 0, 1, dataset.templates.index(slow)]


def test_values_of_fields_stand_behind_the_name_of_a_pinned_template(tmp_path):
    access = "".join(
        f'10.0.0.{i} - - [10/Oct/2000:13:55:{i:02d} -0700] "GET /a{i} HTTP/1.0" {200 + 300 * (i % 2)} 5\n'
        for i in range(4)
    )
    log = tmp_path / "b.log"
    log.write_text(access)
    config = load_run_config(
        [
            "dataset=custom",
            "dataset/structured_parser=access",
            f"dataset.source.path={log}",
            "template.with_fields=[status]",
            "template.pinned=[{name: a3, text: 'GET /a3 <*>'}, {name: page, text: 'GET <**>'}]",
        ]
    )
    dataset = built(config, log, tmp_path / "built")
    assert dataset.templates == ("page [status=200]", "page [status=500]", "a3 [status=500]")
    assert dataset.template.tolist() == [0, 1, 0, 2]
    assert dataset.manifest["pinned"] == {"rows": {"a3": 1, "page": 3}, "unused": []}


def test_values_stand_at_the_wildcards_of_the_first_text(tmp_path):
    log = "".join(f"{line}\n" for line in [*LOG, "GET /a17 was refused: no such user"]).encode()
    pinned = (
        "[{name: login, text: 'user <*> logged in'},"
        ' {name: request, text: ["GET <*> gave status <*> in 5 ms", "GET <**>"]},'
        ' {name: space, text: ["<**> device <*>", "disk <*>1 is full"]}]'
    )
    dataset = build(tmp_path, log, "dataset=custom", f"dataset.source.path={tmp_path}/a.log",
                    f"template.pinned={pinned}")  # fmt: skip
    assert values(dataset) == [
        ["ann"], ["bob"], ["/a17", "200"], [], [], ["no space left on", "sdb2"], ["7"], [],
    ]  # fmt: skip
    # The texts of others do not fit the first one.
    assert dataset.manifest["parameters"]["misfits"] == 6


def test_training_rows_are_mined_and_pinned_templates_hold_in_all(tmp_path):
    pinned = (
        "[{name: login, text: 'user <*> logged in'}, {name: left, text: 'user <*> left'},"
        " {name: job 7, text: job 7 done}]"
    )
    lines = [*LOG[:4], *LOG[:2], "job 7 done", "job 8 done", "user ann left", "user ann lost"]
    overrides = [
        "dataset=custom", f"dataset.source.path={tmp_path}/a.log", "sequence=line",
        "template.fit_on=train", f"template.pinned={pinned}",
    ]  # fmt: skip
    # What `load_dataset` builds before sequences exist.
    unmined = [*overrides, "template=identity", "template.fit_on=all"]
    dataset = build(tmp_path, "".join(f"{line}\n" for line in lines).encode(), *unmined)
    dataset = replace(dataset, manifest=dataset.manifest | {"digest": "x"})
    config = load_run_config(overrides)
    mined = with_templates_of_training(
        config.sequence.apply(dataset, config.split), config.template
    ).dataset
    texts = [mined.templates[code] for code in mined.template]
    gave = "GET <*> gave status <*> in <*> ms"
    assert texts == [
        "login", "login", gave, gave, "login", "login", "job 7", "<unknown>", "left", "<unknown>",
    ]  # fmt: skip
    assert values(mined)[:5] == [["ann"], ["bob"], *[["/a17", "200", "5"]], *[["/b18", "500", "7"]], ["ann"]]  # fmt: skip
    assert values(mined)[8] == ["ann"]


def test_the_content_of_the_file_is_in_the_config_and_its_place_is_not(tmp_path):
    fingerprints = []
    for name, text in [
        ("a", FILE),
        ("b", FILE),
        ("c", FILE.replace("login", "log in")),
        ("d", None),
    ]:
        path = tmp_path / f"{name}.yaml"
        if text is not None:
            path.write_text(text)
        config = load_run_config([f"template.pinned={path}"] if text else [])
        fingerprints.append(stable_fingerprint(config.identity()))
    assert fingerprints[0] == fingerprints[1]
    assert len(set(fingerprints)) == 3
    # A fingerprint from before there were pinned templates.
    assert "pinned" not in config.identity()["template"]


def test_a_list_on_the_command_line_is_the_same_as_a_file(tmp_path):
    (tmp_path / "a.yaml").write_text("templates: [{name: a, text: b <*>}, {text: [c, d]}]")
    of_file = load_run_config([f"template.pinned={tmp_path}/a.yaml"]).template
    listed = load_run_config(["template.pinned=[{name: a, text: 'b <*>'}, {text: [c, d]}]"])
    assert of_file == listed.template


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, r"there is no such file\n.*\n.*\n.*pin RUN_DIR --write t\.yaml"),
        ("templates: [", "it is no YAML"),
        ("templates: \xff", "it is no YAML"),
        ("", "it has no key templates"),
        ("- text: a", "it has no key templates"),
        ("template: []", "it has the key 'template'\n(?s:.*)did you mean 'templates'"),
        ("templates:", r"it pins no template\n(?s:.*)template\.pinned=\[\]"),
        ("templates: []", "it pins no template"),
        ("templates: [a]", r"t\.yaml: templates\.1: this value does not fit\n(?s:.*)name, text"),
        ("templates: [{text: a}, {txt: a}]", r"t\.yaml: templates\.2\.txt: there is no such key\n(?s:.*)did you mean 'text'"),
        ("templates: [{name: a}]", r"t\.yaml: templates\.1\.text: a value is needed\n(?s:.*)add `text: ...` to entry 1 of"),
        ("templates: [{text: 5}]", r"t\.yaml: templates\.1\.text: this value does not fit"),
        ("templates: [{text: [5]}]", r"t\.yaml: templates\.1\.text\.0: this value does not fit\n(?s:.*)a text"),
        ("templates: [{text: []}]", r"t\.yaml: templates\.1\.text: this value does not fit\n(?s:.*)1 or more"),
        ("templates: [{text: ' '}]", "has the text or name"),
        ("templates: [{text: a, name: ''}]", "has the text or name"),
        ("templates: [{text: <unknown>}]", "has the text or name"),
        ("templates: [{text: a  b}, {text: [c, a b]}]", "2 pinned templates have this text"),
        ("templates: [{text: a, name: c}, {text: b, name: c}]", "2 pinned templates have this name"),
        ("templates: [{text: a}, {text: b, name: a}]", "2 pinned templates have this name"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_said_in_four_parts(tmp_path, text, problem):
    path = tmp_path / "t.yaml"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=problem) as raised:
        pinning(pinned=str(path))
    assert re.match(r"(?s).+: .+\n  value:   .+\n  allowed: .+\n  to do:   .+", str(raised.value))


@pytest.mark.parametrize("value", [None, 5, {"text": "a"}])
def test_what_is_neither_a_path_nor_a_list_is_a_mistake(value):
    with pytest.raises(ConfigError, match=r"template\.pinned: this (?s:.*)the path of a file"):
        pinning(pinned=value)


def test_a_text_that_no_regular_expression_can_hold_is_a_mistake():
    with pytest.raises(
        ConfigError, match=r"template\.pinned: it is no pattern(?s:.*)<\*\*> stands"
    ):
        pinning({"text": "<*>" * 100_000})


def test_event_ids_of_session_files_can_be_named_and_merged(tmp_path):
    overrides = ["dataset=openstack_sessions", *tiny("openstack_sessions", tmp_path / "raw")]
    pinned = "[{name: open, text: ['1', '2']}, {name: lost, text: '77'}]"
    of_options = {}
    for name, more in {"plain": [], "pinned": [f"template.pinned={pinned}"]}.items():
        config = load_run_config([*overrides, "template=event_ids", *more])
        (tmp_path / name).mkdir()
        build_session_dataset(
            config.dataset,
            config.template,
            RawFiles(root=tmp_path / "raw", log=tmp_path / "raw"),
            tmp_path / name,
            facts=lambda: {"digest": "x"},
            progress=SILENT,
        )
        of_options[name] = open_dataset(tmp_path / name, [])
    ids, named = ([one.templates[code] for code in one.template] for one in of_options.values())
    assert named == [{"1": "open", "2": "open"}.get(one, one) for one in ids]
    rows = {"open": named.count("open"), "lost": 0}
    assert of_options["pinned"].manifest["pinned"] == {"rows": rows, "unused": ["lost"]}
    assert "pinned" not in of_options["plain"].manifest
