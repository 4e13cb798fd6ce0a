"""Words as one reads them: without the signs of the notation that people have typed."""

from __future__ import annotations

import re

from cubb_desktop.domain.transcript import Turn, Word

LONG_SILENCE_MS = 1000  # a shorter one says nothing to who only reads
_BREATH = re.compile(r"\.?h{2,}|\((?:\.|\d+\.\d)\)")
_SIGNS = str.maketrans("", "", "°£[]<>=↑↓")
_DRAWN_OUT = re.compile(r"([^\W\d_]):+(?=[^\W\d_])|([^\W\d_]):{2,}")  # one colon at a word's end is punctuation


def plain_word(word: Word) -> str:
    """Return a word without signs, "" for one that is only a sign; what the machine wrote has none and stays."""
    if not word.edited:
        return word.text
    text = word.text.translate(_SIGNS)
    if _BREATH.fullmatch(text):
        return ""
    text = text.replace("((", "(").replace("))", ")")
    return _DRAWN_OUT.sub(lambda found: found[1] or found[2], text)


def plain_text(turn: Turn) -> str:
    """Return what a turn says without signs."""
    return " ".join(text for word in turn.words if (text := plain_word(word)))
