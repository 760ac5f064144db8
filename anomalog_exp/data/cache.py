"""Built data sets, kept: one folder per cache key, built once whoever asks first.

The key covers the bytes of the source and everything that decides how they are read, the code of this
package's `data` included. A build goes into a folder of its own and is renamed when it is complete, so
a killed build leaves nothing that could be taken for a data set. Processes that want the same build
wait for the one that builds it.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.digest import (
    Digests,
    FollowingSha256,
    code_digest,
    file_identity,
    plugin_digests,
)
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.data.reading.build_sessions import build_session_dataset
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
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
) -> LogDataset:
    """The data set as columns, built now if no build of it is kept.

    Raises:
        DataError: the source, its labels or its lines cannot be used.
    """
    roots = dataset.roots(data_dir=data_dir, cache_dir=cache_dir)
    raw = dataset.source.build(data_root=roots.data_root).materialise(progress)
    parser = dataset.structured_parser
    digests = Digests(roots.cache_root / "digests.json")
    labels = None
    if dataset.label_reader is not None:
        labels = digests.of(dataset.label_reader.build().path(raw.root), progress)
    # No cached build can exist for a file size never seen before, so the log is hashed during the
    # build instead of before it.
    hash_while_building = (
        parser.reads == "lines" and dataset.line_range is None and not digests.may_be_known(raw.log)
    )
    files = {
        str(path): file_identity(path) if hash_while_building else digests.of(path, progress)
        for path in parser.raw_files(raw)
    }
    request = RequestedBuild(dataset, as_read(template), raw, roots.cache_root, files, labels)
    if not request.directory.is_dir():
        _build_once(request, digests, progress, hash_while_building=hash_while_building)
    return open_dataset(request.directory, raw.log)


@dataclass
class RequestedBuild:
    """What a data set is built of, and where that build is kept.

    Attributes:
        dataset: What is read and how.
        template: The miner and its masks, as they take part in reading.
        raw: Where the files of the source are.
        cache_root: The folder of this data set's builds.
        files: Paths of raw files and their digests; the identity of a file that is not hashed yet.
        labels: Digest of the file of labels, if there is one.
    """

    dataset: DatasetVariantConfig
    template: TemplateMinerConfig
    raw: RawFiles
    cache_root: Path
    files: dict[str, str]
    labels: str | None

    @property
    def directory(self) -> Path:
        """The folder of the build, named by its key."""
        described = self.dataset.model_dump(mode="json")
        reading = {
            "log": list(self.files.values()),
            "labels": self.labels,
            "template": self.template.model_dump(mode="json"),
            "code": _reading_code(self.dataset, self.template),
            **{key: described[key] for key in _DECIDES_READING},
        }
        return self.cache_root / stable_fingerprint(reading)[:16]

    def facts(self, log_digest: str) -> dict[str, Any]:
        """What the manifest says of the source."""
        digests = {"log": list(self.files.values()), "labels": self.labels}
        log = self.raw.log
        return {
            "digest": stable_fingerprint(digests),
            "dataset_name": self.dataset.dataset_name,
            "source": self.dataset.source_summary(),
            "raw_log": {"path": str(log), "bytes": log.stat().st_size, "sha256": log_digest},
            "files_sha256": self.files,
            "labels_sha256": self.labels,
            "structured_parser": self.dataset.structured_parser.model_dump(mode="json"),
            "template": self.template.model_dump(mode="json"),
        }


def as_read(template: TemplateMinerConfig) -> TemplateMinerConfig:
    """How messages are read before splits exist: unmined, where training rows alone are mined."""
    if template.fit_on == "all":
        return template
    options = {"name": "identity", "masking": template.masking, "fit_on": "all"}
    masks = [mask.model_dump() for mask in template.extra_masks]
    unmined = option_type("template", "identity").of(options | {"extra_masks": masks})
    assert isinstance(unmined, TemplateMinerConfig)
    return unmined


def _build_once(
    request: RequestedBuild, digests: Digests, progress: Progress, *, hash_while_building: bool
) -> None:
    directory, log = request.directory, request.raw.log
    with FileLock(directory.with_name(f".{directory.name}.lock")):
        if hash_while_building and (known := digests.known(log)) is not None:
            # Another process built it while this one waited.
            request.files[str(log)], hash_while_building = known, False
        if request.directory.is_dir():
            return
        building = directory.with_name(f".building-{directory.name}")
        shutil.rmtree(building, ignore_errors=True)  # what a killed build left
        building.mkdir(parents=True)
        _LOG.info("building %s from %s", request.dataset.dataset_name, log)
        build: Callable[..., None] = _BUILDERS[request.dataset.structured_parser.reads]
        log_digest = partial(digests.of, log, progress)
        if hash_while_building:
            following = FollowingSha256(log)
            build = partial(build, follow=following.follow)
            log_digest = partial(_remember_digest, request, digests, following)
        try:
            build(
                request.dataset,
                request.template,
                request.raw,
                building,
                facts=lambda: request.facts(log_digest()),
                progress=progress,
            )
            _rename(building, request.directory)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def _remember_digest(request: RequestedBuild, digests: Digests, following: FollowingSha256) -> str:
    """Replace the identity of the log, which is hashed now, by its digest."""
    log, sha256 = request.raw.log, following.hexdigest()
    digests.remember(log, request.files[str(log)], sha256)
    request.files[str(log)] = sha256
    return sha256


def _rename(building: Path, directory: Path) -> None:
    try:
        building.rename(directory)
    except OSError:
        if not directory.is_dir():  # built meanwhile from the same bytes at another path
            raise


def _reading_code(dataset: DatasetVariantConfig, template: TemplateMinerConfig) -> str | list[str]:
    """Of this package's room, and of the plugins that a parser or miner comes from."""
    own, plugins = _room_code(), plugin_digests(dataset, template)
    return [own, *plugins] if plugins else own


@cache
def _room_code() -> str:
    root = Path(__file__).parent
    return code_digest(root.rglob("*.py"), root)
