"""Templates that share words have similar vectors, whatever else is there."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from anomalog_exp.features.word_vectors import template_vectors, words_of_template

TEXTS = [
    "Receiving block <*> src: <*> dest: <*>",
    "Received block <*> of size <*> from <*>",
    "Receiving block <*>",
    "Exception in receiveBlock for block <*>",
    "E5",
    "E6",
    "<unknown>",
]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("writeBlock <*> received exception", ["write", "block", "received", "exception"]),
        ("dfs.DataNode$DataXceiver:", ["dfs", "data", "node", "data", "xceiver"]),
        ("Verbindung geöffnet", ["verbindung", "geöffnet"]),
        ("a <*> b", ["a <*> b"]),
        ("<*>", ["<*>"]),
        ("Event17", ["Event17"]),
        ("17", ["17"]),
        ("", [""]),
        ("<unknown>", []),
    ],
)
def test_words_are_runs_of_letters_and_parts_of_camel_case_or_the_whole_text(template, words):
    assert words_of_template(template) == words


def test_vectors_have_length_1_but_that_of_unknown_is_0():
    vectors = template_vectors(TEXTS, 64)
    assert (vectors.dtype, vectors.shape) == (np.float32, (7, 64))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1] * 6 + [0])


def test_templates_are_as_alike_as_the_words_they_share():
    alike = template_vectors(TEXTS, 300) @ template_vectors(TEXTS, 300).T
    assert alike[0, 2] > alike[0, 1] > 0.15
    assert abs(alike[4, 5]) < 0.25 > abs(alike[0, 4])


def test_a_vector_is_the_mean_of_those_of_its_words_by_their_weights():
    # "up" is in two of two counted templates, "down" in one, "new" in none, as in one.
    vectors = template_vectors(
        ["up", "up down down", "new up"], 50, counted=np.array([True, True, False])
    )
    up, down, new = template_vectors(["up", "down", "new"], 50)
    for found, wanted in (
        (vectors[1], np.log(2) * up + 2 * np.log(3) * down),
        (vectors[2], np.log(2) * up + np.log(3) * new),
    ):
        assert found == pytest.approx(wanted / np.linalg.norm(wanted), abs=1e-6)


def test_another_process_has_the_same_vectors_and_other_templates_do_not_change_that_of_a_word():
    code = (
        "from anomalog_exp.features.word_vectors import template_vectors;"
        f"print(template_vectors({TEXTS!r}, 16).tobytes().hex())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == template_vectors(TEXTS, 16).tobytes().hex()
    assert template_vectors(["E5"], 16)[0] == pytest.approx(template_vectors(TEXTS, 16)[4])


@pytest.mark.parametrize("templates", [[], ["<unknown>"]])
def test_no_words_at_all_are_no_trouble(templates):
    assert template_vectors(templates, 8).tolist() == [[0.0] * 8] * len(templates)
