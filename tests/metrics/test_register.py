import pytest

from opsloop.metrics import register


def test_the_register_is_closed(settings):
    assert set(register.sources()) == {"test.return_rate", "test.cost"}
    with pytest.raises(register.UnknownSource):
        register.source("test.anything")


def test_a_key_names_one_source(settings):
    settings.METRIC_SOURCES = ["tests.metrics.sources", "tests.metrics.sources"]
    register.sources.cache_clear()
    with pytest.raises(ValueError, match=r"test\.return_rate"):
        register.sources()
