"""compose.yaml, the image and .env.example speak of commands and settings that exist."""

import re
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from helpdesk.cli import COMMANDS
from helpdesk.kernel.settings import Settings

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "helpdesk"}


def test_every_part_of_the_product_is_a_service() -> None:
    assert OURS.keys() == {"web", "worker", "scheduler", "mail-server", "migrate"}
    assert COMPOSE["services"].keys() - OURS.keys() == {"postgres", "valkey"}


@pytest.mark.parametrize("service", OURS.values(), ids=OURS.keys())
def test_a_service_runs_a_command_of_ours(service: dict[str, Any]) -> None:
    assert service["command"][0] in COMMANDS


def test_the_image_runs_a_command_of_ours() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")

    assert 'ENTRYPOINT ["helpdesk"]' in dockerfile
    assert re.findall(r'^CMD \["(.+)"\]', dockerfile, re.MULTILINE) == ["up"]


def test_the_commands_that_a_comment_tells_exist() -> None:
    told = re.findall(r"^# +docker compose run --rm web (\S+)", (ROOT / "compose.yaml").read_text(), re.MULTILINE)

    assert told
    assert set(told) <= COMMANDS.keys()


@pytest.mark.parametrize("file", ["compose.yaml", ".env.example", "Dockerfile"])
def test_every_variable_is_a_setting(file: str) -> None:
    named = set(re.findall(r"HELPDESK_([A-Z_]+)", (ROOT / file).read_text(encoding="utf-8")))

    assert named
    assert named <= {field.name.upper() for field in msgspec.structs.fields(Settings)}


def test_what_compose_asks_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    given = {line.partition("=")[0] for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()}

    assert asked <= given


def test_only_pages_and_mail_are_published_and_only_to_this_machine() -> None:
    ports = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}

    assert ports == {"web": ["127.0.0.1:8000:8000"], "mail-server": ["127.0.0.1:8025:8025"]}


def test_the_image_holds_every_package_that_the_wheel_does() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {word for line in dockerfile.splitlines() if line.startswith("COPY ") for word in shlex.split(line)[1:-1]}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert {"helpdesk", "knowledge_base", "sla", "piccolo_conf.py", "LICENSE", "README.md"} <= copied
    assert {f"!{name}" for name in copied if not name.startswith(("--", "/"))} <= set(ignored)
