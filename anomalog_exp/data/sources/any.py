"""The config of any source: its name says which (config group `dataset/source`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from anomalog_exp.data.sources.generated import GeneratedSourceConfig
from anomalog_exp.data.sources.local_dir import LocalDirSourceConfig
from anomalog_exp.data.sources.local_zip import LocalZipSourceConfig
from anomalog_exp.data.sources.remote_zip import RemoteZipSourceConfig

__all__ = ["SourceConfig"]

SourceConfig = Annotated[
    LocalDirSourceConfig | LocalZipSourceConfig | RemoteZipSourceConfig | GeneratedSourceConfig,
    Field(discriminator="name"),
]
