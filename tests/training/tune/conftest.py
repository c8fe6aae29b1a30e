from __future__ import annotations

from importlib.util import find_spec

import pytest

collect_ignore_glob: list[str] = []
if find_spec("torch") is None or find_spec("peft") is None:
    # A plain reason instead of an import error: these tests run with `make test-train`.
    collect_ignore_glob.append("test_*.py")


def pytest_report_header() -> list[str]:
    return ["training: not tested, PyTorch is not installed (make test-train)"] * bool(
        collect_ignore_glob
    )


# peft 0.21 still calls what transformers 5 renamed.
_OF_OTHERS = ("ignore:.*is_gradient_checkpointing:FutureWarning",)


def pytest_itemcollected(item: pytest.Item) -> None:
    for one in _OF_OTHERS:
        item.add_marker(pytest.mark.filterwarnings(one))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
