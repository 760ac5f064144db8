"""Every option that decides how a log is read is part of the cache key, and no other is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.data.cache import RequestedBuild, as_read
from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.digest import FileState
from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.options.listing import option_names
from tests.composed import composed
from tests.data.parsers.test_parser_contract import config_of
from tests.flips import flips

ELSEWHERE = {
    "name": "a name of the variant, for people and runs",
    "dataset_name": "names the folder of all builds, and is no part of the key",
    "preset": "for the record",
    "description": "for people",
    "archive": "facts that sources take their defaults from",
    "source": "where bytes come from; their digest is in the key",
    "template_parser": "a name for manifests; the miner itself is in the key",
    "cache_paths": "where folders are",
    "evaluation_unit": "what is judged",
    "build": "who parses; columns are the same whoever does",
}
"""Fields of a data set that change nothing of its build, and why."""

PARSERS = option_names("dataset/structured_parser")
MINERS = option_names("template")


@cache
def some_dataset() -> DatasetVariantConfig:
    return load_run_config(
        [
            "dataset=hdfs",
            "dataset/source=local_dir",
            "dataset/structured_parser=custom",
            "dataset.source.path=x",
            "dataset.cache_paths={namespace: x, data_root: null, cache_root: null}",
        ]
    ).dataset


@cache
def miner(name: str) -> TemplateMinerConfig:
    return composed(f"template={name}").template


def key(
    dataset: DatasetVariantConfig | None = None,
    template: TemplateMinerConfig | None = None,
    **changes,
) -> str:
    facts = {
        "raw": RawFiles(Path("a"), Path("a/b")),
        "cache_root": Path("cache"),
        "logs": [FileState(Path("a/b"), 1, "as it is")],
        "others": [],
        "files": {"a/b": "digest"},
        "labels": "digest of labels",
    }
    read = as_read(template or miner("drain"))
    return RequestedBuild(dataset or some_dataset(), read, **facts | changes).directory.name


def test_fields_of_a_data_set_that_are_not_in_the_key_are_those_listed():
    others = list(flips(some_dataset()))
    same = {name.split(".")[0] for name, other in others if key(other) == key()}
    decides = {name.split(".")[0] for name, other in others if key(other) != key()}
    assert same == ELSEWHERE.keys()
    assert decides == DatasetVariantConfig.model_fields.keys() - same


def read_by(parser: ParserConfig) -> str:
    return key(some_dataset().model_copy(update={"structured_parser": parser}))


@pytest.mark.parametrize("option", PARSERS)
def test_every_option_of_every_parser_is_in_the_key(option):
    parser = config_of(option)
    assert {name for name, other in flips(parser) if read_by(other) == read_by(parser)} == set()


def test_every_parser_and_every_miner_has_a_key_of_its_own():
    assert len({read_by(config_of(option)) for option in PARSERS}) == len(PARSERS)
    assert len({key(template=miner(option)) for option in MINERS}) == len(MINERS)


@pytest.mark.parametrize("option", MINERS)
def test_every_option_of_every_miner_is_in_the_key(option):
    template = miner(option)
    same = {
        name for name, other in flips(template) if key(template=other) == key(template=template)
    }
    # What mines nothing reads messages alike whichever rows it would mine.
    assert same == ({"fit_on"} if template.name == "identity" else set())


@pytest.mark.parametrize("option", MINERS)
def test_where_training_rows_are_mined_masks_and_fields_decide_how_a_log_is_read(option):
    template = miner(option).model_copy(update={"fit_on": "train"})
    decides = {
        name for name, other in flips(template) if key(template=other) != key(template=template)
    }
    assert decides - {"fit_on"} == {"masking", "extra_masks", "with_fields", "pinned"}


def test_bytes_of_files_and_labels_are_in_the_key_and_their_places_are_not():
    assert key(files={"a/b": "other digest"}) != key()
    assert key(labels="other digest") != key()
    assert key(labels=None) != key()
    assert key(parameters=True) != key()
    assert key(files={"elsewhere": "digest"}) == key()
