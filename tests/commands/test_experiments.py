"""The named experiments: each runs on a small log of its format, on real lines where there are some."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from anomalog_exp.app import run
from anomalog_exp.commands.experiments import Experiment, experiments, main, select
from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.names import option_names
from anomalog_exp.options.plugins import PLUGINS_VARIABLE, use_plugins
from anomalog_exp.progress import SILENT
from anomalog_exp.results import read_run
from tests.command import command, environment, sweep_rows
from tests.docs.shown import BASELINES
from tests.tiny import tiny

NAMES = option_names("experiment")
SMALLER = {
    "hdfs_first_100k": ["split.train_entry_count=1500"],
    "yu_thunderbird_lines": ["dataset.line_range=null"],
    **{f"landauer_{name}": ["split.train_fraction=0.3"] for name in ("bgl", "hdfs", "thunderbird")},
}
"""What an experiment asks for that a small log does not have."""

PROTOCOLS = {
    "hdfs_entity_chronological",
    "bgl_entity_chronological",
    "thunderbird_windows_100",
    "thunderbird_entity",
    "hdfs_first_100k",
    "hdfs_sessions_predefined",
    "bgl_stream_1pct_normal",
    "bgl_stream_10pct",
    "bgl_one_hour_windows",
    "openstack_sessions",
    "hdfs_template_ablation",
}


WITHOUT_WORKERS = ["tracking=none", "report.page=false", "hydra/launcher=basic"]


def named(name: str) -> Experiment:
    (found,) = select(names=[name])
    return found


def members(name: str) -> list[list[str]]:
    """What a test runs of an experiment: all, and of a published protocol its last with a cheap detector."""
    every = named(name).members()
    if "published" not in named(name).groups:
        return every
    return [[*(one for one in every[-1] if not one.startswith("model=")), "model=new_event"]]


def outcomes(name: str, folder: Path, overrides: list[str]) -> list:
    """Run members in this process; the result of each, and what it left in its run dir."""
    places = [
        f"paths.{place}={folder / place}" for place in ("data_dir", "cache_dir", "output_dir")
    ]
    found = []
    for member in members(name):
        options = [f"experiment={name}", *member, *overrides, *places, "tracking=none"]
        config = load_run_config([*options, "evaluation.bootstrap_samples=10", "report.page=false"])
        result = run(config, progress=SILENT)
        found.append((result, read_run(result.run_dir)))
    return found


def test_the_protocols_that_people_compare_on_are_there():
    assert set(NAMES) >= PROTOCOLS
    for one in (one for one in experiments() if one.name in NAMES):
        config = load_run_config([f"experiment={one.name}", *one.members()[0], *path_of(one.name)])
        assert config.experiment_name == one.name
        assert config.description == one.description
        assert config.groups == one.groups
        assert len(one.members()) > 1


def path_of(name: str) -> list[str]:
    """Session files and Spirit have no place by default."""
    needs_path = "sessions" in name or "spirit" in name
    return ["dataset.source.path=/sessions"] if needs_path else []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "baselines"])
def test_a_committed_experiment_runs_on_a_small_log_of_its_format(name, tmp_path):
    dataset = load_run_config(
        [f"experiment={name}", *named(name).members()[0], *path_of(name)]
    ).dataset.name
    overrides = [*tiny(dataset, tmp_path / "raw"), *SMALLER.get(name, [])]
    found = outcomes(name, tmp_path, overrides)
    assert {result.status for result, _ in found} == {"done"}, [r.reason for r, _ in found]
    assert all(result.metrics for result, _ in found)
    assert len({result.fingerprint for result, _ in found}) == len(found)


def test_the_shown_command_of_the_baselines_has_a_result_of_every_detector(tmp_path):
    more = [*WITHOUT_WORKERS, "evaluation.bootstrap_samples=10"]
    done = command(*BASELINES.split()[3:], *more, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = sweep_rows(tmp_path / "outputs")
    planned = [member for (member,) in named("baselines").members()]
    assert sorted(f"model={row['model']}" for row in rows) == sorted(planned)
    assert {row["status"] for row in rows} == {"done"}, done.stdout
    found = [read_run(row["run_dir"]) for row in rows]
    assert all(one.metrics["blocks"] for one in found)
    assert len({one.status["config_fingerprint"] for one in found}) == len(found)


HDFS = ["dataset/source=local_zip", "dataset.source.zip_path={data}/hdfs_v1_2pct.zip"]
REAL = {
    "hdfs_entity_chronological": HDFS,
    "hdfs_first_100k": HDFS,
    "hdfs_template_ablation": HDFS,
    "bgl_entity_chronological": ["dataset/source=local_dir", "dataset.source.path={data}/loghub_2k/BGL/BGL_2k.log"],
    "bgl_one_hour_windows": ["dataset/source=local_dir", "dataset.source.path={data}/loghub_2k/BGL/BGL_2k.log"],
    "bgl_stream_10pct": ["dataset/source=local_dir", "dataset.source.path={data}/loghub_2k/BGL/BGL_2k.log"],
    "bgl_stream_1pct_normal": ["dataset/source=local_dir", "dataset.source.path={data}/loghub_2k/BGL/BGL_2k.log"],
    "openstack_sessions": ["dataset.source.path={data}/sessions/openstack_loghub"],
    "hdfs_sessions_predefined": ["dataset.source.path={data}/sessions/hdfs_logdeep", "dataset.structured_parser.files=[{{path: hdfs_train, split: train, label: 0}}, {{path: hdfs_test_abnormal, split: test, label: 1}}]"],
    "thunderbird_windows_100": ["dataset/source=local_dir", "dataset.source.path={data}/loghub_2k/Thunderbird/Thunderbird_2k.log", "dataset.line_range=null"],
    "thunderbird_entity": ["dataset/source=local_dir", "dataset.source.path={data}/loghub_2k/Thunderbird/Thunderbird_2k.log", "dataset.line_range=null"],
}  # fmt: skip
SPLITS = {
    # Whole blocks: half of 11,501.
    "hdfs_entity_chronological": ("units", 5750, 5751),
    # Blocks of the first 100,000 lines, some of which go on after them.
    "hdfs_first_100k": ("rows", 100_000, 122_579),
    "hdfs_template_ablation": ("units", 5750, 5751),
    "bgl_stream_10pct": ("rows", 200, 1800),
    "openstack_sessions": ("units", 19, 2050),
    "hdfs_sessions_predefined": ("units", 4855, 16838),
    "thunderbird_windows_100": ("units", 16, 4),
}
"""What splits come to on the real lines: counted in units or rows, training and test."""


@pytest.mark.parametrize("name", sorted(REAL))
def test_an_experiment_runs_on_real_lines(name, shared_data, tmp_path):
    overrides = [option.format(data=shared_data) for option in REAL[name]]
    found = outcomes(name, tmp_path, overrides)
    one_class = name.startswith("thunderbird") or name == "hdfs_sessions_predefined"
    for result, stored in found:
        assert result.status == (
            "skipped" if "naive_bayes" in result.name and one_class else "done"
        )
        if result.status == "skipped":
            continue
        report = stored.dataset_manifest["sequences"]
        if name in SPLITS:
            kind, train, test = SPLITS[name]
            parts = report["units"] if kind == "units" else report["rows_by_part"]
            assert (parts["train"], parts["test"]) == (train, test)
        # Of one class there is no F1; next events are predicted all the same.
        assert ("f1" in result.metrics) != one_class, result.note


def test_both_ways_with_blocks_on_both_sides_differ(shared_data, tmp_path):
    overrides = [option.format(data=shared_data) for option in REAL["hdfs_first_100k"]]
    reports = [
        stored.dataset_manifest["sequences"]
        for _, stored in outcomes("hdfs_first_100k", tmp_path, overrides)
    ]
    cut, whole = reports[0], reports[2]
    assert cut["straddlers"] == whole["straddlers"] > 0
    assert cut["units"]["pool"] == whole["units"]["pool"] + cut["straddlers"]
    assert whole["events"]["train"] > cut["events"]["train"] == 100_000


def test_the_members_are_those_of_the_sweep_and_a_detector_has_its_own_settings(tmp_path):
    name = "demo_models"
    given = ["dataset.source.lines=3000", *WITHOUT_WORKERS]
    done = command(f"experiment={name}", *given, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = tmp_path.glob(f"outputs/sweeps/{name}-*/results.json")
    members = sorted(json.loads(path.read_text())["members"], key=lambda member: member["index"])
    for member, planned in zip(members, named(name).members(), strict=True):
        assert set(planned) <= set(member["overrides"])
        config = read_run(member["run_dir"]).config
        if config.model.name == "markov":
            assert config.model.order == 2
    assert load_run_config(["model=markov"]).model.order == 1
    assert load_run_config([f"experiment={name}", "model=markov", "model.order=4"]).model.order == 4


def test_experiments_are_selected_by_name_and_by_groups_in_order():
    everything = [one.name for one in select()]
    assert everything == sorted(everything)
    assert [one.name for one in select(groups=["hdfs", "sessions"])] == ["hdfs_sessions_predefined"]
    chosen = select(names=["openstack_sessions"], groups=["stream"])
    assert [one.name for one in chosen] == [
        "bgl_stream_10pct",
        "bgl_stream_1pct_normal",
        "openstack_sessions",
    ]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"names": ["hdfs_first_100"]}, r"(?s)no such experiment.*did you mean 'hdfs_first_100k'"),
        ({"groups": ["steam"]}, r"(?s)no such group.*did you mean 'stream'"),
    ],
)
def test_a_name_or_group_that_does_not_exist_is_told(wanted, told):
    with pytest.raises(ConfigError, match=told):
        select(**wanted)


def test_the_command_lists_and_shows(tmp_path, capsys):
    assert main(["list", "--group", "stream"]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()[2:]] == [
        "bgl_stream_10pct",
        "bgl_stream_1pct_normal",
    ]
    assert main(["show", "hdfs_first_100k"]) == 0
    assert "train_entry_count: 100000" in capsys.readouterr().out
    with pytest.raises(ConfigError, match=r"did you mean 'hdfs_first_100k'\?"):
        main(["show", "hdfs_frist_100k"])
    assert capsys.readouterr().out == ""


def test_a_selection_runs_as_one_and_ends_with_one_table(tmp_path):
    folder = tmp_path / "a folder"
    overrides = tiny("bgl", folder)[:1] + [f"dataset.source.path='{folder}'"]
    chosen = ["run", "--group", "stream", "bgl_one_hour_windows", "model=template_frequency"]
    arguments = ["experiments", *chosen, *overrides, *WITHOUT_WORKERS]
    done = command(*arguments, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "== 3 experiments" in done.stdout
    last = done.stdout.partition("== 3 experiments")[2]
    for name in ("bgl_one_hour_windows", "bgl_stream_10pct", "bgl_stream_1pct_normal"):
        assert name in last
    (table,) = folder.glob("outputs/sweeps/selection-*/results.csv")
    assert len(table.read_text().splitlines()) == 1 + 3
    again = command(*arguments, cwd=folder)
    assert last.count("done") > 0
    assert again.stdout.partition("== 3 experiments")[2].count("reused") == 3


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """Writes an experiment of one's own and puts it to use."""

    def write(text: str, name: str = "bare") -> Path:
        file = tmp_path / "mine/conf/experiment" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        monkeypatch.setenv(PLUGINS_VARIABLE, str(tmp_path / "mine"))
        use_plugins([tmp_path / "mine"])
        return file

    yield write
    use_plugins([])


