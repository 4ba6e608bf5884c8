"""The demo company with a million deviations; prints what the pages need to be asked for.

OPSLOOP_HOME=FOLDER OPSLOOP_DEMO=1 python -m benchmarks.fill_pages ROWS

On SQLite and, where OPSLOOP_DATABASE_URL says so, on PostgreSQL.
"""

import base64
import json
import os
import sys
from typing import Any

EARLIER = {
    "sqlite": "datetime(raised_at, '-' || n || ' seconds')",
    "postgresql": "raised_at - n * interval '1 second'",
}

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsloop.config.settings")


def main(wanted: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from opsloop.demo.load import ensure
    from opsloop.loop.models import Deviation
    from opsloop.org import clock

    call_command("migrate", verbosity=0)
    ensure(clock.now())
    everything = Deviation.objects.unscoped("a benchmark reads everything")
    fill(wanted - everything.count())
    print(json.dumps(asked_for(wanted)))


def fill(missing: int) -> None:
    """Copies of one deviation that waits for confirmation, until as many as wanted are there."""
    from django.db import connection

    from opsloop.loop.models import Deviation

    own = {"id", "dimension", "dimension_label", "raised_at", "severity"}
    names = [field.column for field in Deviation._meta.concrete_fields if field.column]
    taken = {
        "id": "(SELECT MAX(id) FROM loop_deviation) + n",
        "dimension": "dimension || '#' || n",
        "dimension_label": "dimension_label || ' ' || n",
        "raised_at": EARLIER[connection.vendor],
        "severity": "CASE n % 50 WHEN 0 THEN 'critical' WHEN 1 THEN 'major' ELSE 'minor' END",
    }
    assert own == set(taken)
    if missing <= 0:
        return
    waiting = Deviation.objects.unscoped("a benchmark reads everything").order_by("id")
    template = waiting.filter(state="pending_confirmation").first()
    assert template is not None
    chosen = ", ".join(taken.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter"
            f" WHERE n < {missing}) INSERT INTO loop_deviation ({columns})"
            f" SELECT {chosen} FROM loop_deviation, counter WHERE id = {template.pk}"
        )
        cursor.execute("ANALYZE")


def asked_for(wanted: int) -> dict[str, Any]:
    """A session, a token, and the addresses: the newest copy, a cursor half-way, rows untouched yet."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.serializers.json import DjangoJSONEncoder
    from django.db.models import Q

    from opsloop.api.actions import create_token
    from opsloop.api.models import TokenScope
    from opsloop.loop.models import Deviation
    from opsloop.org import clock
    from opsloop.org.models import Person

    everything = Deviation.objects.unscoped("a benchmark reads everything")
    person = Person.objects.get(username="yunying")
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    _token, secret = create_token(
        name="benchmark", scope=TokenScope.WRITE, days=1, by=person, now=clock.now()
    )
    one = everything.order_by("-id")[0]
    middle = everything.order_by("-raised_at", "-id").values_list("raised_at", "id")[wanted // 2]
    cursor = base64.urlsafe_b64encode(json.dumps(middle, cls=DjangoJSONEncoder).encode()).decode()
    # Every run writes below the rows that earlier runs wrote to.
    copies = everything.filter(pk__gt=one.pk - wanted // 4)
    touched = (
        copies.filter(Q(causes__isnull=False) | Q(version__gt=one.version))
        .order_by("id")
        .values_list("id", flat=True)
    )
    return {
        "cookie": session.session_key, "token": secret, "person": person.pk, "one": one.pk,
        "version": one.version,
        "deep": f"/loop/deviations/?after={cursor}",
        "spare": min([*touched[:1], one.pk]) - 1,
        "category": "price" if one.tool == "costs" else "method",
    }  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
