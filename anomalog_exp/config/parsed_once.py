"""YAML files of options, each parsed once by a process as long as its text stays the same.

Hydra parses every file again whenever it composes, which is a quarter of the time that it takes. What
is kept belongs to the loaders of this program: another application of Hydra in the process has its own.
"""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from pathlib import Path

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.config_source import ConfigResult

__all__ = ["parse_once"]

_FILES = 1000
"""More than there are options."""


def parse_once(loader: ConfigLoader) -> None:
    """Let a loader of Hydra take files as they were parsed last."""
    assert isinstance(loader, ConfigLoaderImpl)
    loader.repository = _Repository(loader.config_search_path)


class _Repository(ConfigRepository):
    """Hydra's, with folders of ours in the place of its own."""

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        super().initialize_sources(config_search_path)
        self.sources = [
            _Folder(one.provider, one.path) if one.scheme() == FileConfigSource.scheme() else one
            for one in self.sources
        ]


class _Folder(FileConfigSource):
    """A folder of YAML files."""

    def load_config(self, config_path: str) -> ConfigResult:
        try:
            text = Path(self.path, self._normalize_file_name(config_path)).read_bytes()
        except OSError:
            return super().load_config(config_path)  # which says what is missing
        return deepcopy(_parsed(self.provider, self.path, config_path, text))


@lru_cache(maxsize=_FILES)
def _parsed(provider: str, folder: str, config_path: str, text: bytes) -> ConfigResult:
    """What Hydra makes of a file, which holds this text."""
    return FileConfigSource(provider, f"file://{folder}").load_config(config_path)
