"""Architectures whose layers cache what this package reads from config.json.

Taken from the registry of vLLM 0.32 (`model_executor/models/registry.py`) and the models' own
files there: those that keep keys and values of every token or of a window, those of DeepSeek's
latent attention, and the ones with states that `cache_layers` knows. What is not listed, such as
models that share caches among layers, is planned with an upper bound.
"""

from __future__ import annotations

_PLAIN = """
ArceeForCausalLM BailingMoeForCausalLM BailingMoeV2ForCausalLM BloomForCausalLM ChatGLMModel
ChatGLMForConditionalGeneration CodeShellForCausalLM DbrxForCausalLM Ernie4_5ForCausalLM
Ernie4_5_MoeForCausalLM ExaoneForCausalLM FalconForCausalLM GemmaForCausalLM GlmForCausalLM
Glm4ForCausalLM Glm4MoeForCausalLM GPT2LMHeadModel GPTBigCodeForCausalLM GPTJForCausalLM
GPTNeoXForCausalLM GraniteForCausalLM GraniteMoeForCausalLM GraniteMoeSharedForCausalLM
HunYuanDenseV1ForCausalLM InternLM2ForCausalLM InternLM3ForCausalLM IQuestCoderForCausalLM
LlamaForCausalLM LLaMAForCausalLM MellumForCausalLM MiMoForCausalLM MiniCPMForCausalLM
MiniMaxM2ForCausalLM Ministral3ForCausalLM MistralForCausalLM MixtralForCausalLM MPTForCausalLM
NanbeigeForCausalLM NemotronForCausalLM OlmoForCausalLM Olmo2ForCausalLM OlmoeForCausalLM
OPTForCausalLM OrionForCausalLM PhiForCausalLM Phi3ForCausalLM PhiMoEForCausalLM
Qwen2ForCausalLM Qwen2MoeForCausalLM Qwen3ForCausalLM Qwen3MoeForCausalLM SeedOssForCausalLM
SmolLM3ForCausalLM SolarForCausalLM StableLmForCausalLM Starcoder2ForCausalLM
"""
_WINDOWED = """
ApertusForCausalLM CohereForCausalLM Cohere2ForCausalLM Exaone4ForCausalLM Gemma2ForCausalLM
Gemma3ForCausalLM Gemma3ForConditionalGeneration GptOssForCausalLM Llama4ForCausalLM
Llama4ForConditionalGeneration Olmo3ForCausalLM
"""
_LATENT = """
DeepseekV2ForCausalLM DeepseekV3ForCausalLM Glm4MoeLiteForCausalLM KimiVLForConditionalGeneration
"""
_WITH_STATES = """
GraniteMoeHybridForCausalLM Qwen3NextForCausalLM Qwen3_5ForCausalLM Qwen3_5MoeForCausalLM
Qwen3_5ForConditionalGeneration Qwen3_5MoeForConditionalGeneration
"""
_WITH_VISION = """
InternVLChatModel LlavaForConditionalGeneration LlavaNextForConditionalGeneration
Mistral3ForConditionalGeneration PaliGemmaForConditionalGeneration Phi3VForCausalLM
PixtralForConditionalGeneration Qwen2VLForConditionalGeneration Qwen2_5_VLForConditionalGeneration
Qwen3VLForConditionalGeneration Qwen3VLMoeForConditionalGeneration
"""

KNOWN_ARCHITECTURES = frozenset(
    f"{_PLAIN} {_WINDOWED} {_LATENT} {_WITH_STATES} {_WITH_VISION}".split()
)
"""Names as in a configuration's `architectures`."""
