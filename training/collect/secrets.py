"""What must not get from recorded traffic and live answers into a dataset: secrets by their names
and their looks. Personal data is for the one who records: use a test account.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from agent.json_values import is_array, is_object
from tools.words import words

_NAMES = frozenset({
    "token", "tokens", "secret", "secrets", "password", "passwd", "pwd", "passphrase", "passcode",
    "apikey", "authorization", "auth", "credential", "credentials", "signature", "sig", "session",
    "sessionid", "cookie", "cookies", "jwt", "csrf", "xsrf", "otp", "bearer", "oauth",
})  # fmt: skip
_KEYS = frozenset({
    "api", "access", "private", "secret", "client", "subscription", "app", "master", "encryption",
    "ssh", "signing", "account", "storage",
})  # fmt: skip
_PAGING = frozenset({"page", "next", "previous", "continuation", "sync", "cursor", "pagination"})
_WORD = r"[A-Z]?[a-z-]{1,15}[.,;:!?)]*(?:\s|$)"
_LOOKS = re.compile(
    r"(?:Bearer|Basic|Token)\s(?!" + _WORD + r")\S{6,}"
    r"|eyJ[\w-]{8,}\.[\w-]{4,}"
    r"|\b(?:sk|pk|rk|ghp|gho|ghs|glpat|xox[abprs])[-_][\w-]{12,}"
    r"|\b(?:AKIA|AIza)[\w-]{12,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


def is_secret(name: str) -> bool:
    """Whether a header, parameter or member is called as secrets are; page tokens are none."""
    parts = words(name)
    if not _PAGING.isdisjoint(parts):
        return False
    keyed = any(one in _KEYS and two in ("key", "keys") for one, two in pairwise(parts))
    return keyed or not _NAMES.isdisjoint(parts)


def looks_secret(value: object) -> bool:
    """Whether a value looks like a token of a common kind, whatever it is called."""
    return isinstance(value, str) and _LOOKS.search(value) is not None


def scrubbed(value: Any) -> Any:
    """A JSON value without members that are called, or look, like secrets."""
    if is_array(value):
        return [scrubbed(one) for one in value if not looks_secret(one)]
    if not is_object(value):
        return value
    return {
        name: scrubbed(one)
        for name, one in value.items()
        if not is_secret(name) and not looks_secret(one)
    }
