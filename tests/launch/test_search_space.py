"""What a search chooses from, as Optuna has it."""

from __future__ import annotations

import pytest

pytest.importorskip("optuna")

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from anomalog_exp.commands.experiments import read_experiment
from anomalog_exp.config import load_run_config
from anomalog_exp.config.compose import HYDRA_VERSION_BASE, hydra_set_aside
from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.search_space import SearchSpace
from anomalog_exp.options.groups import conf_dir
from anomalog_exp.options.names import option_files, option_names


@pytest.fixture(scope="module")
def loader():
    with (
        hydra_set_aside(),
        initialize_config_dir(str(conf_dir()), version_base=HYDRA_VERSION_BASE),
    ):
        yield GlobalHydra.instance().config_loader()


@pytest.mark.parametrize(
    ("values", "distribution"),
    [
        ("1,2,10", CategoricalDistribution(["1", "2", "10"])),
        ("a,null,'b c'", CategoricalDistribution(["a", "null", "'b c'"])),
        ("a,b,a", CategoricalDistribution(["a", "b"])),
        ("range(1,6)", IntDistribution(1, 5)),
        ("range(10,2,-4)", IntDistribution(6, 10, step=4)),
        ("range(0.1,0.5,0.1)", FloatDistribution(0.1, 0.4, step=0.1)),
        ("tag(log,range(1,100))", IntDistribution(1, 99, log=True)),
        ("interval(1,5)", FloatDistribution(1.0, 5.0)),
        ("int(interval(1,5))", IntDistribution(1, 5)),
        ("tag(log,int(interval(1,99)))", IntDistribution(1, 99, log=True)),
        ("tag(log,interval(1e-4,1))", FloatDistribution(1e-4, 1.0, log=True)),
        ("glob(*_file)", CategoricalDistribution(["by_file"])),
    ],
)
def test_sweeps_of_hydra_are_distributions_of_optuna(loader, values, distribution):
    space = SearchSpace.of(["seed=1", f"split={values}"], loader)
    assert space.searched == {"split": distribution}
    assert space.fixed == ["seed=1"]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ("tag(log,interval(0,1))", "no value can be chosen"),
        ("interval(2.0,1.0)", "no value can be chosen"),
        ("range(5,5)", "the range is empty"),
    ],
)
def test_values_that_nothing_can_be_chosen_from_are_named(loader, values, problem):
    with pytest.raises(ConfigError, match=rf"(?s)model.order: .*{problem}.*value: .*{values[:3]}"):
        SearchSpace.of([f"model.order={values}"], loader)


def test_a_search_over_nothing_is_refused(loader):
    with pytest.raises(ConfigError, match=r"(?s)hydra.sweeper.params: .*to do: .*experiment="):
        SearchSpace.of(["model=markov"], loader)


def test_what_is_typed_takes_the_place_of_what_a_file_says(loader):
    space = SearchSpace.of(["a=range(1,6)", "b=1,2", "b=choice(3,4)", "a=2"], loader)
    assert space.overrides({"b": "4"}) == ["a=2", "b=4"]
    assert space.samples() == [{"b": "3"}, {"b": "4"}]


@pytest.mark.parametrize("name", option_names("experiment/tune"))
def test_experiments_that_search_can_be_read(loader, name):
    one = read_experiment(f"tune/{name}", option_files("experiment/tune")[name])
    space = SearchSpace.of([f"{key}={values}" for key, values in one.swept.items()], loader)
    assert space.fixed == []
    assert len(one.members()[0]) == len(space.searched)
    assert all(isinstance(value, BaseDistribution) for value in space.searched.values())
    shared = [f"experiment=tune/{name}"]
    for values in space.samples()[::4]:
        config = load_run_config([*shared, *space.overrides(values)])
        assert config.split.validation_fraction > 0
        assert config.groups == ("tune",)
