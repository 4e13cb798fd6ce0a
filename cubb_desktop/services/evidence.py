"""What proves an agreement, made safe to keep: pictures drawn anew without what lay hidden in them.

A scanned or photographed paper is decoded here and stored as plain pictures: place, camera and names in a photo's
metadata, and scripts or attachments in a PDF, never enter the library.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from cubb_desktop.domain.consent import EvidenceKind
from cubb_desktop.domain.errors import InvalidInput, SourceNotFound, SourceUnreadable
from cubb_desktop.i18n import _

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_BYTES = 10_000_000
MOST_PAGES = 10
_MOST_PIXELS = 60_000_000  # a photo of a good telephone has 50 million
_LONGEST_SIDE = 2_400  # pixels: an A4 page at 200 dots per inch
_PDF_SCALE = 150 / 72
PNG, JPEG = "image/png", "image/jpeg"


def pages_of(path: Path) -> list[tuple[str, bytes]]:
    """Return the pages of a scanned or photographed paper (PNG, JPEG or PDF) as (media type, picture) to store.

    Raises `SourceNotFound`, `SourceUnreadable` and `InvalidInput` for what is too large or no picture.
    """
    untrusted_content = read_untrusted(path)
    if untrusted_content.startswith(b"%PDF-"):
        return [_as_jpeg(page) for page in _pdf_pages(untrusted_content)]
    return [_as_jpeg(_picture(untrusted_content))]


def read_untrusted(path: Path) -> bytes:
    """Return a file's content; raises `SourceNotFound`, `SourceUnreadable`, and `InvalidInput` for one too large."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _refused(_("Filen er for stor. Brug højst {most} MB.").format(most=LARGEST_BYTES // 1_000_000))
        return path.read_bytes()
    except FileNotFoundError:
        raise SourceNotFound from None
    except OSError:
        raise SourceUnreadable from None


def signature_of(untrusted_png: bytes) -> tuple[str, bytes]:
    """Return a drawn signature as (media type, picture) to store; raises `InvalidInput` for what is no picture."""
    return _as_png(_picture(untrusted_png))


def usual_kind(media_type: str) -> EvidenceKind:
    """Return what a stored picture is: signatures are drawn and lossless, papers are photographs."""
    return EvidenceKind.SIGNATURE if media_type == PNG else EvidenceKind.PAPER


def _picture(untrusted_content: bytes) -> Image:
    from PIL import Image as Pictures
    from PIL import ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pictures.DecompressionBombWarning)  # the limit below is ours
            with Pictures.open(io.BytesIO(untrusted_content), formats=("PNG", "JPEG")) as picture:
                if picture.width * picture.height > _MOST_PIXELS:
                    raise _refused(_("Billedet er for stort. Tag det med færre punkter, eller skan det."))
                picture.load()
                return ImageOps.exif_transpose(picture)
    except (OSError, ValueError, SyntaxError, Pictures.DecompressionBombError):
        raise _no_picture() from None


def _pdf_pages(untrusted_content: bytes) -> list[Image]:
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(untrusted_content) as document:
            if not 1 <= len(document) <= MOST_PAGES:
                raise _refused(_("Brug et papir på højst {most} sider.").format(most=MOST_PAGES))
            return [_drawn(document[number]) for number in range(len(document))]
    except pypdfium2.PdfiumError:
        raise _no_picture() from None


def _drawn(page: object) -> Image:
    width, height = page.get_size()  # type: ignore[attr-defined]  # pypdfium2 is untyped
    scale = min(_PDF_SCALE, _LONGEST_SIDE / max(width, height, 1.0))
    picture: Image = page.render(scale=scale).to_pil()  # type: ignore[attr-defined]  # the same
    return picture


def _as_jpeg(picture: Image) -> tuple[str, bytes]:
    return JPEG, _written(picture.convert("RGB"), "JPEG")


def _as_png(picture: Image) -> tuple[str, bytes]:
    return PNG, _written(picture.convert("L"), "PNG")


def _written(picture: Image, form: str) -> bytes:
    """Draw the points anew: a copy has no metadata, whatever the original had."""
    from PIL import Image as Pictures

    plain = Pictures.new(picture.mode, picture.size)
    plain.paste(picture)
    plain.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    target = io.BytesIO()
    plain.save(target, form, **({"quality": 80} if form == "JPEG" else {"optimize": True}))
    return target.getvalue()


def _no_picture() -> InvalidInput:
    return _refused(_("Filen kan ikke læses som et billede. Brug PNG, JPEG eller PDF."))


def _refused(problem: str) -> InvalidInput:
    return InvalidInput(field=_("Bilag"), problem=problem)
