"""Fixtures of tests that run commands in this process."""

from __future__ import annotations

import pytest

from anomalog_exp.options.plugins import PLUGINS_VARIABLE, use_plugins


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, and plugins as they were behind the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PLUGINS_VARIABLE, "")
    yield tmp_path
    use_plugins([])
