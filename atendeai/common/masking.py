"""What in a log line is personal or secret, and what stands there instead?

Promises: whatever looks like a telephone number, a business-scoped user id, an e-mail address, a token, a
secret, a query string or a row quoted by PostgreSQL is replaced. Rather too much than too little: a masked
count can be looked up elsewhere, a number in a log cannot be taken back. Dates and times stay readable.
"""

import re
from typing import Any

_HIDDEN = "[secret]"
_GUARDED_WORDS = (
    r"(?:access|refresh|id|verify|channel|csrf|bearer)[_-]?token|hub[._]verify_token|token|password|passwd|pwd"
    r"|client[_-]?secret|app[_-]?secret|secret(?:[_-]?key)?|api[_-]?key|authorization|cookie|set-cookie"
    r"|appsecret_proof|code_verifier|credentials_keys|signature"
)
_PERSONAL_WORDS = r"phone|phone_key|wa_id|match_key|recipient|recipient_id|email|body|text|patient_name|content"
_MASKED_KEY = re.compile(rf"(?:.*_)?(?:{_GUARDED_WORDS}|{_PERSONAL_WORDS})", re.IGNORECASE)
# Ids of ours and of the provider's objects: digits, but nobody's telephone.
_SAFE_KEYS = {"at", "level", "logger", "clinic_id", "correlation_id", "request_id"} | {
    "phone_number_id",
    "waba_id",
    "duration_ms",
}
_LEAST_PHONE = 10**9  # a number of ten digits: area and landline

# Country, area and two groups, with or without brackets and separators; no ISO date, no fraction.
_WRITTEN_PHONE = (
    r"(?<![\w.])(?!\d{4}-\d\d-\d\d|0\.\d)"
    r"\(?\+?(?:\d{1,3}\)?[ .-]?)?(?:\(?\d{2,3}\)?[ .-]?)?\d{4,5}[ .-]?\d{4}(?!\w)"
)

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # PostgreSQL quotes values of the row under DETAIL, names and texts among them.
    (re.compile(r"^(\s*DETAIL:).*$", re.MULTILINE), r"\1 [row]"),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=|-]+", re.IGNORECASE), rf"\1 {_HIDDEN}"),
    # A word for a secret with its value, as a query, JSON, a repr or a shell writes it.
    (
        re.compile(
            rf"\b((?:\w*_)?(?:{_GUARDED_WORDS}))(['\"]?\s*[:=]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s&,;'\"}})]+)",
            re.I,
        ),
        rf"\1\2{_HIDDEN}",
    ),
    # Tokens of Meta, of Google, JSON web tokens and Fernet keys, known by how they begin.
    (re.compile(r"\b(?:EAA[A-Za-z0-9]{16,}|ya29\.[\w.-]+|1//[\w-]{10,}|GOCSPX-[\w-]+)"), _HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), _HIDDEN),
    (re.compile(r"\bgAAAAA[\w-]{20,}={0,2}"), _HIDDEN),
    (re.compile(r"(?<=[\w/])\?[\w.%\[\]-]+=[^\s'\"<>)]*"), "?[query]"),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}"), "[email]"),
    # A wamid is base64 of, among others, the patient's number; its end is the message's own.
    (re.compile(r"\bwamid\.[A-Za-z0-9+/=_-]*?([A-Za-z0-9+/=_-]{0,10})(?![A-Za-z0-9+/=_-])"), r"wamid.…\1"),
    (re.compile(r"\b[A-Z]{2}\.(?:ENT\.)?(?=\w*\d)[0-9A-Za-z]{8,128}\b"), "[user]"),
    (re.compile(r"\+\d[\d ().-]{6,20}\d(?!\w)", re.ASCII), "[phone]"),
    (re.compile(_WRITTEN_PHONE, re.ASCII), "[phone]"),
    (re.compile(r"(?<![\w.])\+?\d{8,15}(?!\w)", re.ASCII), "[phone]"),
)


def masked(value: Any, key: str = "") -> Any:
    """The value as it may be logged; under a key that names a secret or a person nothing is left of it."""
    if key in _SAFE_KEYS or value is None or isinstance(value, bool):
        return value
    if _MASKED_KEY.fullmatch(key):
        return _HIDDEN
    if isinstance(value, dict):
        return {str(inner): masked(part, str(inner)) for inner, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(part) for part in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _LEAST_PHONE):
        return value
    return masked_text(str(value))


def masked_text(text: str) -> str:
    """The text with everything personal or secret in it replaced."""
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text
