"""AiCockpit turns the machines you own into a coding assistant.

The package plans, starts and supervises vLLM engines and puts one OpenAI-compatible gateway
in front of them. It never imports vLLM: engines are processes in environments of their own.
Start reading at `aicockpit.cli` for the commands or `aicockpit.gateway` for a request's path.
"""

__version__ = "0.1.0"
