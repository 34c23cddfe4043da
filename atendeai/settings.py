"""Every setting, from the environment only. One file, grouped; `ATENDEAI_ENV` sets defaults and nothing else."""

import os
import socket
from pathlib import Path
from typing import Any

import dj_database_url
import dj_email_url
import django_stubs_ext
from cryptography.fernet import Fernet
from django.urls import reverse_lazy
from prometheus_client import values as prometheus_values

from atendeai import env
from atendeai.common.logging import logging_config

django_stubs_ext.monkeypatch()  # before any model: TextField[str, str] and the like become writable

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Which environment -------------------------------------------------------------------------------------------
ATENDEAI_ENV = env.choice("ATENDEAI_ENV", "production", ("development", "staging", "production"))
IS_DEVELOPMENT = ATENDEAI_ENV == "development"
VAR_DIR = Path(env.text("ATENDEAI_VAR_DIR", str(BASE_DIR / "var")))
if env.find_text("ATENDEAI_CLOCK_FILE") and not IS_DEVELOPMENT:
    raise env.BadSetting("ATENDEAI_CLOCK_FILE", "the clock can be moved in development only")
TIMES_DIVIDED_BY = env.whole("ATENDEAI_TIMES_DIVIDED_BY", 1)
if TIMES_DIVIDED_BY != 1 and not IS_DEVELOPMENT:
    raise env.BadSetting(env.TIMES_DIVIDED_BY, "times can be divided in development only")

# --- Who answers, to whom ----------------------------------------------------------------------------------------
SECRET_KEY = env.text("DJANGO_SECRET_KEY")
DEBUG = False  # a traceback page would show patients' data; tracebacks are in the log
PUBLIC_BASE_URL = env.url("PUBLIC_BASE_URL", "http://127.0.0.1:8000" if IS_DEVELOPMENT else None)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "testserver"] if IS_DEVELOPMENT else None)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [PUBLIC_BASE_URL])
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
WEBHOOK_ALLOWED_NETWORKS = env.networks("WEBHOOK_ALLOWED_NETWORKS")
# mTLS ends at the proxy, which writes the verified subject into this header; only trusted proxies are believed.
WEBHOOK_CLIENT_CERT_HEADER = env.find_text("WEBHOOK_CLIENT_CERT_HEADER") or ""
WEBHOOK_CLIENT_CERT_NAME = env.text("WEBHOOK_CLIENT_CERT_NAME", "client.webhooks.fbclientcerts.com")
if WEBHOOK_CLIENT_CERT_HEADER and not TRUSTED_PROXIES:
    raise env.BadSetting("WEBHOOK_CLIENT_CERT_HEADER", "it needs TRUSTED_PROXIES: anybody else could write it")
METRICS_ALLOWED_NETWORKS = env.networks("METRICS_ALLOWED_NETWORKS", ["127.0.0.0/8", "::1/128"])
ROOT_URLCONF = "atendeai.urls"
WSGI_APPLICATION = "atendeai.wsgi.application"

IS_HTTPS = PUBLIC_BASE_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = False  # the proxy in front redirects; a loop is worse than a missing redirect
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # no SSL redirect of our own: see SECURE_SSL_REDIRECT
    "security.W021",  # preloading HSTS is the domain owner's decision
    "django_ratelimit.W001",  # our Redis cache counts right (tested), the check knows only others
]

# --- Applications ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "atendeai.portal",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_prometheus",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "clinics",
    "whatsapp",
    "calendar_sync",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "atendeai.request_log.RequestLogMiddleware",
    "atendeai.common.web_limit.WebLimit",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinics.rights.ActiveClinicMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "clinics.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

