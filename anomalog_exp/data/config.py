"""What a data set is made of (config group `dataset`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, SerializeAsAny, field_validator, model_validator

from anomalog_exp.data.build_config import BuildConfig
from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.reading.label_readers import AnyLabelReader, label_reader_config
from anomalog_exp.data.sources.address import MaskedAddress
from anomalog_exp.data.sources.any import SourceConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.options.base import AbsolutePath, FolderName, Options, PathText
from anomalog_exp.options.listing import open_option

__all__ = [
    "ArchiveFacts",
    "CachePathsConfig",
    "CachePathsConfigModel",
    "DatasetVariantConfig",
]


LineRange = Annotated[tuple[int, int], Field(strict=False)]


class CachePathsConfig(Options):
    """Where one data set keeps its raw files and its built columns."""

    data_root: AbsolutePath
    cache_root: AbsolutePath


class CachePathsConfigModel(Options):
    """Roots of a data set: a namespace below the usual folders, or both roots spelled out."""

    namespace: FolderName | None = Field(
        description="folder name below paths.data_dir and cache_dir"
    )
    data_root: PathText | None = Field(description="root of the raw files")
    cache_root: PathText | None = Field(description="root of the built columns")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        roots = [self.data_root, self.cache_root]
        both = None not in roots
        neither = roots == [None, None]
        if not ((both and self.namespace is None) or (neither and self.namespace is not None)):
            raise ConfigError.of(
                "dataset.cache_paths",
                self.model_dump(mode="json"),
                problem="the roots are not clear",
                allowed="namespace alone, or data_root and cache_root together",
                fix="set one form and leave the other null",
            )
        return self

    def resolve(self, *, data_dir: Path, cache_dir: Path) -> CachePathsConfig:
        """The two roots; a namespace stands below `data_dir` and `cache_dir`."""
        if self.namespace is not None:
            data_root, cache_root = data_dir / self.namespace, cache_dir / self.namespace
        else:
            assert self.data_root is not None
            assert self.cache_root is not None
            data_root, cache_root = self.data_root, self.cache_root
        return CachePathsConfig.of({"data_root": str(data_root), "cache_root": str(cache_root)})


class ArchiveFacts(Options):
    """The public archive of a data set: what a download is, and is checked against."""

    url: MaskedAddress = Field(description="where it is downloaded from")
    md5_checksum: str = Field(description="32 hex digits")
    size_bytes: int = Field(description="size of the archive")
    raw_logs_relpath: str = Field(description="the log, relative to the archive's root")


class DatasetVariantConfig(Options):
    """A data set: where it comes from, how its lines are read, and what its labels mean."""

    added_since: ClassVar[dict[str, Any]] = {
        "build": {"engine": "local", "shards": None, "address": "local", "workers": None}
    }

    name: FolderName = Field(description="name of this variant, part of the run's name")
    dataset_name: FolderName = Field(description="folder name of data and cache")
    preset: str | None = Field(description="the shipped option this variant started from")
    description: str | None = Field(description="what it is, for the manifests")
    archive: ArchiveFacts | None = Field(description="facts of the public archive, if there is one")
    source: SourceConfig
    structured_parser: SerializeAsAny[ParserConfig]
    template_parser: str = Field(description="name of the template miner, for the manifests")
    label_reader: AnyLabelReader | None
    cache_paths: CachePathsConfigModel | None
    evaluation_unit: EvaluationUnit | None = Field(
        strict=False, description="what is judged; null = what the grouping makes"
    )
    max_unparsed_fraction: float = Field(ge=0, le=1)
    line_range: LineRange | None = Field(description="only these raw lines: from, up to")
    build: BuildConfig

    @field_validator("line_range")
    @classmethod
    def _is_a_range(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and not 0 <= value[0] < value[1]:
            raise ConfigError.of(
                "dataset.line_range",
                list(value),
                problem="this is no range of lines",
                allowed="[first, end] with 0 <= first < end; the line of the second number is out",
                fix="give two zero-based line numbers, the smaller one first",
            )
        return value

    @field_validator("label_reader", mode="before")
    @classmethod
    def _labels(cls, value: Any) -> Any:
        return label_reader_config(value)

    @field_validator("structured_parser", mode="before")
    @classmethod
    def _parser(cls, value: Any) -> Options:
        return open_option("dataset/structured_parser", value)

    def custom_dataset_components(self) -> tuple[SourceConfig, str]:
        """The source and the parser's name."""
        return self.source, self.structured_parser.name

    def source_summary(self) -> dict[str, object]:
        """The source as manifests show it."""
        return self.source.manifest_entry()

    def roots(self, *, data_dir: Path, cache_dir: Path) -> CachePathsConfig:
        """Where the raw files and the built columns of this data set live."""
        named = self.cache_paths or CachePathsConfigModel.of(
            {"namespace": self.dataset_name, "data_root": None, "cache_root": None}
        )
        return named.resolve(data_dir=data_dir, cache_dir=cache_dir)
