"""What a change to the library touched, so that a page refreshes only if it shows that."""

from __future__ import annotations

from dataclasses import dataclass, field

from cubb_desktop.domain.ids import RecordingId

_NONE: frozenset[RecordingId] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """One flag or set of recordings per kind of thing; `|` joins two."""

    consents: bool = False
    recordings: frozenset[RecordingId] = field(default=_NONE)
    transcripts: frozenset[RecordingId] = field(default=_NONE)
    jobs: bool = False
    annotations: frozenset[RecordingId] = field(default=_NONE)
    excerpts: bool = False
    slots: bool = False
    concepts: bool = False
    exports: bool = False
    collections: bool = False

    def __or__(self, other: Changes) -> Changes:
        return Changes(
            consents=self.consents or other.consents,
            recordings=self.recordings | other.recordings,
            transcripts=self.transcripts | other.transcripts,
            jobs=self.jobs or other.jobs,
            annotations=self.annotations | other.annotations,
            excerpts=self.excerpts or other.excerpts,
            slots=self.slots or other.slots,
            concepts=self.concepts or other.concepts,
            exports=self.exports or other.exports,
            collections=self.collections or other.collections,
        )

    def __bool__(self) -> bool:
        return self != Changes()
