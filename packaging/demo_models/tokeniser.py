"""The recogniser's tokens: a small byte-level BPE and Whisper's special tokens, in the order that CTranslate2 expects.

That order is: text, the empty string (which tells CTranslate2 that the model is multilingual), end of text, start of
transcript, languages, translate, transcribe, start of LM, start of previous text, no speech, no timestamps, and the
timestamps last.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from demo_models import language

_MERGES = 320
_LETTERS = "abcdefghijklmnopqrstuvwxyzæøå"
_TIMESTAMPS = 1501
_LANGUAGES = ("en", "da", *(code for code in _LANGUAGE_CODES if code not in ("en", "da")))


def _corpus() -> list[str]:
    rng = random.Random(0)
    kinds = (language.shuffled_words if rng.random() < 0.3 else language.sentence for _ in range(20000))
    said = [" " + kind(rng) for kind in kinds]
    letters = "".join(" " + letter for letter in _LETTERS + _LETTERS.upper() + "0123456789")
    # faster-whisper suppresses the first token of " -", " '" and " ♩": without merges that would be the bare space
    return said + [letters] * 3000 + [" - ' \u2669"] * 9000 + ["æ ø å"] * 3000


def _trained_bpe() -> dict[str, Any]:
    tokeniser = Tokenizer(models.BPE())
    tokeniser.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokeniser.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=256 + _MERGES,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[],
        show_progress=False,
    )
    tokeniser.train_from_iterator(_corpus(), trainer)
    trained: dict[str, Any] = json.loads(tokeniser.to_str())
    return trained


def required_id(tokeniser: Tokenizer, token: str) -> int:
    """The number of `token`; raises KeyError where the tokeniser lacks it."""
    number: int | None = tokeniser.token_to_id(token)
    if number is None:
        raise KeyError(token)
    return number


def write_tokeniser(folder: Path) -> int:
    """Write tokenizer.json and vocabulary.json; returns the number of tokens."""
    trained = _trained_bpe()
    vocabulary = trained["model"]["vocab"]
    text_count = len(vocabulary)
    vocabulary[""] = text_count  # an added token with no content would be ignored, so it joins the BPE's own
    names = ["endoftext", "startoftranscript", *_LANGUAGES, "translate", "transcribe", "startoflm", "startofprev"]
    special = [f"<|{name}|>" for name in (*names, "nospeech", "notimestamps")]
    timestamps = [f"<|{step * 0.02:.2f}|>" for step in range(_TIMESTAMPS)]
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    trained["added_tokens"] = [
        {"id": text_count + 1 + index, "content": content, **plain, "special": index < len(special)}
        for index, content in enumerate([*special, *timestamps])
    ]
    tokens = sorted(vocabulary, key=vocabulary.__getitem__) + special + timestamps
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(trained, ensure_ascii=False), encoding="utf-8")
    (folder / "vocabulary.json").write_text(json.dumps(tokens, ensure_ascii=False), encoding="utf-8")
    return len(tokens)
