"""The texts that citizens are told and asked with: every version that ever was, and the sheet to print."""

from __future__ import annotations

import hashlib
import io
import tomllib
from functools import cache
from pathlib import Path

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.domain.policy import Policy
from cubb_desktop.domain.wording import Question, Section, Wording, filled
from cubb_desktop.i18n import _
from cubb_desktop.settings import resources_folder

USUAL_LANGUAGE = "da"


def wording_folder() -> Path:
    """Return where the texts lie: a folder for each version, a file for each language."""
    return resources_folder() / "consent"


def versions() -> list[str]:
    """Return every version, the oldest first."""
    return sorted(file.parent.name for file in wording_folder().glob(f"*/{USUAL_LANGUAGE}.toml"))


def current_version() -> str:
    """Return the version that new agreements are made with."""
    return versions()[-1]


def languages(version: str | None = None) -> list[str]:
    """Return the languages a version (None: the current one) is written in, the usual one first."""
    found = sorted(file.stem for file in (wording_folder() / (version or current_version())).glob("*.toml"))
    return sorted(found, key=lambda language: language != USUAL_LANGUAGE)


def wording(language: str, version: str | None = None) -> Wording:
    """Return the text in one language (version None: the current one); raises `InvalidInput`."""
    version = version or current_version()
    if version not in versions():
        problem = _("Teksten findes i: {versions}.").format(versions=", ".join(versions()))
        raise InvalidInput(field=_("Version"), problem=problem)
    if language not in languages(version):
        known = ", ".join(languages(version))
        raise InvalidInput(field=_("Sprog"), problem=_("Teksten findes på: {languages}.").format(languages=known))
    return _read(wording_folder() / version / f"{language}.toml")


@cache
def _read(file: Path) -> Wording:
    content = file.read_bytes()
    document = tomllib.loads(content.decode("utf-8"))
    return Wording(
        version=document["version"],
        language=document["language"],
        name=document["name"],
        right_to_left=document["direction"] == "rtl",
        sha256=hashlib.sha256(content).hexdigest(),
        words=document["words"],
        sections=tuple(Section(**section) for section in document["section"]),
        questions=tuple(Question(Purpose(row["id"]), row["name"], row["text"]) for row in document["purpose"]),
    )


def information_sheet(policy: Policy, language: str, version: str | None = None) -> bytes:
    """Return the sheet for the citizen, two pages of A4 as PDF, with what the municipality has decided."""
    from cubb_desktop.export.sheet import sheet_of

    return sheet_of(filled(wording(language, version), policy))


def sheet_pictures(policy: Policy, language: str, dots_per_inch: int) -> list[bytes]:
    """Return the sheet's pages as PNG pictures, for a printer; nothing is written to disk on the way."""
    import pypdfium2

    pages = []
    with pypdfium2.PdfDocument(information_sheet(policy, language)) as document:
        for number in range(len(document)):
            target = io.BytesIO()
            document[number].render(scale=dots_per_inch / 72).to_pil().convert("L").save(target, "PNG")
            pages.append(target.getvalue())
    return pages
