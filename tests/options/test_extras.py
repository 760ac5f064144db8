"""Without a package that only an extra brings: its options say so, and the rest is unaffected."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.models import model_names, resolve_model_config_type
from anomalog_exp.options.extras import extra_named
from anomalog_exp.options.listing import option_class, option_names
from tests.command import SMALL_DEMO, command

ROOT = Path(__file__).resolve().parents[2]
RIVER = ["half_space_trees", "river_naive_bayes"]
DEEP = ["cnn", "deepcase", "deeplog", "loganomaly", "logbert", "logrobust"]


@pytest.fixture
def without_river(tmp_path) -> dict[str, str]:
    """The environment of a Python that has everything else."""
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked/sitecustomize.py").write_text("import sys; sys.modules['river'] = None\n")
    return {"PYTHONPATH": f"{tmp_path / 'blocked'}:{ROOT}"}


@pytest.mark.parametrize("name", RIVER)
def test_the_command_says_what_to_install_before_it_reads_a_log(name, tmp_path, without_river):
    done = command(f"model={name}", SMALL_DEMO, "tracking=none", cwd=tmp_path, **without_river)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: model: it needs the package 'river', which is not installed",
        f"  value:   {name}",
        "  allowed: options whose packages are installed",
        "  to do:   pip install 'anomalog-exp[river]'",
    ]
    assert not (tmp_path / ".cache").exists()
    assert not (tmp_path / "outputs").exists()


def test_in_a_sweep_the_other_members_are_done(tmp_path, without_river):
    arguments = ["model=half_space_trees,markov,naive_bayes", "-m", SMALL_DEMO, "tracking=none"]
    arguments += ["hydra/launcher=basic", "report.page=false"]
    done = command(*arguments, cwd=tmp_path, **without_river)
    assert done.returncode == 0
    (path,) = tmp_path.glob("outputs/sweeps/*/results.json")
    members = json.loads(path.read_text())["members"]
    others = [member for member in members if member["status"] != "done"]
    assert [member["status"] for member in others] == ["skipped"]
    assert len(members) == 3
    assert "half_space_trees" in others[0]["reason"]
    assert "pip install 'anomalog-exp[river]'" in others[0]["reason"]
    assert "pip install 'anomalog-exp[river]'" in done.stdout + done.stderr


def test_the_rest_is_unaffected(tmp_path, without_river):
    told = command("--help", cwd=tmp_path, **without_river)
    assert told.returncode == 0
    assert f"model: {', '.join(option_names('model'))}" in told.stdout
    assert command(SMALL_DEMO, "tracking=none", cwd=tmp_path, **without_river).returncode == 0


@pytest.fixture
def river_hidden(monkeypatch):
    monkeypatch.setitem(sys.modules, "river", None)


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("package", ["torch", "safetensors"])
def test_deep_detectors_name_their_extra_and_can_be_listed_without_it(name, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    assert name in model_names()
    with pytest.raises(ConfigError, match=rf"(?s)model: .*'{package}'.*anomalog-exp\[deep\]"):
        resolve_model_config_type(name)
    assert option_class("model", name).packages == ("torch", "safetensors")


@pytest.mark.parametrize("name", RIVER)
def test_names_stay_and_the_class_is_an_error_with_the_extra(name, river_hidden):
    assert name in model_names()
    with pytest.raises(ConfigError, match=r"(?s)model: .*'river'.*anomalog-exp\[river\]"):
        resolve_model_config_type(name)
    with pytest.raises(KeyError, match="nope"):
        resolve_model_config_type("nope")


@pytest.mark.parametrize("name", RIVER)
def test_a_package_that_goes_missing_later_is_told_when_the_detector_is_built(name, monkeypatch):
    pytest.importorskip("river", reason="needs the extra river")
    config = load_run_config([f"model={name}"]).model
    monkeypatch.setitem(sys.modules, "river", None)
    with pytest.raises(ConfigError, match=r"anomalog-exp\[river\]"), extra_named("model", name):
        config.build_detector()


@pytest.mark.parametrize("name", RIVER)
def test_reading_a_config_does_not_load_the_package(name):
    pytest.importorskip("river", reason="needs the extra river")
    code = (
        "import sys; from anomalog_exp.config import load_run_config;"
        f"print(load_run_config(['model={name}']).model.name, 'river' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{name} False\n", done.stderr
