"""Sweepers: ours, Hydra's own, and one of somebody else's that searches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import anomalog_exp
from tests.command import SMALL_DEMO, command, sweep_rows

SEARCH = '''
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper


class SearchSweeper(Sweeper):
    """Runs two detectors, and then the better one with another seed."""

    def setup(self, *, hydra_context, task_function, config):
        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments):
        models = ["template_frequency", "markov"]
        jobs = self.launcher.launch([[*arguments, f"model={m}"] for m in models], 0)
        scored = {job.return_value: model for job, model in zip(jobs, models)}
        best = scored[max(scored)]
        self.launcher.launch([[*arguments, f"model={best}", "seed=1"]], 2)
'''


def test_a_sweeper_that_searches_gets_the_primary_metric_and_the_same_table(tmp_path):
    (tmp_path / "plugins/hydra_plugins").mkdir(parents=True)
    (tmp_path / "plugins/hydra_plugins/search_sweeper.py").write_text(SEARCH)
    (tmp_path / "own/hydra/sweeper").mkdir(parents=True)
    (tmp_path / "own/hydra/sweeper/search.yaml").write_text(
        "_target_: hydra_plugins.search_sweeper.SearchSweeper\n"
    )
    package = Path(anomalog_exp.__file__).parents[1]
    done = command(
        SMALL_DEMO, "tracking=none", "report.page=false", "hydra/sweeper=search",
        "hydra/launcher=basic", "-m", "--config-dir", "own",
        cwd=tmp_path, PYTHONPATH=os.pathsep.join([str(package), str(tmp_path / "plugins")]),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = {row["member"]: row for row in sweep_rows(tmp_path / "outputs")}
    assert [rows[index]["model"] for index in "01"] == ["template_frequency", "markov"]
    best = max("01", key=lambda index: float(rows[index]["f1"]))
    assert rows["2"]["model"] == rows[best]["model"]
    assert rows["2"]["seed"] == "1"
    assert "3 members: 3 done" in done.stdout


@pytest.mark.parametrize("sweeper", ["grid", "basic"])
def test_choices_ranges_and_globs_make_the_same_members_by_both_sweepers(tmp_path, sweeper):
    done = command(
        SMALL_DEMO, "tracking=none", f"hydra/sweeper={sweeper}", "hydra/launcher=basic",
        "report.page=false", "evaluation.bootstrap_samples=0", "seed=choice(3,5)",
        "split.train_fraction=range(0.25,0.75,0.25)", "template=glob(*,exclude=[s*,e*])", "-m",
        "hydra.sweeper.max_batch_size=3", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = sorted(sweep_rows(tmp_path / "outputs"), key=lambda row: int(row["member"]))
    assert [(row["seed"], row["split.train_fraction"], row["template"]) for row in rows] == [
        (seed, fraction, template)
        for seed in ("3", "5")
        for fraction in ("0.25", "0.5")
        for template in ("drain", "identity")
    ]
    assert {row["status"] for row in rows} == {"done"}


def test_other_applications_of_the_environment_do_not_load_ours_with_its_plugins():
    code = (
        "import sys; from hydra.core.plugins import Plugins; Plugins.instance();"
        "assert 'hydra_plugins.anomalog_exp_sweepers' in sys.modules;"
        "print([name for name in sys.modules if name.startswith('anomalog_exp')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    ("override", "allowed"),
    [
        ("model=glob(zz*)", "allowed: cnn, decision_tree, "),
        ("dataset/source=glob(zz*)", "allowed: generated, local_dir, "),
        ("seed=range(5,5)", "allowed: one value or more"),
    ],
)
def test_a_sweep_over_nothing_is_refused(tmp_path, override, allowed):
    done = command(override, "-m", cwd=tmp_path)
    key, _, value = override.partition("=")
    assert done.returncode == 2
    assert f"error: {key}: it stands for no value, so that the sweep has no member" in done.stderr
    assert f"value:   {value}" in done.stderr
    assert allowed in done.stderr
    assert not (tmp_path / "outputs/sweeps").exists()
