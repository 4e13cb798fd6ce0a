"""What proves an agreement enters as plain pictures: without metadata, bounded, and never as something that can act."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from cubb_desktop.domain.consent import EvidenceKind
from cubb_desktop.domain.errors import InvalidInput, SourceNotFound, SourceUnreadable
from cubb_desktop.services import evidence
from cubb_desktop.services.evidence import JPEG, PNG, pages_of, signature_of, usual_kind

SECRET = b"GPS 57.05 N, 9.92 E; Jens Hansens telefon"


def photo(path: Path, size: tuple[int, int] = (300, 200), form: str = "JPEG") -> Path:
    """A photo whose left half is red, with place and owner in its metadata, and held on its side."""
    picture = Image.new("RGB", size, "white")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    told = Image.Exif()
    told[0x010E] = SECRET.decode()
    told[0x0112] = 6  # turn it a quarter
    picture.save(path, form, exif=told)
    return path


def opened(page: tuple[str, bytes]) -> Image.Image:
    return Image.open(io.BytesIO(page[1]))


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_photo_is_drawn_anew_upright_and_without_its_metadata(tmp_path: Path, form: str) -> None:
    path = photo(tmp_path / "aftale", form=form)
    assert SECRET in path.read_bytes()
    (page,) = pages_of(path)
    assert page[0] == JPEG
    assert SECRET not in page[1]
    picture = opened(page)
    assert not picture.getexif()
    assert picture.size == (200, 300)
    red, green, _blue = picture.convert("RGB").getpixel((100, 30))  # type: ignore[misc]
    assert red > 200  # what was left is above now
    assert green < 100
    assert usual_kind(page[0]) is EvidenceKind.PAPER


def test_a_paper_is_no_larger_than_it_needs_to_be(tmp_path: Path) -> None:
    (page,) = pages_of(photo(tmp_path / "stor", (4_800, 3_200)))
    assert max(opened(page).size) == 2_400


def test_every_page_of_a_pdf_becomes_a_picture(tmp_path: Path) -> None:
    path = pdf(tmp_path / "scan.pdf", 3)
    pages = pages_of(path)
    assert [kind for kind, _content in pages] == [JPEG] * 3
    width, height = opened(pages[0]).size
    assert abs(width - 1_240) <= 1  # A4 at 150 dots per inch
    assert abs(height - 1_754) <= 1


def pdf(path: Path, pages: int) -> Path:
    document = pypdfium2.PdfDocument.new()
    for _number in range(pages):
        document.new_page(595.3, 841.9)
    document.save(path)
    document.close()
    return path


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ\x90", b"%PDF-1.7 ikke mere", b"\x89PNG\r\n\x1a\n afbrudt", b"<svg onload='alert(1)'/>", b"GIF89a"],
    ids=["empty", "program", "pdf", "png", "svg", "gif"],
)
def test_what_is_no_paper_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "aftale.jpg"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        pages_of(path)
    assert "PNG, JPEG eller PDF" in str(refused.value)


def test_a_cut_off_photo_is_refused(tmp_path: Path) -> None:
    path = photo(tmp_path / "aftale.jpg")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InvalidInput):
        pages_of(path)


def test_what_is_too_large_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heavy = tmp_path / "tung.png"
    heavy.write_bytes(b"\x89PNG\r\n\x1a\n")
    os.truncate(heavy, 10_000_001)
    with pytest.raises(InvalidInput, match="10 MB"):
        pages_of(heavy)
    bomb = tmp_path / "bombe.png"
    Image.new("1", (20_000, 20_000)).save(bomb)  # 50 kB that want 400 million points
    assert bomb.stat().st_size < 100_000
    with pytest.raises(InvalidInput):
        pages_of(bomb)
    monkeypatch.setattr(evidence, "_MOST_PIXELS", 1_000)
    with pytest.raises(InvalidInput, match="for stort"):
        pages_of(photo(tmp_path / "aftale.jpg"))


def test_a_paper_has_few_pages(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="10 sider"):
        pages_of(pdf(tmp_path / "bog.pdf", 11))


def test_a_file_that_is_not_there_or_may_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        pages_of(tmp_path / "ingen.png")
    with pytest.raises(SourceUnreadable):
        pages_of(tmp_path)


def test_a_signature_is_kept_lossless(tmp_path: Path) -> None:
    kind, content = signature_of(photo(tmp_path / "u.png", form="PNG").read_bytes())
    assert kind == PNG
    assert usual_kind(kind) is EvidenceKind.SIGNATURE
    assert SECRET not in content
    with pytest.raises(InvalidInput):
        signature_of(b"ingen underskrift")
