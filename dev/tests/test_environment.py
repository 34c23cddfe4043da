from pathlib import Path

from dev.environment import (
    Addresses,
    given_address,
    program_environment,
    run_values,
    sandbox_environment,
    without_proxy,
)

ADDRESSES = Addresses("127.0.0.1", 9000, 9001, "postgres://db", "redis://r")
VAR = Path("/clone/var")


def test_providers_point_at_the_simulator() -> None:
    values = run_values(ADDRESSES, VAR, {})
    assert values["GRAPH_API_BASE_URL"] == values["GOOGLE_API_BASE_URL"] == "http://127.0.0.1:9001"
    assert values["GOOGLE_OAUTH_AUTHORIZE_URL"] == "http://127.0.0.1:9001/o/oauth2/v2/auth"
    assert values["GOOGLE_OAUTH_TOKEN_URL"] == "http://127.0.0.1:9001/token"
    assert values["GOOGLE_OAUTH_REVOKE_URL"] == "http://127.0.0.1:9001/revoke"
    assert values["PUBLIC_BASE_URL"] == "http://127.0.0.1:9000"


def test_what_is_given_wins_also_as_a_mounted_file() -> None:
    values = run_values(
        ADDRESSES, VAR, {"GRAPH_API_BASE_URL": "https://meta.example", "ALLOWED_HOSTS_FILE": "/run/hosts"}
    )
    assert values["GRAPH_API_BASE_URL"] == "https://meta.example"
    assert "ALLOWED_HOSTS" not in values


def test_the_clock_moves_in_development_only() -> None:
    assert run_values(ADDRESSES, VAR, {})["ATENDEAI_CLOCK_FILE"] == "/clone/var/clock"
    assert "ATENDEAI_CLOCK_FILE" not in run_values(ADDRESSES, VAR, {"ATENDEAI_ENV": "staging"})


def test_listening_everywhere_is_reached_by_loopback() -> None:
    addresses = Addresses("0.0.0.0", 9000, 9001, "", "")  # noqa: S104
    assert addresses.web_url == "http://127.0.0.1:9000"
    assert Addresses("::1", 9000, 9001, "", "").web_url == "http://[::1]:9000"


def test_the_simulator_knows_the_first_secret_while_rotating() -> None:
    environ = {"WHATSAPP_APP_SECRET": "new,old", "WHATSAPP_VERIFY_TOKEN": "v", "GOOGLE_CLIENT_ID": "g"}
    told = sandbox_environment(environ, ADDRESSES, VAR)
    assert (told["SANDBOX_APP_SECRET"], told["SANDBOX_VERIFY_TOKEN"]) == ("new", "v")
    assert told["SANDBOX_WEBHOOK_BASE"] == "http://127.0.0.1:9000"


def test_a_companys_proxy_is_not_asked_for_this_machine() -> None:
    assert without_proxy({"NO_PROXY": "corp.example"})["no_proxy"] == "corp.example,127.0.0.1,localhost"


def test_an_address_may_lie_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text("postgres://from-file\n")
    assert given_address({"DATABASE_URL_FILE": str(path)}, "DATABASE_URL") == "postgres://from-file"


def test_programs_keep_their_byte_code() -> None:
    given = {"PYTHONDONTWRITEBYTECODE": "1", "DATABASE_URL_FILE": "/run/url", "LANG": "C.UTF-8"}
    environ = program_environment({}, given, Path("/home/x"))
    assert {"PYTHONDONTWRITEBYTECODE", "DATABASE_URL_FILE"} & set(environ) == set()
    assert environ["LANG"] == "C.UTF-8"
