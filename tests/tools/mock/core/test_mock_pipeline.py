"""What the pipeline does with bodies before anybody looks into them."""

from __future__ import annotations

import pytest
from fastapi import Request

from tools.mock.core.pipeline import read_body
from tools.mock.core.problems import Problem


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_error_of_ours() -> None:
    sent = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive() -> dict[str, object]:
        return next(sent, {"type": "http.disconnect"})

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(Problem, match="before the body did"):
        await read_body(request)
