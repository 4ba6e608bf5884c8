"""The demo company with a million deviations; prints what the pages need to be asked for.

OPSLOOP_HOME=FOLDER OPSLOOP_DEMO=1 python -m benchmarks.fill_pages ROWS

On SQLite and, where OPSLOOP_DATABASE_URL says so, on PostgreSQL.
"""

import base64
import json
import os
import sys

EARLIER = {
    "sqlite": "datetime(raised_at, '-' || n || ' seconds')",
    "postgresql": "raised_at - n * interval '1 second'",
}

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsloop.config.settings")


def main(wanted: int) -> None:
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.core.serializers.json import DjangoJSONEncoder
    from django.db import connection

    from opsloop.demo.load import ensure
    from opsloop.loop.models import Deviation
    from opsloop.org import clock
    from opsloop.org.models import Person

    call_command("migrate", verbosity=0)
    ensure(clock.now())
    everything = Deviation.objects.unscoped("a benchmark reads everything")
    own = {"id", "dimension", "dimension_label", "raised_at", "severity"}
    names = [field.column for field in Deviation._meta.concrete_fields]
    taken = {
        "id": "(SELECT MAX(id) FROM loop_deviation) + n",
        "dimension": "dimension || '#' || n",
        "dimension_label": "dimension_label || ' ' || n",
        "raised_at": EARLIER[connection.vendor],
        "severity": "CASE n % 50 WHEN 0 THEN 'critical' WHEN 1 THEN 'major' ELSE 'minor' END",
    }
    assert own == set(taken)
    missing = wanted - everything.count()
    if missing > 0:
        template = everything.filter(state="pending_confirmation").order_by("id").first()
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
    person = Person.objects.get(username="yunying")
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    one = everything.order_by("-id").values_list("id", flat=True)[0]
    middle = everything.order_by("-raised_at", "-id").values_list("raised_at", "id")[wanted // 2]
    cursor = base64.urlsafe_b64encode(json.dumps(middle, cls=DjangoJSONEncoder).encode()).decode()
    asked = {"cookie": session.session_key, "one": one, "deep": f"/loop/deviations/?after={cursor}"}
    print(json.dumps(asked))


if __name__ == "__main__":
    main(int(sys.argv[1]))
