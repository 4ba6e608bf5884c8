"""Small enough to be read in one sitting."""

import statistics

from tests.house.tree import functions, lines, modules, name, scripts, syntax, templates

# Their names say it: every room has them.
WIRING = {"apps", "urls", "views", "forms", "models", "admin"}


def length(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def ninth_decile(values):
    return statistics.quantiles(values, n=10)[-1]


def longer(paths, limit):
    return {name(path): length(path) for path in paths if length(path) > limit}


def test_no_module_is_longer_than_600_lines():
    assert longer(modules(), 600) == {}


def test_nine_modules_in_ten_have_at_most_300_lines():
    assert ninth_decile([length(path) for path in modules()]) <= 300


def test_no_function_is_longer_than_80_lines():
    long = {
        f"{name(path)}:{node.name}": lines(node)
        for path in modules()
        for node in functions(path)
        if lines(node) > 80
    }
    assert long == {}


def test_nine_functions_in_ten_have_at_most_30_lines():
    sizes = [lines(node) for path in modules() for node in functions(path)]
    assert ninth_decile(sizes) <= 30


def test_views_only_translate_between_http_and_one_call():
    long = {
        f"{name(path)}:{node.name}": lines(node)
        for path in modules()
        if path.name == "views.py"
        for node in functions(path)
        if lines(node) > 20
    }
    assert long == {}


def test_no_template_is_longer_than_300_lines():
    assert longer(templates(), 300) == {}


def test_no_page_script_is_longer_than_200_lines():
    assert longer(scripts(), 200) == {}


def test_every_module_with_functions_says_what_it_is_for():
    import ast

    silent = [
        name(path)
        for path in modules()
        if any(functions(path)) and path.stem not in WIRING and not ast.get_docstring(syntax(path))
    ]
    assert silent == []
