"""One settings file; the environment decides, the defaults are those of an embedded install."""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from opsloop.config import environment, sqlite

SQLITE_VERSION = sqlite.install()
SQLITE_IS_SAFE = SQLITE_VERSION >= sqlite.SAFE_WAL

PACKAGE = Path(__file__).resolve().parent.parent
# Everything the product writes lies below one folder: database, facts, uploads, secrets.
HOME = Path(environment.text("OPSLOOP_HOME", "var")).resolve()

DEBUG = environment.flag("OPSLOOP_DEBUG")
SECRET_KEY = environment.secret(HOME, "secret_key")
AUDIT_KEY = environment.secret(HOME, "audit_key")
ALLOWED_HOSTS = environment.words("OPSLOOP_HOSTS", "127.0.0.1 localhost [::1]")
CSRF_TRUSTED_ORIGINS = environment.words("OPSLOOP_ORIGINS")
DEMO = environment.flag("OPSLOOP_DEMO")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # Ours stand before the libraries whose templates they replace.
    "opsloop.ui",
    "opsloop.org",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "opsloop.audit",
    "opsloop.notify",
    "opsloop.jobs",
    "opsloop.datasets",
    "opsloop.sheets",
    "opsloop.metrics",
    "opsloop.loop",
    "opsloop.processes",
    "opsloop.costs",
    "opsloop.web",
    "opsloop.api",
    "opsloop.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "opsloop.ui.compression.PageCompression",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "opsloop.ui.middleware.IncidentMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "opsloop.ui.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "opsloop.api.middleware.ApiMiddleware",
    "opsloop.org.middleware.AccessMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "opsloop.config.urls"
WSGI_APPLICATION = "opsloop.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "opsloop.web.context.page",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "opsloop.ui.templatetags.ui",
            ],
        },
    }
]

DATABASES = {
    "default": environment.database(
        environment.text("OPSLOOP_DATABASE_URL"), HOME, sqlite.options(SQLITE_VERSION)
    )
}

AUTH_USER_MODEL = "org.Person"
AUTHENTICATION_BACKENDS = [
    # Axes stands first: a throttled attempt never reaches the password hasher.
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "opsloop.org.accounts.LongEnough",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# A demo company has people to choose from instead of passwords.
LOGIN_URL = "demo:personas" if DEMO else "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "opsloop.org.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "OpsLoop"
# Sessions are listed from sign-in on; a write for every page read would cost more than the page.
USERSESSIONS_TRACK_ACTIVITY = False
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "org/locked_out.html"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = environment.text("OPSLOOP_TIMEZONE", "Asia/Shanghai")
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# The wheel's own files serve as they are: an embedded install has no collect step to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
FACTS_ROOT = HOME / "facts"
# Answers computed from facts: may be deleted at any time, and are then computed again.
ANSWERS_ROOT = HOME / "answers"
UPLOADS_ROOT = HOME / "uploads"
# An upload streams to disk from the first byte and is dropped when it grows beyond the limit.
FILE_UPLOAD_HANDLERS = ["opsloop.datasets.uploads.LimitedUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
UPLOAD_LIMIT_BYTES = environment.number("OPSLOOP_UPLOAD_LIMIT_MB", 50) * 1024 * 1024
# One token of the HTTP interface may call this often; more is answered 429 with Retry-After.
API_CALLS_A_MINUTE = environment.number("OPSLOOP_API_CALLS_A_MINUTE", 600)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # ECharts and the grid set style attributes; no rule can be written through them.
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "report-uri": "/csp-report",
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = environment.flag("OPSLOOP_HTTPS")
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_FAILURE_VIEW = "opsloop.ui.errors.csrf_failure"

EMAIL_BACKEND = environment.text(
    "OPSLOOP_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend"
)
EMAIL_HOST = environment.text("OPSLOOP_EMAIL_HOST")
EMAIL_PORT = environment.number("OPSLOOP_EMAIL_PORT", 587)
EMAIL_HOST_USER = environment.text("OPSLOOP_EMAIL_USER")
EMAIL_HOST_PASSWORD = environment.text("OPSLOOP_EMAIL_PASSWORD")
EMAIL_USE_TLS = environment.flag("OPSLOOP_EMAIL_TLS", default=True)
DEFAULT_FROM_EMAIL = environment.text("OPSLOOP_EMAIL_FROM", "opsloop@localhost")
# Hosts the product itself may call (webhooks); a leading dot takes in what lies below. Those of the
# second list may lie inside the company: private addresses and plain http.
OUTBOUND_HOSTS = environment.words("OPSLOOP_OUTBOUND_HOSTS")
OUTBOUND_PRIVATE_HOSTS = environment.words("OPSLOOP_OUTBOUND_PRIVATE_HOSTS")
SITE_URL = environment.text("OPSLOOP_SITE_URL", "http://127.0.0.1:8000")

# The closed registers: what the product can measure, run in the background, and remind of.
# Explicit lists, read once at start; a sixth tool adds its line to each.
# The forms by their declaration, each with what finds its contradictions; and the modules of those
# that can be edited as grids (opsloop.sheets.register).
SHEET_FORMS = {
    "opsloop.processes.sheet.PROCESS_REVIEW": "opsloop.processes.remarks.check",
    "opsloop.projects.sheet.TASK_TRACKING": "opsloop.projects.remarks.check",
    "opsloop.costs.sheet.COST_ANALYSIS": "opsloop.costs.remarks.check",
    "opsloop.quality.sheet.SERVICE_INSPECTION": "opsloop.quality.remarks.check",
    "opsloop.kpis.sheet.KPI_MONITOR": "opsloop.kpis.remarks.check",
}
SHEET_SOURCES = ["opsloop.processes.grid", "opsloop.costs.grid"]
METRIC_SOURCES = ["opsloop.processes.metrics", "opsloop.costs.metrics"]
JOB_HANDLERS = {
    "check": "opsloop.datasets.work.check_import",
    "import": "opsloop.datasets.work.commit_import",
    "form_file": "opsloop.sheets.work.write_file",
    "study": "opsloop.processes.studying.study",
}
# What waits for a person outside the loop, for their desk.
DESK_SOURCES = ["opsloop.costs.collecting.desk_items"]
PERIODIC_TASKS = [
    "opsloop.datasets.inbox.scan",
    "opsloop.datasets.verification.sweep",
    "opsloop.processes.detection.detect_new",
    "opsloop.processes.studying.order_due",
    "opsloop.processes.reviews.create_due",
    "opsloop.costs.actions.keep",
    "opsloop.loop.actions.evaluate_due",
    "opsloop.loop.reminders.send_due",
    "opsloop.notify.actions.deliver_waiting",
    "opsloop.notify.webhooks.send_events",
    "opsloop.audit.actions.anchor_chain",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "opsloop.ui.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"axes": {"level": "WARNING"}},
}
