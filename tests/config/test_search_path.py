"""Plugins in overrides: absolute paths for every worker, and Hydra's look into their conf/."""

from __future__ import annotations

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.config.compose import sweep_members
from anomalog_exp.config.search_path import with_plugins
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.names import option_names
from anomalog_exp.options.plugins import use_plugins
from tests.shop import SHOP


@pytest.fixture(autouse=True)
def _no_plugins_afterwards():
    yield
    use_plugins([])


@pytest.mark.parametrize("typed", ["plugins=[shop]", "plugins=shop", "+plugins=['shop']", "++plugins=[./shop/]"])  # fmt: skip
def test_folders_become_absolute(typed, monkeypatch):
    monkeypatch.chdir(SHOP.parent)
    assert with_plugins(["seed=1", typed, "-m"]) == ["seed=1", "-m", f"plugins=['{SHOP}']"]


def test_without_plugins_overrides_stay_as_they_are():
    assert with_plugins(["seed=1", "-m"]) == ["seed=1", "-m"]
    assert with_plugins(["plugins=[]"]) == ["plugins=[]"]
    assert with_plugins(["plugins=null"]) == ["plugins=[]"]


def test_what_is_typed_takes_the_place_of_the_environment(monkeypatch):
    monkeypatch.setenv("ANOMALOG_PLUGINS", str(SHOP))
    assert with_plugins(["seed=1"]) == ["seed=1", f"plugins=['{SHOP}']"]
    assert with_plugins(["plugins=[]"]) == ["plugins=[]"]


@pytest.mark.parametrize(
    "typed", ["plugins=[a],[b]", "plugins=a,b", "plugins={a: 1}", "plugins=[3]"]
)
def test_what_is_no_list_of_folders_is_refused(typed):
    with pytest.raises(
        ConfigError, match=r"(?s)^plugins: these are no folders.*plugins=\[FOLDER\]"
    ):
        with_plugins([typed])


def test_a_sweep_over_all_options_takes_in_those_of_plugins():
    with_plugins([f"plugins=[{SHOP}]"])
    swept = [member[0].partition("=")[2] for member in sweep_members(["model=glob(*)"])]
    assert swept == list(option_names("model"))
    assert "repeats" in swept


def test_an_option_of_a_plugin_is_suggested_like_any_other():
    with pytest.raises(ConfigError, match=r"did you mean 'repeats'\?"):
        load_run_config([f"plugins=[{SHOP}]", "model=repeat"])
    with pytest.raises(ConfigError, match=r"(?s)no such key.*did you mean 'model\.lag'\?"):
        load_run_config([f"plugins=[{SHOP}]", "model=repeats", "model.lagg=2"])
