# The product as an image: web, workers and beat are the same one, started by different commands (deploy/compose.yaml).
# Nothing but packages of requirements.txt goes in, each by its hash; neither the simulator nor the development house does.

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
COPY requirements.txt requirements-dev.txt ./
RUN python -m venv /opt/venv
RUN /opt/venv/bin/pip install --require-hashes --only-binary=:all: -r requirements.txt
# Babel writes the texts that Django reads; it stays in this stage.
RUN sed -n '/^babel==/,/[^\\]$/p' requirements-dev.txt > babel.txt
RUN /opt/venv/bin/pip install --require-hashes --only-binary=:all: --target /opt/babel -r babel.txt
COPY . .
RUN PYTHONPATH=/opt/babel /opt/venv/bin/python -m dev.translations compile
# The settings want every required variable, whatever is asked of them; these values are good for nothing and stay nowhere.
RUN ATENDEAI_ENV=production ATENDEAI_VAR_DIR=/tmp/var DJANGO_SECRET_KEY=build PUBLIC_BASE_URL=https://build.invalid \
    ALLOWED_HOSTS=build.invalid DATABASE_URL=postgres://build.invalid/build REDIS_URL=redis://build.invalid \
    CREDENTIALS_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    WHATSAPP_APP_SECRET=build WHATSAPP_VERIFY_TOKEN=build \
    /opt/venv/bin/python manage.py collectstatic --noinput
RUN rm -r dev requirements.txt requirements-dev.txt babel.txt
RUN /opt/venv/bin/python -m compileall -q .

FROM python:3.11-slim-bookworm
# The folders that are volumes belong to the product; its code and its packages do not.
RUN groupadd --system --gid 10001 atendeai \
    && useradd --system --uid 10001 --gid atendeai --home-dir /var/lib/atendeai --no-create-home atendeai \
    && install -d -o atendeai -g atendeai -m 0700 \
       /var/lib/atendeai /var/lib/atendeai/files /var/lib/atendeai/metrics
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=atendeai.settings \
    ATENDEAI_ENV=production ATENDEAI_VAR_DIR=/var/lib/atendeai MEDIA_FILES_DIR=/var/lib/atendeai/files \
    PROMETHEUS_MULTIPROC_DIR=/var/lib/atendeai/metrics
USER 10001:10001
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--workers-kill-timeout", "20", "atendeai.wsgi:application"]
