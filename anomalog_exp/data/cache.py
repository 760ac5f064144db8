"""Built data sets, kept: one folder per cache key, built once whoever asks first.

The key covers the bytes of the source and everything that decides how they are read, the code of this
package's `data` included. A build goes into a folder of its own and is renamed when it is complete, so
a killed build leaves nothing that could be taken for a data set. Processes that want the same build
wait for the one that builds it. A build whose files are not as they were written is made again.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.digest import (
    Digests,
    FileState,
    FollowingSha256,
    code_digest,
    plugin_digests,
)
from anomalog_exp.data.integrity import in_range, seal, what_does_not_fit
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.data.reading.build_sessions import build_session_dataset
from anomalog_exp.data.reading.other_log import refuse_other_log
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.sources.leftovers import remove_leftovers
from anomalog_exp.data.sources.made_once import MAKING, lock_path
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.errors import DataError
from anomalog_exp.files import writing_to
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.listing import option_type
from anomalog_exp.progress import Progress

__all__ = ["RequestedBuild", "as_read", "load_dataset"]

_LOG = logging.getLogger(__name__)
_BUILDERS = {"lines": build_dataset, "sessions": build_session_dataset}
_DECIDES_READING = ("line_range", "label_reader", "structured_parser", "max_unparsed_fraction")


def load_dataset(
    dataset: DatasetVariantConfig,
    template: TemplateMinerConfig,
    *,
    data_dir: Path,
    cache_dir: Path,
    progress: Progress,
    parameters: bool = False,
    templates: Templates | None = None,
) -> LogDataset:
    """The data set as columns, built now if no build of it is kept.

    Args:
        dataset: What is read and how.
        template: The miner and its masks.
        data_dir: Where raw files lie that are named by no path.
        cache_dir: Where builds are kept.
        progress: Told of long stages.
        parameters: With what messages have at the places of their templates, where there are messages.
        templates: Of an earlier log, which messages are matched with; None mines those of this one.

    Raises:
        DataError: the source, its labels or its lines cannot be used.
    """
    roots = dataset.roots(data_dir=data_dir, cache_dir=cache_dir)
    raw = dataset.source.build(data_root=roots.data_root).materialise(progress)
    parser = dataset.structured_parser
    digests = Digests(roots.cache_root / "digests.json")
    label_file = None
    if dataset.label_reader is not None:
        try:
            path = dataset.label_reader.build().path(raw.root)
        except DataError:
            refuse_other_log(dataset, raw)
            raise
        label_file = None if path is None else FileState.of(path)
    labels = digests.of(label_file, progress) if label_file is not None else None
    logs = [FileState.of(one.path) for one in raw.inputs]
    # No cached build can exist for a file size never seen before, so a log of one file is hashed during
    # the build instead of before it.
    hash_while_building = (
        parser.reads == "lines"
        and dataset.line_range is None
        and len(logs) == 1
        and not digests.may_be_known(logs[0])
    )
    known = {state.path: state for state in logs}
    states = {path: known.get(path) or FileState.of(path) for path in parser.raw_files(raw)}
    files = {
        str(path): state.identity if hash_while_building else digests.of(state, progress)
        for path, state in states.items()
    }
    others = [file for file in (*states.values(), label_file) if file and file not in logs]
    request = RequestedBuild(
        dataset,
        as_read(template) if templates is None else template,
        raw,
        logs,
        others,
        roots.cache_root,
        files,
        labels,
        parameters and parser.reads == "lines",
        templates,
    )
    remove_leftovers(roots.cache_root)
    if what_does_not_fit(request.directory) is not None:
        _build_once(request, digests, progress, hash_while_building=hash_while_building)
    return in_range(open_dataset(request.directory, [one.path for one in raw.inputs]))


@dataclass
class RequestedBuild:
    """What a data set is built of, and where that build is kept.

    Attributes:
        dataset: What is read and how.
        template: The miner and its masks, as they take part in reading.
        raw: Where the files of the source are.
        logs: The inputs as they were first seen; they may grow.
        others: The other files as they were.
        cache_root: The folder of this data set's builds.
        files: Paths of raw files and their digests; the identity of a file that is not hashed yet.
        labels: Digest of the file of labels, if there is one.
        parameters: The build has what messages have at the places of their templates.
        templates: Of an earlier log, which messages are matched with; None: they are mined.
    """

    dataset: DatasetVariantConfig
    template: TemplateMinerConfig
    raw: RawFiles
    logs: list[FileState]
    others: list[FileState]
    cache_root: Path
    files: dict[str, str]
    labels: str | None
    parameters: bool = False
    templates: Templates | None = None

    @property
    def directory(self) -> Path:
        """The folder of the build, named by its key."""
        described = self.dataset.model_dump(mode="json")
        reading = {
            "log": list(self.files.values()),
            "inputs": [[one.name, one.encoding, one.compression] for one in self.raw.inputs],
            "labels": self.labels,
            "template": self.template.model_dump(mode="json"),
            "code": _reading_code(self.dataset, self.template),
            **{key: described[key] for key in _DECIDES_READING},
            **({"parameters": True} if self.parameters else {}),
            **({"templates": self.templates.digest} if self.templates is not None else {}),
        }
        return self.cache_root / stable_fingerprint(reading)[:16]

    def facts(self, log_digest: str) -> dict[str, Any]:
        """What the manifest says of the source."""
        digests = {"log": list(self.files.values()), "labels": self.labels}
        log = self.logs[0]
        return {
            "digest": stable_fingerprint(digests),
            "dataset_name": self.dataset.dataset_name,
            "source": self.dataset.source_summary(),
            "raw_log": {"path": str(log.path), "bytes": log.size, "sha256": log_digest},
            "files_sha256": self.files,
            "labels_sha256": self.labels,
            "structured_parser": self.dataset.structured_parser.model_dump(mode="json"),
            "template": self.template.model_dump(mode="json"),
        }


def as_read(template: TemplateMinerConfig) -> TemplateMinerConfig:
    """How messages are read before splits exist: unmined, where training rows alone are mined."""
    if template.fit_on == "all":
        return template
    options = template.model_dump(include={"masking", "extra_masks", "with_fields", "pinned"})
    unmined = option_type("template", "identity").of(
        options | {"name": "identity", "fit_on": "all"}
    )
    assert isinstance(unmined, TemplateMinerConfig)
    return unmined


def _build_once(
    request: RequestedBuild, digests: Digests, progress: Progress, *, hash_while_building: bool
) -> None:
    directory, log = request.directory, request.logs[0]
    with FileLock(lock_path(directory)):
        if hash_while_building and (known := digests.known(log)) is not None:
            # Another process built it while this one waited.
            request.files[str(log.path)], hash_while_building = known, False
        damage = what_does_not_fit(request.directory)
        if damage is None:
            return
        if os.path.lexists(request.directory):
            _LOG.warning("the built data set %s is damaged (%s)", request.directory, damage)
        making = directory.with_name(f"{MAKING}{directory.name}")
        shutil.rmtree(making, ignore_errors=True)  # what a killed build left
        making.mkdir(parents=True)
        _LOG.info("building %s from %s", request.dataset.dataset_name, _named(request.raw))
        reads = request.dataset.structured_parser.reads
        if useless := request.dataset.build.without_effect(reads):
            _LOG.warning("%s", useless)
        build: Callable[..., None] = partial(_BUILDERS[reads], templates=request.templates)
        log_digest = partial(digests.of, log, progress)
        if reads == "lines":
            sizes = [file.size for file in request.logs]
            build = partial(build, sizes=sizes, parameters=request.parameters)
        if hash_while_building:
            following = FollowingSha256(log.path)
            build = partial(build, follow=following.follow)
            log_digest = partial(_name_by_digest, request, following)
        try:
            with writing_to(directory.parent):
                build(
                    request.dataset,
                    request.template,
                    request.raw,
                    making,
                    facts=lambda: request.facts(log_digest()),
                    progress=progress,
                )
            for file in request.logs:
                file.refuse_changes(may_grow=reads == "lines")
            for file in request.others:
                file.refuse_changes(may_grow=False)
            seal(making)
            _put(making, request.directory, locked=request.directory == directory)
            if hash_while_building:
                # Not before: who knows the digest asks for the build by its name, under another lock.
                digests.remember(log, request.files[str(log.path)])
        finally:
            shutil.rmtree(making, ignore_errors=True)


def _named(raw: RawFiles) -> str:
    first, *more = raw.inputs
    return f"{first.origin} and {len(more)} more files" if more else str(first.origin)


def _name_by_digest(request: RequestedBuild, following: FollowingSha256) -> str:
    """Replace the identity of the log, which is hashed now, by its digest."""
    sha256 = following.hexdigest()
    request.files[str(request.logs[0].path)] = sha256
    return sha256


def _put(making: Path, directory: Path, *, locked: bool) -> None:
    """Give a build its name, in the place of a damaged one.

    Args:
        making: The build.
        directory: Its name.
        locked: The lock of that name is held: it was known before the log was hashed.
    """
    with nullcontext() if locked else FileLock(lock_path(directory)):
        if what_does_not_fit(directory) is None:  # built meanwhile from the same bytes elsewhere
            return
        if directory.is_dir() and not directory.is_symlink():
            shutil.rmtree(directory)
        else:
            directory.unlink(missing_ok=True)
        making.rename(directory)


def _reading_code(dataset: DatasetVariantConfig, template: TemplateMinerConfig) -> str | list[str]:
    """Of this package's room, and of the plugins that a parser or miner comes from."""
    own, plugins = _room_code(), plugin_digests(dataset, template)
    return [own, *plugins] if plugins else own


@cache
def _room_code() -> str:
    root = Path(__file__).parent
    return code_digest(root.rglob("*.py"), root)
