"""What kind values are by their form, and what kind their places are by a vote."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from anomalog_exp.data.place_kinds import PlaceKinds
from anomalog_exp.data.value_kinds import KINDS, kinds_of_texts
from anomalog_exp.features.numbers import numbers

OF_KIND = {
    "integer": ["0", "-5", "+17", "999999999999999999"],
    "decimal": ["0.5", "-12.25", "1.5e-05"],
    "hexadecimal": ["0x1f", "0XFF"],
    "size": ["12B", "64KB", "1.5 GiB", "3 bytes", "7M", "10kB"],
    "duration": ["12ms", "1.5s", "0.3µs", "5 min", "2h", "3 days", "10m"],
    "ip": ["10.0.0.1", "/255.255.0.9", "10.0.0.0/8", "::1", "fe80::1:2", "1:2:3:4:5:6:7:8"],
    "ip:port": ["10.0.0.1:80", "/10.0.0.1:50010", "[::1]:443"],
    "host": ["localhost", "db-1.example.com", "node.local:9000", "www.example.de"],
    "url": ["https://example.com/a?b=1", "hdfs://name:9000/x"],
    "path": ["/var/log/app.log", "C:\\\\temp", "a/b/c.txt", "/", "~/x/y"],
    "time": [
        "2024-05-01", "2024-05-01T12:00:00.123Z", "12:30:01,5", "Jun 14 15:16:01", "14/Jun/2024:15:16:01 +0200",
        "Sat Jun 14 15:16:01 2024", "01/02/2024 3:04 PM", "2024/05/01 12:00:00",
    ],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000"],
    "hash": ["9f86d081884c7d65", "d41d8cd98f00b204e9800998ecf8427e", "a1b2c3d4"],
    "id": ["blk_-160899968791", "node-5", "007", "1234567890123456789", "task_0_m_1", "R12-M0", "1.2.3", "256.1.1.1"],
    "word": ["[file=/etc/x/y]", "root", "up", "dfs.DataNode", "é", "<none>", "java.io.IOException"],
    "mixed": ["a b", "10.0.0.1, 10.0.0.2", "", "5 apples"],
}  # fmt: skip


def test_every_kind_has_texts_of_its_form():
    assert sorted(OF_KIND) == sorted(KINDS)


@pytest.mark.parametrize("kind", OF_KIND)
def test_a_text_is_of_the_kind_whose_form_it_has(kind):
    found = [KINDS[one] for one in kinds_of_texts(pl.Series(OF_KIND[kind]))]
    assert found == [kind] * len(found)


def test_numbers_of_detectors_are_of_kinds_of_numbers():
    texts = pl.Series([text for some in OF_KIND.values() for text in some])
    value, unit = numbers(texts)
    kinds = np.array(KINDS)[kinds_of_texts(texts)]
    plain = ~np.isnan(value) & (unit == "").to_numpy()
    assert set(kinds[plain]) == {"integer", "decimal"}
    assert plain[np.isin(kinds, ["integer", "decimal"])].all()


def kinds(places: list[list[str]], repeats: int = 1) -> list[str]:
    """The kinds of the places of one template; each place has as many values."""
    rows = [value for row in zip(*places, strict=True) for value in row] * repeats
    texts = list(dict.fromkeys(rows))
    code = np.array([texts.index(value) for value in rows])
    events = len(places[0]) * repeats
    found = PlaceKinds(np.array([events]), np.array([len(places)]))
    template = np.zeros(events, dtype=np.int32)
    found.add(0, template, code)
    return [KINDS[kind] for kind in found.kinds(pl.Series(texts, dtype=pl.String))]


def test_different_values_of_a_place_vote():
    # Three of five different values are addresses, though one word is most frequent.
    addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "unknown", "none", *["none"] * 5]
    halves = ["a", "b", "c", "d", "e", "1", "2", "3", "4", "5"]
    amounts = ["1", "2", "3", "4", "0.5", "6", "7", "a", "b", "c"]
    assert kinds([addresses, halves, amounts]) == ["ip", "mixed", "decimal"]


def test_a_place_without_values_is_mixed():
    found = PlaceKinds(np.array([2, 0]), np.array([1, 2]))
    found.add(0, np.zeros(2, dtype=np.int32), np.array([-1, -1]))
    assert found.kinds(pl.Series([], dtype=pl.String)).tolist() == [KINDS.index("mixed")] * 3


def test_many_values_vote_by_a_part_of_them_however_they_come():
    places = [[f"10.0.0.{i}" for i in range(100)], [f"n{i}" for i in range(100)]]
    assert kinds(places, repeats=300) == ["ip", "id"]
    template = np.tile([0, 1], 50_000).astype(np.int32)
    code = np.arange(100_000) % 7
    texts = pl.Series([str(i) for i in range(7)])
    whole = PlaceKinds(np.array([50_000, 50_000]), np.array([1, 1]))
    whole.add(0, template, code)
    parts = PlaceKinds(np.array([50_000, 50_000]), np.array([1, 1]))
    for first in (70_000, 0):
        until = 100_000 if first else 70_000
        parts.add(first, template[first:until], code[first:until])
    assert whole.kinds(texts).tolist() == parts.kinds(texts).tolist() == [0, 0]
