"""The audit trail: one chain, equal digests after reloading, and every kind of tampering shows."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import connection, transaction

from opsloop.audit.actions import anchor_chain, anchor_file, changes_between, digest_of, record
from opsloop.audit.models import Anchor, AppendOnly, AuditEvent, ChainHead
from opsloop.audit.queries import Filters, lines, verify_chain
from opsloop.org.models import Department, Person, names_masked
from opsloop.org.permissions import Role
from tests.org.conftest import give, person

BEIJING = timezone(timedelta(hours=8))
NOW = datetime(2024, 6, 5, 10, 0, 0, 123456, tzinfo=BEIJING)
TODAY = date(2024, 6, 5)


@pytest.fixture(autouse=True)
def _home(settings, tmp_path):
    settings.HOME = tmp_path


@pytest.fixture
def subject(db: None) -> Department:
    return Department.objects.create(name="销售部", code="sales")


def write(subject: Department, count: int = 1, **changes: object) -> AuditEvent:
    for number in range(count):
        line = record(
            by=None, now=NOW + timedelta(minutes=number), action="org.edit", subject=subject,
            changes=changes or {"n": [number, number + 1]},
        )  # fmt: skip
    return line


def tamper(sql: str, *values: int | str) -> None:
    """Somebody with the database password, going round the product."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_a_line_digests_the_same_after_reloading(subject):
    actor = person("wang")
    line = record(
        by=actor, now=NOW, action="org.edit", subject=subject, comment="评语\x00带零字节",
        changes={
            "rate": [0.1, 1e16], "money": Decimal("1234.50"), "on": TODAY, "at": NOW,
            "nested": {"列": [1, None, True]}, "text": "a\x00b",
        },
    )  # fmt: skip
    held = AuditEvent.objects.get(pk=line.pk)
    assert held.digest == digest_of(held)
    assert held.at.utcoffset() == timedelta(0)
    assert held.changes["money"] == "1234.50"
    assert held.department is None
    assert verify_chain().whole


def test_an_audit_line_needs_the_transaction_of_its_change(transactional_db):
    with pytest.raises(RuntimeError, match="transaction"):
        record(by=None, now=NOW, action="x.y", subject=Department(pk=1))
    with transaction.atomic():
        record(by=None, now=NOW, action="x.y", subject=Department(pk=1, name="x"))


def test_a_whole_chain_counts_its_lines(subject):
    write(subject, 5)
    status = verify_chain()
    assert (status.whole, status.length) == (True, 5)
    assert ChainHead.objects.get().length == 5


def test_an_empty_chain_is_whole(db):
    assert verify_chain().whole
    assert anchor_chain(NOW) is None


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE audit_auditevent SET comment = 'x' WHERE id = %s", "altered"),
        ("UPDATE audit_auditevent SET actor_id = %s", "altered"),
        ("DELETE FROM audit_auditevent WHERE id = %s", "gap"),
    ],
)
def test_a_changed_or_missing_line_shows(statement, reason, subject):
    person("wang")
    middle = write(subject, 2)
    write(subject, 2)
    target = Person.objects.get().pk if "actor" in statement else middle.pk
    tamper(statement, target)
    status = verify_chain()
    assert (status.whole, status.reason) == (False, reason)


def test_a_chain_cut_at_its_end_shows(subject):
    last = write(subject, 3)
    tamper("DELETE FROM audit_auditevent WHERE id = %s", last.pk)
    assert verify_chain().reason == "head"


def test_a_cut_hidden_in_the_database_still_misses_the_anchor(subject):
    """The tail and the head row are both rewritten; the anchor file outside remembers."""
    kept = write(subject, 2)
    last = write(subject)
    anchor_chain(NOW)
    assert anchor_chain(NOW) is None, "once a day"
    assert verify_chain().whole
    tamper("DELETE FROM audit_auditevent WHERE id = %s", last.pk)
    tamper("UPDATE audit_chainhead SET length = 2, digest = %s", kept.digest)
    tamper("DELETE FROM audit_anchor WHERE length = %s", 3)
    assert not Anchor.objects.exists()
    assert anchor_file().exists()
    assert verify_chain().reason == "anchor"


def test_lines_cannot_be_changed_through_the_product(subject):
    line = write(subject)
    with pytest.raises(AppendOnly):
        line.save()
    with pytest.raises(AppendOnly):
        line.delete()
    with pytest.raises(AppendOnly):
        AuditEvent.objects.update(comment="x")
    with pytest.raises(AppendOnly):
        AuditEvent.objects.all().delete()


def test_masking_names_on_display_does_not_blind_the_trail(db):
    wang = person("wang", name="王芳")
    token = names_masked.set(True)
    try:
        assert str(wang) == "*芳"
        line = record(by=None, now=NOW, action="org.edit", subject=wang)
    finally:
        names_masked.reset(token)
    assert line.subject_label == "王芳"


def test_only_the_auditor_reads_the_trail(subject):
    write(subject, 3)
    auditor = give(person("auditor"), Role.AUDITOR)
    admin = give(person("admin"), Role.SYSTEM_ADMIN)
    assert lines(auditor, Filters()).count() == 3
    assert lines(admin, Filters()).count() == 0
    assert AuditEvent.objects.about(subject).count() == 3


def test_the_trail_is_narrowed(subject):
    wang = person("wang")
    auditor = give(person("auditor"), Role.AUDITOR)
    write(subject, 2)
    record(by=wang, now=NOW + timedelta(days=1), action="loop.confirm", subject=wang)
    for filters, expected in (
        (Filters(actor="wang"), 1), (Filters(action="org.edit"), 2), (Filters(subject="销售"), 2),
        (Filters(first_on=date(2024, 6, 6)), 1), (Filters(last_on=TODAY), 2), (Filters(), 3),
    ):  # fmt: skip
        assert lines(auditor, filters).count() == expected, filters


def test_changes_are_fields_that_differ():
    assert changes_between({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == {
        "b": [2, 3],
        "c": [None, 4],
    }
    assert NOW.astimezone(UTC).hour == 2