# --- PostgreSQL, Redis, mail -------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(env.text("DATABASE_URL"), engine="atendeai.common.postgres")
}
DATABASES["default"].update(
    # Persistent connections: measured five times the webhook throughput of one connection per request.
    CONN_MAX_AGE=None,
    CONN_HEALTH_CHECKS=True,
)
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
# A machine that is gone without a word holds its locks until the server misses it, and the other way round: 60 seconds,
# not the two hours of most systems.
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
DATABASES["default"]["OPTIONS"] = _KEEPALIVE | {
    "options": " ".join(f"-c tcp_{name}={value}" for name, value in _KEEPALIVE.items()),
    **DATABASES["default"]["OPTIONS"],
}
# The same few statements come again and again on connections that live long: planned once, not each time.
DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 5}
REDIS_URL = env.text("REDIS_URL")
REDIS_KEY_PREFIX = env.text("REDIS_KEY_PREFIX", "atendeai")
CACHES = {
    "default": {
        "BACKEND": "atendeai.common.redis_cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_KEY_PREFIX,
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.2},
    }
}
_email = dj_email_url.parse(env.text("EMAIL_URL", "file://" if IS_DEVELOPMENT else "console://"))
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _email["EMAIL_BACKEND"], _email["EMAIL_HOST"], _email["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"], _email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _email["EMAIL_USE_TLS"], _email["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 10
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "AtendeAí <nao-responda@localhost>")

