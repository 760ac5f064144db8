"""Options of one's own from the command line: in runs, in sweeps with workers, in every command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from anomalog_exp.results import read_run
from tests.command import command, run_dirs
from tests.shop import SHOP, shop_copy, write_shop_log

RUN = ["dataset=shop", "dataset.source.path=shop.log", "tracking=none", "report.page=false"]
MINER = '''
from typing import Literal
from anomalog_exp.data.templates.miners.base import TemplateMiner, TemplateMinerConfig, dense_codes

class Config(TemplateMinerConfig):
    name: Literal["first_word"]
    def build_miner(self):
        return FirstWordMiner()

class FirstWordMiner(TemplateMiner):
    """The first word of a message is its template."""
    def mine(self, messages):
        return dense_codes([message.split()[WORD] for message in messages])
    def matcher(self, texts):
        return lambda message: None

WORD = 0
'''


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with a log of the shop and a copy of the plugin, one miner more in it."""
    write_shop_log(tmp_path / "shop.log")
    plugin = shop_copy(tmp_path)
    (plugin / "miners").mkdir()
    (plugin / "miners/first_word.py").write_text(MINER)
    (plugin / "conf/template").mkdir()
    (plugin / "conf/template/first_word.yaml").write_text(
        "# The first word.\ndefaults:\n  - /_template@_here_\n  - _self_\n\nname: first_word\n"
    )
    return tmp_path


def build_folders(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.glob(".cache/shop/*/manifest.json")}


