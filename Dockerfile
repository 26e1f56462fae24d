# 问数 in an image: `wenshu serve` as an ordinary user, all state in the volume /data.
#   docker build --tag wenshu .
#   docker run --publish 127.0.0.1:8080:8080 --volume wenshu_home:/data --env-file .env wenshu
# compose.yaml runs it beside a Chroma server.

FROM python:3.12-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore

# No pip in the environment itself.  The packages are a layer of their own, kept until the lock changes.
RUN python -m venv --without-pip /opt/wenshu
COPY requirements.lock /src/
RUN python -m pip --python /opt/wenshu/bin/python install --require-hashes --only-binary :all: -r /src/requirements.lock

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bot/ bot/
COPY knowledge/ knowledge/
COPY prompts/ prompts/
COPY seeds/ seeds/
RUN python -m pip --python /opt/wenshu/bin/python wheel --no-deps --no-build-isolation --wheel-dir /dist . \
 && python -m pip --python /opt/wenshu/bin/python install --no-deps /dist/wenshu-*.whl \
 && python -m pip --python /opt/wenshu/bin/python uninstall --yes hatchling


FROM python:3.12-slim

LABEL org.opencontainers.image.title="wenshu" \
      org.opencontainers.image.description="Answers questions about figures in Chinese articles, each with its sentence" \
      org.opencontainers.image.licenses="MIT"

# The id is fixed, so that a volume keeps its owner from one image to the next.
RUN groupadd --system --gid 10001 wenshu \
 && useradd --system --uid 10001 --gid wenshu --home-dir /data --no-create-home --shell /usr/sbin/nologin wenshu \
 && install --directory --owner wenshu --group wenshu --mode 0700 /data

COPY --from=build /opt/wenshu /opt/wenshu

ENV PATH=/opt/wenshu/bin:$PATH \
    HOME=/data \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WENSHU_HOME=/data \
    WENSHU_WEB_HOST=0.0.0.0

USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM

# Not urllib, which would ask a proxy named in the environment.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('WENSHU_WEB_PORT') or 8080), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]

ENTRYPOINT ["wenshu"]
CMD ["serve"]
