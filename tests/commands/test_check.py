"""Contracts tried by a command: what is right passes, and each broken promise is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from anomalog_exp.commands import check, run_command
from anomalog_exp.commands._contracts import Sample, demo_sample
from anomalog_exp.commands._usage import use_plugins_named
from anomalog_exp.errors import ConfigError, MissingExtra
from anomalog_exp.options.groups import OPEN_GROUPS
from anomalog_exp.options.names import option_files
from anomalog_exp.options.plugins import PLUGINS_VARIABLE, use_plugins
from tests.backends import unless_missing
from tests.command import command
from tests.shop import SHOP, shop_copy


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Sample:
    return demo_sample(tmp_path_factory.mktemp("demo"))


@pytest.fixture(autouse=True)
def _no_plugins_afterwards(monkeypatch):
    monkeypatch.setenv(PLUGINS_VARIABLE, "")
    yield
    use_plugins([])


@pytest.mark.parametrize(
    ("group", "name"),
    [
        pytest.param(group, name, marks=unless_missing(group, name))
        for group in OPEN_GROUPS
        for name in option_files(group)
    ],
)
def test_what_ships_keeps_its_promises(group, name, sample):
    problem, remark = check.tried(group, name, sample)
    assert problem is None
    if group in ("model", "template"):
        assert remark == ""


def test_what_needs_an_extra_that_is_not_installed_is_not_tried(
    tmp_path, capsys, monkeypatch, sample
):
    def missing(group: str, name: str, sample: Sample) -> str:
        raise MissingExtra.of(
            "model", name, problem="PyTorch is not here", allowed="x", fix="pip install x"
        )

    folder = tmp_path / "conf" / "model"
    folder.mkdir(parents=True)
    (folder / "deep.yaml").write_text("# A network.\nname: deep\n")
    monkeypatch.setattr(check, "check_option", missing)
    code, lines = checked(tmp_path, capsys, monkeypatch, sample)
    assert code == 0
    assert lines[0].startswith("skipped model=deep: it is not tried: model: PyTorch is not here")
    assert lines[1].strip() == "to do:   pip install x"
    assert lines[-1] == "1 options, 0 failed, 1 not tried"


def problem_of(option: str, folder: Path, sample: Sample) -> str:
    """What is said of one option of a plugin."""
    use_plugins_named([folder])
    problem, _ = check.tried(*option.split("="), sample)
    return problem or ""


def checked(folder: Path, capsys, monkeypatch, sample: Sample) -> tuple[int, list[str]]:
    """Exit code and lines of the command on a plugin, with the demo log that is there already."""
    monkeypatch.setattr(check, "demo_sample", lambda _: sample)
    code = check.main([str(folder)])
    return code, capsys.readouterr().out.splitlines()


def test_a_plugin_that_is_right_has_a_line_for_each_option(capsys, monkeypatch, sample):
    code, lines = checked(SHOP, capsys, monkeypatch, sample)
    assert code == 0
    assert lines == [
        "ok      model=repeats",
        "ok      dataset=shop: asks for dataset.source.path",
        "ok      dataset/structured_parser=shop",
        "ok      experiment=shop_models: asks for dataset.source.path",
        "",
        "4 options, 0 failed",
    ]


DETECTOR = [
    ("return np.abs(self._shares(sequences) - self._usual)", "return self._shares(sequences).astype('f4')", "scores are float32, not float64"),
    ("return np.abs(self._shares(sequences) - self._usual)", "return self._shares(sequences)[:-1]", "scores have shape"),
    ("return np.abs(self._shares(sequences) - self._usual)", "return list(self._shares(sequences))", "score() gives a list, no array"),
    ("return np.abs(self._shares(sequences) - self._usual)", "return self._shares(sequences) + np.nan", "some scores are not finite"),
    ("return np.abs(self._shares(sequences) - self._usual)", "return self._shares(sequences) + sequences.dataset.entity_label[sequences.entity]", "scores depend on the labels of what is scored"),
    ("return np.abs(self._shares(sequences) - self._usual)", "return self._shares(sequences) - self._shares(sequences)[:1]", "depends on the others"),
    ("self._usual = float(shares.mean())", "self._usual = float(np.random.default_rng().random())", "seed what is random"),
    ("self._shares(train.normal())", "self._shares(train)", "it says that it learns from 'normal', and does not"),
    ("self._shares(train.normal())", "1 / 0", "ZeroDivisionError: division by zero ({folder}/models/repeats.py, line "),
    ("lag: Count = Field(", "lag: Count = Field(default=1, ", "Config has defaults, which belong into the YAML: lag"),
    ('lag: Count', 'lags: Count', "model.lag: there is no such key"),
    ("return RepeatsDetector(self)", "return self", "build_detector() gives no Detector"),
]  # fmt: skip


def broken(folder: Path, file: str, old: str, new: str) -> Path:
    """A copy of the plugin with something else in one of its files."""
    folder = shop_copy(folder)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return folder


@pytest.mark.parametrize(("old", "new", "problem"), DETECTOR)
def test_a_promise_that_a_detector_breaks_is_named(tmp_path, sample, old, new, problem):
    folder = broken(tmp_path, "models/repeats.py", old, new)
    assert problem.format(folder=folder) in problem_of("model=repeats", folder, sample)


FRAME = 'return pl.DataFrame({"line": lines}).select('
PARSER = [
    (FRAME, "return pl.DataFrame({'line': lines}).filter(when.is_not_null()).select(", "rows for "),
    ("time_ms=time.cast(pl.Int64)", "time_ms=time", "its column 'time_ms' is Datetime(time_unit='ms', time_zone=None)"),
    ("time_ms=time.cast(pl.Int64)", "time_ms=time.cast(pl.Int64) * 1000", "looks like microseconds"),
    ("entity=cart,", "entity=cart.str.len_bytes(),", "its column 'entity' is UInt32"),
    ("label=(verdict == \"fault\").cast(pl.Int8)", "label=verdict == 'fault'", "its column 'label' is Boolean"),
    ("message=message", "message=message + pl.len().cast(pl.String)", "a line is read otherwise in other company"),
    ("(ok|fault)", "(ok|bad)", "a line of its own sample is not read: ['2026-03-01 08:00:09|cart-1|fault"),
    (FRAME, "raise pl.exceptions.PanicException('no luck')\n        " + FRAME, "PanicException: no luck"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "problem"), PARSER)
def test_a_promise_that_a_parser_breaks_is_named(tmp_path, sample, old, new, problem):
    folder = broken(tmp_path, "parsers/shop.py", old, new)
    assert problem in problem_of("dataset/structured_parser=shop", folder, sample)


MINER = """
from typing import Literal
import numpy as np
from anomalog_exp.data.templates.miners.base import TemplateMiner, TemplateMinerConfig, dense_codes

