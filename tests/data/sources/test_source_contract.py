"""What holds of every source: one test body each, over all options that ship.

A source is given what it asks for by the names of its keys: `path` a folder, `zip_path` an archive, `url`
an address. One that asks for something else needs a place for it in `PLACES`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.sources.base import RawFiles, Source
from anomalog_exp.errors import DataError
from anomalog_exp.options.listing import conf_dir, option_names
from anomalog_exp.progress import SILENT
from tests.composed import composed
from tests.data.sources.test_archive import FILES, make_zip
from tests.web import serving

GROUP = "dataset/source"
PLACES = {"path": "folder", "zip_path": "a.zip", "url": "a.zip"}


def keys_of(option: str) -> set[str]:
    """The keys that say where the files of a source are."""
    return (
        PLACES.keys() & yaml.safe_load((conf_dir() / GROUP / f"{option}.yaml").read_text()).keys()
    )


NAMED = [option for option in option_names(GROUP) if keys_of(option)]


@pytest.fixture
def files(tmp_path):
    """A folder, an archive and an address that hold the same log."""
    for name, data in FILES.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    body = make_zip(tmp_path / "a.zip", FILES).read_bytes()

    def answer(handler):
        if handler.path == "/a.zip":
            handler.send(body)
        else:
            handler.send_error(404)

    with serving(answer) as server:
        yield {"path": tmp_path, "zip_path": tmp_path, "url": server.url("").removesuffix("/")}


def source_of(option: str, files: dict, into: Path, *, gone: bool = False) -> Source:
    """The source with everything that it asks for, or with names of what is not there."""
    named = [
        f"dataset.source.{key}={files[key]}/{'gone.zip' if gone else PLACES[key]}"
        for key in sorted(keys_of(option))
    ]
    size = ["dataset.source.lines=2000"] if option == "generated" else []
    config = composed("dataset=custom", f"{GROUP}={option}", *named, *size).dataset
    assert isinstance(config, DatasetVariantConfig)
    assert config.source_summary()["name"] == option
    return config.source.build(data_root=into)


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("option", option_names(GROUP))
def test_materialising_twice_is_the_same_and_touches_nothing(option, files, tmp_path):
    first = source_of(option, files, tmp_path / "data").materialise(SILENT)
    assert isinstance(first, RawFiles)
    assert first.log.is_file()
    assert first.log.is_relative_to(first.root)
    there, stamp = contents(first.root), first.log.stat()
    assert source_of(option, files, tmp_path / "data").materialise(SILENT) == first
    assert contents(first.root) == there
    assert first.log.stat() == stamp


@pytest.mark.parametrize("option", option_names(GROUP))
def test_another_place_gets_the_same_bytes(option, files, tmp_path):
    roots = [
        source_of(option, files, tmp_path / place).materialise(SILENT).root for place in ("a", "b")
    ]
    assert contents(roots[0]) == contents(roots[1])
    assert contents(roots[0])


@pytest.mark.parametrize("option", NAMED)
def test_what_is_missing_is_an_error_in_four_parts_and_leaves_nothing(option, files, tmp_path):
    source = source_of(option, files, tmp_path / "data", gone=True)
    parts = r"(?s)^dataset\.source\S*: .+\n  value: .*gone\.zip.*\n  allowed: .+\n  to do: .+"
    with pytest.raises(DataError, match=parts):
        source.materialise(SILENT)
    assert [path for path in (tmp_path / "data").rglob("*") if path.suffix != ".lock"] == []


@pytest.mark.parametrize("option", NAMED)
def test_what_is_there_and_holds_no_log_is_an_error_that_says_what_it_holds(
    option, files, tmp_path
):
    (tmp_path / "folder/HDFS.log").rename(tmp_path / "folder/HDFS.txt")
    make_zip(tmp_path / "a.zip", {"HDFS.txt": b"x\n"})
    with serving(lambda handler: handler.send((tmp_path / "a.zip").read_bytes())) as server:
        files["url"] = server.url("").removesuffix("/")
        source = source_of(option, files, tmp_path / "data")
        with pytest.raises(DataError, match=r"(?s)could be the log.*allowed: .*HDFS\.txt"):
            source.materialise(SILENT)
