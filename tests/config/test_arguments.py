from __future__ import annotations

import pytest
from hydra._internal.utils import get_args_parser

from anomalog_exp.config.arguments import (
    FLAGS,
    FLAGS_WITH_OPTIONAL_VALUE,
    FLAGS_WITH_VALUE,
    flags_first,
)
from anomalog_exp.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "ordered"),
    [
        (
            ["dataset=hdfs", "model=naive_bayes", "-m", "sequence.window_size=10,20"],
            ["-m", "dataset=hdfs", "model=naive_bayes", "sequence.window_size=10,20"],
        ),
        (["-m", "a=1", "b=2"], ["-m", "a=1", "b=2"]),
        (["a=1", "b=2", "--multirun"], ["--multirun", "a=1", "b=2"]),
        (["a=1", "-cn", "mine", "b=2"], ["-cn", "mine", "a=1", "b=2"]),
        (["a=1", "--config-dir", "x", "b=2", "-m"], ["--config-dir", "x", "-m", "a=1", "b=2"]),
        (["a=1", "--config-dir=x", "b=2"], ["--config-dir=x", "a=1", "b=2"]),
        (["a=1", "--cfg", "job", "-p", "model"], ["--cfg", "job", "-p", "model", "a=1"]),
        (["a=1", "--info", "searchpath"], ["--info", "searchpath", "a=1"]),
        (["--info", "a=1"], ["--info", "a=1"]),
        (["~debug", "+x=1", "-m", "a=1,2"], ["-m", "~debug", "+x=1", "a=1,2"]),
        (["a=1", "--multi"], ["--multi", "a=1"]),
        (["a=1", "--detach", "-m"], ["-m", "a=1", "hydra.launcher.detach=true"]),
        (["a=1", "-cjob"], ["-cjob", "a=1"]),
        ([], []),
    ],
)
def test_flags_with_their_values_come_first_and_overrides_keep_their_order(given, ordered):
    assert flags_first(given) == ordered


def test_the_flags_are_hydras_own():
    actions = [action for action in get_args_parser()._actions if action.option_strings]
    assert {o for action in actions for o in action.option_strings} == FLAGS
    required = {o for a in actions if a.nargs is None for o in a.option_strings}
    optional = {o for a in actions if a.nargs == "?" for o in a.option_strings}
    assert required == FLAGS_WITH_VALUE
    assert optional == set(FLAGS_WITH_OPTIONAL_VALUE)
    choices = {o: set(a.choices) for a in actions if a.nargs == "?" for o in a.option_strings}
    assert choices == FLAGS_WITH_OPTIONAL_VALUE


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--cfg", "jobb"], "--cfg: there is no such config to show(?s:.*)did you mean 'job'"),
        (["a=1", "--cfg=x"], "--cfg: there is no such config to show(?s:.*)job, hydra, all"),
        (["-c", "--resolve"], "-c: there is no such config to show"),
        (["a=1", "-c"], "-c: a value is needed behind this flag(?s:.*)write -c job"),
        (["--package"], "--package: a value is needed behind this flag"),
    ],
)
def test_a_flag_without_its_value_or_with_another_is_a_mistake_in_four_parts(given, told):
    with pytest.raises(ConfigError, match=f"^{told}") as caught:
        flags_first(given)
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize("second", ["seed=2", "+seed=2", "++seed=2"])
def test_a_key_given_twice_is_refused_with_both_values(second):
    with pytest.raises(ConfigError, match=r"seed: it is given twice") as caught:
        flags_first(["seed=1", "model=markov", second])
    assert f"seed=1 and {second}" in str(caught.value)


@pytest.mark.parametrize("second", ["k={a: 1}", "+k={a: 1}", "++k=1"])
def test_a_mapping_takes_the_place_of_another_by_null_and_two_pluses(second):
    replaced = ["k=null", "++k={a: 1}"]
    assert flags_first(replaced) == replaced
    for given in (["k=null", second], ["++k={a: 1}", "k=null"], ["k={b: 1}", "++k={a: 1}"]):
        with pytest.raises(ConfigError, match="k: it is given twice"):
            flags_first(given)
