"""A prepared query answers what the queryset it was made from answers, every time anew."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from opsloop.loop.models import Countermeasure
from opsloop.org.models import Department, Organisation, Person, RoleAssignment
from opsloop.org.permissions import Permission, Role
from opsloop.org.prepared import Prepared, Slot, attach
from opsloop.org.scoping import UnscopedRead

pytestmark = pytest.mark.django_db
NAMED = Prepared(
    lambda: Person.objects.filter(username=Slot("name", Person._meta.get_field("username")))
)
BELOW = Prepared(
    lambda: Department.objects.filter(parent=Slot("parent")).select_related("parent").order_by("id")
)


@pytest.fixture
def tree() -> list[Department]:
    top = Department.objects.create(name="Top", code="top")
    return [top, *(Department.objects.create(name=c, code=c, parent=top) for c in "ab")]


def test_it_finds_what_the_queryset_finds(tree: list[Department]) -> None:
    top, first, second = tree
    assert BELOW(parent=top.pk) == [first, second]
    assert BELOW(parent=first.pk) == []
    assert BELOW.first(parent=second.pk) is None
    assert BELOW.count(parent=top.pk) == 2


def test_a_joined_row_comes_with_its_own(tree: list[Department]) -> None:
    BELOW(parent=tree[0].pk)
    with CaptureQueriesContext(connection) as queries:
        assert [row.parent.name for row in BELOW(parent=tree[0].pk) if row.parent] == ["Top"] * 2
    assert len(queries) == 1


def test_values_are_bound_never_written_into_the_statement() -> None:
    Person.objects.create(username="o'x", name="O")
    assert [person.name for person in NAMED(name="o'x")] == ["O"]
    assert NAMED(name="' OR 1=1 --") == []


def test_values_come_back_in_the_types_of_their_fields() -> None:
    made = Person.objects.create(username="typed", name="T")
    again = NAMED(name="typed")[0]
    assert again.joined_at == made.joined_at
    assert again.is_active is True


def test_each_thread_writes_its_own_statement() -> None:
    """A connection belongs to the thread that opened it, and so does what was compiled for it."""
    Organisation.current()

    def read() -> Organisation:
        try:
            return Organisation.current()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(read).result().pk == Organisation.ONLY


def test_a_scoped_model_must_say_why_it_is_read_unscoped() -> None:
    hidden = Prepared(lambda: Countermeasure.objects.filter(pk=Slot("pk")))
    with pytest.raises(UnscopedRead):
        hidden(pk=1)


def test_a_role_given_or_taken_acts_at_the_next_read(
    tree: list[Department],
) -> None:
    person = Person.objects.create(username="p", name="P")

    def reads_costs() -> bool:
        return Person.objects.get(pk=person.pk).may(Permission.COST_VIEW, tree[1])

    assert not reads_costs()
    given = RoleAssignment.objects.create(
        person=person, role=Role.DEPARTMENT_HEAD, department=tree[0], granted_at=person.joined_at
    )
    assert reads_costs()
    given.delete()
    assert not reads_costs()


def test_attached_rows_answer_without_asking(tree: list[Department]) -> None:
    top, first, _second = tree
    attach(top, "children", [first])
    with CaptureQueriesContext(connection) as queries:
        assert list(top.children.all()) == [first]
    assert len(queries) == 0
