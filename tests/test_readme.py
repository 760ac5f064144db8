"""Every command and every piece of code that the README shows is run here."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import command, environment

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALL_AND_RUN = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e . "
    "&& .venv/bin/python -m anomalog_exp"
)
INSTALL_AND_TEST = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e '.[dev]' "
    "&& .venv/bin/python -m pytest"
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def shown_commands(module: str = "anomalog_exp") -> list[list[str]]:
    """The arguments of every `python -m MODULE` line."""
    lines = "".join(blocks("bash")).replace("\\\n", " ").splitlines()
    whole = [shlex.split(line, comments=True) for line in lines]
    return [words[3:] for words in whole if words[:3] == ["python", "-m", module]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, shared_data) -> Path:
    """A folder with the files that the README's commands name."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "HDFS_v1.zip").symlink_to(shared_data / "hdfs_v1_2pct.zip")
    (folder / "BGL.log").symlink_to(shared_data / "loghub_2k/BGL/BGL_2k.log")
    lines = [
        f"2024-05-01 10:{i // 60 % 60:02d}:{i % 60:02d} INFO worker-{i % 7}: step {i} done"
        for i in range(1000)
    ]
    (folder / "app.log").write_text("\n".join(lines))
    apache = [
        f"[Sun Dec 04 {i // 60 % 24:02d}:{i % 60:02d}:00 2005] [notice] jk2_init() Found child {i}"
        for i in range(600)
    ]
    (folder / "Apache.log").write_text("\n".join(apache))
    (folder / "OpenStack.log").symlink_to(shared_data / "loghub_2k/OpenStack/OpenStack_2k.log")
    (folder / "sessions").symlink_to(shared_data / "sessions/openstack_loghub")
    (folder / "data/hdfs_v1").mkdir(parents=True)
    (folder / "data/hdfs_v1/HDFS_v1.zip").symlink_to(shared_data / "hdfs_v1_2pct.zip")
    return folder


@pytest.mark.parametrize("arguments", shown_commands(), ids=" ".join)
def test_a_shown_command_does_what_it_says(folder, arguments):
    if any(argument.startswith("--") for argument in arguments):
        extra = []
    elif "dataset=hdfs" in arguments and "dataset/source=local_zip" not in arguments:
        # A sample of the real archive lies where a download would put it; its checksum differs.
        extra = ["dataset.source.md5_checksum=null"]
    else:
        extra = ["tracking=none"]
    done = command(*arguments, *extra, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("arguments", shown_commands("anomalog_exp.experiments"), ids=" ".join)
def test_a_shown_command_on_experiments_does_what_it_says(folder, arguments):
    done = subprocess.run(
        [sys.executable, "-m", "anomalog_exp.experiments", *arguments],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_there_are_commands_to_run():
    assert len(shown_commands()) > 10
    assert len(shown_commands("anomalog_exp.experiments")) > 3


def test_every_group_of_options_and_every_script_is_told_of():
    from anomalog_exp.options.listing import conf_dir

    for path in (ROOT / "scripts").glob("*.py"):
        # benchmark_stages.py and the like are parts of benchmark.py.
        assert "scripts/" + re.sub(r"^benchmark_\w+", "benchmark", path.name) in README
    presets = sorted(
        path.stem for path in (conf_dir() / "dataset/structured_parser").glob("*.yaml")
    )
    for name in set(presets) - {"bgl", "custom", "hdfs", "sessions", "thunderbird"}:
        assert re.search(rf"[=`]{name}[` ]", README), name


def test_the_two_set_up_commands_are_one_line_each_and_ci_runs_the_second():
    shown = [block.strip() for block in blocks("bash")]
    assert INSTALL_AND_RUN in shown
    assert INSTALL_AND_TEST in shown
    assert INSTALL_AND_TEST in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


def test_the_shown_code_runs(tmp_path):
    (code,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"sequence_level_detection 0\.\d+\n", done.stdout)


def test_the_files_of_a_run_are_all_in_the_readme(folder):
    done = command("write_predictions=true", "dataset.source.lines=3000", cwd=folder)
    run_dir = Path(next(x for x in done.stdout.splitlines() if x.startswith("run dir"))[9:])
    for path in run_dir.iterdir():
        told = path.suffix if path.name == "predictions.jsonl" else path.name
        assert f"`{told}`" in README


def test_options_and_keys_that_the_readme_names_exist():
    from anomalog_exp.config import load_run_config
    from anomalog_exp.options.listing import option_names

    for group in ("dataset", "model", "sequence", "split", "template", "tracking"):
        for name in option_names(group):
            assert f"`{name}`" in README or f"{group}={name}" in README, f"{group}={name}"
    config = load_run_config()
    for key in re.findall(r"`((?:paths|sweep)\.\w+)", README):
        group, name = key.split(".")
        assert hasattr(getattr(config, group), name)