class Config(TemplateMinerConfig):
    name: Literal["first_word"]
    def build_miner(self):
        return FirstWordMiner()

class FirstWordMiner(TemplateMiner):
    def mine(self, messages):
        texts, codes = dense_codes([message.split(" ")[0] for message in messages])
        return RESULT

    def matcher(self, texts):
        return lambda message: None
"""


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        ("texts, codes", ""),
        ("texts, codes.astype(np.int64)", "codes are int64, not int32"),
        ("texts, codes[1:]", "there is not one code for each message"),
        ("texts[::-1], len(texts) - 1 - codes", "templates do not stand in order of appearance"),
        ("texts + texts[:1], codes", "a template's text occurs twice"),
        ("texts or ['x'], codes", "there are templates where there is no message"),
        ("[f'{text} {id(self)}' for text in texts], codes", "a second miner finds other templates"),
    ],
)
def test_a_promise_that_a_miner_breaks_is_named(tmp_path, sample, result, problem):
    (tmp_path / "miners").mkdir()
    (tmp_path / "conf/template").mkdir(parents=True)
    (tmp_path / "miners/first_word.py").write_text(MINER.replace("RESULT", result))
    (tmp_path / "conf/template/first_word.yaml").write_text(
        "# The first word.\ndefaults:\n  - /_template@_here_\n  - _self_\n\nname: first_word\n"
    )
    said = problem_of("template=first_word", tmp_path, sample)
    assert problem in said if problem else not said


YAML = [
    ("model=repeats", "# How far", "x: 1 # How far", "begins with no comment"),
    ("model=repeats", "lag: 1", "lag: none", "model.lag: this value does not fit"),
    ("model=repeats", "lag: 1", "lag: : 1", "it is no YAML"),
    ("dataset=shop", "structured_parser: shop", "structured_parser: shoop", "did you mean 'shop'"),
    ("experiment=shop_models", "description: ", "# description: ", "it has no `description`"),
    ("experiment=shop_models", "groups: [shop]", "", "it has no `groups`"),
    ("experiment=shop_models", "model: repeats,", "model: repeat,", "did you mean 'repeats'"),
]


@pytest.mark.parametrize(("option", "old", "new", "problem"), YAML)
def test_a_yaml_that_is_wrong_is_named(tmp_path, sample, option, old, new, problem):
    folder = broken(tmp_path, f"conf/{option.replace('=', '/')}.yaml", old, new)
    assert problem in problem_of(option, folder, sample)


def test_a_broken_option_fails_the_command_and_the_others_are_tried(
    tmp_path, capsys, monkeypatch, sample
):
    folder = broken(tmp_path, "conf/model/repeats.yaml", "lag: 1", "lag: : 1")
    code, lines = checked(folder, capsys, monkeypatch, sample)
    assert code == 1
    assert lines[0] == "FAILED  model=repeats: a config file: it is no YAML: mapping values are not allowed here"  # fmt: skip
    assert lines[1].startswith(f"            value:   {folder}/conf/model/repeats.yaml, line 8")
    assert "ok      dataset/structured_parser=shop" in lines
    assert lines[-1] == "4 options, 2 failed"  # the experiment sweeps over the detector


def test_a_module_that_no_yaml_names_is_told(tmp_path, capsys, monkeypatch, sample):
    folder = shop_copy(tmp_path)
    (folder / "conf/model/repeats.yaml").unlink()
    code, lines = checked(folder, capsys, monkeypatch, sample)
    assert code == 1
    (line,) = [line for line in lines if "repeats.py" in line]
    assert line == (
        f"FAILED  {folder}/models/repeats.py: no YAML in conf/ has `name: repeats`, so nobody can "
        "choose it"
    )


def test_the_command_ends_with_1_where_an_option_fails_and_leaves_nothing(tmp_path):
    folder = shop_copy(tmp_path)
    (folder / "models/repeats.py").write_text("import nothing_of_the_kind\n")
    done = command("check", "my shop", cwd=tmp_path)
    assert done.returncode == 1
    assert "FAILED  model=repeats: model.name: this plugin cannot be imported" in done.stdout
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["my shop"]


@pytest.mark.parametrize("name", ["auto", "sessions"])
def test_a_data_set_that_looks_into_a_file_is_composed(name, sample):
    problem, remark = check.tried("dataset", name, sample)
    assert problem is None
    assert "composed only, as it looks into that file" in remark


def test_an_override_in_place_of_the_folder_is_answered_by_what_runs_it():
    with pytest.raises(ConfigError, match=r"check: it tries all options(?s:.*)python -m anomalog_exp model=pca$"):  # fmt: skip
        run_command("check", "model=pca")
