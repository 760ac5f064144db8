from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from anomalog_exp.config import load_run_config, serialise_config
from anomalog_exp.config.compose import sweep_members
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Options
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.listing import OPEN_GROUPS, conf_dir, option_names, option_type
from tests.backends import unless_missing
from tests.composed import composed

NEEDED = {
    **dict.fromkeys(
        [
            "dataset=custom",
            "dataset=openstack",
            "dataset=hdfs_sessions",
            "dataset=openstack_sessions",
            "dataset=spirit",
            "experiment=le_zhang_spirit_hours",
            "experiment=le_zhang_spirit_lines",
            "experiment=yu_spirit_lines",
            "experiment=hdfs_sessions_predefined",
            "experiment=openstack_sessions",
        ],
        ["dataset.source.path=/logs/a.log"],
    ),
    "dataset=auto": [f"dataset.source.path={Path(__file__)}"],
    "dataset=sessions": [
        "dataset.source.path=/logs/a.log",
        "dataset.structured_parser.files=[{path: a, split: train, label: 0}]",
        "dataset.structured_parser.id_separator=null",
    ],
    "dataset/structured_parser=sessions": [
        "dataset.structured_parser.files=[{path: a, split: train, label: 0}]"
    ],
    "dataset/structured_parser=several": ["dataset.structured_parser.parsers=[json,access]"],
    "dataset/source=local_dir": ["dataset.source.path=/logs/a.log"],
    "dataset/source=local_zip": ["dataset.source.zip_path=/logs/a.zip"],
    "dataset/source=remote_zip": ["dataset=hdfs"],
    "split=by_file": ["split.train=[a.log]"],
    "model/decision=fixed": ["model.decision.value=1.5"],
    "experiment/tuned=demo_models-markov": ["model=markov"],
    "model/decision=posterior": ["model=naive_bayes"],
}
"""What an option asks for that has no default."""

OVER_CUSTOM = """access android apache dpkg glog hadoop healthapp hpc klog linux log4j logback mac
openssh openstack proxifier python python_asctime spark syslog syslog_5424 syslog_iso windows zookeeper"""
PRESETS = (
    {"event_ids": "identity", "above_zero": "fixed", "tsv": "csv"}
    | dict.fromkeys(["docker", "journald"], "json")
    | dict.fromkeys(OVER_CUSTOM.split(), "custom")
)
"""Options that are another one with other values."""


def every_option() -> list:
    """`group=option` of every YAML below conf/, Hydra's own settings aside."""
    found = []
    for path in sorted(conf_dir().rglob("*.yaml")):
        group = path.parent.relative_to(conf_dir()).as_posix()
        if group != "." and group.split("/")[0] not in ("hydra", "local"):
            option = f"{group}={path.stem}".replace("experiment/tune=", "experiment=tune/")
            found.append(pytest.param(option, marks=unless_missing(group, path.stem)))
    return found


@pytest.mark.parametrize("option", every_option())
def test_every_option_composes_and_can_be_built_and_has_no_default_in_python(option, tmp_path):
    config = composed(option, *NEEDED.get(option, []))
    config.model.build_detector()
    config.template.build_miner()
    if config.dataset.structured_parser.name != "sessions":
        config.dataset.structured_parser.build_parser()
    config.dataset.source.build(data_root=tmp_path)
    if config.dataset.label_reader is not None:
        config.dataset.label_reader.build()
    assert re.fullmatch(r"[\w.-]+", config.name)
    group, name = option.split("=")
    target = config
    for part in group.split("/"):
        target = getattr(target, part, None)
    if isinstance(target, Options) and "name" in type(target).model_fields:
        presets = {"auto": "custom"} if group == "dataset" else PRESETS
        assert target.name == presets.get(name, name)
    for key, cls in options_classes(config).items():
        given = [name for name, field in cls.model_fields.items() if not field.is_required()]
        assert given == [], f"{key}: {cls.__name__}"


def options_classes(config: Options, prefix: str = "") -> dict[str, type[BaseModel]]:
    found = {prefix: type(config)}
    for name, value in config:
        if isinstance(value, Options):
            found |= options_classes(value, f"{prefix}.{name}" if prefix else name)
    return found


