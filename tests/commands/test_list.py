"""What there is to choose from, as `list` prints it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from anomalog_exp.commands import run_command
from anomalog_exp.commands._about import about_yaml, module_of
from anomalog_exp.commands.list import GROUPS
from anomalog_exp.errors import ConfigError
from anomalog_exp.models import model_names
from anomalog_exp.options.names import option_files, option_names
from anomalog_exp.sequences.sequence_set import Split
from tests.backends import unless_missing
from tests.models.test_contract import config, fitted, sequences


def rows(capsys, *arguments: str) -> list[list[str]]:
    assert run_command("list", *arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    return [re.split(r" {2,}", line) for line in [lines[0], *lines[2:]]]


@pytest.mark.parametrize("kind", GROUPS)
def test_every_option_of_a_kind_has_a_line_that_says_what_it_is(kind, capsys):
    head, *lines = rows(capsys, kind)
    assert head[0] == f"{GROUPS[kind]}="
    assert head[-1] == "what it is"
    tune = [f"tune/{name}" for name in option_names("experiment/tune")]
    searches = tune if kind == "experiments" else []
    assert [line[0] for line in lines] == sorted([*option_names(GROUPS[kind]), *searches])
    assert all(len(line[-1]) > 10 for line in lines)


def test_the_kinds_are_listed_with_how_each_is_chosen(capsys):
    listed = {line[0]: line[1:] for line in rows(capsys)[1:]}
    assert list(listed) == [*GROUPS, "commands"]
    assert listed["detectors"] == [str(len(model_names())), "model=<option>"]


def test_a_group_is_another_word_for_its_kind_and_a_typo_is_answered(capsys):
    assert rows(capsys, "model") == rows(capsys, "detectors")
    with pytest.raises(ConfigError, match=r"(?s)no such kind.*did you mean 'detectors'\?"):
        run_command("list", "detector")


def test_commands_are_listed(capsys):
    assert ["help", "What the program and its commands are for."] in rows(capsys, "commands")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# One. Two.\n", "One."),
        ("# @package _global_\n# Of A et al. 2024, in two\n# lines. More.\nx: 1\n", "Of A et al. 2024, in two lines."),
        ("# No stop\n# at all\n\n# other", "No stop at all"),
        ("x: 1\n", ""),
    ],
)  # fmt: skip
def test_the_first_sentence_of_a_comment(tmp_path, text, sentence):
    (tmp_path / "a.yaml").write_text(text)
    assert about_yaml(tmp_path / "a.yaml") == sentence


@pytest.mark.parametrize(
    ("group", "name", "module"),
    [("model", "markov", "markov"), ("template", "event_ids", "identity"), ("dataset/structured_parser", "apache", "custom")],
)  # fmt: skip
def test_the_module_that_a_yaml_configures(group, name, module):
    assert module_of(group, option_files(group)[name]) == module


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=unless_missing("model", name)) for name in model_names()]
)
def test_a_detector_learns_from_what_the_list_says(name, capsys):
    learns = {line[0]: line[1:3] for line in rows(capsys, "detectors")[1:]}
    both = sequences()
    train, test = both.part(Split.TRAIN), both.part(Split.TEST).unlabelled()
    scores = fitted(name, train).score(test)
    kind, extra = learns[name]
    assert (extra == "river") == ("river" in type(config(name)).packages)
    assert (kind == "both") == config(name).build_detector().supervised
    if kind == "normal":
        assert np.array_equal(fitted(name, train.normal()).score(test), scores)
    elif kind == "all":
        assert np.array_equal(fitted(name, train.unlabelled()).score(test), scores)
    elif kind == "either":
        assert not np.array_equal(fitted(name, train.normal()).score(test), scores)
