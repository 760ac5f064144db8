"""Public config API: `load_run_config` and the classes of every option."""

from anomalog_exp.config.compose import load_run_config
from anomalog_exp.config.dataset import (
    CachePathsConfigModel,
    CSVLabelReaderConfig,
    DatasetVariantConfig,
    LabelReaderConfig,
)
from anomalog_exp.config.run import RunConfig
from anomalog_exp.config.sequence import (
    ChronologicalStreamSequenceConfig,
    EntitySequenceConfig,
    FixedSequenceConfig,
    SequenceConfigBase,
    TimeSequenceConfig,
)
from anomalog_exp.config.serialise import serialise_config
from anomalog_exp.config.source import (
    DatasetSourceConfig,
    GeneratedSourceConfig,
    LocalDirSourceConfig,
    LocalZipSourceConfig,
    RemoteZipSourceConfig,
)
from anomalog_exp.config.split import (
    ChronologicalSplitConfig,
    NormalOnlySplitConfig,
    PredefinedSplitConfig,
    RawEntryPrefixCountSplitConfig,
    RawEntryPrefixFractionSplitConfig,
    RawEntryPrefixNormalFractionSplitConfig,
    RawEntrySplitConfig,
    SplitApplicationOrder,
    StraddlingGroupPolicy,
)

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