@pytest.mark.parametrize(
    ("group", "name"),
    [
        pytest.param(group, name, marks=unless_missing(group, name))
        for group in OPEN_GROUPS
        for name in option_names(group)
        if name not in PRESETS
    ],
)
def test_the_keys_of_an_open_option_are_those_of_its_class(group, name):
    assert set(keys_of(conf_dir() / group / f"{name}.yaml")) == set(
        option_type(group, name).model_fields
    )


def keys_of(path: Path) -> list[str]:
    """Keys that a YAML sets, by itself, by the options that it chooses and by what its group shares."""
    values = yaml.safe_load(path.read_text())
    found: list[str] = []
    for entry in values.pop("defaults", []):
        if isinstance(entry, dict):
            found.append(next(iter(entry)).removeprefix("override ").split("@")[0])
        elif "@" in entry and not entry.startswith("/"):  # another option under a key of this one
            found.append(entry.split("@")[1].split(".")[0])
        elif entry != "_self_" and not entry.startswith("/"):  # another option of the same group
            found += keys_of(path.with_name(f"{entry}.yaml"))
        elif entry.startswith("/"):
            found += keys_of(conf_dir() / f"{entry.split('@')[0][1:]}.yaml")
    return found + list(values)


@pytest.mark.parametrize("group", ["dataset", "split", "template"])
def test_what_a_group_shares_is_no_option_of_it(group):
    assert (conf_dir() / f"_{group}.yaml").is_file()
    swept = [member[0].partition("=")[2] for member in sweep_members([f"{group}=glob(*)"])]
    assert swept == list(option_names(group))
    assert not any(name.startswith("_") for name in swept)


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (g, n)
        for g in ("dataset", "split", "template")
        for n in option_names(g)
        if (g, n) != ("split", "all")  # everything trains, so that nothing can be held back
    ],
)
def test_every_option_of_a_group_begins_with_what_the_group_shares_and_repeats_none_of_it(
    group, name
):
    shared = yaml.safe_load((conf_dir() / f"_{group}.yaml").read_text())
    own = yaml.safe_load((conf_dir() / group / f"{name}.yaml").read_text())
    assert own["defaults"][0] == f"/_{group}@_here_"
    assert [key for key, value in shared.items() if own.get(key, "another") == value] == []


GROW_BY_FILES = {"dataset", "experiment", "model", "template"}
"""A new option of these is files of its own and edits no other, not even a comment."""


def test_the_root_config_names_the_options_of_each_group_and_none_that_does_not_exist():
    above: list[str] = []
    listed: dict[str, str] = {}
    for line in (conf_dir() / "config.yaml").read_text().partition("defaults:\n")[2].splitlines():
        if match := re.match(r"  - (?:override )?([\w/]+): ", line):
            listed[match[1]], above = " ".join(above), []
        elif line.startswith("  # "):
            above.append(line[4:])
    assert set(listed) >= {
        "dataset",
        "sequence",
        "split",
        "template",
        "model",
        "tracking",
        "experiment",
    }
    for group, comment in listed.items():
        named = comment.rpartition(": ")[2].split(", ")
        if group in GROW_BY_FILES:
            assert named == sorted(set(named) & set(option_names(group))), group
        else:
            assert named == list(option_names(group)), group


def test_every_yaml_begins_with_a_word_on_what_it_is_for():
    for path in conf_dir().rglob("*.yaml"):
        lines = [x for x in path.read_text().splitlines() if not x.startswith("# @package")]
        assert lines[0].startswith("# "), path


def test_every_module_of_an_open_group_has_its_yaml():
    for group, package in OPEN_GROUPS.items():
        folder = Path(__file__).resolve().parents[2] / package.replace(".", "/")
        modules = {
            path.stem for path in folder.rglob("*.py") if "class Config(" in path.read_text()
        }
        assert modules == set(option_names(group)) - set(PRESETS)


def test_a_config_written_and_read_again_is_the_same():
    for overrides in ([], ["dataset=bgl", "sequence=fixed"], ["dataset=hdfs", "model=naive_bayes"]):
        config = load_run_config(overrides)
        again = RunConfig.of(yaml.safe_load(yaml.safe_dump(serialise_config(config))))
        assert again == config
        assert stable_fingerprint(again.identity()) == stable_fingerprint(config.identity())


def test_paths_start_where_the_command_stands_or_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_run_config().paths.output_dir == tmp_path / "outputs"
    monkeypatch.setenv("ANOMALOG_OUTPUT_DIR", "/big/disk")
    config = load_run_config()
    assert config.paths.output_dir == Path("/big/disk")
    assert config.tracking.store == Path("/big/disk/mlflow/mlflow.db")


