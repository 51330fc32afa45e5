# distro as a user without rights; everything it writes is under /srv/distro/var.
FROM python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7 AS build
WORKDIR /build
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY distro ./distro
COPY templates ./templates
COPY subscribers ./subscribers
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /venv/bin/pip install --no-cache-dir hatchling \
 && /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /venv/bin/pip uninstall --yes hatchling

FROM python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7
RUN useradd --uid 10001 --create-home --home-dir /srv/distro distro \
 && mkdir -p /srv/distro/var && chown distro:distro /srv/distro/var
COPY --from=build /venv /venv
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER distro
WORKDIR /srv/distro
ENTRYPOINT ["distro"]
CMD ["--help"]
