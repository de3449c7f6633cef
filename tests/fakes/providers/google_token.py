"""Google's token endpoint, to which a service account proves its identity. https://google.aip.dev/auth/4112"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PATH = "/token"
TOKEN = "ya29.secret-0123456789"


def token_reply() -> dict[str, Any]:
    return {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}


def write_service_account(path: Path, root: str) -> None:
    """A file for GOOGLE_APPLICATION_CREDENTIALS, with a key of its own; ``root`` is the server's address."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": "a-project",
        "private_key_id": "k1",
        "private_key": pem,
        "client_email": "runner@a-project.iam.gserviceaccount.com",
        "token_uri": root + PATH,
    }
    path.write_text(json.dumps(account))
