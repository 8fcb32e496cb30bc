"""Every variable of the environment that the source reads is listed, and so it is in the help and in the reference."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from mycrm_cli.config.settings import ENVIRONMENT, OF_OTHERS, PREFERENCES
from tests.program import Program

PACKAGE = Path(__file__).parents[2] / "mycrm_cli"
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
UNNAMED = {
    "from_environment(name)": "the source env:NAME of a secret",
    "_from_environment(variable)": "PREFERENCES",
    "demo(name)": "all that begin with MYCRM_, set aside while the demo runs",
    "_secret_variables(name)": "SECRET_VARIABLES",
    "_places(name)": "PLACES",
    "_place(f'XDG_{kind.upper()}_HOME')": "the four of XDG",
}
"""Reads whose variable is not written there, and whose it is."""


def constants() -> dict[str, str]:
    """Return the texts that names at the top of a module stand for."""
    found: dict[str, str] = {}
    for tree in TREES.values():
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                found |= {each.id: str(node.value.value) for each in node.targets if isinstance(each, ast.Name)}
    return found


def is_environment(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def reads(function: ast.AST) -> Iterator[ast.expr]:
    """Yield what is asked of the environment: subscripts that are read, get, getenv, in."""
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and is_environment(node.value) and isinstance(node.ctx, ast.Load):
            yield node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if (node.func.attr == "get" and is_environment(node.func.value)) or node.func.attr == "getenv":
                yield node.args[0]
        elif isinstance(node, ast.Compare) and any(map(is_environment, node.comparators)):
            yield node.left


def test_what_is_read_is_listed() -> None:
    known, listed, unnamed, places = constants(), ENVIRONMENT.keys() | OF_OTHERS.keys(), set(), []
    for path, tree in TREES.items():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in reads(function):
                name = (
                    str(node.value) if isinstance(node, ast.Constant) else known.get(ast.unparse(node).split(".")[-1])
                )
                if name is None:
                    unnamed.add(f"{function.name}({ast.unparse(node)})")
                elif name not in listed:
                    places.append(f"{path.name}: {name}")
    assert places == []
    assert unnamed == UNNAMED.keys()


def test_what_is_named_anywhere_is_listed() -> None:
    """Also by other ways: lists of names, texts of messages."""
    wrong = {
        f"{path.name}: {name}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for name in re.findall(r"\bMYCRM_[A-Z_]*[A-Z]\b", node.value)
        if name not in ENVIRONMENT
    }
    assert wrong == set()
    for preference in PREFERENCES.values():
        assert {*preference.variables, *preference.habits} <= ENVIRONMENT.keys() | OF_OTHERS.keys()


def test_people_can_read_of_them(program: Program) -> None:
    text = program("help", "environment").stdout
    page = (PACKAGE.parent / "docs" / "reference" / "environment.md").read_text(encoding="utf-8")
    for name in ENVIRONMENT | OF_OTHERS:
        assert re.search(rf"^{name} ", text, re.MULTILINE)
        assert f"`{name}`" in page
