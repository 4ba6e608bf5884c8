"""The source tree as the inspectors see it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "opsloop"
# Words; full-width punctuation alone is something that values are parsed by.
CJK = re.compile(r"[\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af\uf900-\ufaff]")


@cache
def modules() -> tuple[Path, ...]:
    return tuple(path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts)


@cache
def templates() -> tuple[Path, ...]:
    return tuple(sorted(PACKAGE.rglob("templates/**/*.*")))


@cache
def scripts() -> tuple[Path, ...]:
    own = [path for path in PACKAGE.rglob("static/**/*.js") if "built" not in path.parts]
    return tuple(sorted([*own, *(ROOT / "frontend" / "src").rglob("*.js")]))


@cache
def rooms() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")))


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of code of a function: its docstring explains, so it is not counted."""
    end = node.end_lineno or node.lineno
    first = node.body[0]
    documented = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return end - node.lineno + 1 - docstring
