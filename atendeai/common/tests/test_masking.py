"""What must not be in a log, in every way it is written; and what may stay."""

import pytest

from atendeai.common.masking import masked, masked_text


@pytest.mark.parametrize(
    "phone",
    [
        "5511987650001",
        "+5511987650001",
        "+55 11 98765-0001",
        "+55 (11) 98765-0001",
        "(11) 98765-0001",
        "11 98765-0001",
        "11987650001",
        "1133330001",
        "551187650001",
        "98765-0001",
        "987650001",
        "11.98765.0001",
        "55 11 98765 0001",
        "351912345678",
        "+1 555 123 4567",
    ],
)
@pytest.mark.parametrize("around", ["{}", "to {}.", "/patients/{}/", "'{}'", "phone={},", "tel-{}", "({})"])
def test_a_phone_in_any_form_is_masked(phone: str, around: str) -> None:
    text = masked_text(around.format(phone))
    assert "[phone]" in text
    assert not any(part in text for part in ("98765", "0001", "3333", "912345", "4567"))


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("Authorization: Bearer abc.def-123", "abc.def"),
        ("bearer EAAGm0PX4ZCpsBAKZB", "EAAGm0PX4ZCpsBAKZB"),
        ("sent with EAAGm0PX4ZCpsBAKZBx", "EAAGm0PX4ZCpsBAKZBx"),
        ("ya29.a0AfH6SMBx-y_z", "a0AfH6SMBx"),
        ("1//0gABCDEFGHIJKLM", "ABCDEFGHIJKLM"),
        ("GOCSPX-abcdefgh", "abcdefgh"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "eyJzdWIi"),
        ("gAAAAABlZ1234567890abcdefghijklmn==", "abcdefghijkl"),
        ('{"access_token": "xyzzy"}', "xyzzy"),
        ("{'client_secret': 'x y z'}", "y z"),
        ("WHATSAPP_APP_SECRET=xyzzy", "xyzzy"),
        ("password: xyzzy", "xyzzy"),
        ("GET /oauth/google/callback/?code=xyzzy&state=plugh", "xyzzy"),
        ("GET /oauth/google/callback/?state=1&code=xyzzy HTTP", "xyzzy"),
        ("https://graph.facebook.com/v24.0/1?fields=a&q=xyzzy failed", "xyzzy"),
        ("mail to dalva.souza@example.com.br now", "dalva"),
        ("wamid.HBgNNTUxMTk4NzY1MDAwMRUCABIYFDNBQ0E5", "NNTUxMTk4NzY1"),
        ("for BR.1502576394655843", "15025763"),
        ("for BR.ENT.1502576394655843", "15025763"),
        ('duplicate key\nDETAIL:  Key (name)=(Dalva) exists.\nCONTEXT: "x"', "Dalva"),
    ],
)
def test_secrets_and_people_are_masked(text: str, leak: str) -> None:
    assert leak in text
    assert leak not in masked_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23 15:52:10",
        "2026-11-23T15:52:10.123456+00:00",
        "took 0.12345678 s, 1234567 rows",
        "192.168.100.200",
        'File "/app/whatsapp/inbox.py", line 123, in store',
        "code 131056, HTTP 400",
        "Is it done? yes",
    ],
)
def test_what_nobody_minds_stays(text: str) -> None:
    assert masked_text(text) == text


def test_keys_decide_before_values() -> None:
    assert masked({"access_token": "x", "patient_phone": 1, "text": "oi", "n": 5}) == {
        "access_token": "[secret]",
        "patient_phone": "[secret]",
        "text": "[secret]",
        "n": 5,
    }
    assert masked("106540352242922", "phone_number_id") == "106540352242922"
    assert masked(5511987650001) == "[phone]"
    assert masked(["5511987650001", None, True, 1.5]) == ["[phone]", None, True, 1.5]


def test_long_texts_are_masked_in_reasonable_time() -> None:
    for piece in ("a", "1", "a_", "wamid.", "-", "(", "x@", "?a="):
        assert isinstance(masked_text(piece * 20_000), str)
