"""Session files by their names: `dataset=sessions` lists them when the config of a run is typed.

So the run, its fingerprint and its config.yaml are those of the files listed by hand.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from anomalog_exp.data.recognition.session_files import found_id_separator, found_session_files
from anomalog_exp.data.sources.local_dir import LocalDirSourceConfig
from anomalog_exp.data.sources.named_files import named_files
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.local_path import local_path

__all__ = ["with_found_sessions"]

_AUTO: Final = "auto"
_KEY: Final = "dataset.source.path"


def with_found_sessions(plain: dict[str, Any]) -> dict[str, Any]:
    """The plain values of a run with what `auto` stands for in the options of session files.

    Raises:
        ConfigError: there is no set of session files, or there are several.
        DataError: the folder is not there, or some lines have an id and others have none.
    """
    dataset = plain["dataset"]
    parser, source = dataset["structured_parser"], dataset["source"]
    # A parser that is no mapping is a mistake, which the typed config explains.
    options = parser if isinstance(parser, dict) else {}
    if _AUTO not in (options.get("files"), options.get("id_separator")):
        return plain
    if source["name"] != "local_dir":
        raise ConfigError.of(
            "dataset.structured_parser",
            {"files": parser["files"], "id_separator": parser["id_separator"]},
            problem=f"the source {source['name']} does not show its files before it is opened",
            allowed="auto with files of this machine, else a list of {path, split, label}",
            fix="unpack the files and use dataset/source=local_dir, or say what they are",
        )
    named = LocalDirSourceConfig.of(source, "dataset.source").path
    folder, paths = _files(named if isinstance(named, tuple) else (named,))
    if parser["files"] == _AUTO:
        parser = parser | {"files": found_session_files(paths, folder)}
    listed = [folder / file["path"] for file in parser["files"]]
    if parser["id_separator"] == _AUTO:
        parser = parser | {"id_separator": found_id_separator(listed)}
    if isinstance(named, Path) and local_path(named, _KEY).is_dir():
        source = source | {"raw_logs_relpath": str(listed[0].relative_to(folder))}
    return plain | {"dataset": dataset | {"structured_parser": parser, "source": source}}


def _files(named: tuple[Path, ...]) -> tuple[Path, list[Path]]:
    """The folder that holds them, and the files."""
    first = local_path(named[0], _KEY)
    if len(named) == 1 and first.is_dir():
        return first, sorted(path for path in first.iterdir() if path.is_file())
    paths = named_files(named, None, _KEY)
    return Path(os.path.commonpath([path.parent for path in paths])), paths
