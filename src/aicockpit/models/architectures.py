"""What is known of architectures and families by their names.

Architectures whose layers cache what this package reads from config.json are taken from the
registry of vLLM 0.32 (`model_executor/models/registry.py`) and the models' own files there: those
that keep keys and values of every token or of a window, those of DeepSeek's latent attention, and
the ones with states that `cache_layers` knows. What is not listed, such as models that share caches
among layers, is planned with an upper bound.
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
_TIED = """
bloom cohere cohere2 cohere2_moe ernie4_5 ernie4_5_moe falcon falcon_mamba gemma gemma2 gemma3
gemma3_text gemma3n gemma3n_text gemma4 gemma4_text gpt2 gpt_bigcode gpt_neo granite_swa jetmoe lfm2
lfm2_moe mamba minicpm3 mpt opt recurrent_gemma smollm3 starcoder2 vaultgemma xglm zamba zamba2
"""

KNOWN_ARCHITECTURES = frozenset(
    f"{_PLAIN} {_WINDOWED} {_LATENT} {_WITH_STATES} {_WITH_VISION}".split()
)
"""Names as in a configuration's `architectures`."""

TIED_FAMILIES = frozenset(_TIED.split())
"""Names as in `model_type`, of those whose output matrix is the embeddings where a configuration
does not say; from the configurations' defaults in transformers 5.19."""
