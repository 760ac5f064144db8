"""A wrong parser is named as it was chosen, with three lines that it does not fit."""

from __future__ import annotations

import pytest

from anomalog_exp.errors import DataError
from tests.composed import composed
from tests.logs import built

GROUP = "dataset/structured_parser"
LOG = [f"<{number}> a line of nobody's format" for number in range(9)]


def refused(tmp_path, *overrides: str) -> str:
    log = tmp_path / "app.log"
    log.write_text("\n".join(LOG) + "\n")
    with pytest.raises(DataError, match=r"9 of 9 lines of .* do not match the parser") as caught:
        built(composed(*overrides), log, tmp_path / "built")
    return str(caught.value)


@pytest.mark.parametrize("option", ["apache", "docker", "hdfs", "json", "logback", "spark"])
def test_a_parser_is_named_as_it_was_chosen(tmp_path, option):
    text = refused(tmp_path, "dataset=custom", "dataset.source.path=x", f"{GROUP}={option}")
    assert f"value:   {option}\n" in text
    assert text.endswith("\n".join(f"    app.log:{n + 1}: {LOG[n]}" for n in range(3)))


@pytest.mark.parametrize("name", ["bgl", "hdfs", "thunderbird", "openstack"])
def test_the_parser_of_a_data_set_is_named_with_it(tmp_path, name):
    local = ["dataset/source=local_dir", "dataset.source.path=x", "dataset.label_reader=null"]
    text = refused(tmp_path, f"dataset={name}", *local)
    assert f"value:   {name}, of dataset={name}\n" in text


def test_a_format_of_ones_own_is_that_of_no_preset(tmp_path):
    form = "dataset.structured_parser.format='<Date>|<Content>'"
    text = refused(tmp_path, "dataset=custom", "dataset.source.path=x", form)
    assert "value:   custom\n" in text


def test_a_preset_is_known_whatever_its_other_keys_are(tmp_path):
    year = "dataset.structured_parser.year=2023"
    text = refused(tmp_path, "dataset=custom", "dataset.source.path=x", f"{GROUP}=glog", year)
    assert "value:   glog\n" in text
