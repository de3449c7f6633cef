"""Environment variables of the services: settings for all, provider keys for the runner only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

import assay

_SYSTEM_VARIABLES = ("PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV")
_SYSTEM_PREFIXES = ("LC_", "PYTHON", "OTEL_")
_MODEL_PREFIXES = (
    *(
        "HF_",
        "HUGGINGFACE_",
        "TRANSFORMERS_",
        "TORCH_",
        "PYTORCH_",
        "CUDA_",
        "NVIDIA_",
        "HIP_",
        "ROCR_",
        "OMP_",
        "MKL_",
    ),
    *("XDG_CACHE_HOME", "LD_LIBRARY_PATH", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)
_SECRETS = ("ASSAY_TOKEN", "ASSAY_DATABASE_URL", "ASSAY_NATS_PASSWORD", "ASSAY_MASTER_KEY")


def with_dotenv(environ: Mapping[str, str] | None = None, file: Path = Path(".env")) -> dict[str, str]:
    """The environment, completed by the file; the environment takes precedence."""
    from_file = {name: value for name, value in dotenv_values(file).items() if value is not None}
    return {**from_file, **(os.environ if environ is None else environ)}


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """System variables and Assay's settings, without keys and other secrets: safe for every process."""
    return {
        name: value
        for name, value in environ.items()
        if name in _SYSTEM_VARIABLES
        or name.startswith(_SYSTEM_PREFIXES)
        or (name.startswith("ASSAY_") and name not in _SECRETS and not name.endswith("_KEY"))
    }


def for_model_host(environ: Mapping[str, str]) -> dict[str, str]:
    """Also what the libraries of models read: caches, devices, proxies, and the login of the Hugging Face Hub."""
    of_models = {name: value for name, value in environ.items() if name.upper().startswith(_MODEL_PREFIXES)}
    return {**of_models, **without_secrets(environ)}


def for_runner(environ: Mapping[str, str]) -> dict[str, str]:
    """Everything except Assay's own secrets: the runner needs provider keys to call models."""
    return {name: value for name, value in environ.items() if name not in _SECRETS}


def checkout() -> Path:
    return Path(assay.__file__).parents[1]


def catalog_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("ASSAY_CATALOG") or checkout() / "catalog").absolute()


def web_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("ASSAY_WEB") or checkout() / "web" / "dist").absolute()
