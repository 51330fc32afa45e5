# distro as a user without rights; everything it writes is under /srv/distro/var.
FROM python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7 AS build
WORKDIR /build
COPY requirements.lock requirements-build.lock pyproject.toml README.md LICENSE ./
COPY distro ./distro
COPY templates ./templates
COPY subscribers ./subscribers
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && python -m venv /tools \
 && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock \
 && /tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --no-index -w /dist . \
 && /venv/bin/pip install --no-cache-dir --no-deps --no-index /dist/*.whl

FROM python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7
RUN useradd --uid 10001 --create-home --home-dir /srv/distro distro \
 && mkdir -p /srv/distro/var && chown distro:distro /srv/distro/var
COPY --from=build /venv /venv
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER distro
WORKDIR /srv/distro
# Worker, sweep and pages each say every five seconds that they live.
HEALTHCHECK --interval=20s --timeout=10s --start-period=40s CMD ["python", "-m", "distro.admin.health_check"]
ENTRYPOINT ["distro"]
CMD ["--help"]