BARE = "# @package _global_\n# Only a detector.\ndefaults:\n  - override /model: markov\n"


@pytest.mark.parametrize("text", ["", "# Nothing.\n", BARE, f"{BARE}hydra:\n  mode: MULTIRUN\n",
                                  f"{BARE}description: null\ngroups: null\nhydra: null\n"])  # fmt: skip
def test_an_experiment_without_sweep_description_or_groups_is_listed(bare, capsys, text):
    file = bare(text)
    (one,) = select(names=["bare"])
    assert one == Experiment("bare", file, "", (), None, (), {})
    assert one.members() == [[]]
    assert main(["list"]) == 0
    assert "bare" in [line.split()[0] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n", r"experiment cannot be used: the file holds no keys with values"),
        ("groups: demo\n", r"its `groups` are no list of names\n  value:   demo"),
        ("groups: [1]\n", r"its `groups` are no list of names"),
        ("description: [a]\n", r"its `description` is no text"),
        ("hydra:\n  sweeper:\n    params: [a]\n", r"`hydra\.sweeper\.params` are no keys"),
        ("hydra: 3\n", r"`hydra\.sweeper\.params` are no keys"),
        ("a: : b\n", r"it is no YAML"),
    ],
)
def test_an_experiment_that_cannot_be_used_is_named(bare, text, problem):
    file = bare(text)
    with pytest.raises(ConfigError, match=problem) as raised:
        main(["list"])
    assert str(file) in str(raised.value)


