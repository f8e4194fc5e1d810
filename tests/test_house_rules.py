"""Rules of the house that import contracts alone cannot state."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit
ROOT = Path(__file__).parents[1]
PACKAGES = ("scenarios", "sim", "calibration", "outputs", "carecurve")
KERNEL_IMPORTS = {"numba", "numpy", *sys.stdlib_module_names}


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a file as Python reads it."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Return the dotted names a file imports, relative ones resolved."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{module}.{alias.name}" for alias in node.names} if module == "sim" else {module}
    return names


def test_kernels_import_only_numba_numpy_and_each_other():
    faults = [
        f"{path.name} imports {name}"
        for path in sorted((ROOT / "sim" / "kernels").glob("*.py"))
        for name in sorted(imports(path))
        if name.split(".")[0] not in KERNEL_IMPORTS and not name.startswith("sim.kernels")
    ]
    assert faults == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_it_is_for(package):
    assert ast.get_docstring(tree_of(ROOT / package / "__init__.py"))


def test_no_file_is_longer_than_400_lines():
    long = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > 400:
                long[str(path.relative_to(ROOT))] = lines
    assert long == {}


@cache
def named(path: Path) -> list[ast.AST]:
    """Return every function and class of a file, those inside others too."""
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.ClassDef)]


@pytest.mark.parametrize("package", PACKAGES)
def test_what_has_a_public_name_says_what_it_is_even_inside_a_function(package):
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in named(path)
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_function_fits_a_screen(package):
    long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in named(path)
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 60
    }
    assert long == {}