CLEAR_ROOTS = "dataset.cache_paths={namespace: null, data_root: /x, cache_root: /y}"
BAD = [
    ("seed=-1", "seed", "greater than or equal to 0"),
    ("seed=true", "seed", "a whole number"),
    ("seed='5'", "seed", "a whole number"),
    ("split.train_fraction=0", "split.train_fraction", "greater than 0"),
    ("split.train_fraction=1.5", "split.train_fraction", "less than or equal to 1"),
    ("split.validation_fraction=1", "split.validation_fraction", "less than 1"),
    ("split.validation_fraction=-0.1", "split.validation_fraction", "equal to 0"),
    ("split.train_fraction=nan", "split.train_fraction", "finite"),
    ("sequence.window_size=0", "sequence.window_size", "greater than or equal to 1"),
    ("sequence.window_size=2.5", "sequence.window_size", "a whole number"),
    ("sequence.label_from=nobody", "sequence.label_from", "'any', 'events' or 'entities'"),
    ("force=perhaps", "force", "true or false"),
    ("name='a/b'", "name", "a folder's name"),
    ("model.name=nope", "model.name", "markov, naive_bayes"),
    ("model.decision.quantile=2", "model.decision.quantile", "less than or equal to 1"),
    ("model.smoothing=inf", "model.smoothing", "finite"),
    ("+model.extra=1", "model.extra", "decision, name, smoothing"),
    ("dataset.source.anomaly_fraction=2", "dataset.source.anomaly_fraction", "less than"),
    ("evaluation.primary_scope=best", "evaluation.primary_scope", "sequence_level_detection"),
    ("template.extra_masks=[{name: a}]", "template.extra_masks.0.pattern", "conf/"),
    (CLEAR_ROOTS.replace("/y", "null"), "dataset.cache_paths", "together"),
]  # fmt: skip


@pytest.mark.parametrize(("override", "key", "allowed"), BAD)
def test_a_value_that_does_not_fit_is_named_with_what_does(override, key, allowed):
    with pytest.raises(ConfigError) as raised:
        load_run_config([override])
    lines = str(raised.value).splitlines()
    assert lines[0].startswith(f"{key}: ")
    assert [line.split(":")[0].strip() for line in lines[1:4]] == ["value", "allowed", "to do"]
    assert allowed in str(raised.value)


def test_several_mistakes_are_told_at_once():
    with pytest.raises(ConfigError, match=r"(?s)seed: .*model\.smoothing: "):
        load_run_config(["seed=-1", "model.smoothing=-1"])


def test_roots_of_a_data_set_by_namespace_or_spelled_out(tmp_path):
    dataset = load_run_config(["dataset=bgl"]).dataset
    roots = dataset.roots(data_dir=Path("/d"), cache_dir=Path("/c"))
    assert (roots.data_root, roots.cache_root) == (Path("/d/bgl"), Path("/c/bgl"))
    roots = load_run_config(["dataset=bgl", CLEAR_ROOTS]).dataset.roots(
        data_dir=Path("/d"), cache_dir=Path("/c")
    )
    assert (roots.data_root, roots.cache_root) == (Path("/x"), Path("/y"))


@pytest.mark.parametrize("override", ["tracking.store=http://127.0.0.1:9/", "paths.data_dir=' '"])
def test_a_place_that_is_none_on_this_machine_is_refused(override):
    with pytest.raises(ConfigError, match="a path on this machine, not empty and no URL"):
        load_run_config([override])


READER = "dataset.label_reader={name: pattern, pattern: 'a|b'}"


@pytest.mark.parametrize("dataset", ["demo", "hdfs"])
def test_another_reader_of_labels_takes_the_place_of_that_of_a_data_set(dataset):
    chosen = load_run_config([f"dataset={dataset}", "dataset.label_reader=null", f"++{READER}"])
    plain = load_run_config(["dataset=custom", "dataset.source.path=x", READER])
    assert chosen.dataset.label_reader == plain.dataset.label_reader
    with pytest.raises(ConfigError, match="keys of both would be mixed") as caught:
        load_run_config([f"dataset={dataset}", READER])
    assert "entity_column, label_column, missing_label" in str(caught.value)
    first, second = shlex.split(str(caught.value).rpartition("first: ")[2])
    assert [first, second] == ["dataset.label_reader=null", f"++{READER}"]
