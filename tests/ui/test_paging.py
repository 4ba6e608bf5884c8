"""Keyset pages visit every row once, whatever the page size."""

import base64

import pytest
from django.http import Http404
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from opsloop.org.models import Department, Person
from opsloop.ui.paging import keyset_page


class TestPages(TestCase):
    @given(
        names=st.lists(st.sampled_from("甲乙丙丁"), max_size=9),
        size=st.integers(1, 4),
        order=st.sampled_from(["-id", "name", "-name"]),
    )
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_pages_together_are_the_ordered_rows(self, names, size, order):
        for number, name in enumerate(names):
            Department.objects.create(name=name, code=str(number))
        found, after, pages = [], None, 0
        while True:
            page = keyset_page(Department.objects.all(), after, order=order, size=size)
            found += [row.pk for row in page.rows]
            pages += 1
            if not page.next:
                break
            after = page.next
        tie = "-id" if order.startswith("-") else "id"
        assert found == list(Department.objects.order_by(order, tie).values_list("pk", flat=True))
        assert pages == max(1, -(-len(names) // size))


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", "eyJ9", "W10=", "WzEsICJhIl0=", "汉"])
def test_a_cursor_from_elsewhere_is_not_found(cursor):
    with pytest.raises(Http404):
        keyset_page(Department.objects.all(), cursor)


@pytest.mark.django_db
@pytest.mark.parametrize("order", ["id", "joined_at"])
def test_a_cursor_of_another_field_is_not_found(order):
    cursor = base64.urlsafe_b64encode(b'["no such value", 7]').decode()
    with pytest.raises(Http404):
        keyset_page(Person.objects.all(), cursor, order=order)
