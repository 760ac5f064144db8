"""Public config API: `load_run_config` and the classes of every option."""

from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.config.serialise import serialise_config
from anomalog_exp.data.config import CachePathsConfigModel, DatasetVariantConfig
from anomalog_exp.data.reading.label_reader import CSVLabelReaderConfig, LabelReaderConfig
from anomalog_exp.data.sources.base import DatasetSourceConfig
from anomalog_exp.data.sources.generated import GeneratedSourceConfig
from anomalog_exp.data.sources.local_dir import LocalDirSourceConfig
from anomalog_exp.data.sources.local_zip import LocalZipSourceConfig
from anomalog_exp.data.sources.remote_zip import RemoteZipSourceConfig
from anomalog_exp.sequences.build import SequenceConfigBase
from anomalog_exp.sequences.groupings.entity import EntitySequenceConfig
from anomalog_exp.sequences.groupings.fixed import FixedSequenceConfig
from anomalog_exp.sequences.groupings.stream import ChronologicalStreamSequenceConfig
from anomalog_exp.sequences.groupings.time import TimeSequenceConfig
from anomalog_exp.sequences.splits.fractions import ChronologicalSplitConfig, NormalOnlySplitConfig
from anomalog_exp.sequences.splits.predefined import PredefinedSplitConfig
from anomalog_exp.sequences.splits.raw_entries import (
    RawEntryPrefixCountSplitConfig,
    RawEntryPrefixFractionSplitConfig,
    RawEntryPrefixNormalFractionSplitConfig,
    RawEntrySplitConfig,
    SplitApplicationOrder,
)
from anomalog_exp.sequences.splits.shuffled import RandomNormalSplitConfig, RandomSplitConfig
from anomalog_exp.sequences.splits.straddlers import StraddlingGroupPolicy

__all__ = [
    "CSVLabelReaderConfig",
    "CachePathsConfigModel",
    "ChronologicalSplitConfig",
    "ChronologicalStreamSequenceConfig",
    "DatasetSourceConfig",
    "DatasetVariantConfig",
    "EntitySequenceConfig",
    "FixedSequenceConfig",
    "GeneratedSourceConfig",
    "LabelReaderConfig",
    "LocalDirSourceConfig",
    "LocalZipSourceConfig",
    "NormalOnlySplitConfig",
    "PredefinedSplitConfig",
    "RandomNormalSplitConfig",
    "RandomSplitConfig",
    "RawEntryPrefixCountSplitConfig",
    "RawEntryPrefixFractionSplitConfig",
    "RawEntryPrefixNormalFractionSplitConfig",
    "RawEntrySplitConfig",
    "RemoteZipSourceConfig",
    "RunConfig",
    "SequenceConfigBase",
    "SplitApplicationOrder",
    "StraddlingGroupPolicy",
    "TimeSequenceConfig",
    "load_run_config",
    "serialise_config",
]
