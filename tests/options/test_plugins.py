"""Folders of options of one's own: what is found in them, what is refused, and whose code counts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.digest import plugin_digests
from anomalog_exp.errors import ConfigError
from anomalog_exp.models import model_names, resolve_model_config_type
from anomalog_exp.options.listing import option_type
from anomalog_exp.options.names import option_names
from anomalog_exp.options.plugins import (
    environment_plugins,
    plugin_folders,
    plugin_sources,
    plugins_behind,
    use_plugins,
)
from tests.shop import SHOP, shop_copy

COUNTING = """
from typing import Literal
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from ..{helper} import FACTOR

class Config(ExperimentModelConfig):
    name: Literal["{name}"]
    def build_detector(self):
        return CountingDetector()

class CountingDetector(Detector):
    def fit(self, train, valid=None): ...
    def score(self, sequences):
        return FACTOR * sequences.lengths.astype(float)
"""


@pytest.fixture(autouse=True)
def _no_plugins_afterwards():
    yield
    use_plugins([])


def plugin(folder: Path, name: str, factor: int = 1) -> Path:
    """A plugin of one detector that takes a number from another of its modules."""
    (folder / "models").mkdir(parents=True)
    (folder / "conf/model").mkdir(parents=True)
    (folder / "models" / f"{name}.py").write_text(COUNTING.format(name=name, helper="figures"))
    (folder / "figures.py").write_text(f"FACTOR = {factor}\n")
    (folder / "conf/model" / f"{name}.yaml").write_text(
        f"# Counts.\ndefaults:\n  - decision: quantile\n  - _self_\n\nname: {name}\n"
    )
    return folder


def test_options_of_a_folder_in_use_are_options():
    assert "repeats" not in model_names()
    use_plugins([SHOP])
    assert plugin_folders() == (SHOP,)
    assert "repeats" in model_names()
    assert tuple(sorted(model_names())) == model_names()
    assert resolve_model_config_type("repeats").__module__.endswith(".models.repeats")
    assert "shop" in option_names("dataset")
    assert "shop" in option_names("dataset/structured_parser")
    assert "shop_models" in option_names("experiment")
    use_plugins([])
    assert "repeats" not in model_names()
    with pytest.raises(KeyError, match="repeats"):
        option_type("model", "repeats")


def test_a_config_brings_its_plugins_with_it(tmp_path):
    overrides = [f"plugins=[{SHOP}]", "model=repeats", "dataset=shop", "dataset.source.path=/x"]
    config = load_run_config(overrides)
    assert config.plugins == (SHOP,)
    assert config.model.build_detector().name == "repeats"
    use_plugins([])
    again = RunConfig.of(config.model_dump(mode="json"))
    assert again == config
    assert plugin_folders() == (SHOP,)
    assert load_run_config().plugins == () == plugin_folders()


def test_the_config_of_an_old_run_is_read_though_its_plugins_are_gone(tmp_path):
    folder = plugin(tmp_path / "mine", "counting")
    values = load_run_config([f"plugins=[{folder}]"]).model_dump(mode="json")
    needing = load_run_config([f"plugins=[{folder}]", "model=counting"]).model_dump(mode="json")
    folder.rename(tmp_path / "elsewhere")
    assert RunConfig.of(values).plugins == (folder,)
    with pytest.raises(ConfigError, match=r"(?s)^model\.name: there is no such option.*counting"):
        RunConfig.of(needing)


def test_modules_of_two_folders_are_apart_and_the_search_path_stays(tmp_path):
    before = list(sys.path)
    folders = [plugin(tmp_path / "a", "counting_a", 1), plugin(tmp_path / "b", "counting_b", 5)]
    use_plugins(folders)
    classes = [option_type("model", name) for name in ("counting_a", "counting_b")]
    factors = [sys.modules[cls.__module__].FACTOR for cls in classes]
    assert factors == [1, 5]
    assert sys.path == before
    assert not {"models", "figures", "counting_a", "models.counting_a"} & set(sys.modules)


def test_relative_and_home_paths_are_absolute_from_then_on(tmp_path, monkeypatch):
    plugin(tmp_path / "a", "counting")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert use_plugins([Path("a"), Path("~/a"), tmp_path / "a"]) == (tmp_path / "a",)


def test_the_environment_variable_holds_folders_like_a_path(monkeypatch):
    monkeypatch.setenv("ANOMALOG_PLUGINS", os.pathsep.join(["/a", "", "b c"]))
    assert environment_plugins() == [Path("/a"), Path("b c")]
    monkeypatch.setenv("ANOMALOG_PLUGINS", str(SHOP))
    assert load_run_config().plugins == (SHOP,)
    assert load_run_config(["plugins=[]"]).plugins == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("conf/model/markov.yaml", "# Ours.\nname: markov\n"),
        ("conf/dataset/hdfs.yaml", "# Ours.\nname: hdfs\n"),
        ("conf/config.yaml", "# Ours.\n"),
        ("models/markov.py", ""),
        ("parsers/base.py", ""),
        ("miners/drain.py", ""),
    ],
)
def test_a_name_that_the_package_has_is_refused(tmp_path, path, text):
    file = tmp_path / "mine" / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(ConfigError) as raised:
        use_plugins([tmp_path / "mine"])
    lines = str(raised.value).splitlines()
    assert lines[0].startswith("plugins: there is an option of this name already: ")
    assert lines[1] == f"  value:   {file}"
    assert plugin_folders() == ()


def test_a_name_that_another_plugin_has_is_refused(tmp_path):
    folders = [plugin(tmp_path / one, "counting") for one in "ab"]
    use_plugins(folders[:1])
    with pytest.raises(ConfigError, match=rf"already: {folders[0]}/conf/model/counting\.yaml"):
        use_plugins(folders)
    assert plugin_folders() == (folders[0],)


@pytest.mark.parametrize(
    ("made", "problem"), [(False, "there is no such folder"), (True, "it holds no options")]
)
def test_a_folder_that_is_no_plugin_is_refused(tmp_path, made, problem):
    if made:
        (tmp_path / "mine/detectors").mkdir(parents=True)
    with pytest.raises(
        ConfigError,
        match=rf"(?s)^plugins: {problem}\n.*plugins=\[/path/to/it\] or in ANOMALOG_PLUGINS",
    ):
        load_run_config([f"plugins=[{tmp_path / 'mine'}]"])


BROKEN = [
    ("import os\n\nx = = 1\n", 3, "SyntaxError: invalid syntax"),
    ("import os\n\n\n1 / 0\n", 4, "ZeroDivisionError: division by zero"),
    ("\nimport no_such_package\n", 2, "ModuleNotFoundError: No module named 'no_such_package'"),
    ("from anomalog_exp.options.base import Nothing\n", 1, "ImportError: cannot import name"),
    ("import os\nfrom ..figures import NOTHING\n", 2, "ImportError: cannot import name 'NOTHING'"),
]


@pytest.mark.parametrize(("text", "line", "problem"), BROKEN)
def test_a_module_that_cannot_be_imported_is_named_with_the_line(tmp_path, text, line, problem):
    folder = plugin(tmp_path / "mine", "counting")
    module = folder / "models/counting.py"
    module.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_run_config([f"plugins=[{folder}]", "model=counting"])
    lines = str(raised.value).splitlines()
    assert lines[0].startswith(f"model.name: this plugin cannot be imported: {problem}")
    assert lines[1] == f"  value:   {module}, line {line}"


@pytest.mark.parametrize("text", ["", "Config = 3\n", "class Config: ...\n"])
def test_a_module_without_a_config_class_is_named(tmp_path, text):
    folder = plugin(tmp_path / "mine", "counting")
    (folder / "models/counting.py").write_text(text)
    with pytest.raises(ConfigError, match=r"(?s)no class named Config.*models/counting\.py"):
        load_run_config([f"plugins=[{folder}]", "model=counting"])


def test_a_config_of_another_kind_is_no_detector(tmp_path):
    folder = plugin(tmp_path / "mine", "counting")
    (folder / "models/counting.py").write_text(
        "from typing import Literal\nfrom anomalog_exp.options.base import Options\n"
        "class Config(Options):\n    name: Literal['counting']\n    decision: object\n"
    )
    with pytest.raises(
        ConfigError,
        match=r"(?s)^model\.name: this class is no .*a subclass of ExperimentModelConfig",
    ):
        load_run_config([f"plugins=[{folder}]", "model=counting"])


def test_the_code_of_a_plugin_counts_where_its_options_are_used(tmp_path):
    folder = shop_copy(tmp_path)
    base = [f"plugins=['{folder}']", "dataset.source.path=/x", "dataset/source=local_dir"]
    plain = load_run_config([*base, "model=markov"])
    detector = load_run_config([*base, "model=repeats"])
    parser = load_run_config([*base, "dataset/structured_parser=shop"])
    member = load_run_config([*base, "model=union", "+model@model.members.mine=repeats"])
    assert plugins_behind(plain) == []
    assert plugins_behind(detector) == plugins_behind(parser) == plugins_behind(member) == [folder]
    assert plugins_behind(parser.dataset, parser.template) == [folder]
    assert plugins_behind(detector.dataset, detector.template) == []
    assert plugin_digests(plain) == []
    assert plugin_digests(detector) == plugin_digests(parser)


def test_a_digest_is_of_every_python_file_but_hidden_ones(tmp_path):
    folder = plugin(tmp_path / "mine", "counting")
    for hidden in (".venv/a.py", "models/__pycache__/b.py"):
        (folder / hidden).parent.mkdir(exist_ok=True)
        (folder / hidden).write_text("")
    names = [path.relative_to(folder).as_posix() for path in plugin_sources(folder)]
    assert names == ["figures.py", "models/counting.py"]


def test_the_home_of_nobody_is_a_mistake():
    with pytest.raises(
        ConfigError, match=r"plugins: nobody on this machine has the home ~nosuchuser"
    ):
        use_plugins([Path("~nosuchuser/x")])
