"""Checks pyproject.toml's import contracts on a copy of the package: `python -m tests.contracts FOLDER` prints JSON.

It runs in a process of its own, because the copy has the package's name. A contract that names a module which does not
exist yet waits for it; `waiting` in the verdict says for which.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "cubb_desktop"

Contract = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one contract: whether it holds, what broke it, and the names it still waits for."""

    kept: bool
    details: str
    waiting: tuple[str, ...]


def written_contracts() -> list[Contract]:
    """Return the contracts as pyproject.toml states them: those of the finished house."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[Contract] = document["tool"]["importlinter"]["contracts"]
    return contracts


def verdicts(folder: Path) -> dict[str, Verdict]:
    """Check the package in `folder` and return a verdict for each contract's id."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.contracts", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    report = json.loads(done.stdout.splitlines()[-1])
    return {name: Verdict(found["kept"], found["details"], tuple(found["waiting"])) for name, found in report.items()}


def _for_modules(contract: Contract, modules: set[str]) -> tuple[Contract, list[str]]:
    """Return `contract` without the names that no module bears or imports yet, and those names."""
    # importlinter reads its booleans as words
    reduced = {key: str(value) if isinstance(value, bool) else value for key, value in contract.items()}
    waiting: list[str] = []
    for key in ("protected_modules", "allowed_importers", "source_modules", "forbidden_modules", "containers"):
        if key not in contract:
            continue
        # a library that must not be reached is forbidden from the first day, imported or not
        lasting = key == "forbidden_modules"
        reduced[key] = [name for name in contract[key] if name in modules or (lasting and not name.startswith(PACKAGE))]
        waiting += [name for name in contract[key] if name not in reduced[key]]
    if contract["type"] == "layers":
        container = contract["containers"][0]
        names = {name.strip() for layer in contract["layers"] for name in layer.split("|")}
        waiting += [f"{container}.{name}" for name in sorted(names) if f"{container}.{name}" not in modules]
        reduced["layers"] = [
            " | ".join(f"({name.strip()})" for name in layer.split("|")) for layer in contract["layers"]
        ]
    if contract["type"] == "independence":
        parent = contract["modules"][0].removesuffix(".*")
        if not any(name.startswith(parent + ".") for name in modules):
            reduced["modules"] = []
            waiting.append(parent)
    return reduced, waiting


def _is_on(contract: Contract) -> bool:
    """Return whether enough of a contract is left to be broken by something."""
    lists = ("protected_modules", "source_modules", "forbidden_modules", "containers", "modules")
    return all(contract[key] for key in lists if key in contract)


def _check(folder: Path) -> dict[str, Verdict]:
    sys.path.insert(0, str(folder))
    import grimp
    from importlinter import configuration
    from importlinter.application.use_cases import create_report
    from importlinter.application.user_options import UserOptions
    from importlinter.contracts import acyclic_siblings, forbidden, independence, layers, protected
    from importlinter.domain.contract import registry

    registry.register(acyclic_siblings.AcyclicSiblingsContract, "acyclic_siblings")
    registry.register(forbidden.ForbiddenContract, "forbidden")
    registry.register(independence.IndependenceContract, "independence")
    registry.register(layers.LayersContract, "layers")
    registry.register(protected.ProtectedContract, "protected")
    configuration.configure()
    graph = grimp.build_graph(PACKAGE, include_external_packages=True, cache_dir=None)
    found = {}
    active = []
    for contract in written_contracts():
        reduced, waiting = _for_modules(contract, set(graph.modules))
        found[contract["id"]] = Verdict(True, "", tuple(waiting))
        if _is_on(reduced):
            active.append(reduced)
    options = UserOptions(
        session_options={"root_packages": [PACKAGE], "include_external_packages": "True"}, contracts_options=active
    )
    report = create_report(options, cache_dir=None)
    ids = {contract["name"]: contract["id"] for contract in active}
    for checked, check in report.get_contracts_and_checks():
        name = ids[checked.name]
        found[name] = Verdict(check.kept, "" if check.kept else str(check.metadata), found[name].waiting)
    if report.invalid_contract_options:
        raise SystemExit(f"contracts that cannot be read: {report.invalid_contract_options}")
    return found


if __name__ == "__main__":
    print(json.dumps({name: asdict(verdict) for name, verdict in _check(Path(sys.argv[1])).items()}))
