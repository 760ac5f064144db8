from __future__ import annotations

import json
import re
import sys
from subprocess import Popen, run

import pytest

from anomalog_exp.options.listing import option_names
from tests.command import SMALL_DEMO, charts_at_hand, command, environment, run_dirs

RUN_FILES = {
    "anomalies.txt",
    "bundle",
    "config.yaml",
    "dataset_manifest.json",
    "environment.json",
    "findings.json",
    "metrics.json",
    "model_manifest.json",
    "report.html",
    "run.log",
    "scores.npz",
    "status.json",
    "timeline.json",
}


def test_no_arguments_run_the_demo_and_say_where_to_look(tmp_path):
    done = command(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (run_dir,) = run_dirs(tmp_path / "outputs")
    assert {path.name for path in run_dir.iterdir()} == RUN_FILES | {"tracking.json"}
    block = json.loads((run_dir / "metrics.json").read_text())["blocks"]["sequence_level_detection"]
    assert 0 < block["headline"]["f1"] < 1
    told = done.stdout.splitlines()
    assert told[0].startswith(f"F1 is {block['headline']['f1']:.3f} (95 % interval ")
    assert f"f1 {block['headline']['f1']:.4f}" in told[1]
    assert told[2].startswith(
        "warning  The test part repeats what training shows. 83.2% of the test"
    )
    assert told[3:] == [
        f"report   {run_dir}/report.html",
        f"see      {run_dir}/anomalies.txt",
        f"run dir  {run_dir}",
        f"mlflow   python -m anomalog_exp ui {run_dir}",
    ]
    assert (tmp_path / "outputs/mlflow/mlflow.db").is_file()


def test_a_finished_run_is_reused_and_force_keeps_the_older_result(tmp_path):
    first = command(SMALL_DEMO, "tracking=none", cwd=tmp_path)
    (run_dir,) = run_dirs(tmp_path / "outputs")
    metrics = (run_dir / "metrics.json").read_bytes()
    again = command(SMALL_DEMO, "tracking=none", cwd=tmp_path)
    assert "(reused: same config, data and code)" in again.stdout
    assert not (run_dir / "attempts").exists()
    forced = command(SMALL_DEMO, "tracking=none", "force=true", cwd=tmp_path)
    assert [first.returncode, again.returncode, forced.returncode] == [0, 0, 0]
    assert "(reused" not in forced.stdout
    assert {path.name for path in (run_dir / "attempts/1").iterdir()} == RUN_FILES
    assert (run_dir / "metrics.json").read_bytes() == metrics
    assert (run_dir / "attempts/1/metrics.json").read_bytes() == metrics


def test_a_run_in_a_sweep_alone_cold_and_warm_gives_the_same_bytes(tmp_path):
    bare = [SMALL_DEMO, "tracking=none", "report.page=false"]
    members = [
        *bare,
        "model=naive_bayes,markov",
        "-m",
        "sequence.window_size=null,7",
    ]
    assert command(*members, cwd=tmp_path).returncode == 0
    swept = {
        path.name: (path / "metrics.json").read_bytes() for path in run_dirs(tmp_path / "outputs")
    }
    assert len(swept) == 4
    alone = {}
    for model in ("naive_bayes", "markov"):
        for size in ("null", "7"):
            chosen = [*bare, f"model={model}", f"sequence.window_size={size}"]
            places = ["paths.output_dir=alone", f"paths.cache_dir=.cache-{model}"]
            assert command(*chosen, *places, cwd=tmp_path, POLARS_MAX_THREADS="1").returncode == 0
    for path in run_dirs(tmp_path / "alone"):
        alone[path.name] = (path / "metrics.json").read_bytes()
    assert alone == swept


def test_four_processes_at_once_on_nothing_all_succeed_and_one_builds(tmp_path):
    with charts_at_hand(tmp_path):
        processes = [
            Popen(
                [
                    sys.executable,
                    "-m",
                    "anomalog_exp",
                    SMALL_DEMO,
                    f"seed={seed}",
                    "report.page=false",
                ],
                cwd=tmp_path,
                env=environment(POLARS_MAX_THREADS="1"),
                text=True,
                stdout=-1,
                stderr=-1,
            )
            for seed in range(4)
        ]
        ended = [process.communicate(timeout=170) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, ended
    assert sum("building demo" in stderr for _, stderr in ended) == 1
    assert not any("is not in MLflow" in stderr for _, stderr in ended)
    recorded = [
        json.loads((path / "tracking.json").read_text())[0]["run_id"]
        for path in run_dirs(tmp_path / "outputs")
    ]
    assert len(set(recorded)) == 4


def test_a_log_without_labels_has_scores_and_anomalies_but_no_metrics(tmp_path):
    lines = [f"2024-05-01 10:00:{i % 60:02d} INFO worker: step {i} done" for i in range(400)]
    lines[310] = "2024-05-01 10:00:11 ERROR worker: disk is on fire"
    (tmp_path / "app.log").write_text("\n".join(lines))
    done = command(
        "dataset=custom",
        "dataset.source.path=app.log",
        "sequence=fixed",
        "sequence.window_size=10",
        "tracking=none",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"no metrics: nothing in the test split is labelled; \d+ of \d+ are above", done.stdout
    )
    (run_dir,) = run_dirs(tmp_path / "outputs")
    first = (run_dir / "anomalies.txt").read_text().split("#2")[0]
    assert "app.log:311: 2024-05-01 10:00:11 ERROR worker: disk is on fire" in first


def test_the_download_that_cannot_be_says_what_is_missing_and_where_to_put_it(tmp_path):
    done = command(
        "dataset=hdfs", "dataset.source.url=http://127.0.0.1:9/HDFS_v1.zip", cwd=tmp_path
    )
    assert done.returncode == 2
    for told in (
        "HDFS_v1.zip is missing",
        "http://127.0.0.1:9/HDFS_v1.zip",
        "186,645,559 bytes",
        "MD5 76a24b4d9a6164d543fb275f89773260",
        str(tmp_path / "data/hdfs_v1/HDFS_v1.zip"),
    ):
        assert told in done.stderr
    assert not (tmp_path / "outputs").exists()


MISTAKES = [
    (["paths.output_dir="], "paths.output_dir: this value does not fit", "give a value that fits"),
    (["name=.."], "name: this value does not fit", "give a value that fits"),
    (["name=sweeps"], "name: this value does not fit", "any name but mlflow, sweeps"),
    (["-m", "--cfg", "job"], "-m and --cfg: each of them says", "leave one"),
    (
        ["experiment=demo_models,baselines", "-m"],
        "experiment: each experiment is a sweep",
        "experiments run baselines demo_models",
    ),
    (["paths.cache_dir=/proc/nowhere"], "a file or folder: ", "/proc/nowhere"),
    (["model=foo"], "model: there is no such option", "choose one, as in model=<option>"),
    (["experiment=tune/markovv"], "experiment: there is no such option", "mean 'tune/markov'?"),
    (["experiment=tun/markov"], "experiment: there is no such option", "mean 'tune/markov'?"),
    (
        ["experiment=tune/markov", "hydra.sweeper.n_trails=3", "-m"],
        "hydra.sweeper.n_trails: there is no such key",
        "did you mean 'hydra.sweeper.n_trials'?",
    ),
    (["dataset=hdf"], "dataset: there is no such option", "did you mean 'hdfs'?"),
    (
        ["model.smoothin=1"],
        "model.smoothin: there is no such key",
        "did you mean 'model.smoothing'?",
    ),
    (["model.smoothing=-1"], "model.smoothing: this value does not fit", "greater than 0"),
    (["split.train_fraction=0.8"], "split.train_fraction, split.test_fraction", "at most 1"),
    (["seed=1", "seed=2"], "seed: it is given twice", "seed=a,b"),
    (["hydra.launcher.n_jobs=0", "seed=1,2", "-m"], "hydra.launcher.n_jobs", "-1 for one per core"),
    (
        ["hydra.launcher.n_jobs=x", "seed=1,2", "-m"],
        "hydra.launcher.n_jobs",
        "-1 for one per core",
    ),
    (["seed=1,2"], "seed: several values were given", "add -m"),
    (
        ["dataset=hdfs", "dataset/source=local_zip"],
        "dataset.source.zip_path: a value is needed",
        "zip_path=...",
    ),
    (["model=nope,markov", "-m"], "model: there is no such option", "markov"),
    (["model.smoothin=1,2", "-m"], "model.smoothin: there is no such key", "'model.smoothing'"),
    (["sequence=fixed", "sequence.window_size=100000"], "sequence.window_size", "has only"),
]


@pytest.mark.parametrize(("arguments", "problem", "advice"), MISTAKES)
def test_a_mistake_gets_four_lines_and_no_traceback(tmp_path, arguments, problem, advice):
    small = [] if "dataset=hdfs" in arguments else [SMALL_DEMO]
    done = command(*small, "tracking=none", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    message = done.stderr[done.stderr.index("error: ") :]
    assert message.startswith(f"error: {problem}")
    assert advice in message
    keys = [line.split(":")[0].strip() for line in message.splitlines()[1:4]]
    assert keys == ["value", "allowed", "to do"]
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "outputs").glob("sweeps/*"))


def test_a_config_file_that_is_no_yaml_is_named_with_the_place(tmp_path):
    (tmp_path / "own/model").mkdir(parents=True)
    own = tmp_path / "own/model/mine.yaml"
    own.write_text("name: markov\n  order: 1\n")
    for more in ([], ["-m"]):
        done = command("--config-dir", "own", "model=mine", "tracking=none", *more, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("error: a config file: it is no YAML: mapping values")
        assert f"value:   {own}, line 2, column 8" in done.stderr


def test_a_disk_without_room_is_told(tmp_path):
    # A limit on the size of files fails where a full disk does: in the middle of writing.
    limited = ["sh", "-c", 'ulimit -f 200; exec "$@"', "sh", sys.executable, "-m", "anomalog_exp"]
    done = run(
        [*limited, SMALL_DEMO, "tracking=none"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: a file or folder: File too large")
    assert "Traceback" not in done.stderr


def test_a_damaged_build_is_named_and_the_same_command_builds_it_again(tmp_path):
    arguments = [SMALL_DEMO, "tracking=none"]
    assert command(*arguments, cwd=tmp_path).returncode == 0
    (column,) = tmp_path.glob(".cache/demo/*/time_ms.npy")
    column.write_bytes(column.read_bytes()[:1000])
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"the built data set {column.parent} is damaged (time_ms.npy has changed)" in done.stderr
    assert "reused" in done.stdout


def test_times_that_the_format_does_not_fit_are_an_error_with_lines(tmp_path):
    (tmp_path / "a.log").write_text("".join(f"2024-01-0{i} went up\n" for i in range(1, 10)))
    done = command(
        "dataset=custom", "dataset.source.path=a.log", "tracking=none", "sequence=fixed",
        "sequence.window_size=2", "sequence.step=3", "model=template_frequency",
        "dataset.structured_parser.format='<Day> <Content>'",
        "dataset.structured_parser.time_fields=[Day]",
        "dataset.structured_parser.time_format=%d/%m/%Y", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "it reads a time on none of 9 rows" in done.stderr
    assert "a.log:1: 2024-01-01 went up\n    a.log:2: 2024-01-02 went up\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_of_a_sweep_ends_it_quietly(tmp_path):
    arguments = [SMALL_DEMO, "tracking=none", "report.page=false", "seed=0,1", "-m"]
    with Popen(
        [sys.executable, "-m", "anomalog_exp", *arguments],
        cwd=tmp_path, env=environment(), stdout=-1, stderr=-1, text=True,
    ) as process:  # fmt: skip
        process.stdout.close()
        told = process.stderr.read()
    assert process.returncode == 141
    assert "Traceback" not in told


def test_a_status_that_cannot_be_read_costs_a_run_and_nothing_else(tmp_path):
    arguments = [SMALL_DEMO, "tracking=none"]
    assert command(*arguments, cwd=tmp_path).returncode == 0
    (run_dir,) = run_dirs(tmp_path / "outputs")
    (run_dir / "status.json").write_text('{"status": "do')
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the status.json of the last attempt is damaged" in (run_dir / "run.log").read_text()
    assert json.loads((run_dir / "status.json").read_text())["status"] == "done"


def test_labels_that_match_nothing_are_told(tmp_path):
    (tmp_path / "a.log").write_text("".join(f"host{i % 9} went up {i}\n" for i in range(90)))
    (tmp_path / "labels.csv").write_text("Host,Label\nserver1,Anomaly\n")
    reader = (
        "{relative_path: labels.csv, entity_column: Host, label_column: Label, missing_label: null}"
    )
    done = command(
        "dataset=custom", "dataset.source.path=a.log", "tracking=none",
        "dataset.structured_parser.format='<Host> <Content>'",
        "dataset.structured_parser.entity_field=Host", f"dataset.label_reader={reader}", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"no entity of the log is in .*labels.csv.*host0, host1, host2", done.stderr)


def test_a_threshold_that_has_seen_the_test_labels_is_marked_wherever_it_is_shown(tmp_path):
    oracle = [SMALL_DEMO, "tracking=none", "model=markov", "model/decision=best_f1"]
    done = command(*oracle, cwd=tmp_path)
    assert (
        "\nwarning  The threshold is an oracle's. It has seen the labels of the test part"
        in done.stdout
    )
    (run_dir,) = run_dirs(tmp_path / "outputs")
    assert json.loads((run_dir / "metrics.json").read_text())["task"]["decision"] == {
        "oracle": True,
        "rule": "best_f1",
    }
    assert "(an oracle: it has seen the test labels)" in (run_dir / "anomalies.txt").read_text()
    swept = command(
        *oracle[:3], "model/decision=quantile,best_f1", "-m", "hydra/launcher=basic", cwd=tmp_path
    )
    assert re.findall(r"(quantile|best_f1) +(\w+(?: \(oracle\))?)  ", swept.stdout) == [
        ("best_f1", "reused (oracle)"),
        ("quantile", "done"),
    ]


def test_a_traceback_is_shown_to_those_who_ask(tmp_path):
    done = command("dataset=hdf", cwd=tmp_path, HYDRA_FULL_ERROR="1")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_supervised_detector_without_both_classes_is_skipped_with_the_reason(tmp_path):
    done = command(
        SMALL_DEMO, "tracking=none", "model=naive_bayes", "split=normal_only", cwd=tmp_path
    )
    assert done.returncode == 3
    assert "skipped: naive_bayes needs both classes in train (0 anomalous" in done.stderr
    (run_dir,) = run_dirs(tmp_path / "outputs")
    assert json.loads((run_dir / "status.json").read_text())["status"] == "skipped"
    assert not (run_dir / "metrics.json").exists()


@pytest.mark.parametrize(
    ("parser", "log"), [("bgl", "HDFS/HDFS_2k.log"), ("hdfs", "BGL/BGL_2k.log")]
)
def test_a_parser_that_does_not_match_the_file_is_an_error_with_samples(
    tmp_path, shared_data, parser, log
):
    path = shared_data / "loghub_2k" / log
    done = command(
        f"dataset={parser}",
        "dataset/source=local_dir",
        f"dataset.source.path={path}",
        *(["dataset.label_reader=null"] if parser == "hdfs" else []),
        "tracking=none",
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert "max_unparsed_fraction" in done.stderr
    assert path.read_text().splitlines()[0][:60] in done.stderr
    assert not list(tmp_path.glob(".cache/*/*/manifest.json"))


@pytest.mark.parametrize(
    ("flags", "shown"),
    [
        (["--help"], f"model: {', '.join(option_names('model'))}"),
        (["model=markov", "--cfg", "job"], "order: 1"),
        (["--cfg", "job", "-p", "model", "model=markov"], "name: markov"),
        (["--version"], "anomalog_exp 0.1.0"),
        (["--info", "searchpath"], "conf"),
    ],
)
def test_hydras_flags_work_and_write_nothing(tmp_path, flags, shown):
    done = command(*flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_own_option_in_an_own_folder_is_found(tmp_path):
    (tmp_path / "mine/model").mkdir(parents=True)
    (tmp_path / "mine/model/rare.yaml").write_text(
        "defaults:\n  - template_frequency\n  - _self_\nsmoothing: 0.25\n"
    )
    done = command(SMALL_DEMO, "tracking=none", "model=rare", "--config-dir", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (run_dir,) = run_dirs(tmp_path / "outputs")
    assert "smoothing: 0.25" in (run_dir / "config.yaml").read_text()
