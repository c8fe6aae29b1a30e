"""What each package exports on purpose, and the exception tree. A change here is meant."""

import importlib
import inspect
import re
from types import ModuleType

import pytest

from tools import errors

SURFACE = {
    "agent.engines.embedded": {"EmbeddedEngine", "EmbeddedOptions"},
    "agent.models": {
        "ModelFiles", "choose_adapter", "convert", "ensure", "fetch", "home", "shipped",
    },
    "agent.reply": {
        "LANGUAGES", "Claim", "Consent", "Language", "Planned", "Renderer", "Thing", "consent",
        "negotiate", "unbacked",
    },
    "agent.stores": {"ConversationStore", "Link", "MemoryStore", "SqlStore", "open_store"},
    "tools.executor": {
        "Api", "BreakerPolicy", "Executor", "ExecutorOptions", "RetryPolicy", "ToolSource",
    },
    "tools.gazetteer": {"Airport", "Carrier", "City", "Gazetteer", "Language", "Match"},
    "tools.openapi": {"Reading", "SkipReason", "SkippedOperation", "fetch_openapi", "read_openapi"},
}  # fmt: skip


@pytest.mark.parametrize("package", SURFACE)
def test_a_package_exports_these_names_and_each_is_there(package: str) -> None:
    module = importlib.import_module(package)
    assert set(module.__all__) == SURFACE[package]
    assert all(hasattr(module, name) for name in module.__all__)


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("agent.agent", {"Agent"}),
        ("agent.choice", {"Choice", "Tried", "choose"}),
        ("agent.clearance", {"Policy", "clear", "clear_act", "holds", "leaves", "schema_at",
                             "signature"}),
        ("agent.calls", {"Cleared", "ProposedCall", "Provenance", "Rejected", "Rejection"}),
        ("agent.engines.base", {"Completion", "Engine", "MeasuresPrompts", "Message", "Sampling"}),
        ("agent.prompt", {"decision_message", "rejection_message", "system_message",
                          "user_message"}),
        ("tools.outcome", {"Failure", "Success", "Unknown"}),
    ],
)  # fmt: skip
def test_a_seam_holds_these_functions_and_classes(module: str, names: set[str]) -> None:
    assert _defined(importlib.import_module(module)) == names


async def test_the_agent_can_be_asked_for_this() -> None:
    agent = importlib.import_module("agent.agent").Agent
    methods = {name for name, _ in inspect.getmembers(agent, callable) if name[0] != "_"}
    assert methods == {
        "start", "send", "decide", "events", "forget", "recover", "choose", "cut_off", "aclose",
    }  # fmt: skip


class TestErrors:
    def test_the_drawn_tree_is_the_tree_of_classes(self) -> None:
        drawn = dict(_drawn(errors.__doc__ or ""))
        classes = {
            name: one.__base__.__name__
            for name, one in inspect.getmembers(errors, inspect.isclass)
            if one is not errors.CallsignError
        }
        assert drawn == classes

    def test_every_error_hangs_under_the_root_and_says_what_it_means(self) -> None:
        for _, one in inspect.getmembers(errors, inspect.isclass):
            assert issubclass(one, errors.CallsignError)
            assert (one.__doc__ or "").endswith(".")


def _defined(module: ModuleType) -> set[str]:
    return {
        name
        for name, value in vars(module).items()
        if name[0] != "_"
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    }


def _drawn(text: str) -> list[tuple[str, str]]:
    """Pairs of a class and the class that it hangs under, as the drawing shows them."""
    path: list[str] = []
    pairs: list[tuple[str, str]] = []
    for line in text.splitlines():
        found = re.match(r"^([│├└─ ]*)([A-Z]\w+)", line)
        if found is None or line.endswith("here."):
            continue
        depth = len(found[1]) // 4
        path[depth:] = [found[2]]
        if depth:
            pairs.append((found[2], path[depth - 1]))
    return pairs
