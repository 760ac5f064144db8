"""Logs as text in UTF-8: plain UTF-8 is read where it is, everything else is copied once.

Copies go below the data root, each into a folder whose name changes with every edit of the log, so that
a later run finds it, and reads an edited log anew.
"""

from __future__ import annotations

import json
import logging
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from anomalog_exp.data.digest import FileState
from anomalog_exp.data.sources.base import Input, RawFiles
from anomalog_exp.data.sources.encoding import UTF8, encoding_of, transcoded
from anomalog_exp.data.sources.leftovers import remove_leftovers
from anomalog_exp.data.sources.made_once import copy_name, made_once
from anomalog_exp.data.sources.packed import packing_of, unpack_log
from anomalog_exp.data.sources.rotation import unpacked_name
from anomalog_exp.data.sources.tar_members import is_tar
from anomalog_exp.errors import DataError
from anomalog_exp.files import write_json, writing_to
from anomalog_exp.progress import Progress

__all__ = ["as_text", "names_of"]

_LOG = logging.getLogger(__name__)
_FACTS: Final = "facts.json"


def names_of(logs: Iterable[Path]) -> dict[Path, str]:
    """Files and what people call them: file names, or paths below the folder that holds them all."""
    distinct = list(dict.fromkeys(logs))
    if len(distinct) == 1:
        return {distinct[0]: distinct[0].name}
    top = os.path.commonpath([log.parent for log in distinct]) if distinct else ""
    return {log: log.relative_to(top).as_posix() for log in distinct}


def as_text(
    root: Path, logs: Iterable[tuple[Path, str]], *, data_root: Path, key: str, progress: Progress
) -> RawFiles:
    """The logs as inputs, in the same order.

    Args:
        root: The folder that relative paths of the data set start from.
        logs: Files and what people call them; at least one. Two pipes that bring the same are one file
            twice.
        data_root: Where copies go.
        key: The config key that names the logs, for messages.
        progress: Shows the bytes of logs that are unpacked.

    Raises:
        DataError: one of them is an archive, damaged, or no text.
    """
    parts = [_input(log, name, data_root, key, progress) for log, name in logs]
    return RawFiles(root, parts[0].path, tuple(parts))


def _input(log: Path, name: str, data_root: Path, key: str, progress: Progress) -> Input:
    with log.open("rb") as file:
        begin = file.read(tarfile.BLOCKSIZE)
    packing = packing_of(begin)
    encoding = None if packing else _text_encoding(log, begin, key)
    if encoding in UTF8:
        return Input(log, name, log, encoding)
    folder = data_root / copy_name(log)

    def make(making: Path) -> None:
        state = FileState.of(log)
        with writing_to(data_root):
            facts = _copy(log, making, packing, encoding, key, progress)
            write_json(making / _FACTS, facts)
        state.refuse_changes(may_grow=packing is None)

    remove_leftovers(data_root)
    made_once(folder, make)
    facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    if facts["encoding"] not in UTF8:
        _LOG.info("%s is read as %s", log, facts["encoding"])
    return Input(folder / facts["text"], name, log, facts["encoding"], packing)


def _copy(
    log: Path,
    folder: Path,
    packing: str | None,
    encoding: str | None,
    key: str,
    progress: Progress,
) -> dict[str, str]:
    """Write the text of a log into an empty folder; what the copy is."""
    text = folder / (unpacked_name(log))
    if packing:
        unpack_log(log, text, key, progress)
        with text.open("rb") as file:
            begin = file.read(tarfile.BLOCKSIZE)
        if packing_of(begin):
            raise _refused(log, key, "compressed twice", "unpack it once, and name the result")
        encoding = _text_encoding(text, begin, key, log)
    assert encoding is not None
    if encoding not in UTF8:
        plain = folder / f"{text.name}.utf-8"
        encoding = transcoded(text if packing else log, encoding, plain)
        text.unlink(missing_ok=True)
        plain.rename(text)
    return {"text": text.name, "encoding": encoding}


def _text_encoding(text: Path, begin: bytes, key: str, log: Path | None = None) -> str:
    """The encoding of plain text.

    Raises:
        DataError: it is an archive, or no text.
    """
    kind = "a zip archive" if begin.startswith(b"PK\x03\x04") else None
    if kind is None and is_tar(begin):
        kind = "a tar archive"
    if kind:
        raise _refused(
            log or text,
            key,
            kind,
            "unpack it, or add dataset/source=local_zip dataset.source.zip_path=...",
        )
    return encoding_of(text, key, log or text)


def _refused(log: Path, key: str, what: str, fix: str) -> DataError:
    return DataError.of(
        key,
        log,
        problem=f"the log is {what}",
        allowed="a text file, plain or compressed by gzip, bzip2, xz or zstd; a zip or tar archive by "
        "dataset/source=local_zip",
        fix=fix,
    )
