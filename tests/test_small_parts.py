"""Errors, files and tables."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.files import replaced, write_json
from anomalog_exp.text_table import text_table
from tests.command import environment

ROOT = Path(__file__).resolve().parents[1]


def test_an_error_has_four_parts_is_a_value_error_and_survives_a_process_border():
    error = DataError.of("a.b", None, problem="it is bad", allowed="good", fix="mend it")
    assert isinstance(error, ConfigError)
    assert isinstance(error, ValueError)
    told = "a.b: it is bad\n  value:   None\n  allowed: good\n  to do:   mend it"
    assert str(error) == told
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (DataError, told)
    assert "... (400 characters)" in str(
        ConfigError.of("k", "x" * 400, problem="", allowed="", fix="")
    )


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep/a.json"
    write_json(path, {"b": 1, "a": "é"})
    assert path.read_text(encoding="utf-8") == '{\n  "a": "é",\n  "b": 1\n}\n'
    with pytest.raises(RuntimeError, match="midway"), replaced(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("midway")
    assert path.read_text(encoding="utf-8").endswith('"b": 1\n}\n')
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert [p.name for p in path.parent.iterdir()] == ["a.json"]


def test_a_table_aligns_numbers_right_and_texts_left():
    rows = [{"model": "markov", "f1": 0.5, "n": 10}, {"model": "nb", "f1": None, "n": 7}]
    assert text_table(rows, ["model", "f1", "n"]) == (
        "model       f1   n\n------  ------  --\nmarkov  0.5000  10\nnb           -   7"
    )
    assert text_table([], ["a"]) == "a\n-"


WRITERS = """
import resource, sys
from pathlib import Path
import numpy as np
import polars as pl
from anomalog_exp.files import replaced

numbers = np.random.default_rng(0).random(20_000)
table = pl.DataFrame({"a": numbers})
writers = {
    "text": lambda path: path.write_text("a" * 100_000),
    "npy": lambda path: np.save(path.open("wb"), numbers),
    "npz": lambda path: np.savez(path.open("wb"), numbers),
    "parquet": table.write_parquet,
    "ndjson": table.write_ndjson,
}
path, writer = Path(sys.argv[1]), writers[sys.argv[2]]
path.write_text("before")
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    with replaced(path) as temporary:
        writer(temporary)
except OSError as error:
    print(error.errno is not None, error.filename, error.strerror, sep="; ")
"""


@pytest.mark.parametrize("writer", ["text", "npy", "npz", "parquet", "ndjson"])
def test_a_full_disk_is_an_error_that_names_the_file_whatever_writes_it(tmp_path, writer):
    path = tmp_path / "a"
    done = subprocess.run(
        [sys.executable, "-c", WRITERS, path, writer],
        env=environment(), cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    reason = "not all of it could be" if writer == "npy" else "File too large"
    assert done.stdout.startswith(f"True; {path}; {reason}"), done.stderr
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
