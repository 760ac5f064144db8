"""What words mean that label something: Normal and Anomaly, 0 and 1, or any that the config names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from anomalog_exp.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ANOMALOUS_VALUES", "NORMAL_VALUES", "USUAL_WORDS", "LabelWords"]

NORMAL_VALUES: Final = "words that mean normal; null: all but those that mean anomalous"
ANOMALOUS_VALUES: Final = "words that mean anomalous; null: all but those that mean normal"


@dataclass(frozen=True)
class LabelWords:
    """Words, in any case.

    Attributes:
        meaning: Word in small letters -> 0 normal, 1 anomalous.
        other: What any other word means; None where it means nothing.
        allowed: The words for messages.
    """

    meaning: Mapping[str, int]
    other: int | None
    allowed: str

    @classmethod
    def of(cls, key: str, normal: Sequence[str] | None, anomalous: Sequence[str] | None) -> Self:
        """The words of a config's `normal_values` and `anomalous_values`; neither: the usual ones.

        Raises:
            ConfigError: a word is said to mean both.
        """
        if normal is None and anomalous is None:
            return cls(USUAL_WORDS.meaning, USUAL_WORDS.other, USUAL_WORDS.allowed)
        meaning: dict[str, int] = {}
        for label, words in enumerate((normal or (), anomalous or ())):
            for word in words:
                if meaning.setdefault(word.strip().lower(), label) != label:
                    raise ConfigError.of(
                        f"{key}.anomalous_values",
                        word,
                        problem="this word is said to mean normal as well",
                        allowed="words that are not in normal_values",
                        fix="leave it out of one of the two",
                    )
        other = 1 if anomalous is None else 0 if normal is None else None
        return cls(meaning, other, ", ".join(meaning) if other is None else "any word")

    def codes(self, texts: pl.Series) -> pl.Series:
        """(texts,) Int8 0 normal, 1 anomalous, null where there is no text or it means nothing."""
        import polars as pl

        words = texts.str.strip_chars().str.to_lowercase()
        codes = words.replace_strict(self.meaning, default=self.other, return_dtype=pl.Int8)
        return pl.select(pl.when(words.is_not_null()).then(codes)).to_series()


USUAL_WORDS: Final = LabelWords(
    {"normal": 0, "0": 0, "anomaly": 1, "1": 1}, None, "Normal, Anomaly, 0 or 1"
)