def test_values_of_yaml_are_swept_over_as_they_would_be_typed(bare):
    bare(
        "hydra:\n  sweeper:\n    params:\n      sequence.window_size: null\n      seed: 1,2\n      force: true\n"
    )
    (one,) = select(names=["bare"])
    assert one.swept == {"sequence.window_size": "null", "seed": "1,2", "force": "true"}


def test_an_experiment_that_sweeps_over_nothing_runs_as_one_member(bare, tmp_path):
    bare(BARE)
    bare(BARE.replace("markov", "ngram"), "barer")
    given = ["experiments", "run", "bare", "barer", "dataset.source.lines=3000", *WITHOUT_WORKERS]
    done = command(*given, cwd=tmp_path, ANOMALOG_PLUGINS=str(tmp_path / "mine"))
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.partition("== 2 experiments")[2]
    assert "experiment" in last
    assert last.count(" done ") == 2


def test_a_selection_of_nothing_in_particular_is_a_mistake(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "anomalog_exp.experiments", "run", "seed=1"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert "say which: names, --group, or both" in done.stderr
    assert not (tmp_path / "outputs").exists()


def test_a_selection_waits_for_its_table():
    with pytest.raises(ConfigError, match="is made when all of them have ended"):
        main(["run", "demo_models", "hydra.launcher.detach=true"])


def test_a_failed_member_is_in_the_table_and_in_the_exit_code(tmp_path):
    shutil.rmtree(tmp_path / "outputs", ignore_errors=True)
    done = command(
        "experiments", "run", "bgl_stream_10pct", "bgl_one_hour_windows", "model=template_frequency",
        "dataset/source=local_dir", "dataset.source.path=nowhere.log", *WITHOUT_WORKERS, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "nowhere.log" in done.stdout.partition("== 2 experiments")[2]