# --- Language, time, static files --------------------------------------------------------------------------------
LANGUAGE_CODE = "pt-br"
LANGUAGES = [("pt-br", "Português")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "atendeai.formats"
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = None if IS_DEVELOPMENT else BASE_DIR / "staticfiles"
# Development serves without a collectstatic step, and looks for a file when it is asked for.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = IS_DEVELOPMENT
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IS_DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Secrets of the installation ---------------------------------------------------------------------------------
CREDENTIALS_KEYS = env.words("CREDENTIALS_KEYS")
try:
    _fernets = [Fernet(key) for key in CREDENTIALS_KEYS]
except ValueError:
    raise env.BadSetting("CREDENTIALS_KEYS", "each part should be a Fernet key: 32 bytes in URL-safe base64") from None

# --- Meta --------------------------------------------------------------------------------------------------------
WHATSAPP_APP_SECRETS = env.words("WHATSAPP_APP_SECRET")
WHATSAPP_VERIFY_TOKENS = env.words("WHATSAPP_VERIFY_TOKEN")
GRAPH_API_BASE_URL = env.url("GRAPH_API_BASE_URL", "https://graph.facebook.com")
GRAPH_API_VERSION = env.text("GRAPH_API_VERSION", "v25.0")
# Meta's payloads reach 3 MB; Django's own limit of 2.5 MB would answer 400 and start a retry storm.
WEBHOOK_MAX_BYTES = 3_145_728
DATA_UPLOAD_MAX_MEMORY_SIZE = WEBHOOK_MAX_BYTES + 1

# --- Google ------------------------------------------------------------------------------------------------------
GOOGLE_API_BASE_URL = env.url("GOOGLE_API_BASE_URL", "https://www.googleapis.com")
GOOGLE_OAUTH_AUTHORIZE_URL = env.url("GOOGLE_OAUTH_AUTHORIZE_URL", "https://accounts.google.com/o/oauth2/v2/auth")
GOOGLE_OAUTH_TOKEN_URL = env.url("GOOGLE_OAUTH_TOKEN_URL", "https://oauth2.googleapis.com/token")
GOOGLE_OAUTH_REVOKE_URL = env.url("GOOGLE_OAUTH_REVOKE_URL", "https://oauth2.googleapis.com/revoke")
GOOGLE_CLIENT_ID = env.find_text("GOOGLE_CLIENT_ID") or ""
GOOGLE_CLIENT_SECRET = env.find_text("GOOGLE_CLIENT_SECRET") or ""

# --- Limits ------------------------------------------------------------------------------------------------------
RATE_LIMIT_API = env.rate(
    "RATE_LIMIT_API", {"development": "100/m", "staging": "300/m", "production": "1000/m"}[ATENDEAI_ENV]
)
RATE_LIMIT_WEBHOOK_UNVERIFIED = env.rate("RATE_LIMIT_WEBHOOK_UNVERIFIED", "100/m")
RATE_LIMIT_WEBHOOK = env.rate("RATE_LIMIT_WEBHOOK", "60000/m")
RATE_LIMIT_GOOGLE_PUSH = env.rate("RATE_LIMIT_GOOGLE_PUSH", "6000/m")
RATE_LIMIT_LOGIN = env.rate("RATE_LIMIT_LOGIN", "20/m")

# --- Leases and waits, in seconds: call < soft limit < hard limit < lease < grace --------------------------------
STEP_HARD_LIMIT_SECONDS = env.seconds("STEP_HARD_LIMIT_SECONDS", 30)
SEND_CONNECT_SECONDS = env.seconds("SEND_CONNECT_SECONDS", 3)
SEND_READ_SECONDS = env.seconds("SEND_READ_SECONDS", 10)
SEND_HARD_LIMIT_SECONDS = env.seconds("SEND_HARD_LIMIT_SECONDS", 20)
SEND_LEASE_SECONDS = env.seconds("SEND_LEASE_SECONDS", 30)
SEND_GRACE_SECONDS = env.seconds("SEND_GRACE_SECONDS", 120)
SEND_HOLD_SECONDS = env.seconds("SEND_HOLD_SECONDS", 15)
# What one request of the portal or the API waits for providers in all: one try of one call.
WEB_CALLS_SECONDS = env.seconds("WEB_CALLS_SECONDS", 13)
CALENDAR_READ_SECONDS = env.seconds("CALENDAR_READ_SECONDS", 15)
CALENDAR_HARD_LIMIT_SECONDS = env.seconds("CALENDAR_HARD_LIMIT_SECONDS", 60)
CALENDAR_LEASE_SECONDS = env.seconds("CALENDAR_LEASE_SECONDS", 90)
CALENDAR_INLINE_SECONDS = env.seconds("CALENDAR_INLINE_SECONDS", 3)
CALENDAR_UNKNOWN_AFTER_SECONDS = env.seconds("CALENDAR_UNKNOWN_AFTER_SECONDS", 900)
MEDIA_READ_SECONDS = env.seconds("MEDIA_READ_SECONDS", 10)
MEDIA_SECONDS = env.seconds("MEDIA_SECONDS", 120)  # a whole file
MEDIA_HARD_LIMIT_SECONDS = env.seconds("MEDIA_HARD_LIMIT_SECONDS", 150)
MEDIA_LEASE_SECONDS = env.seconds("MEDIA_LEASE_SECONDS", 170)
# How often a linked calendar is looked at without being told (± half), and where nobody tells us (± a quarter).
CALENDAR_POLL_SECONDS = env.seconds("CALENDAR_POLL_SECONDS", 600)
CALENDAR_POLL_ALONE_SECONDS = env.seconds("CALENDAR_POLL_ALONE_SECONDS", 300)
CALENDAR_PULL_HARD_LIMIT_SECONDS = env.seconds("CALENDAR_PULL_HARD_LIMIT_SECONDS", 120)
CALENDAR_PULL_LEASE_SECONDS = env.seconds("CALENDAR_PULL_LEASE_SECONDS", 150)
RETRY_FIRST_SECONDS = env.seconds("RETRY_FIRST_SECONDS", 1)
RETRY_LONGEST_SECONDS = env.seconds("RETRY_LONGEST_SECONDS", 300)
# After so many failures in a row a provider is not called for so long; then one call tries. For each clinic.
CIRCUITS = {
    "whatsapp": (env.whole("CIRCUIT_WHATSAPP_FAILURES", 5), env.seconds("CIRCUIT_WHATSAPP_SECONDS", 30)),
    "google": (env.whole("CIRCUIT_GOOGLE_FAILURES", 3), env.seconds("CIRCUIT_GOOGLE_SECONDS", 60)),
}
# How often it is looked whether a circuit may be tried that nobody calls.
CIRCUIT_SWEEP_SECONDS = env.seconds("CIRCUIT_SWEEP_SECONDS", 2)
SWEEP_SECONDS = env.seconds("SWEEP_SECONDS", 1)
# A hint that waits in its queue is not given a second time; older than it lives, the sweep has hinted anew.
HINT_ONCE_SECONDS = env.seconds("HINT_ONCE_SECONDS", 10)
HINT_LIVES_SECONDS = env.seconds("HINT_LIVES_SECONDS", 30)
# After an error Redis is left alone for so long by what works without it too.
REDIS_REST_SECONDS = env.seconds("REDIS_REST_SECONDS", 5)
TOKEN_LEASE_SECONDS = env.seconds("TOKEN_LEASE_SECONDS", 30)
# How often it is asked which templates are to be compared with Meta, and who is to be reminded.
TEMPLATE_SWEEP_SECONDS = env.seconds("TEMPLATE_SWEEP_SECONDS", 5)
REMINDER_SWEEP_SECONDS = env.seconds("REMINDER_SWEEP_SECONDS", 20)
MAX_ATTEMPTS = env.whole("MAX_ATTEMPTS", 8)
# So many workers may be lost with one and the same row; then it is set aside.
MAX_LOST_WORKERS = env.whole("MAX_LOST_WORKERS", 3)

# --- How long finished work is kept, in days ------------------------------------------------------------------------
# Meta repeats a delivery for up to 7 days: what is known of it must live longer, or it would be worked twice.
KEEP_DELIVERIES_DAYS = env.whole("KEEP_DELIVERIES_DAYS", 40)
KEEP_CALENDAR_WRITES_DAYS = env.whole("KEEP_CALENDAR_WRITES_DAYS", 40)
# Longer than a year: last year's month can still be compared.
KEEP_CREDENTIAL_USES_DAYS = env.whole("KEEP_CREDENTIAL_USES_DAYS", 400)
if KEEP_DELIVERIES_DAYS < 8:
    raise env.BadSetting("KEEP_DELIVERIES_DAYS", "it should be at least 8: Meta repeats deliveries for 7 days")

# --- Files of the chats: outside the web root, in a folder or in a bucket -------------------------------------------
# Half of the four workers at most: a few slow downloads must not keep everybody from answering.
MEDIA_AT_ONCE = env.whole("MEDIA_AT_ONCE", 2)
# Where files are fetched from with a clinic's token, beside GRAPH_API_BASE_URL: nobody else gets it.
MEDIA_ALLOWED_HOSTS = env.host_names("MEDIA_ALLOWED_HOSTS", ["lookaside.fbsbx.com"])
MEDIA_FILES_DIR = env.text("MEDIA_FILES_DIR", str(VAR_DIR / "media"))
MEDIA_S3_BUCKET = env.find_text("MEDIA_S3_BUCKET") or ""
if MEDIA_S3_BUCKET:
    STORAGES["media"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": MEDIA_S3_BUCKET,
            "endpoint_url": env.find_text("MEDIA_S3_ENDPOINT"),
            "region_name": env.find_text("MEDIA_S3_REGION"),
            "location": env.text("MEDIA_S3_PREFIX", ""),
            "default_acl": None,
            "file_overwrite": True,  # the keys are random: asking first whether one is taken would cost a call
            "querystring_auth": True,
            # Read through a file on the disk above this size, never whole in memory.
            "max_memory_size": 1_048_576,
        },
    }

