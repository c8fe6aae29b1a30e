# Two images. `cpu`, the default: the whole product with the embedded engine. `gpu`: a vLLM server
# that `cpu` talks to (see compose.yaml).

FROM python:3.12-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PATH=/opt/callsign/bin:$PATH
RUN groupadd --gid 10001 callsign \
    && useradd --uid 10001 --gid callsign --create-home --home-dir /data callsign


FROM base AS build
WORKDIR /src
RUN python -m venv /opt/callsign
# Dependencies are a layer of their own, so that a change of the code does not fetch them again.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; print(*p['dependencies'], *p['optional-dependencies']['postgres'], sep='\n')" > requirements.txt \
    && pip install --constraint constraints.txt --requirement requirements.txt
COPY README.md LICENSE ./
COPY tools tools
COPY agent agent
COPY training training
COPY service service
RUN pip install --no-deps .


FROM base AS gpu
# Triton compiles its kernels at run time.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/* \
    && python -m venv /opt/callsign \
    && pip install vllm==0.32.0
COPY agent/models/vllm_acts.py /opt/callsign/
USER callsign
WORKDIR /data
ENV HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=300s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/health', timeout=4)"]
# What `callsign model serve` starts, with a model that `callsign model merge` wrote.
ENTRYPOINT ["python", "-m", "vllm.entrypoints.openai.api_server", "--port", "8080", \
            "--enable-prefix-caching", "--enable-prompt-tokens-details", \
            "--structured-outputs-config", "{\"backend\": \"guidance\"}", \
            "--enable-auto-tool-choice", "--tool-call-parser", "callsign", \
            "--tool-parser-plugin", "/opt/callsign/vllm_acts.py"]
CMD ["--model", "/models/served", "--served-model-name", "callsign", "--max-model-len", "8192"]


FROM base AS cpu
COPY --from=build /opt/callsign /opt/callsign
USER callsign
WORKDIR /data
# Reachable from outside the container only with CALLSIGN_API_KEYS, or with a deliberate
# CALLSIGN_ALLOW_ANONYMOUS=true.
ENV CALLSIGN_HOME=/data \
    CALLSIGN_HOST=0.0.0.0 \
    CALLSIGN_DATABASE_URL=sqlite:////data/callsign.db \
    CALLSIGN_LOG_FORMAT=json
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=300s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["callsign"]
CMD ["serve"]
