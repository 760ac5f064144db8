"""Names that people type are names, whatever they hold."""

from __future__ import annotations

import pytest

from anomalog_exp.options.groups import module_in


@pytest.mark.parametrize("name", ["a" * 300, "*", "deeplo?", "../markov", ""])
def test_no_name_is_a_pattern_or_too_long(name):
    assert module_in("anomalog_exp.models", name) == f"anomalog_exp.models.{name}"


def test_a_module_in_the_folder_of_a_family_is_found_there():
    assert module_in("anomalog_exp.models", "deeplog") == "anomalog_exp.models.deep.deeplog"
    assert module_in("anomalog_exp.models", "markov") == "anomalog_exp.models.markov"
