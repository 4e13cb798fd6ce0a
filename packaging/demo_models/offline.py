"""What must happen before torch or pyannote.audio is imported here: no telemetry, no look-ups, few threads."""

from __future__ import annotations

import os
import warnings

from cubb_desktop.speech.guards import allow_torchaudio, leave_out_telemetry

_ENVIRONMENT = {
    "PYANNOTE_METRICS_ENABLED": "0",
    "OTEL_SDK_DISABLED": "true",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def prepare(threads: int = 1) -> None:
    """Set the environment and let pyannote import; unlike in the job child, sockets stay open."""
    os.environ.update(_ENVIRONMENT)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    leave_out_telemetry()
    allow_torchaudio()
    warnings.filterwarnings("ignore", message=r"std\(\)", module="pyannote")
    import torch

    torch.set_num_threads(threads)
