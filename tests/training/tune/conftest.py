from __future__ import annotations

from importlib.util import find_spec

import pytest

HERE = all(find_spec(one) is not None for one in ("torch", "transformers", "peft"))
collect_ignore_glob = [] if HERE else ["test_[!i]*.py"]

# peft 0.21 still calls what transformers 5 renamed.
_OF_OTHERS = ("ignore:.*is_gradient_checkpointing:FutureWarning",)


def pytest_itemcollected(item: pytest.Item) -> None:
    for one in _OF_OTHERS:
        item.add_marker(pytest.mark.filterwarnings(one))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    if HERE:
        import torch  # noqa: PLC0415

        torch.set_num_threads(1)
