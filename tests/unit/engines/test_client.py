"""The engine client; its requests are exercised in test_process."""

import pytest

from aicockpit.engines import EngineClient, EngineLoad
from aicockpit.engines.client import parse_load
from aicockpit.errors import UpstreamError

METRICS = """# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="coder"} 3.0
vllm:num_requests_running{engine="1",model_name="coder"} 1.0
vllm:num_requests_waiting{engine="0",model_name="coder"} 2.0
vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 2.0
vllm:kv_cache_usage_perc{engine="0",model_name="coder"} 0.25
python_gc_objects_collected_total{generation="0"} 1.0
"""


def test_the_load_is_summed_over_replicas() -> None:
    assert parse_load(METRICS) == EngineLoad(running=4, waiting=2, kv_cache_usage=0.25)
    assert parse_load("") == EngineLoad(0, 0, 0.0)


@pytest.mark.anyio
async def test_an_engine_that_is_gone_is_not_serving() -> None:
    async with EngineClient("http://127.0.0.1:9", "key") as client:
        assert not await client.serves("coder")
        with pytest.raises(UpstreamError, match="did not answer /metrics"):
            await client.load()
