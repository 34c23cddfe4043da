"""Meta's published vectors, and everything that must not pass for them."""

import pytest

from whatsapp.signature import is_signed, sign, signing_secret

SECRET = "test_app_secret"
BODY_A = b'{"object":"whatsapp_business_account","entry":[]}'
BODY_B = (
    rb'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":{"messages":'
    rb'[{"text":{"body":"ol\u00e1 \ud83d\ude00 http:\/\/x"}}]},"field":"messages"}]}]}'
)
DIGEST_A = "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"
DIGEST_B = "cb50f53bc785bc9df819cd740826959d33ee673568b2ebfb3b1cc18a15d99ce6"
RE_SERIALISED = [
    "93f54d24dfd529f51e55aff85ed2681910cc79d1c789edc5b061e7ac6d12ce98",
    "969c071e4739422e34d41db1c75047f2b1b63b947bb9e8c917528015f408fc08",
    "458a86f85fd1e32a12e4207a848b1ca34d0fbbeda8b4f509e664dd5917677d95",
]


@pytest.mark.parametrize(("body", "digest"), [(BODY_A, DIGEST_A), (BODY_B, DIGEST_B)])
def test_meta_signs_the_exact_bytes(body: bytes, digest: str) -> None:
    assert sign(body, SECRET) == digest
    assert is_signed(f"sha256={digest}", body, [SECRET])


@pytest.mark.parametrize("digest", RE_SERIALISED)
def test_a_digest_of_other_bytes_of_the_same_json_is_refused(digest: str) -> None:
    assert not is_signed(f"sha256={digest}", BODY_B, [SECRET])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        DIGEST_A,
        f"sha1={DIGEST_A}",
        f"SHA256={DIGEST_A}",
        f"sha256={DIGEST_A.upper()}",
        f"sha256={DIGEST_A} ",
        f"sha256={DIGEST_A}\n",
        f"sha256={DIGEST_A[:-1]}",
        f"sha256={'0' * 64}",
        "sha256=" + "é" * 64,
    ],
)
def test_another_header_is_refused(header: str | None) -> None:
    assert signing_secret(header, BODY_A, [SECRET]) is None


def test_which_secret_signed_is_told_while_rotating() -> None:
    header = f"sha256={DIGEST_A}"
    assert signing_secret(header, BODY_A, ["new", SECRET]) == 1
    assert signing_secret(header, BODY_A, [SECRET, SECRET]) == 0
    assert signing_secret(header, BODY_A, ["new", "newer"]) is None
    assert signing_secret(header, BODY_A, []) is None


def test_an_empty_secret_signs_nothing() -> None:
    assert not is_signed(f"sha256={sign(BODY_A, '')}", BODY_A, [""])
