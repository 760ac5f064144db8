"""Where the raw files of a data set come from (config group `dataset/source`)."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from anomalog_exp.config.base import Count, Fraction, Options, PathText

if TYPE_CHECKING:
    from anomalog_exp.data.sources.base import Source

__all__ = [
    "DatasetSourceConfig",
    "GeneratedSourceConfig",
    "LocalDirSourceConfig",
    "LocalZipSourceConfig",
    "RemoteZipSourceConfig",
    "SourceConfig",
]

Md5 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class DatasetSourceConfig(Options):
    """Base of the sources."""

    @abstractmethod
    def build(self, *, data_root: Path) -> Source:
        """The source that puts its files below `data_root` when asked to materialise."""

    def manifest_entry(self) -> dict[str, object]:
        """What a manifest says of the source: the config itself, JSON-ready."""
        return self.model_dump(mode="json")


class LocalDirSourceConfig(DatasetSourceConfig):
    """A folder that is already there, or one log file."""

    name: Literal["local_dir"]
    path: PathText = Field(description="the folder that holds the log, or the log file itself")
    raw_logs_relpath: PathText | None = Field(description="the log, relative to the folder")

    def build(self, *, data_root: Path) -> Source:
        from anomalog_exp.data.sources.local_dir import LocalDirSource

        return LocalDirSource(path=self.path, raw_logs_relpath=self.raw_logs_relpath)


class ArchiveSourceConfig(DatasetSourceConfig):
    """What the two archive sources share."""

    raw_logs_relpath: PathText | None = Field(description="the log, relative to the archive's root")
    md5_checksum: Md5 | None = Field(description="MD5 of the archive, 32 hex digits")
    max_unpacked_gb: float = Field(
        gt=0, description="refuse archives that unpack to more than this"
    )


class LocalZipSourceConfig(ArchiveSourceConfig):
    """A zip (or tar.gz) on this machine, unpacked once."""

    name: Literal["local_zip"]
    zip_path: PathText = Field(description="the archive")

    def build(self, *, data_root: Path) -> Source:
        from anomalog_exp.data.sources.local_zip import LocalZipSource

        return LocalZipSource(
            zip_path=self.zip_path,
            raw_logs_relpath=self.raw_logs_relpath,
            md5_checksum=self.md5_checksum,
            max_unpacked_gb=self.max_unpacked_gb,
            data_root=data_root,
        )


class RemoteZipSourceConfig(ArchiveSourceConfig):
    """A zip (or tar.gz) behind a URL, downloaded once and unpacked once."""

    name: Literal["remote_zip"]
    url: str = Field(pattern="^https?://", description="address of the archive")
    size_bytes: Count | None = Field(description="size of the archive, shown and checked")

    def build(self, *, data_root: Path) -> Source:
        from anomalog_exp.data.sources.remote_zip import RemoteZipSource

        return RemoteZipSource(
            url=self.url,
            size_bytes=self.size_bytes,
            raw_logs_relpath=self.raw_logs_relpath,
            md5_checksum=self.md5_checksum,
            max_unpacked_gb=self.max_unpacked_gb,
            data_root=data_root,
        )


class GeneratedSourceConfig(DatasetSourceConfig):
    """The demo log, written once per set of parameters."""

    name: Literal["generated"]
    lines: Count = Field(description="about how many lines to write")
    seed: int = Field(ge=0, description="seed of the generator")
    anomaly_fraction: Fraction = Field(description="share of blocks that get a fault")

    def build(self, *, data_root: Path) -> Source:
        from anomalog_exp.data.sources.generated import GeneratedSource

        return GeneratedSource(
            lines=self.lines,
            seed=self.seed,
            anomaly_fraction=self.anomaly_fraction,
            data_root=data_root,
        )


SourceConfig = Annotated[
    LocalDirSourceConfig | LocalZipSourceConfig | RemoteZipSourceConfig | GeneratedSourceConfig,
    Field(discriminator="name"),
]
