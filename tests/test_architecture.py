"""The layers and doors of the house hold, and each contract can fail: it is tried against deliberate breaches."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from tests.contracts import PACKAGE, ROOT, Verdict, verdicts, written_contracts

CONTRACTS = [str(contract["id"]) for contract in written_contracts()]

# contract, the module that breaks it, the line that does, and what the complaint must name
BREACHES = {
    "a lower layer imports a higher": ("layers", "domain/job", "import cubb_desktop.settings", "cubb_desktop.settings"),
    "neighbours see each other": ("layers", "vault", "import cubb_desktop.i18n", "cubb_desktop.i18n"),
    "a package nobody placed": ("layers", "helpers", "", "helpers"),
    "a service loads Qt": ("qt", "services/consents", "from PySide6 import QtCore", "cubb_desktop.services.consents"),
    "the command line loads a model": ("models", "cli", "import torch", "torch"),
    "a model by a detour": ("models", "services/detour", "import cubb_desktop.speech.one", "speech.one"),
    "the window imports the worker": ("gui-worker", "gui/app", "import cubb_desktop.worker.child", "worker.child"),
    "a service speaks to the database": ("database", "services/search", "import sqlalchemy", "services.search"),
    "a mapped class leaves": ("tables", "services/rows", "from cubb_desktop.library import tables", "services.rows"),
    "another SQLite": ("other-sqlite", "library/probe", "import sqlite3", "sqlite3"),
    "a second door to the microphone": ("microphone", "audio/extra", "import sounddevice", "cubb_desktop.audio.extra"),
    "a second door to the keys": ("keys", "audio/sealing", "import cryptography", "cubb_desktop.audio.sealing"),
    "a second decoder of foreign files": ("foreign-sound", "audio/extra", "import av", "cubb_desktop.audio.extra"),
    "the window decodes": ("decode-child", "services/listening", "import cubb_desktop.audio.ffmpeg", "audio.ffmpeg"),
    "domain opens files": ("pure", "domain/files", "from pathlib import Path", "pathlib"),
    "a page imports a page": ("pages", "gui/pages/one_page", "import cubb_desktop.gui.pages.two_page", "two_page"),
    "a widget knows a page": ("widgets", "gui/widgets/one", "import cubb_desktop.gui.pages.two_page", "two_page"),
    "a cycle": ("acyclic", "audio/first", "import cubb_desktop.audio.second", "cubb_desktop.audio"),
}

# What the breaches above need around them; also lets contracts be tried whose modules come later.
SURROUNDINGS = {
    "gui/window_start": "from PySide6 import QtWidgets\nimport cubb_desktop.services.detour",
    "speech/one": "import torch",
    "worker/child": "import cubb_desktop.speech.one",
    "library/tables": "import sqlalchemy, alembic, sqlcipher3",
    "audio/device": "import sounddevice",
    "audio/ffmpeg": "import av",
    "vault": "import cryptography, keyring",
    "gui/pages/two_page": "",
    "gui/app": "",
    "audio/second": "import cubb_desktop.audio.first",
    "i18n": "",
    "settings": "",
}


@pytest.fixture(scope="module")
def house() -> dict[str, Verdict]:
    """The verdicts on the package as it is."""
    return verdicts(ROOT)


@pytest.fixture(scope="module")
def breached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """The verdicts on a copy into which every breach has been written."""
    folder = tmp_path_factory.mktemp("breached")
    shutil.copytree(ROOT / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    for module, line in SURROUNDINGS.items():
        add_line(folder / PACKAGE, module, line)
    for _contract, module, line, _named in BREACHES.values():
        add_line(folder / PACKAGE, module, line)
    return verdicts(folder)


def add_line(package: Path, module: str, line: str) -> None:
    """Add `line` to a module of the copied package, which is made if it isn't there."""
    path = package / f"{module}.py"
    if (package / module).is_dir():
        path = package / module / "__init__.py"
    for folder in [parent for parent in path.parents if package in parent.parents]:
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_house_keeps_its_contracts(contract: str, house: dict[str, Verdict]) -> None:
    assert house[contract].kept, house[contract].details


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_caught(breach: str, breached: dict[str, Verdict]) -> None:
    contract, _module, _line, named = BREACHES[breach]
    assert not breached[contract].kept
    assert named in breached[contract].details


def test_every_contract_is_tried() -> None:
    assert {contract for contract, *_rest in BREACHES.values()} == set(CONTRACTS)


# `exchange` comes with the formats that are read back.
LATER = {"cubb_desktop.exchange"}


def test_no_contract_waits_for_a_module_that_should_be_there(house: dict[str, Verdict]) -> None:
    waiting = {name for verdict in house.values() for name in verdict.waiting}
    assert waiting <= LATER


def test_no_library_comes_in_by_a_name_that_the_contracts_cannot_see() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / PACKAGE).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _imports_by_name(node)
    ]
    assert hidden == []


def _imports_by_name(call: ast.Call) -> bool:
    """Return whether a call imports a whole name given as text; a name below the package is built, and allowed."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in {"import_module", "__import__"} and bool(call.args) and isinstance(call.args[0], ast.Constant)


def test_the_packaging_folder_does_not_hide_the_library_of_that_name() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_every_library_the_package_imports_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {re.split(r"[^\w.-]", line)[0].lower().replace("_", "-") for line in project["dependencies"]}
    bearers = importlib.metadata.packages_distributions()
    unasked = {
        name
        for name in imported_libraries()
        if not {bearer.lower().replace("_", "-") for bearer in bearers.get(name, [name])} & asked
    }
    assert unasked == set()


def imported_libraries() -> set[str]:
    """Return the first names of everything the package imports that is neither Python's own nor the package."""
    names = set()
    for path in (ROOT / PACKAGE).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {PACKAGE}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / PACKAGE).rglob("*.py"))
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


# Named places where anything may go wrong and the program must go on; each says why beside it.
BROAD_EXCEPT_PLACES = 4


def test_broad_except_stays_in_few_places() -> None:
    places = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / PACKAGE).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises_again(node)
    ]
    assert len(places) <= BROAD_EXCEPT_PLACES, places


def _is_broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
