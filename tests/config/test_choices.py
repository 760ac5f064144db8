from __future__ import annotations

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.config.choices import refuse_odd_values
from anomalog_exp.errors import ConfigError
from tests.command import command

NAMES = [
    "5",
    "-1",
    "1.5",
    "nan",
    "true",
    "null",
    "[markov]",
    "{name: markov}",
    "float(1)",
    "shuffle(1)",
    "'${workers:}'",
    "${seed}",
]


@pytest.mark.parametrize("value", NAMES)
@pytest.mark.parametrize("key", ["model", "dataset/source", "+model", "hydra/launcher"])
def test_what_is_no_name_is_no_option_of_a_group(key, value):
    name = key.lstrip("+")
    with pytest.raises(
        ConfigError, match=f"^{name}: this is no name of an option\n  value: "
    ) as raised:
        refuse_odd_values([f"{key}={value}"])
    assert f"to do:   choose one, as in {name}=<option>" in str(raised.value)


@pytest.mark.parametrize(
    "override",
    [
        "model=markov",
        "seed=5",
        "model.smoothing=-1",
        "model=5x",
        "template.extra_masks=[]",
        "seed=${x}",
    ],
)
def test_other_values_are_not_looked_at(override):
    refuse_odd_values([override])


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("=5", "it has no key"),
        ("+=''", "it has no key"),
        ("~=", "it has no key"),
        (f"++{'_' * 300}=1", "its key is too long"),
    ],
)
def test_an_override_needs_a_key_of_a_name_s_length(override, problem):
    with pytest.raises(ConfigError, match=f"an override: {problem}"):
        refuse_odd_values([override])


@pytest.mark.parametrize("more", [[], ["-m"]])
@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("model=5", "error: model: this is no name of an option"),
        ("dataset/source=1000", "error: dataset/source: this is no name of an option"),
        ("sequence='${workers:}'", "error: sequence: this is no name of an option"),
        ("seed=" + "9" * 5000, "error: seed: this number is too long"),
    ],
)
def test_the_command_says_it_in_four_parts(tmp_path, override, told, more):
    done = command(override, "tracking=none", *more, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(told)
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_over_what_is_no_name_says_it_too(tmp_path):
    done = command("model=markov,5", "tracking=none", "-m", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: model: this is no name of an option\n  value:   5\n")


CLIMBING = [
    "'..'",
    "'.'",
    "''",
    "../../x",
    "a/b",
    "'a\\\\b'",
    "/tmp/x",
    ".hidden",
    "'a\nb'",
    "'\x00'",
    "' a'",
    "x" * 300,
]


@pytest.mark.parametrize("value", CLIMBING)
@pytest.mark.parametrize(
    "key",
    ["name", "experiment_name", "dataset.name", "dataset.dataset_name", "tracking.experiment_name"],
)
def test_a_name_of_a_folder_leads_nowhere_else(key, value):
    with pytest.raises(ConfigError, match=r"to do:") as raised:
        load_run_config([f"{key}={value}", *(["name=x"] if key == "dataset.name" else [])])
    assert str(raised.value).startswith(
        (f"{key}: this value does not fit", f"{key}: this override")
    )


def test_a_namespace_of_the_cache_leads_nowhere_else():
    roots = "{namespace: ../../x, data_root: null, cache_root: null}"
    with pytest.raises(
        ConfigError, match=r"dataset\.cache_paths\.namespace: this value does not fit"
    ):
        load_run_config([f"dataset.cache_paths={roots}"])


@pytest.mark.parametrize("name", ["bgl-stream_1.5", "my log", "größe", "_x", "7"])
def test_other_names_of_folders_are_taken(name):
    assert load_run_config([f"experiment_name='{name}'"]).experiment_name == name


@pytest.mark.parametrize(
    "value", ["~nosuchuser", "~nosuchuser/x", "'a\x00b'", "http://h/x", "'\ud800'"]
)
@pytest.mark.parametrize(
    "key", ["paths.data_dir", "paths.output_dir", "tracking.store", "sweep.dir"]
)
def test_a_path_that_cannot_be_is_said(key, value):
    value = value if value.startswith("'") else f"'{value}'"
    # What is below the output folder cannot be either.
    named = key.replace("paths.output_dir", r"(paths\.output_dir|tracking\.\w+)")
    with pytest.raises(ConfigError, match=f"^{named}: this value does not fit\n"):
        load_run_config([f"{key}={value}"])


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**64, 2**200, "inf", "-inf", "nan"])
@pytest.mark.parametrize(
    "key", ["seed", "dataset.source.lines", "model.smoothing", "evaluation.bootstrap_samples"]
)
def test_numbers_that_no_array_holds_are_said(key, value):
    with pytest.raises(ConfigError, match=f"^{key}: this value does not fit\n  value:   "):
        load_run_config([f"{key}={value}", "model=markov"])


def test_they_are_said_inside_lists_with_their_key():
    with pytest.raises(
        ConfigError, match=r"^evaluation\.top_k: .*\n  value:   9223372036854775808\n"
    ):
        load_run_config(["evaluation.top_k=[1,9223372036854775808]"])


def test_large_floats_that_are_whole_are_floats():
    assert load_run_config(["model=markov", "model.smoothing=1e300"]).model.smoothing == 1e300
