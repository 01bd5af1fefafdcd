# syntax=docker/dockerfile:1
# One image for every service: `python -m shared.service NAME` says which one a container is.
# What installs stays in the first stage; the second holds Python, the locked packages and our code, and runs as nobody
# in particular on a root file system that may be read-only.

FROM python:3.11-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv --without-pip /packages
COPY requirements.lock .
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /packages/bin/python install --require-hashes --no-deps --no-compile --only-binary :all: \
        --requirement requirements.lock
COPY infra/__init__.py /code/infra/
COPY infra/kafka/__init__.py infra/kafka/topics.py /code/infra/kafka/
COPY infra/local/__init__.py infra/local/keys.py /code/infra/local/
COPY shared /code/shared
COPY services /code/services
# The root file system is read-only at run time: byte code is made now, and trusted without looking at the sources.
RUN /packages/bin/python -m compileall -q --invalidation-mode unchecked-hash /packages/lib /code

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin stem \
    && install --directory --owner stem --group stem --mode 700 /keys/signing \
    && install --directory --owner stem --group stem --mode 700 /keys/credentials \
    && install --directory --owner stem --group stem --mode 755 /keys/public
COPY --from=packages /packages /packages
COPY --from=packages /code /code
WORKDIR /code
ENV PATH=/packages/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000
USER stem
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=10s --start-period=600s --retries=4 \
    CMD ["python", "-I", "-S", "-c", "import os, socket, sys; asked = socket.create_connection(('127.0.0.1', int(os.environ['PORT'])), 3); asked.sendall(b'GET /health/ready HTTP/1.0\\r\\n\\r\\n'); sys.exit(b' 200 ' not in asked.recv(99))"]
ENTRYPOINT ["python", "-m", "shared.service"]