def test_a_run_with_a_detector_a_parser_and_a_miner_of_ones_own(folder):
    arguments = [*RUN, "plugins=['my shop']", "model=repeats", "template=first_word"]
    done = command(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    (run_dir,) = run_dirs(folder / "outputs")
    assert run_dir.parent.name == "shop-entity-chronological-first_word-repeats"
    stored = read_run(run_dir)
    assert stored.config.plugins == (folder / "my shop",)
    assert stored.model_manifest["detector"] == "repeats"
    block = stored.metrics["blocks"]["sequence_level_detection"]
    assert block["headline"]["recall"] == 1.0
    named = folder / "my shop"
    again = command(
        *RUN, "model=repeats", "template=first_word", cwd=folder, ANOMALOG_PLUGINS=str(named)
    )
    assert "(reused: same config, data and code)" in again.stdout
    rerun = command("rerun", str(run_dir), cwd=folder)
    assert rerun.stdout == f"the same  {run_dir}\n", rerun.stderr


def test_workers_of_a_sweep_know_plugins_from_a_relative_path_or_the_environment(folder):
    sweep = [*RUN, "model=repeats,markov", "seed=0,1", "-m", "hydra.launcher.n_jobs=2"]
    done = command(*sweep, "plugins=['my shop']", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(run_dirs(folder / "outputs")) == 4
    again = command(*sweep, cwd=folder, ANOMALOG_PLUGINS="my shop")
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count("reused") == 4
    glob = ["model=glob(re*)", "-m", "hydra/launcher=basic", "plugins=['my shop']"]
    assert "1 member: 1 done" in command(*RUN, *glob, "seed=7", cwd=folder).stdout


def test_a_plugin_is_no_part_of_the_fingerprint_and_its_code_decides_what_is_reused(folder):
    mine = ["plugins=['my shop']", *RUN]
    shipped = [*mine, "model=markov", "dataset/structured_parser=custom", "sequence=fixed",
               "sequence.window_size=20", "dataset.name=plain"]  # fmt: skip
    assert command(*mine, "model=repeats", cwd=folder).returncode == 0
    assert command(*shipped, cwd=folder).returncode == 0
    detector = folder / "my shop/models/repeats.py"
    detector.write_text(detector.read_text().replace("np.abs(", "2 * np.abs("))
    changed = command(*mine, "model=repeats", cwd=folder)
    assert changed.returncode == 0, changed.stderr
    assert "(reused" not in changed.stdout
    (run_dir,) = (path for path in run_dirs(folder / "outputs") if "repeats" in path.parent.name)
    assert (run_dir / "attempts/1/metrics.json").is_file()
    assert "(reused" in command(*shipped, cwd=folder).stdout
    assert "(reused" in command(*mine, "model=repeats", cwd=folder).stdout


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("parsers/shop.py", "message=message", "message=verdict"),
        ("miners/first_word.py", "WORD = 0", "WORD = -1"),
    ],
)
def test_a_changed_parser_or_miner_builds_the_data_set_again(folder, file, old, new):
    arguments = ["plugins=['my shop']", *RUN, "model=markov", "template=first_word"]
    assert command(*arguments, cwd=folder).returncode == 0
    first = build_folders(folder)
    path = folder / "my shop" / file
    path.write_text(path.read_text().replace(old, new))
    done = command(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "(reused" not in done.stdout
    assert len(build_folders(folder)) == 2
    assert first < build_folders(folder)


def test_a_changed_detector_builds_no_data_set_again(folder):
    arguments = [
        "plugins=['my shop']",
        "model=repeats",
        "tracking=none",
        "dataset.source.lines=3000",
    ]
    assert command(*arguments, cwd=folder).returncode == 0
    detector = folder / "my shop/models/repeats.py"
    detector.write_text(detector.read_text() + "\n# Another word.\n")
    assert command(*arguments, cwd=folder).returncode == 0
    assert len(list(folder.glob(".cache/demo/*/manifest.json"))) == 1


def test_the_experiment_of_a_plugin_is_listed_shown_and_run(folder):
    listed = command("experiments", "list", "--plugins", "my shop", "--group", "shop", cwd=folder)
    assert listed.stdout.splitlines()[2].split()[:2] == ["shop_models", "shop"]
    shown = command("experiments", "show", "shop_models", cwd=folder, ANOMALOG_PLUGINS="my shop")
    assert shown.stdout == (SHOP / "conf/experiment/shop_models.yaml").read_text()
    run = ["experiments", "run", "shop_models", *RUN[1:], "hydra/launcher=basic"]
    for named in (["--plugins", "my shop"], ["plugins=['my shop']"]):
        done = command(*run, *named, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "2 members: 2 done" in done.stdout
    assert done.stdout.count("reused") == 2
    (table,) = folder.glob("outputs/sweeps/selection-*/shop_models-*/results.json")
    members = json.loads(table.read_text())["members"]
    assert {member["status"] for member in members} <= {"done", "reused"}


def test_lists_and_help_show_options_of_plugins(folder):
    listed = command("list", "detectors", "--plugins", "my shop", cwd=folder)
    (line,) = [line for line in listed.stdout.splitlines() if line.startswith("repeats ")]
    assert line.split()[1:3] == ["normal", "-"]
    told = command("--help", "plugins=['my shop']", cwd=folder)
    (models,) = [line for line in told.stdout.splitlines() if line.startswith("model: ")]
    assert "repeats" in models


def test_a_broken_plugin_ends_a_run_in_four_lines_and_a_sweep_in_one_member(folder):
    (folder / "my shop/models/repeats.py").write_text("import os\nraise OSError('no luck')\n")
    done = command(*RUN, "plugins=['my shop']", "model=repeats", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.splitlines()[:2] == [
        "error: model.name: this plugin cannot be imported: OSError: no luck",
        f"  value:   {folder}/my shop/models/repeats.py, line 2",
    ]
    sweep = [*RUN, "plugins=['my shop']", "model=markov,repeats", "-m", "hydra/launcher=basic"]
    swept = command(*sweep, cwd=folder)
    assert swept.returncode == 1
    assert "2 members: 1 done, 1 failed" in swept.stdout
    assert "no luck" in swept.stdout


def test_a_folder_that_is_none_ends_the_command(tmp_path):
    for arguments in (
        ["plugins=[nowhere]"],
        ["list", "--plugins", "nowhere"],
        ["check", "nowhere"],
    ):
        done = command(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("error: plugins: there is no such folder\n  value:   ")
