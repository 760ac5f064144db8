"""Files of YAML say what PyYAML's own parser reads in them, and are refused in its words."""

from __future__ import annotations

import pytest
import yaml

from anomalog_exp.options.groups import conf_dir
from anomalog_exp.options.yaml_file import read_yaml

ODD = {
    "nothing": "",
    "a comment": "# nothing\n",
    "numbers": "a: 1e3\nb: 0o17\nc: .5\nd: 1_000\ne: 12:30\nf: 2024-05-01\n",
    "words": "a: yes\nb: null\nc: ~\nd: 'no'\ne: \"\\u00e9\\x85\"\n",
    "references": "a: &x [1, 2]\nb: *x\nc: {<<: {d: 1}, e: 2}\n",
    "many signs": f"a: [{', '.join(['-1'] * 1500)}]\n",
    "blocks": "a: |\n  two\n\n  lines\nb: >-\n  one\n  line\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_values_are_those_of_the_other_parser(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_yaml(path) == yaml.safe_load(text)


def test_every_option_is_read_as_by_the_other_parser():
    files = sorted(conf_dir().rglob("*.yaml"))
    assert len(files) > 100
    for path in files:
        assert read_yaml(path) == yaml.safe_load(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("text", ["a: : b\n", "a: [1\n", "a: *nobody\n", "\tb: 1\n", "a: b\x00\n"])
def test_what_is_no_yaml_is_refused_with_its_place(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with path.open(encoding="utf-8") as stream, pytest.raises(yaml.YAMLError) as expected:
        yaml.safe_load(stream)
    with pytest.raises(type(expected.value)) as raised:
        read_yaml(path)
    assert str(raised.value) == str(expected.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("level", ["[", "{", "- ", "? ", "{a: "])
def test_what_is_nested_too_deep_is_an_error_and_no_end_of_the_process(tmp_path, level):
    path = tmp_path / "a.yaml"
    path.write_text(level * 100_000 + "x")
    with pytest.raises((RecursionError, yaml.YAMLError)):
        read_yaml(path)
