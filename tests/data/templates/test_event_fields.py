"""An event is its template and the values of fields, which no mask and no miner touches."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.templates.event_fields import parted, with_values
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.names import option_names
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.training_templates import with_templates_of_training
from tests.composed import composed
from tests.logs import built

ACCESS = "".join(
    f'10.0.0.{i} - - [10/Oct/2000:13:55:{i:02d} -0700] "{"GET" if i % 4 else "PUT"} /a{i} HTTP/1.0" '
    f"{500 if i % 3 == 0 else 200} {i}\n"
    for i in range(12)
)


def read(tmp_path: Path, text: str, *overrides: str) -> LogDataset:
    log = tmp_path / "a.log"
    log.write_text(text)
    config = composed("dataset=custom", f"dataset.source.path={log}", *overrides)
    return built(config, log, tmp_path / "built")


def test_values_stand_behind_the_template_with_their_numbers(tmp_path):
    dataset = read(
        tmp_path, ACCESS, "dataset/structured_parser=access", "template.with_fields=[status,method]"
    )
    assert dataset.templates == (
        "PUT <*> HTTP/<*> [status=500, method=PUT]",
        "GET <*> HTTP/<*> [status=200, method=GET]",
        "GET <*> HTTP/<*> [status=500, method=GET]",
        "PUT <*> HTTP/<*> [status=200, method=PUT]",
    )
    assert dataset.template.tolist() == [0, 1, 1, 2, 3, 1, 2, 1, 3, 2, 1, 1]
    assert dataset.manifest["fields"] == {
        "make_events": {"method": 2, "status": 2},
        "make_none": ["host", "ident", "user", "path", "protocol", "size", "referer", "agent"],
    }


def test_without_fields_templates_and_identity_are_what_they_were(tmp_path):
    dataset = read(tmp_path, ACCESS, "dataset/structured_parser=access")
    assert dataset.templates == ("PUT <*> HTTP/<*>", "GET <*> HTTP/<*>")
    config = composed()
    assert "with_fields" not in json.dumps(config.identity())
    assert "with_fields" in json.dumps(composed("template.with_fields=[level]").identity())
    # As written before there were such fields.
    older = config.template.model_dump(mode="json")
    assert type(config.template).of(older) == config.template


def test_the_level_of_any_log_makes_events_by_its_name_on_one_scale(tmp_path):
    lines = [f'{{"msg":"work {i}","lvl":"{"WARN" if i == 2 else "warning" if i == 3 else "I"}"}}' for i in range(5)]  # fmt: skip
    dataset = read(
        tmp_path, "\n".join(lines), "dataset/structured_parser=json", "template.with_fields=[level]"
    )
    assert dataset.templates == ("work <*> [level=info]", "work <*> [level=warning]")
    assert dataset.template.tolist() == [0, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            "[statu]",
            "template.with_fields: the lines have no such field(?s:.*)did you mean 'status'",
        ),
        ("[level]", "template.with_fields: no line has this field"),
        ("[path]", "the field has more than 200 values, as /0, /1, /10"),
    ],
)
def test_a_field_that_cannot_make_events_is_refused(tmp_path, fields, problem):
    lines = [
        f'10.0.0.1 - - [10/Oct/2000:13:55:00 -0700] "GET /{i} HTTP/1.0" 200 1' for i in range(201)
    ]
    arguments = ["dataset/structured_parser=access", f"template.with_fields={fields}"]
    with pytest.raises(ConfigError, match=problem):
        read(tmp_path, "\n".join(lines), *arguments)


MESSAGES = ["GET /a1", "GET /b [status=7]", "put [x] 5", "[status=1]", "", "GET /a2"]
VALUES = pl.DataFrame({"status": ["200", "[a] b", None, "200", "200", "404"]})


@pytest.mark.parametrize("option", option_names("template"))
def test_templates_with_fields_are_found_again_and_by_their_statement(option):
    config = composed(f"template={option}", "template.with_fields=[status]").template
    templates, codes = Templates.mine(MESSAGES, config, VALUES)
    assert templates.texts[codes[1]].endswith("[status=(a) b]")
    again = Templates.from_json(templates.to_json())
    assert again.match(MESSAGES, VALUES).tolist() == codes.tolist()
    assert parted(templates.mined[codes[0]], ["status"])[1] == " [status=200]"
    if config.masking == "general":
        new = pl.DataFrame({"status": ["200", "404", "500"]})
        found = again.match(["GET /a77"] * 3, new).tolist()
        assert found == [codes[0], codes[5], again.unknown]


def test_parts_are_told_apart_whatever_texts_hold():
    texts = pl.Series(["a", "b [status=1]", " [status=x", ""])
    values = pl.DataFrame({"status": ["5", None, "[status=2]", ""]})
    joined = with_values(texts, values).to_list()
    assert [parted(text, ["status"])[0] for text in joined] == texts.to_list()
    assert parted("plain", []) == ("plain", "")


def test_fields_are_kept_where_only_training_rows_are_mined(tmp_path):
    config = load_run_config(
        [
            "dataset=custom",
            f"dataset.source.path={tmp_path / 'a.log'}",
            "dataset/structured_parser=access",
            "template.with_fields=[status]",
            "template.fit_on=train",
            "sequence=fixed",
            "sequence.window_size=2",
            f"paths.cache_dir={tmp_path / 'cache'}",
        ]
    )
    (tmp_path / "a.log").write_text(ACCESS)
    dataset = load_dataset(
        config.dataset,
        config.template,
        data_dir=tmp_path / "data",
        cache_dir=tmp_path / "cache",
        progress=SILENT,
    )
    sequences = config.sequence.apply(dataset, config.split)
    texts = with_templates_of_training(sequences, config.template).dataset.templates
    assert "GET <*> HTTP/<*> [status=500]" in texts
