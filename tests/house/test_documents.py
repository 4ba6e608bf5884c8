"""What is written down is what stands."""

import re

import pytest
from babel.messages.pofile import read_po

from opsloop.cli.main import COMMANDS
from opsloop.facts import schema
from tests.house.tree import PACKAGE, ROOT, modules, rooms, syntax

DOCS = ROOT / "docs"


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def rows(text):
    """Cells of the body rows of the Markdown tables in a text."""
    for line in text.splitlines():
        if line.startswith("|") and not set(line) <= set("|-: "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_list_of_rooms_is_the_tree():
    listed = {cells[0].strip("`") for cells in rows(read("docs/rooms.md"))} - {"room"}
    assert listed == set(rooms())


def test_every_setting_is_documented_and_no_other():
    read_by_code = set()
    for path in modules():
        read_by_code |= set(re.findall(r"\"(OPSLOOP_[A-Z_]+)\"", path.read_text(encoding="utf-8")))
    # `environment.secret` builds these two names.
    read_by_code |= {"OPSLOOP_SECRET_KEY", "OPSLOOP_AUDIT_KEY"}
    documented = set(re.findall(r"^\| `(OPSLOOP_[A-Z_]+)`", read("docs/settings.md"), re.MULTILINE))
    assert documented == read_by_code


def test_every_command_is_documented():
    documented = set(re.findall(r"^## `opsloop ([a-z]+)", read("docs/commands.md"), re.MULTILINE))
    assert documented == set(COMMANDS)


def test_every_make_target_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    for page in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"\bmake ([a-z]+)\b", read(page)))
        assert named <= targets, page


def test_every_dependency_has_its_reason():
    reasons = read("docs/decisions/0002-dependencies.md")
    for file in ("runtime", "build", "dev"):
        for line in read(f"requirements/{file}.in").splitlines():
            found = re.match(r"([a-z][a-z0-9-]+)", line)
            if found:
                assert f"`{found[1]}`" in reasons, found[1]
    for package in re.findall(r"\"(@?[a-z/-]+)\": \"\d", read("frontend/package.json")):
        assert f"`{package}`" in reasons, package


def test_links_between_the_documents_lead_somewhere():
    broken = [
        f"{page.name} → {target}"
        for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def vocabulary():
    for cells in rows(read("docs/vocabulary.md")):
        if len(cells) >= 3 and cells[1].startswith("`"):
            yield cells[0].split(" / "), re.findall(r"`([^`]+)`", cells[1]), cells[2]


@pytest.fixture(scope="module")
def identifiers():
    """Every name and every short string (a choice, a column) in the code."""
    found = set()
    for path in modules():
        found |= set(re.findall(r"[A-Za-z_]\w*", path.read_text(encoding="utf-8")))
    return found | {path.stem for path in modules()} | set(rooms())


def test_every_identifier_of_the_vocabulary_is_used(identifiers):
    unused = [
        word for _terms, words, _label in vocabulary() for word in words if word not in identifiers
    ]
    assert unused == []


def test_the_page_says_the_term_of_the_vocabulary():
    with (PACKAGE / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as file:
        said = {
            message.id: message.string for message in read_po(file) if isinstance(message.id, str)
        }
    wrong = {
        label: (said[label], terms)
        for terms, _words, label in vocabulary()
        if label in said and said[label] not in terms
    }
    assert wrong == {}


DENIED = {
    "Measure": "Countermeasure",
    "Finding": "Deviation",
    "Anomaly": "Deviation",
    "Nonconformity": "Deviation",
    "Case": "Deviation",
    "Action": "Countermeasure",
    "Employee": "Person",
    "User": "Person",
}


def test_no_table_has_a_name_the_vocabulary_refuses():
    import ast

    refused = [
        f"{path.name}: {node.name} is called {DENIED[node.name]}"
        for path in modules()
        if path.stem == "models" or path.parent.name == "models"
        for node in syntax(path).body
        if isinstance(node, ast.ClassDef) and node.name in DENIED
    ]
    assert refused == []


@pytest.mark.parametrize("kind", ["event_log", "ledger", "budget"])
def test_every_fact_column_is_documented(kind):
    text = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS / "formats").glob("*.md"))
    missing = [
        column
        for column in [one.name for one in schema.schema_of(kind).columns]
        if f"`{column}`" not in text
    ]
    assert missing == []
