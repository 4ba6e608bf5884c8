"""Redmine 5 as Debian ships it, over as many issues: what a company would run instead.

`benchmarks/install_redmine` installs it, for this comparison only. A copy is served by puma with two
workers on the private PostgreSQL, so nothing of an installed instance is touched.
"""

import contextlib
import http.client
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

SOURCE = Path("/usr/share/redmine")
GEMS = Path("/usr/share/rubygems-integration/all/specifications")
DATABASE = """production:
  adapter: postgresql
  database: redmine
  host: {host}
  username: bench
  encoding: utf8
  pool: 8
"""
# As many, as open and as grave as ours; a project, people, and the columns a list shows.
FILL = """
INSERT INTO projects (id, name, identifier, status, is_public, lft, rgt, created_on, updated_on)
  VALUES (1, 'Bench', 'bench', 1, true, 1, 2, now(), now());
INSERT INTO enabled_modules (project_id, name) VALUES (1, 'issue_tracking');
INSERT INTO projects_trackers SELECT 1, id FROM trackers;
INSERT INTO users (login, firstname, lastname, status, type, language, created_on, updated_on)
  SELECT 'p' || n, 'Person', n::text, 1, 'User', 'en', now(), now() FROM generate_series(1, 20) n;
UPDATE users SET must_change_passwd = false, language = 'en' WHERE login = 'admin';
INSERT INTO settings (name, value, updated_on) VALUES ('rest_api_enabled', '1', now());
INSERT INTO tokens (user_id, action, value, created_on, updated_on)
  SELECT id, 'api', %(key)s, now(), now() FROM users WHERE login = 'admin';
INSERT INTO issues (id, tracker_id, project_id, subject, description, status_id, priority_id,
    author_id, assigned_to_id, created_on, updated_on, root_id, lft, rgt, start_date)
  SELECT n, (SELECT min(id) FROM trackers), 1, 'Deviation of step ' || n, 'Measured above its base',
    (SELECT id FROM issue_statuses ORDER BY position LIMIT 1),
    (SELECT id FROM enumerations WHERE type = 'IssuePriority'
      AND name = CASE n %% 50 WHEN 0 THEN 'Urgent' WHEN 1 THEN 'High' ELSE 'Normal' END),
    (SELECT id FROM users WHERE login = 'p1'),
    (SELECT id FROM users WHERE login = 'p' || (n %% 20 + 1)),
    now() - n * interval '1 second', now() - n * interval '1 second', n, 1, 2, current_date
  FROM generate_series(1, %(rows)s) n;
SELECT setval('issues_id_seq', %(rows)s), setval('projects_id_seq', 1);
"""


def missing() -> str:
    """What keeps Redmine out of the run; empty when nothing does."""
    if not (SOURCE / "config.ru").exists() or not shutil.which("puma"):
        return "Redmine is not installed (benchmarks/install_redmine): its pages are not measured"
    return ""


class Redmine:
    """A copy of the installed program with a database of its own below `folder`."""

    def __init__(self, folder: Path, address: str) -> None:
        self.site = folder / "redmine"
        self.address = address
        self.key = secrets.token_hex(20)
        bundler = max(GEMS.glob("bundler-*.gemspec")).stem.removeprefix("bundler-")
        self.environment = {
            **os.environ, "BUNDLER_VERSION": bundler, "RAILS_ENV": "production",
            "REDMINE_INSTANCE": "bench", "REDMINE_LANG": "en", "SCHEMA": os.devnull,
            "BUNDLE_GEMFILE": str(self.site / "Gemfile"), "HOME": str(folder),
        }  # fmt: skip

    def prepare(self, rows: int) -> None:
        """Copy, migrate, load the default data, and fill the issues."""
        import psycopg

        shutil.rmtree(self.site, ignore_errors=True)
        left = shutil.ignore_patterns("instances", "Gemfile.lock", "database.yml")
        shutil.copytree(SOURCE, self.site, symlinks=True, ignore=left)
        own = self.site / "instances/bench"
        for name in ("config", "tmp", "log", "files"):
            (own / name).mkdir(parents=True)
        host = self.address.partition("host=")[2]
        (own / "config/database.yml").write_text(DATABASE.format(host=host))
        (own / "config/secret_key.txt").write_text(secrets.token_hex(64))
        gems = (SOURCE / "Gemfile").read_text().replace(str(SOURCE), str(self.site))
        (self.site / "Gemfile").write_text(f'{gems}\ngem "puma"\n')
        with psycopg.connect(self.address, autocommit=True) as server:
            server.execute("CREATE DATABASE redmine TEMPLATE template0 ENCODING 'UTF8'")
        for task in (("install", "--local"), ("exec", "rake", "db:migrate"),
                     ("exec", "rake", "redmine:load_default_data")):  # fmt: skip
            subprocess.run(["bundle", *task], cwd=self.site, env=self.environment, check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
        database = self.address.replace("/postgres?", "/redmine?")
        with psycopg.connect(
            database, autocommit=True, cursor_factory=psycopg.ClientCursor
        ) as filled:
            filled.execute(FILL, {"rows": rows, "key": self.key})
            filled.execute("VACUUM ANALYZE")

    @contextlib.contextmanager
    def served(self, port: int) -> Iterator[int]:
        """Puma with two workers of four threads; yields the process id of their parent."""
        command = ["bundle", "exec", "puma", "--workers", "2", "--threads", "4:4", "--preload",
                   "--bind", f"tcp://127.0.0.1:{port}", "--silent"]  # fmt: skip
        process = subprocess.Popen(command, cwd=self.site, env=self.environment,
                                   stdout=subprocess.DEVNULL)  # fmt: skip
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)

    def sign_in(self, port: int) -> tuple[str, str]:
        """The session cookie of the administrator (who needs no permission query) and a form token."""
        asked, cookie = _page(port, "GET", "/login", "")
        form = {"authenticity_token": token_of(asked), "username": "admin", "password": "admin"}
        _answer, cookie = _page(port, "POST", "/login", cookie, urlencode(form))
        page, later = _page(port, "GET", "/projects/bench/issues/new", cookie)
        return later or cookie, token_of(page)

    def priority(self, name: str) -> int:
        import psycopg

        with psycopg.connect(self.address.replace("/postgres?", "/redmine?")) as filled:
            asked = "SELECT id FROM enumerations WHERE type = 'IssuePriority' AND name = %s"
            found = filled.execute(asked, [name]).fetchone()
        assert found is not None
        return int(found[0])


def _page(port: int, method: str, path: str, cookie: str, body: str = "") -> tuple[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    given = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    text = answer.read().decode()
    if answer.status not in (200, 302):
        raise RuntimeError(f"Redmine {path}: {answer.status}")
    return text, given


def token_of(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    if found is None:
        raise RuntimeError("Redmine gave a page without a form token")
    return found[1]
