"""The page speaks through one catalogue: English in the code, Chinese in the catalogue, none missing."""

import ast
import re
import shutil
import subprocess
import sys
import tokenize

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from tests.house.tree import CJK, PACKAGE, modules, name, syntax, templates

CATALOGUE = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def literals(path):
    """String literals that are no docstring; an attribute's docstring is one too."""
    tree = syntax(path)
    spared = {id(node) for node in docstrings(tree)}
    spared |= {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in spared
        ):
            yield node


def test_no_chinese_literal_in_the_code():
    # The product's own name is spoken as it is.
    found = [
        f"{name(path)}:{node.lineno} {node.value[:30]}"
        for path in modules()
        for node in literals(path)
        if CJK.search(node.value)
    ]
    assert found == []


def test_no_chinese_text_in_a_template():
    found = [
        f"{name(path)}:{number}"
        for path in templates()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if CJK.search(line.split("{#")[0])
    ]
    assert found == []


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """Every message the code and the templates use, extracted anew."""
    assert shutil.which("xgettext"), "gettext is missing: apt-get install gettext"
    copy = tmp_path_factory.mktemp("messages") / "opsloop"
    shutil.copytree(
        PACKAGE, copy, ignore=shutil.ignore_patterns("static", "*.mo", "*.po", "__pycache__")
    )
    (copy / "locale").mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-location"],
        cwd=copy, check=True, capture_output=True,
    )  # fmt: skip
    with (copy / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as file:
        return {(message.id, message.context) for message in read_po(file) if message.id}


@pytest.fixture(scope="module")
def catalogue():
    with CATALOGUE.open("rb") as file:
        return {(message.id, message.context): message for message in read_po(file) if message.id}


def test_every_message_has_its_chinese(used, catalogue):
    def is_said(key):
        message = catalogue.get(key)
        if message is None:
            return False
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        return all(texts) and not message.fuzzy

    assert sorted(str(key[0]) for key in used if not is_said(key)) == []


def test_the_catalogue_holds_nothing_that_is_not_said(used, catalogue):
    assert sorted(str(key[0]) for key in catalogue.keys() - used) == []


def test_no_translation_lost_a_placeholder(catalogue):
    holes = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
    wrong = [
        text
        for (text, _context), message in catalogue.items()
        for said in (message.string if isinstance(message.string, tuple) else (message.string,))
        if set(holes.findall(text[-1] if isinstance(text, tuple) else text))
        != set(holes.findall(said))
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_the_written_one():
    """Chinese is the default language, so an uncompiled catalogue would show English."""
    from django.utils import translation

    with translation.override("zh-hans"):
        assert translation.gettext("Deviations") == "偏差"
    assert settings.LANGUAGE_CODE == "zh-hans"


def test_every_source_file_is_utf8_without_tabs_for_indentation():
    for path in modules():
        with tokenize.open(path) as file:
            assert "\t" not in file.read(), name(path)