# --- Celery: the row is the work, a message is only a hint --------------------------------------------------------
# A worker that is asked to stop ends within this, a process manager kills after 30.
WORKER_STOP_SECONDS = env.seconds("WORKER_STOP_SECONDS", 25)
# Touched by a worker, or beat, for as long as it turns; its age is what a container's health check looks at.
WORKER_PULSE_FILE = env.find_text("WORKER_PULSE_FILE") or ""
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # a channel on Redis that nobody uses
# Without this Celery closes the database connection after every task, and opening one (a password check of thousands
# of hash rounds on both sides) was measured to cost more than the task itself.
CELERY_DB_REUSE_MAX = 10_000
CELERY_TASK_DEFAULT_QUEUE = "bulk"
CELERY_TASK_ROUTES = {
    "whatsapp.deliver": {"queue": "outbound"},
    # Best effort, behind everything that a chat itself waits for.
    "whatsapp.mark_read": {"queue": "reminders"},
    "whatsapp.show_typing": {"queue": "reminders"},
    "whatsapp.deliver_reminders": {"queue": "reminders"},
    "whatsapp.deliver_bulk": {"queue": "bulk"},
    "whatsapp.media": {"queue": "media"},
    "whatsapp.media_orphans": {"queue": "bulk"},
    # Years of old messages may come in at once: they wait for every patient who writes now.
    "whatsapp.notices": {"queue": "bulk"},
    # Half-hourly, and slow where Meta is.
    "whatsapp.check_numbers": {"queue": "bulk"},
    "whatsapp.sync_templates": {"queue": "bulk"},
    "whatsapp.remind": {"queue": "reminders"},
    "whatsapp.purge": {"queue": "bulk"},
    "calendar_sync.purge": {"queue": "bulk"},
    "whatsapp.*": {"queue": "inbound"},
    "calendar_sync.*": {"queue": "calendar"},
    "clinics.*": {"queue": "bulk"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest hard limit, else a slow task is started again while it still runs.
    "visibility_timeout": env.seconds("VISIBILITY_SECONDS", 180),
    # Queues in the order of `atendeai.celery.QUEUES`: an answer that is ready never waits behind new work.
    "queue_order_strategy": "priority",
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "global_keyprefix": f"{REDIS_KEY_PREFIX}:celery:",
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
}

# --- REST API ----------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["clinics.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "clinics.api.pagination.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "clinics.api.errors.answer",
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S%z",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AtendeAí API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        "MessageStateEnum": "whatsapp.models.MessageState",
        "FileStateEnum": "whatsapp.models.MediaState",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Logs and metrics --------------------------------------------------------------------------------------------
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(level=LOG_LEVEL, json=env.flag("LOG_JSON", default=True))
# Two lines for every task and one for every sweep would bury everything else.
for _chatty in ("celery.app.trace", "celery.worker.strategy", "celery.beat"):
    LOGGING["loggers"][_chatty] = {"level": "WARNING"}
PROMETHEUS_EXPORT_MIGRATIONS = False
PROMETHEUS_MULTIPROC_DIR = env.text("PROMETHEUS_MULTIPROC_DIR", str(VAR_DIR / "prometheus"))
Path(PROMETHEUS_MULTIPROC_DIR).mkdir(parents=True, exist_ok=True)
# Read by prometheus_client itself at its first import.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = PROMETHEUS_MULTIPROC_DIR
# Containers share the folder, and each numbers its processes from 1: two of one number would write into one file.
_HOST = socket.gethostname().replace("_", "-")
prometheus_values.ValueClass = prometheus_values.MultiProcessValue(lambda: f"{_HOST}-{os.getpid()}")  # type: ignore[no-untyped-call]

# --- The portal --------------------------------------------------------------------------------------------------
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "AtendeAí",
    "SITE_HEADER": "AtendeAí",
    "SITE_SUBHEADER": "atendeai.portal.navigation.clinic_name",
    "SITE_SYMBOL": "calendar_month",
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "atendeai.portal.today.dashboard",
    "SITE_DROPDOWN": "atendeai.portal.navigation.clinic_choices",
    "SIDEBAR": {"show_search": False, "navigation": "atendeai.portal.navigation.sidebar"},
    "STYLES": ["atendeai.portal.navigation.stylesheet"],
    "SCRIPTS": [
        "atendeai.portal.navigation.session_script",
        "atendeai.portal.navigation.chat_script",
        "atendeai.portal.navigation.script",
    ],
    "LOGIN": {"form": "atendeai.portal.login.LoginForm"},
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {  # teal: calm, and readable on white and on black
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(70.4% .14 182.503)",
            "600": "oklch(52% .095 184.0)",
            "700": "oklch(46% .085 186.391)",
            "800": "oklch(43.7% .078 188.216)",
            "900": "oklch(38.6% .063 188.416)",
            "950": "oklch(27.7% .046 192.524)",
        },
    },
}
