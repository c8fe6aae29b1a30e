"""Every setting of the service: flags win over the environment, the environment over `.env`."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from agent.engines.base import Mode

EngineName = Literal["embedded", "openai", "scripted"]


class Settings(BaseSettings):
    """Settings, each also an environment variable ``CALLSIGN_<NAME>``.

    Lists are written with commas. Without `api_keys` everybody who reaches the port may use the
    service, which is why it then binds to loopback only, unless `allow_anonymous` says otherwise.
    """

    model_config = SettingsConfigDict(
        env_prefix="CALLSIGN_", env_file=".env", extra="ignore", frozen=True
    )

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    engine: EngineName = "embedded"
    engine_url: str | None = None
    engine_key: SecretStr | None = None
    model: str | None = None
    adapter: str | None = Field(
        None, description="A folder, `shipped` or `none`; None: the shipped one, on its own base."
    )
    script: Path | None = None
    mode: Mode = "grounded"
    demonstrations: bool | None = Field(
        None, description="Examples in the prompt; None: for an embedded model without training."
    )
    flights_url: str | None = None
    flights_port: int = Field(8001, ge=1, le=65535)
    hotels_url: str | None = None
    hotels_port: int = Field(8002, ge=1, le=65535)
    database_url: str = "sqlite:///.var/callsign.db"

    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    allow_anonymous: bool = False
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Names beside this machine's own that requests may be sent to, without keys.",
    )
    rate_limit: int = Field(0, ge=0, description="Requests a minute for each key; 0 is no limit.")
    max_body_bytes: int = Field(1_048_576, ge=1024)
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()

    keep_alive_seconds: float = Field(15.0, gt=0)
    shutdown_seconds: float = Field(20.0, ge=0)
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("api_keys", "allowed_hosts", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def hosts(self) -> frozenset[str] | None:
        """The names to answer to where nothing but the loopback address protects; None: any."""
        if self.api_keys or self.allow_anonymous or not is_loopback(self.host):
            return None
        return frozenset(name.lower() for name in (self.host, *self.allowed_hosts))

    @property
    def anonymous_is_safe(self) -> bool:
        """Whether nobody but this machine, or somebody with a key, can reach the service."""
        return bool(self.api_keys) or self.allow_anonymous or is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host to bind to is reached from this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
