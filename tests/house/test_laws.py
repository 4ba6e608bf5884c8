"""The laws that no type checker and no import contract can hold."""

import ast
import re

import pytest

from tests.house.tree import PACKAGE, functions, modules, name, scripts, syntax, templates

RING_ONE = ("analysis", "facts", "exchange")
CLOCK = PACKAGE / "org" / "clock.py"
READINGS = re.compile(
    r"\b(?:datetime|date|timezone)\.(?:now|today|utcnow|localdate)\(\)|\btime\.time\(\)"
)


def actions():
    for path in modules():
        if path.stem == "actions" or path.parent.name == "actions":
            yield from (
                (path, node) for node in syntax(path).body if isinstance(node, ast.FunctionDef)
            )


def test_only_one_place_reads_the_clock():
    readers = [
        name(path)
        for path in modules()
        if path != CLOCK and READINGS.search(path.read_text(encoding="utf-8"))
    ]
    assert readers == []


def test_rules_and_records_are_handed_the_time():
    inner = {"actions", "queries", "models", "metrics", "sheet"}
    readers = []
    for path in modules():
        room = path.relative_to(PACKAGE).parts[0]
        if path.stem in inner or path.parent.name in inner - {"metrics"} or room in RING_ONE:
            text = path.read_text(encoding="utf-8")
            if re.search(r"\bclock\.(?:now|today)\(|\bimport (?:now|today)\b", text):
                readers.append(name(path))
    assert readers == []


def test_ring_one_reads_no_setting_and_no_environment():
    readers = [
        name(path)
        for path in modules()
        if path.relative_to(PACKAGE).parts[0] in RING_ONE
        and re.search(r"os\.environ|getenv|django", path.read_text(encoding="utf-8"))
    ]
    assert readers == []


def test_every_action_takes_who_and_when_by_name():
    wrong = []
    for path, node in actions():
        named = {argument.arg for argument in node.args.kwonlyargs}
        placed = {argument.arg for argument in [*node.args.posonlyargs, *node.args.args]}
        is_public = not node.name.startswith("_")
        if is_public and {"by", "now"} <= named | placed and placed & {"by", "now"}:
            wrong.append(f"{name(path)}:{node.name}")
    assert wrong == []


def is_atomic(node):
    return any("atomic" in ast.unparse(decorator) for decorator in node.decorator_list) or any(
        "transaction.atomic" in ast.unparse(item.context_expr)
        for inner in ast.walk(node)
        if isinstance(inner, ast.With)
        for item in inner.items
    )


def called(node):
    return {
        inner.func.attr if isinstance(inner.func, ast.Attribute) else ast.unparse(inner.func)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Call)
    }


def test_every_write_is_one_transaction():
    """Either the action is atomic, or it hands the write to a function that is."""
    held = {node.name for path in modules() for node in functions(path) if is_atomic(node)}
    held |= {node.name for _path, node in actions() if called(node) & held}
    loose = [
        f"{name(path)}:{node.name}"
        for path, node in actions()
        if not node.name.startswith("_")
        and {"by", "now"} <= {argument.arg for argument in node.args.kwonlyargs}
        and not is_atomic(node)
        and not called(node) & held
        # It has no transaction of its own: it refuses to run outside its caller's.
        and (path.parent.name, node.name) != ("audit", "record")
    ]
    assert loose == []


def test_at_most_three_places_catch_everything_and_each_says_why():
    caught = {}
    for path in modules():
        text = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
            ):
                caught[f"{name(path)}:{node.lineno}"] = text[node.lineno - 1]
    assert len(caught) <= 3, caught
    assert all("#" in line for line in caught.values()), caught


def test_no_check_is_silenced_without_a_code_and_a_reason():
    silent = [
        f"{name(path)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"#\s*(?:noqa(?!: [A-Z]+\d+)|type: ignore(?!\[))", line)
    ]
    assert silent == []


INLINE = {
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "an inline style sheet": re.compile(r"<style", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
    "code for the fragment library": re.compile(
        r"hx-on|hx-(?:vals|headers|vars)=['\"]js:|hx-trigger=\"[^\"]*\[", re.IGNORECASE
    ),
    "unescaped text": re.compile(r"\|safe\b|autoescape off"),
    "a script library that is not loaded": re.compile(r"data-bs-(?!theme)"),
}


@pytest.mark.parametrize("what", INLINE)
def test_no_template_holds(what):
    found = [
        name(path) for path in templates() if INLINE[what].search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_script_evaluates_text_or_writes_html():
    forbidden = re.compile(
        r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write"
    )
    assert [
        name(path) for path in scripts() if forbidden.search(path.read_text(encoding="utf-8"))
    ] == []


def test_no_sql_is_written_by_hand_outside_its_three_homes():
    """Analysis engines and SQLite's own options speak SQL; records are read by the ORM."""
    speaking = {
        name(path)
        for path in modules()
        for node in functions(path)
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"raw", "extra", "RawSQL"}
        and "objects" in ast.unparse(call.func)
    }
    assert speaking == set()
